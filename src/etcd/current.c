/* One read that counts for its revision only. Must not know what waits for it. */
#include "etcd/current.h"
#include "base/str.h"
#include "etcd/private.h"

struct etcd_current {
    struct grpc_stream *stream;
    etcd_current_fn fn;
    void *arg;
    int64_t rev;
};

static void on_range(void *arg, const struct ProtobufCMessage *m)
{
    struct etcd_current *q = arg;
    const Etcdpb__RangeResponse *a = (const Etcdpb__RangeResponse *)m;
    q->rev = a->header ? a->header->revision : 0;
}

static void on_put(void *arg, const struct ProtobufCMessage *m)
{
    struct etcd_current *q = arg;
    const Etcdpb__PutResponse *a = (const Etcdpb__PutResponse *)m;
    q->rev = a->header ? a->header->revision : 0;
}

static void on_end(void *arg, const struct grpc_result *result, const struct cu_err *why)
{
    struct etcd_current *q = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)result;
    if (why->code)
        cu_fail(&err, why->code, "etcd: %s", cu_err_text(why));
    else if (q->rev <= 0)
        cu_fail(&err, CU_E_SERVER, "etcd: the answer names no revision");
    q->fn(q->arg, q->rev, &err);
    free(q);
}

struct etcd_current *etcd_current_start(struct http_loop *l, struct etcd_client *c, const char *key,
                                        int64_t timeout_ms, etcd_current_fn fn, void *arg)
{
    static const struct grpc_stream_events events = { on_range, on_end };
    struct etcd_current *q = cu_calloc(1, sizeof(*q));
    Etcdpb__RangeRequest range = ETCDPB__RANGE_REQUEST__INIT;
    struct grpc_request req = { "/etcdserverpb.KV/Range", &range.base, timeout_ms };
    range.key = etcd_text(key);
    range.count_only = true;
    q->fn = fn;
    q->arg = arg;
    q->stream =
        grpc_stream_start(l, c->channels[c->at], &req, &etcdpb__range_response__descriptor, &events, q);
    return q;
}

struct etcd_current *etcd_current_mark(struct http_loop *l, struct etcd_client *c, const char *key,
                                       int64_t timeout_ms, etcd_current_fn fn, void *arg)
{
    static const struct grpc_stream_events events = { on_put, on_end };
    struct etcd_current *q = cu_calloc(1, sizeof(*q));
    Etcdpb__PutRequest put = ETCDPB__PUT_REQUEST__INIT;
    struct grpc_request req = { "/etcdserverpb.KV/Put", &put.base, timeout_ms };
    put.key = etcd_text(key);
    q->fn = fn;
    q->arg = arg;
    q->stream = grpc_stream_start(l, c->channels[c->at], &req, &etcdpb__put_response__descriptor, &events, q);
    return q;
}

void etcd_current_cancel(struct etcd_current *q)
{
    grpc_stream_cancel(q->stream);
    free(q);
}
