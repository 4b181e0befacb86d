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

/* The key as the server found it when the comparison failed; NULL when it is absent. */
static const Etcdpb__KeyValue *found_kv(const Etcdpb__TxnResponse *a)
{
    if (a->n_responses != 1 ||
        a->responses[0]->response_case != ETCDPB__RESPONSE_OP__RESPONSE_RESPONSE_RANGE ||
        a->responses[0]->response_range->n_kvs == 0)
        return NULL;
    return a->responses[0]->response_range->kvs[0];
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

static int transact(struct etcd_client *c, Etcdpb__Compare *compare, const struct etcd_swap *s,
                    struct etcd_sending *sending, Etcdpb__TxnResponse **out, struct cu_err *err)
{
    Etcdpb__PutRequest put = ETCDPB__PUT_REQUEST__INIT;
    Etcdpb__DeleteRangeRequest del = ETCDPB__DELETE_RANGE_REQUEST__INIT;
    Etcdpb__RangeRequest get = ETCDPB__RANGE_REQUEST__INIT;
    Etcdpb__RequestOp yes = ETCDPB__REQUEST_OP__INIT, no = ETCDPB__REQUEST_OP__INIT;
    Etcdpb__TxnRequest q = ETCDPB__TXN_REQUEST__INIT;
    Etcdpb__RequestOp *yes_list[] = { &yes }, *no_list[] = { &no };
    Etcdpb__Compare *compare_list[] = { compare };
    compare->key = put.key = del.key = get.key = etcd_text(s->key);
    put.value = etcd_bytes(s->value, s->n);
    put.lease = s->lease;
    if (s->value) {
        yes.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_PUT;
        yes.request_put = &put;
    } else {
        yes.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
        yes.request_delete_range = &del;
    }
    no.request_case = ETCDPB__REQUEST_OP__REQUEST_REQUEST_RANGE;
    no.request_range = &get;
    q.n_compare = q.n_success = q.n_failure = 1;
    q.compare = compare_list;
    q.success = yes_list;
    q.failure = no_list;
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

int etcd_swap(struct etcd_client *c, const struct etcd_swap *s, int64_t *rev, struct cu_err *err)
{
    cu_autoetcd Etcdpb__TxnResponse *a = NULL;
    Etcdpb__Compare compare = ETCDPB__COMPARE__INIT;
    struct etcd_sending sending = { false, false };
    int64_t at = 0;
    compare.target = ETCDPB__COMPARE_TARGET__TARGET_MOD;
    compare.target_union_case = ETCDPB__COMPARE__TARGET_UNION_MOD_REVISION;
    compare.mod_revision = s->expected;
    int failed = transact(c, &compare, s, &sending, &a, err);
    if (failed == -CU_E_TIMEOUT || failed == -CU_E_UNREACHABLE || failed == -CU_E_REFUSED ||
        failed == -CU_E_IO) {
        cu_autofree char *why = cu_strdup(err ? cu_err_text(err) : "");
        return sending.any ? cu_fail(err, CU_E_TIMEOUT, "%s; whether it was written is not known", why)
                           : cu_fail(err, CU_E_UNREACHABLE, "%s; nothing was written", why);
    }
    if (failed < 0)
        return failed;
    const Etcdpb__KeyValue *kv = a->succeeded ? NULL : found_kv(a);
    if (a->succeeded)
        at = a->header ? a->header->revision : 0;
    if (a->succeeded || (sending.before && settled(c, s, kv, &at))) {
        if (rev)
            *rev = at;
        return 0;
    }
    if (!kv)
        return cu_fail(err, CU_E_NOTFOUND, "etcd: no key \"%s\"", s->key);
    if (s->expected == 0)
        return cu_fail(err, CU_E_EXISTS, "etcd: the key \"%s\" exists", s->key);
    return cu_fail(err, CU_E_CONFLICT, "etcd: the key \"%s\" has revision %lld, not %lld", s->key,
                   (long long)kv->mod_revision, (long long)s->expected);
}

int etcd_swap_version(struct etcd_client *c, const struct etcd_swap *s, int64_t *found, int64_t *rev,
                      struct cu_err *err)
{
    cu_autoetcd Etcdpb__TxnResponse *a = NULL;
    Etcdpb__Compare compare = ETCDPB__COMPARE__INIT;
    compare.target = ETCDPB__COMPARE_TARGET__TARGET_VERSION;
    compare.target_union_case = ETCDPB__COMPARE__TARGET_UNION_VERSION;
    compare.version = s->expected;
    int failed = transact(c, &compare, s, NULL, &a, err);
    if (failed < 0)
        return failed;
    const Etcdpb__KeyValue *kv = a->succeeded ? NULL : found_kv(a);
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
