/* controllers/control.h - what the controllers of one component share: the loop, watches used by several of them, work
 * queues, and clients that act as each controller's own service account.
 *
 * A controller is event driven: watches put keys into its queue, the queue calls its reconcile function, which looks
 * at the whole state behind the key and makes the next right change. Everything runs on the loop's thread. */
#ifndef CONTROLLERS_CONTROL_H
#define CONTROLLERS_CONTROL_H

#include "codec/value.h"
#include "controllers/options.h"
#include "http/loop.h"

struct ctl_queue;
struct ctl_watch;
struct ctl_account;
struct kube_client;
struct kube_config;
struct kube_informer;

struct ctl {
    const char *component;       /* "kube-controller-manager" */
    const struct ctl_options *o; /* borrowed */
    struct http_loop *loop;
    struct kube_config *config; /* borrowed */
    struct kube_client *client; /* the component's own identity; borrowed */
    bool active;                /* we lead: queues run. See ctl_set_active */
    struct ctl_queue *queues;   /* the rest is kept by watch.c, queue.c and account.c */
    struct ctl_watch *watches;
    struct ctl_account *accounts;
};
/* Frees watches, queues and accounts. */
void ctl_clear(struct ctl *c);
/* Lets the queues run or holds them. */
void ctl_set_active(struct ctl *c, bool active);

/* --- watches: one informer per path and query, however many listen --- */
struct ctl_watch *ctl_watch(struct ctl *c, const char *path, const char *query);
/* As kube_informer_spec; either may be NULL. A listener that comes late is told what is there at once. */
void ctl_watch_listen(struct ctl_watch *w,
                      void (*changed)(void *arg, const struct val *obj, const struct val *old),
                      void (*synced)(void *arg), void *arg);
struct kube_informer *ctl_watch_informer(const struct ctl_watch *w);
bool ctl_watch_synced(const struct ctl_watch *w);

/* --- queues: each key at most once in it; failures come back after 20 ms, 40 ms, ... at most 30 s --- */
struct ctl_queue *ctl_queue_new(struct ctl *c, const char *name,
                                int (*reconcile)(void *arg, const char *key, struct cu_err *err), void *arg);
void ctl_queue_add(struct ctl_queue *q, const char *key);
/* Not before `ms` have passed; an earlier date of the same key stays. */
void ctl_queue_add_after(struct ctl_queue *q, const char *key, int64_t ms);

/* --- accounts: a client that acts as system:serviceaccount:kube-system:<name>, as upstream's controllers do (the
 * roles are theirs); made at first use: the account, a token, a connection. Without
 * --use-service-account-credentials: the component's own client. Borrowed until the reconcile function returns; a
 * CU_E_AUTH that it returns makes all accounts take new tokens. --- */
int ctl_as(struct ctl *c, const char *name, struct kube_client **out, struct cu_err *err);

/* "ns/name" or "name" of an object; caller frees. */
char *ctl_key(const struct val *obj);
/* Short forms of metadata: "" when absent. */
const char *ctl_name(const struct val *obj);
const char *ctl_ns(const struct val *obj);
/* Is deletionTimestamp set? */
bool ctl_is_deleting(const struct val *obj);

/* One controller of kube-controller-manager; see manager.c for the table. `start` returns its state, or NULL when
 * it has nothing to do with these options; `stop` frees it, after its queues have stopped. */
struct ctl_controller {
    const char *name, *alias; /* alias: the older name of upstream's --controllers */
    bool on;                  /* part of "*" */
    void *(*start)(struct ctl *c);
    void (*stop)(void *self);
};

#endif
