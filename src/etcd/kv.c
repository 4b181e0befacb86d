/* Keys and values: reads, conditional writes, compaction. Must not know what the values mean. */
#include "base/str.h"
#include "base/timefmt.h"
#include "etcd/private.h"
#include <string.h>

#define PAGE 500    /* keys of one answer */
#define PAUSE_MS 25 /* before a swap is sent again; doubles up to */
#define PAUSE_MAX_MS 200
#define LOOK_BACK 16 /* changes of one key looked through for one of ours */

static int range(struct etcd_client *c, const Etcdpb__RangeRequest *q, Etcdpb__RangeResponse **out,
                 struct cu_err *err)
{
    struct etcd_rpc rpc = { "/etcdserverpb.KV/Range", &q->base, &etcdpb__range_response__descriptor, false,
                            NULL };
    return etcd_call(c, &rpc, out, err);
}

static int visit(const Etcdpb__RangeResponse *a, etcd_visit_fn fn, void *arg)
{
    int stop = 0;
    for (size_t i = 0; i < a->n_kvs && stop == 0; i++) {
        cu_autofree char *key = NULL;
        struct etcd_kv kv;
        etcd_kv_of(a->kvs[i], &key, &kv);
        stop = fn ? fn(arg, &kv) : 0;
    }
    return stop;
}

int etcd_get(struct etcd_client *c, const char *key, etcd_visit_fn fn, void *arg, int64_t *rev,
             struct cu_err *err)
{
    cu_autoetcd Etcdpb__RangeResponse *a = NULL;
    Etcdpb__RangeRequest q = ETCDPB__RANGE_REQUEST__INIT;
    q.key = etcd_text(key);
    int failed = range(c, &q, &a, err);
    if (failed < 0)
        return failed;
    if (rev && a->header)
        *rev = a->header->revision;
    return a->n_kvs ? visit(a, fn, arg) : cu_fail(err, CU_E_NOTFOUND, "etcd: no key \"%s\"", key);
}

int etcd_list(struct etcd_client *c, const char *prefix, etcd_visit_fn fn, void *arg, int64_t *rev,
              struct cu_err *err)
{
    Etcdpb__RangeRequest q = ETCDPB__RANGE_REQUEST__INIT;
    ProtobufCBinaryData end = etcd_prefix_end(prefix);
    cu_autofree uint8_t *end_owned = end.data;
    cu_autofree char *from = cu_strdup(prefix);
    q.key = etcd_prefix_key(from);
    q.range_end = (ProtobufCBinaryData){ .len = end.len, .data = end_owned };
    q.limit = PAGE;
    for (;;) {
        cu_autoetcd Etcdpb__RangeResponse *a = NULL;
        int failed = range(c, &q, &a, err);
        if (failed == -CU_E_INVALID && c->last.status == GRPC_RESOURCE_EXHAUSTED && q.limit > 1) {
            q.limit = q.limit > 8 ? q.limit / 8 : 1; /* large values: fewer at once */
            continue;
        }
        if (failed < 0)
            return failed;
        if (!q.revision && a->header)
            q.revision = a->header->revision;
        int stop = visit(a, fn, arg);
        if (stop)
            return stop;
        if (!a->more || a->n_kvs == 0)
            break;
        const ProtobufCBinaryData *last = &a->kvs[a->n_kvs - 1]->key;
        free(from);
        from = cu_memdup(last->data, last->len); /* with a NUL behind it: the next possible key */
        q.key = etcd_bytes(from, last->len + 1);
    }
    if (rev)
        *rev = q.revision;
    return 0;
}

static int put(struct etcd_client *c, Etcdpb__PutRequest *q, int64_t *rev, struct cu_err *err)
{
    cu_autoetcd Etcdpb__PutResponse *a = NULL;
    struct etcd_rpc rpc = { "/etcdserverpb.KV/Put", &q->base, &etcdpb__put_response__descriptor, false,
                            NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed == 0 && rev && a->header)
        *rev = a->header->revision;
    return failed;
}

int etcd_put(struct etcd_client *c, const char *key, const void *value, size_t n, int64_t *rev,
             struct cu_err *err)
{
    Etcdpb__PutRequest q = ETCDPB__PUT_REQUEST__INIT;
    q.key = etcd_text(key);
    q.value = etcd_bytes(value, n);
    return put(c, &q, rev, err);
}

int etcd_put_leased(struct etcd_client *c, const char *key, const char *text, int64_t lease,
                    struct cu_err *err)
{
    Etcdpb__PutRequest q = ETCDPB__PUT_REQUEST__INIT;
    q.key = etcd_text(key);
    q.value = etcd_text(text);
    q.lease = lease;
    return put(c, &q, NULL, err);
}

int etcd_delete_prefix(struct etcd_client *c, const char *prefix, int64_t *deleted, struct cu_err *err)
{
    cu_autoetcd Etcdpb__DeleteRangeResponse *a = NULL;
    Etcdpb__DeleteRangeRequest q = ETCDPB__DELETE_RANGE_REQUEST__INIT;
    q.key = etcd_prefix_key(prefix);
    ProtobufCBinaryData end = etcd_prefix_end(prefix);
    cu_autofree uint8_t *end_owned = end.data;
    q.range_end = (ProtobufCBinaryData){ .len = end.len, .data = end_owned };
    struct etcd_rpc rpc = { "/etcdserverpb.KV/DeleteRange", &q.base,
                            &etcdpb__delete_range_response__descriptor, false, NULL };
    int failed = etcd_call(c, &rpc, &a, err);
    if (failed == 0 && deleted)
        *deleted = a->deleted;
    return failed;
}

/* The key, or the second one (which 1), as the server found it when the comparison failed; NULL when it is absent. */
static const Etcdpb__KeyValue *found_kv(const Etcdpb__TxnResponse *a, size_t which)
{
    if (a->n_responses <= which ||
        a->responses[which]->response_case != ETCDPB__RESPONSE_OP__RESPONSE_RESPONSE_RANGE ||
        a->responses[which]->response_range->n_kvs == 0)
        return NULL;
    return a->responses[which]->response_range->kvs[0];
}

/* Sends it until it is answered, for retry_ms. */
static int insist(struct etcd_client *c, const struct etcd_rpc *rpc, int64_t retry_ms,
                  Etcdpb__TxnResponse **out, struct cu_err *err)
{
    int64_t end = cu_mono_ms() + retry_ms, pause = PAUSE_MS;
    for (;;) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        int failed = etcd_call(c, rpc, out, &why);
        bool again = c->last.status == GRPC_UNAVAILABLE || c->last.status == GRPC_DEADLINE_EXCEEDED;
        if (failed == 0 || !again || cu_mono_ms() + pause >= end) {
            if (failed < 0 && err)
                cu_err_move(err, &why);
            return failed;
        }
        cu_sleep_ms(pause);
        pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
    }
}

/* What is done to one key in a transaction, and what it must look like before. */
struct part {
    Etcdpb__Compare compare;
    Etcdpb__PutRequest put;
    Etcdpb__DeleteRangeRequest del;
    Etcdpb__RangeRequest get;
    Etcdpb__RequestOp yes, no;
};

static void part_init(struct part *p, const struct etcd_put *what, int64_t lease)
{
    *p = (struct part){
        ETCDPB__COMPARE__INIT,       ETCDPB__PUT_REQUEST__INIT, ETCDPB__DELETE_RANGE_REQUEST__INIT,
        ETCDPB__RANGE_REQUEST__INIT, ETCDPB__REQUEST_OP__INIT,  ETCDPB__REQUEST_OP__INIT
    };
    p->compare.key = p->put.key = p->del.key = p->get.key = etcd_text(what->key);
    p->put.value = etcd_bytes(what->value, what->n);
    p->put.lease = lease;
    if (what->value) {
        p->yes.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_PUT;
        p->yes.request_put = &p->put;
    } else {
        p->yes.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
        p->yes.request_delete_range = &p->del;
    }
    p->no.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_RANGE;
    p->no.request_range = &p->get;
}

static void expect_revision(struct part *p, int64_t revision)
{
    p->compare.target = ETCDPB__COMPARE_TARGET__TARGET_MOD;
    p->compare.target_union_case = ETCDPB__COMPARE__TARGET_UNION_MOD_REVISION;
    p->compare.mod_revision = revision;
}

/* The first part is written first: who waits for the revision of the transaction sees it first, too. */
static int transact(struct etcd_client *c, struct part *v, size_t n, struct etcd_sending *sending,
                    Etcdpb__TxnResponse **out, struct cu_err *err)
{
    Etcdpb__TxnRequest q = ETCDPB__TXN_REQUEST__INIT;
    Etcdpb__RequestOp *yes[] = { &v[0].yes, &v[n - 1].yes }, *no[] = { &v[0].no, &v[n - 1].no };
    Etcdpb__Compare *compare[] = { &v[0].compare, &v[n - 1].compare };
    q.n_compare = q.n_success = q.n_failure = n;
    q.compare = compare;
    q.success = yes;
    q.failure = no;
    struct etcd_rpc rpc = { "/etcdserverpb.KV/Txn", &q.base, &etcdpb__txn_response__descriptor, false,
                            sending };
    return insist(c, &rpc, sending ? c->retry_ms : 0, out, err);
}

static bool is_value(const Etcdpb__KeyValue *kv, const struct etcd_swap *s)
{
    return s->value && kv->value.len == s->n && (s->n == 0 || memcmp(kv->value.data, s->value, s->n) == 0);
}

/* The revision at which an earlier sending wrote, though the last one found `kv` there: others may have changed the key
 * since. 0: none wrote. */
static int64_t written_at(struct etcd_client *c, const struct etcd_swap *s, const Etcdpb__KeyValue *kv)
{
    cu_autoetcd Etcdpb__RangeResponse *held = NULL;
    for (int i = 0; kv && i < LOOK_BACK && kv->mod_revision > s->expected; i++) {
        Etcdpb__RangeResponse *a = NULL;
        Etcdpb__RangeRequest q = ETCDPB__RANGE_REQUEST__INIT;
        if (is_value(kv, s))
            return kv->mod_revision;
        q.key = etcd_text(s->key);
        q.revision = kv->mod_revision - 1;
        int failed = q.revision > 0 ? range(c, &q, &a, NULL) : -1;
        etcd_free(&held);
        held = failed == 0 ? a : NULL;
        kv = held && held->n_kvs ? held->kvs[0] : NULL;
    }
    return 0;
}

/* The answer was that the comparison failed: is that because an earlier sending of the same succeeded? */
static bool settled(struct etcd_client *c, const struct etcd_swap *s, const Etcdpb__KeyValue *kv,
                    int64_t *rev)
{
    if (!kv && !s->value) { /* it was to be deleted, and it is gone */
        *rev = 0;
        return true;
    }
    *rev = written_at(c, s, kv);
    return *rev > 0;
}

/* Why the comparison failed. kv: the key as it was found, NULL when absent. */
static int refused(const struct etcd_swap *s, const Etcdpb__TxnResponse *a, const Etcdpb__KeyValue *kv,
                   int64_t *rev, struct cu_err *err)
{
    const Etcdpb__KeyValue *also = s->also.key ? found_kv(a, 1) : NULL;
    *rev = kv ? kv->mod_revision : 0;
    if (*rev == s->expected && s->also.key) {
        *rev = also ? also->mod_revision : 0;
        *s->also_lost = true;
        return cu_fail(err, CU_E_CONFLICT, "etcd: the key \"%s\" has revision %lld, not %lld", s->also.key,
                       (long long)*rev, (long long)s->also_expected);
    }
    if (!kv)
        return cu_fail(err, CU_E_NOTFOUND, "etcd: no key \"%s\"", s->key);
    if (s->expected == 0)
        return cu_fail(err, CU_E_EXISTS, "etcd: the key \"%s\" exists", s->key);
    return cu_fail(err, CU_E_CONFLICT, "etcd: the key \"%s\" has revision %lld, not %lld", s->key,
                   (long long)*rev, (long long)s->expected);
}

/* Nobody answered: is it sure that nothing was written? */
static int unanswered(const struct etcd_sending *sending, int failed, struct cu_err *err)
{
    if (failed != -CU_E_TIMEOUT && failed != -CU_E_UNREACHABLE && failed != -CU_E_REFUSED &&
        failed != -CU_E_IO)
        return failed;
    cu_autofree char *why = cu_strdup(err ? cu_err_text(err) : "");
    return sending->any ? cu_fail(err, CU_E_TIMEOUT, "%s; whether it was written is not known", why)
                        : cu_fail(err, CU_E_UNREACHABLE, "%s; nothing was written", why);
}

int etcd_swap(struct etcd_client *c, const struct etcd_swap *s, int64_t *rev, struct cu_err *err)
{
    cu_autoetcd Etcdpb__TxnResponse *a = NULL;
    const struct etcd_put what = { s->key, s->value, s->n };
    struct etcd_sending sending = { false, false };
    struct part v[2];
    size_t n = s->also.key ? 2 : 1;
    int64_t at = 0;
    part_init(&v[0], &what, s->lease);
    expect_revision(&v[0], s->expected);
    if (n == 2) {
        part_init(&v[1], &s->also, 0);
        expect_revision(&v[1], s->also_expected);
    }
    int failed = transact(c, v, n, &sending, &a, err);
    if (failed < 0)
        return unanswered(&sending, failed, err);
    const Etcdpb__KeyValue *kv = a->succeeded ? NULL : found_kv(a, 0);
    if (a->succeeded)
        at = a->header ? a->header->revision : 0;
    else if (!sending.before || !settled(c, s, kv, &at))
        failed = refused(s, a, kv, &at, err);
    if (rev)
        *rev = at;
    return failed;
}

int etcd_swap_version(struct etcd_client *c, const struct etcd_swap *s, int64_t *found, int64_t *rev,
                      struct cu_err *err)
{
    cu_autoetcd Etcdpb__TxnResponse *a = NULL;
    const struct etcd_put what = { s->key, s->value, s->n };
    struct part v;
    part_init(&v, &what, s->lease);
    v.compare.target = ETCDPB__COMPARE_TARGET__TARGET_VERSION;
    v.compare.target_union_case = ETCDPB__COMPARE__TARGET_UNION_VERSION;
    v.compare.version = s->expected;
    int failed = transact(c, &v, 1, NULL, &a, err);
    if (failed < 0)
        return failed;
    const Etcdpb__KeyValue *kv = a->succeeded ? NULL : found_kv(a, 0);
    if (rev && a->header)
        *rev = a->header->revision;
    *found = a->succeeded ? s->expected + 1 : kv ? kv->version : 0;
    return a->succeeded ? 0 : cu_fail(err, CU_E_CONFLICT, "etcd: \"%s\" has another version", s->key);
}

int etcd_compact(struct etcd_client *c, int64_t rev, struct cu_err *err)
{
    cu_autoetcd Etcdpb__CompactionResponse *a = NULL;
    Etcdpb__CompactionRequest q = ETCDPB__COMPACTION_REQUEST__INIT;
    q.revision = rev;
    struct etcd_rpc rpc = { "/etcdserverpb.KV/Compact", &q.base, &etcdpb__compaction_response__descriptor,
                            false, NULL };
    return etcd_call(c, &rpc, &a, err);
}
