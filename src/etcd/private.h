/* etcd/private.h - what the sources of this folder share; not for other folders. */
#ifndef ETCD_PRIVATE_H
#define ETCD_PRIVATE_H

#include "etcd/etcd.h"
#include "rpc.pb-c.h" // IWYU pragma: keep

struct etcd_client {
    struct grpc_channel **channels;
    size_t n, at; /* at: the one to be tried first */
    char *ca_pem, *cert_pem, *key_pem;
    int64_t timeout_ms;
    int64_t retry_ms;
    size_t max_message;
    struct grpc_result last;
};

/* Has a server perhaps got the request, and more than once? */
struct etcd_sending {
    bool any;    /* some sending may have reached one */
    bool before; /* so may one before the sending that was answered */
};

struct etcd_rpc {
    const char *method;
    const struct ProtobufCMessage *message;
    const struct ProtobufCMessageDescriptor *answer;
    bool once;                    /* not repeated when the server may have got it */
    struct etcd_sending *sending; /* kept up to date from call to call; may be NULL */
};
/* Calls with failover. *out: caller frees with etcd_free(). */
int etcd_call(struct etcd_client *c, const struct etcd_rpc *rpc, void *out, struct cu_err *err);
void etcd_free(void *message_ptr); /* for the cleanup attribute: frees *message_ptr; NULL in it is fine */
#define cu_autoetcd __attribute__((cleanup(etcd_free)))
/* Replaces the endpoints by the n given. */
int etcd_client_set(struct etcd_client *c, const char *const *endpoints, size_t n, struct cu_err *err);
ProtobufCBinaryData etcd_bytes(const void *p, size_t n); /* borrowed; not written through */
ProtobufCBinaryData etcd_text(const char *s);
/* The first key a prefix can have: keys are never empty. Borrowed. */
ProtobufCBinaryData etcd_prefix_key(const char *prefix);
/* Behind the last key that starts with `prefix`; the caller frees .data. */
ProtobufCBinaryData etcd_prefix_end(const char *prefix);
void etcd_kv_of(const Etcdpb__KeyValue *kv, char **key,
                struct etcd_kv *out); /* *key is owned by the caller */

#endif
