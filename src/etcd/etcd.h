/* etcd/etcd.h - typed client of etcd v3: endpoints, keys and values, leases. Blocking calls; one thread at a
 * time. Members and health are in etcd/members.h, watches in etcd/watch.h. Several endpoints: the last good one is tried first, then each other one
 * once (spec operations 11, apiserver 7.5). */
#ifndef ETCD_ETCD_H
#define ETCD_ETCD_H

#include "grpc/grpc.h"
#include <stdbool.h>
#include <stdint.h>

struct etcd_client; /* opaque */

struct etcd_options {
    const char *const *endpoints; /* n of "https://host:port" (or http://, unix://); copied */
    size_t n;
    const char *ca_pem, *cert_pem, *key_pem; /* NULL for plain connections; copied */
    int64_t timeout_ms;                      /* of one call at one endpoint; 0 = 2 s */
    int64_t retry_ms;   /* how long etcd_swap() goes on while no endpoint answers; 0 = each is tried once */
    size_t max_message; /* bytes of one answer; 0 = GRPC_MAX_MESSAGE */
};
/* CU_E_INVALID: no endpoint, or one of another scheme. Nothing is connected yet. */
int etcd_client_new(const struct etcd_options *o, struct etcd_client **out, struct cu_err *err);
void etcd_client_free(struct etcd_client *c); /* NULL is fine */
/* The endpoint that answered last, or the first to be tried; borrowed until the next call. */
const char *etcd_client_endpoint(const struct etcd_client *c);
size_t etcd_client_count(const struct etcd_client *c); /* of endpoints */
/* What the last call ended with; the server's own text ("etcdserver: Peer URLs already exists"), "" when it did
 * not answer. */
enum grpc_status etcd_client_status(const struct etcd_client *c);
const char *etcd_client_message(const struct etcd_client *c);

/* Error codes of all calls are those of grpc_call(): CU_E_UNREACHABLE, CU_E_REFUSED, CU_E_TIMEOUT when no endpoint
 * answered (or the cluster has no leader), CU_E_AUTH for TLS, CU_E_SERVER, and what is said below. */

/* Keys and values. Keys and values are bytes in etcd; keys here are text. */
struct etcd_kv {
    const char *key; /* borrowed for the call of the visitor, as value is */
    const void *value;
    size_t n;
    int64_t create_rev, mod_rev, version, lease;
};
/* Visitors return 0 to go on, anything else to stop: the call then returns that. */
typedef int (*etcd_visit_fn)(void *arg, const struct etcd_kv *kv);

/* One key. CU_E_NOTFOUND when absent. *rev (may be NULL): revision of the store. */
int etcd_get(struct etcd_client *c, const char *key, etcd_visit_fn fn, void *arg, int64_t *rev,
             struct cu_err *err);
/* All keys with that prefix in byte order, read in pages at one revision (*rev, may be NULL). */
int etcd_list(struct etcd_client *c, const char *prefix, etcd_visit_fn fn, void *arg, int64_t *rev,
              struct cu_err *err);
/* Unconditional; *rev (may be NULL): of the write. */
int etcd_put(struct etcd_client *c, const char *key, const void *value, size_t n, int64_t *rev,
             struct cu_err *err);
/* A text that goes away with the lease. */
int etcd_put_leased(struct etcd_client *c, const char *key, const char *text, int64_t lease,
                    struct cu_err *err);
/* *deleted (may be NULL): how many keys there were. */
int etcd_delete_prefix(struct etcd_client *c, const char *prefix, int64_t *deleted, struct cu_err *err);

/* Many unconditional puts, some tens under way at once, so in no certain order, at the present endpoint. `next` gives
 * one after the other, borrowed until it is called again; false: that was all. Ends at the first failure, when all that
 * were under way have ended. *rev (may be NULL): the highest revision of them; left alone when there was none. */
struct etcd_put {
    const char *key;
    const void *value;
    size_t n;
};
typedef bool (*etcd_next_fn)(void *arg, struct etcd_put *out);
int etcd_put_all(struct etcd_client *c, etcd_next_fn next, void *arg, int64_t *rev, struct cu_err *err);

/* Writes (value) or deletes (value NULL) when the key's mod_rev equals `expected` (0: the key is absent).
 * CU_E_EXISTS: expected 0 and it is there. CU_E_NOTFOUND: expected > 0 and it is absent. CU_E_CONFLICT: it has
 * another revision. A call that was not answered is sent again, for retry_ms; the comparison lets at most one of the
 * sendings write, and what the store and its history hold tells whether an earlier one did (a value equal to the one to
 * be written counts as written by this call). CU_E_UNREACHABLE: nothing was written; CU_E_TIMEOUT: it is not known.
 * *rev (may be NULL): of the change, or with EXISTS and CONFLICT the one that was found; 0 when the key is deleted and it is not known by which revision. */
struct etcd_swap {
    const char *key;
    const void *value;
    size_t n;
    int64_t expected, lease;
    /* A second key, written in the same transaction when it has that revision too; key NULL: none. CU_E_CONFLICT and
     * *also_lost when it has another one, which *rev is then. */
    struct etcd_put also;
    int64_t also_expected;
    bool *also_lost; /* may be NULL without a second key */
};
int etcd_swap(struct etcd_client *c, const struct etcd_swap *s, int64_t *rev, struct cu_err *err);
/* The same with the key's version (number of changes since creation) compared; *found: the version now there. */
int etcd_swap_version(struct etcd_client *c, const struct etcd_swap *s, int64_t *found, int64_t *rev,
                      struct cu_err *err);
/* Forgets history before `rev`. CU_E_EXPIRED: it is forgotten already. */
int etcd_compact(struct etcd_client *c, int64_t rev, struct cu_err *err);

/* Leases: keys put with one vanish when it ends. Seconds. */
int etcd_lease_grant(struct etcd_client *c, int64_t ttl_s, int64_t *id, struct cu_err *err);
int etcd_lease_keep_alive(struct etcd_client *c, int64_t id, int64_t *ttl_s,
                          struct cu_err *err); /* or NOTFOUND */
int etcd_lease_revoke(struct etcd_client *c, int64_t id, struct cu_err *err);

#endif
