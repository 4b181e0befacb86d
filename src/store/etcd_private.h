/* store/etcd_private.h - shared by the source files of the etcd engine; nobody else includes it. */
#ifndef STORE_ETCD_PRIVATE_H
#define STORE_ETCD_PRIVATE_H

#include "base/map.h"
#include "etcd/current.h"
#include "etcd/watch.h"
#include "store/etcd.h"
#include <pthread.h>

struct store_feed_change { /* a change on its way to the owner; owns its pointers */
    struct store_change c;
    char *key;
    void *value, *prev;
    struct store_feed_change *next;
};

/* One question for the current revision, and the wait until the watch has told it. */
struct store_round {
    struct etcd_current *asking; /* under way; NULL: answered, or between two tries */
    struct http_timer *timer;    /* the next try, or the end */
    int64_t end_ms;
    int64_t target; /* the answer; 0: none yet */
    bool on;

    bool settled; /* this and what follows under the feed's lock: over, and not yet taken */
    int64_t rev;
    struct cu_err why;
};

/* The thread that watches. Made by store_feed_start(); everything but `lock` and what it guards belongs to it. */
struct store_feed {
    pthread_t thread;
    struct http_loop *loop;
    struct etcd_client *client;
    char *root;
    struct etcd_watch *watch;
    bool narrow;   /* only keys below root are watched, no others may be */
    char *watched; /* the endpoint of the watch */
    struct http_timer *again, *check;
    struct etcd_current *checking; /* NULL: no check is under way */
    size_t checks;                 /* endpoints that failed in this one */
    struct store_round round;
    struct cu_map *known; /* key -> revision of its last change, of all keys that exist */
    int64_t last;         /* revision of the last change seen */
    int64_t whole;        /* everything up to this revision is queued */
    int failures;         /* attempts at a watch since one last worked */

    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct store_feed_change *first, **end; /* not yet handed over */
    int64_t newest;                         /* revision of the last one queued */
    int64_t floor;                          /* history after this revision is complete */
    bool up;
    char *why;       /* not up: the reason */
    int64_t down_ms; /* and since when */
    int event_fd;    /* readable while something is queued */
};

struct store_etcd {
    struct store base;          /* first */
    struct etcd_client *client; /* the owner's */
    char *root;
    struct cu_map *known; /* of the last list of root; handed to the feed */
    struct store_feed *feed;
    store_change_fn fn;
    void *fn_arg;
    int event_fd;
    int64_t told;                                     /* revision of the last change handed to fn */
    int64_t compact_version, compact_rev, compact_ms; /* what was remembered for the next compaction */
    int64_t lease;                                    /* that lends a key; 0: none */
    char **endpoints;
    size_t n_endpoints;
    char *ca_pem, *cert_pem, *key_pem;
};

extern const struct store_ops store_etcd_ops;

/* Starts the thread: changes after `after`. Takes client and known. */
struct store_feed *store_feed_start(struct etcd_client *client, const char *root, struct cu_map *known,
                                    int64_t after, int event_fd);
void store_feed_stop(struct store_feed *f); /* NULL is fine */
/* Takes the queue; waits up to wait_ms until revision `until` is in it. *first: owned by the caller. */
int store_feed_take(struct store_feed *f, int64_t until, int64_t wait_ms, struct store_feed_change **first,
                    struct cu_err *err);
void store_feed_change_free(struct store_feed_change *ch);
/* Is etcd there, or was it until patience_ms ago? No waiting. */
int store_feed_check(struct store_feed *f, int64_t patience_ms, struct cu_err *err);
int64_t store_feed_floor(struct store_feed *f);
void store_feed_ring(const struct store_feed *f); /* event_fd becomes readable */
void store_feed_follow(struct store_feed *f); /* the watch moves to where the client is, if it is elsewhere */

/* etcd_round.c. Begin and settled are the owner's, the others the thread's. */
void store_round_init(struct store_feed *f);
void store_round_clear(struct store_feed *f);
void store_round_begin(struct store_feed *f); /* one at a time */
/* Has it ended? true, once: the queue holds everything up to *rev, or why it does not. */
bool store_round_settled(struct store_feed *f, int64_t *rev, struct cu_err *why);
void store_round_look(struct store_feed *f); /* f->whole has grown */
void store_known_set(struct cu_map *known, const char *key, int64_t rev);

#endif
