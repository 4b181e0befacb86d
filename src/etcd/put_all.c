/* Many puts, several under way at once: etcd gathers what comes together into one write to its disk. Must not know what
 * the values mean. */
#include "etcd/private.h"

#define UNDER_WAY 32 /* requests at once */
#define PUT_MS 10000 /* limit of one: a slow disk, an election */
#define TURN_MS 100  /* of the loop */

struct puts {
    struct etcd_client *client;
    struct http_loop *loop;
    etcd_next_fn next;
    void *arg;
    size_t under_way;
    bool dry; /* nothing more to start */
    int64_t rev;
    int failed;
    struct cu_err *err;
};

static void on_answer(void *arg, const struct ProtobufCMessage *m)
{
    struct puts *p = arg;
    const Etcdpb__PutResponse *a = (const Etcdpb__PutResponse *)m;
    if (a->header && a->header->revision > p->rev)
        p->rev = a->header->revision;
}

static void on_end(void *arg, const struct grpc_result *result, const struct cu_err *why)
{
    struct puts *p = arg;
    (void)result;
    p->under_way--;
    if (why->code && p->failed == 0)
        p->failed = cu_fail(p->err, why->code, "etcd: %s", cu_err_text(why));
    p->dry = p->dry || p->failed < 0;
    http_loop_stop(p->loop); /* ends this turn: there is room for another one */
}

static void start_some(struct puts *p)
{
    static const struct grpc_stream_events events = { on_answer, on_end };
    while (!p->dry && p->under_way < UNDER_WAY) {
        struct etcd_put put = { 0 };
        if (!p->next(p->arg, &put)) {
            p->dry = true;
            return;
        }
        Etcdpb__PutRequest q = ETCDPB__PUT_REQUEST__INIT;
        q.key = etcd_text(put.key);
        q.value = etcd_bytes(put.value, put.n);
        struct grpc_request req = { .method = "/etcdserverpb.KV/Put",
                                    .message = &q.base,
                                    .timeout_ms = PUT_MS };
        grpc_stream_start(p->loop, p->client->channels[p->client->at], &req,
                          &etcdpb__put_response__descriptor, &events, p);
        p->under_way++;
    }
}

int etcd_put_all(struct etcd_client *c, etcd_next_fn next, void *arg, int64_t *rev, struct cu_err *err)
{
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    struct puts p = { .client = c, .next = next, .arg = arg, .err = &why };
    p.loop = http_loop_new();
    for (start_some(&p); p.under_way; start_some(&p))
        http_loop_run_for(p.loop, TURN_MS);
    http_loop_free(p.loop);
    if (p.failed < 0) {
        if (err)
            cu_err_move(err, &why);
        return p.failed;
    }
    if (rev)
        *rev = p.rev;
    return 0;
}
