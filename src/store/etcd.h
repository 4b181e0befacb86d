/* store/etcd.h - the engine on real etcd. Revisions are etcd's own. Several servers may share one etcd: each sees
 * the others' changes through its feed. A thread of its own keeps one watch over everything in etcd, tells what is below
 * the root, moves it to another endpoint when one dies, and goes on where it stopped; if etcd has forgotten that revision
 * meanwhile, the difference is read and told instead. store_ask() is one linearizable read of a key that is not there, on
 * the same thread. */
#ifndef STORE_ETCD_H
#define STORE_ETCD_H

#include "store/store.h"

struct store_etcd_options {
    const char *const *endpoints; /* n of "https://host:port" or "http://host:port"; copied, as all texts */
    size_t n;
    const char *ca_pem, *cert_pem, *key_pem; /* NULL: none */
    const char *root;                        /* what is told and listed: "/registry/" */
    int64_t wait_ms;                         /* how long etcd may take to answer at first; 0: one try */
};

/* *out: owned by the caller, store_close() it. CU_E_INVALID for bad endpoints; CU_E_REFUSED, CU_E_UNREACHABLE,
 * CU_E_TIMEOUT, CU_E_AUTH when etcd does not answer within wait_ms.
 * Kept history begins where the feed began (as with the watch cache of the real server): store_history() says
 * CU_E_EXPIRED before that. While etcd is away reads of what is in memory go on, store_ping() fails with the
 * reason and writes fail at once with CU_E_UNREACHABLE. */
int store_etcd_open(const struct store_etcd_options *o, struct store **out, struct cu_err *err);

#endif
