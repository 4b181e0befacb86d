/* One watch on one endpoint. Must not know what to do when it ends.
 * The request is half-closed at once; etcd keeps the watch until the stream is cancelled. */
#include "base/str.h"
#include "etcd/private.h"
#include "etcd/watch.h"
#include <string.h>

struct etcd_watch {
    struct grpc_stream *stream;
    struct etcd_watch_events ev;
    void *arg;
    int busy;
    bool dead;
};

static void free_if_dead(struct etcd_watch *w)
{
    if (w->dead && !w->busy)
        free(w);
}

static void tell_change(struct etcd_watch *w, const Etcdpb__Event *e)
{
    cu_autofree char *key = NULL;
    struct etcd_change ch = { .deleted = e->type == ETCDPB__EVENT_TYPE__EVENT_DELETE };
    if (!e->kv)
        return;
    etcd_kv_of(e->kv, &key, &ch.kv);
    if (e->prev_kv) {
        ch.prev = e->prev_kv->value.data;
        ch.prev_n = e->prev_kv->value.len;
    }
    w->ev.change(w->arg, &ch);
}

static void on_message(void *arg, const struct ProtobufCMessage *m)
{
    struct etcd_watch *w = arg;
    const Etcdpb__WatchResponse *a = (const Etcdpb__WatchResponse *)m;
    w->busy++;
    if (a->created && !a->canceled && w->ev.created)
        w->ev.created(w->arg);
    for (size_t i = 0; i < a->n_events && !w->dead; i++)
        tell_change(w, a->events[i]);
    const Etcdpb__KeyValue *last = a->n_events ? a->events[a->n_events - 1]->kv : NULL;
    if (last && w->ev.told && !w->dead)
        w->ev.told(w->arg, last->mod_revision);
    if (a->canceled && !w->dead) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        const char *why = cu_or(a->cancel_reason, "no reason given");
        enum cu_code code = strstr(why, "permission denied") ? CU_E_FORBIDDEN : CU_E_SERVER;
        cu_fail(&err, a->compact_revision > 0 ? CU_E_EXPIRED : code,
                "etcd: the watch was ended by the server: %s", why);
        grpc_stream_cancel(w->stream);
        w->dead = true;
        w->ev.end(w->arg, a->compact_revision, &err);
    }
    w->busy--;
    free_if_dead(w);
}

static void on_end(void *arg, const struct grpc_result *result, const struct cu_err *why)
{
    struct etcd_watch *w = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)result;
    cu_fail(&err, why->code ? why->code : CU_E_UNREACHABLE, "etcd: %s",
            why->code ? cu_err_text(why) : "the server closed the watch");
    w->dead = true;
    w->busy++;
    w->ev.end(w->arg, 0, &err);
    w->busy--;
    free_if_dead(w);
}

struct etcd_watch *etcd_watch_start(struct http_loop *l, struct etcd_client *c, const char *prefix,
                                    int64_t from, const struct etcd_watch_events *ev, void *arg)
{
    static const struct grpc_stream_events events = { on_message, on_end };
    struct etcd_watch *w = cu_calloc(1, sizeof(*w));
    Etcdpb__WatchCreateRequest create = ETCDPB__WATCH_CREATE_REQUEST__INIT;
    Etcdpb__WatchRequest q = ETCDPB__WATCH_REQUEST__INIT;
    create.key = etcd_prefix_key(prefix);
    ProtobufCBinaryData end = etcd_prefix_end(prefix);
    cu_autofree uint8_t *end_owned = end.data;
    create.range_end = (ProtobufCBinaryData){ .len = end.len, .data = end_owned };
    create.start_revision = from;
    create.prev_kv = true;
    q.request_union_case = ETCDPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST;
    q.create_request = &create;
    w->ev = *ev;
    w->arg = arg;
    struct grpc_request req = { .method = "/etcdserverpb.Watch/Watch", .message = &q.base };
    w->stream =
        grpc_stream_start(l, c->channels[c->at], &req, &etcdpb__watch_response__descriptor, &events, w);
    return w;
}

void etcd_watch_cancel(struct etcd_watch *w)
{
    if (w->dead)
        return;
    w->dead = true;
    grpc_stream_cancel(w->stream);
    free_if_dead(w);
}

void etcd_client_next(struct etcd_client *c)
{
    c->at = (c->at + 1) % c->n;
}
