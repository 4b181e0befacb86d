/* etcd/current.h - which revision the store has now, found out on a loop. */
#ifndef ETCD_CURRENT_H
#define ETCD_CURRENT_H

#include "etcd/etcd.h"

/* Last call; the question is gone when it returns. why->code is CU_OK: every change that anybody was told of before the
 * question was asked has a revision up to `rev`, because a majority stands for the answer. */
typedef void (*etcd_current_fn)(void *arg, int64_t rev, const struct cu_err *why);

struct etcd_current; /* opaque */
/* Asks the client's present endpoint, by reading `key`, which need not exist. The client must outlive it and be used on
 * the loop's thread only. fn is never called from within. */
struct etcd_current *etcd_current_start(struct http_loop *l, struct etcd_client *c, const char *key,
                                        int64_t timeout_ms, etcd_current_fn fn, void *arg);
/* The same by writing an empty value to `key`: `rev` is that of the write, so a watch of the key alone comes to it. */
struct etcd_current *etcd_current_mark(struct http_loop *l, struct etcd_client *c, const char *key,
                                       int64_t timeout_ms, etcd_current_fn fn, void *arg);
void etcd_current_cancel(struct etcd_current *q); /* fn is not called; not from within fn */

#endif
