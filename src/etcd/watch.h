/* etcd/watch.h - changes of all keys with a prefix, as they happen, on a loop. */
#ifndef ETCD_WATCH_H
#define ETCD_WATCH_H

#include "etcd/etcd.h"

struct etcd_change {
    struct etcd_kv kv; /* new state; deleted: value "", mod_rev = revision of the deletion */
    bool deleted;
    const void *prev; /* value before; NULL for a creation, or when it is compacted away */
    size_t prev_n;
};

struct etcd_watch_events {
    void (*created)(void *arg); /* the server has it; may be NULL */
    /* In order of revision, each once. Pointers are borrowed for the call. */
    void (*change)(void *arg, const struct etcd_change *ch);
    /* Every change up to that revision has been told: one transaction may be several changes. May be NULL. */
    void (*told)(void *arg, int64_t rev);
    /* Last call; the watch is gone when it returns. compacted > 0: the start lies before that revision, which is
     * the oldest one kept. CU_E_FORBIDDEN: not all keys with the prefix may be read. Otherwise: start again from the revision after the last change, at another endpoint
     * (etcd_client_next()) when nothing arrived. */
    void (*end)(void *arg, int64_t compacted, const struct cu_err *err);
};

struct etcd_watch; /* opaque */
/* Watches from revision `from` on (0: from now) at the client's present endpoint. The client must outlive it and
 * be used on the loop's thread only. */
struct etcd_watch *etcd_watch_start(struct http_loop *l, struct etcd_client *c, const char *prefix,
                                    int64_t from, const struct etcd_watch_events *ev, void *arg);
void etcd_watch_cancel(struct etcd_watch *w); /* no further callback; allowed inside callbacks */
/* The next endpoint becomes the present one. */
void etcd_client_next(struct etcd_client *c);

#endif
