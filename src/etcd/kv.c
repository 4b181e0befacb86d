/* Keys and values: reads, conditional writes, compaction. Must not know what the values mean. */
#include "etcd/private.h"
#include <string.h>

#define PAGE 500 /* keys of one answer */

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

static int transact(struct etcd_client *c, Etcdpb__Compare *compare, const struct etcd_swap *s,
                    bool *repeated, Etcdpb__TxnResponse **out, struct cu_err *err)
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
                            repeated };
    return etcd_call(c, &rpc, out, err);
}

/* Is that what an earlier sending of this very call has written? */
static bool is_ours(const Etcdpb__KeyValue *kv, const struct etcd_swap *s, bool repeated)
{
    return repeated && kv && s->value && kv->value.len == s->n && memcmp(kv->value.data, s->value, s->n) == 0;
}

int etcd_swap(struct etcd_client *c, const struct etcd_swap *s, int64_t *rev, struct cu_err *err)
{
    cu_autoetcd Etcdpb__TxnResponse *a = NULL;
    Etcdpb__Compare compare = ETCDPB__COMPARE__INIT;
    bool repeated = false;
    compare.target = ETCDPB__COMPARE_TARGET__TARGET_MOD;
    compare.target_union_case = ETCDPB__COMPARE__TARGET_UNION_MOD_REVISION;
    compare.mod_revision = s->expected;
    int failed = transact(c, &compare, s, &repeated, &a, err);
    if (failed < 0)
        return failed;
    const Etcdpb__KeyValue *kv = a->succeeded ? NULL : found_kv(a);
    if (a->succeeded || is_ours(kv, s, repeated)) {
        if (rev)
            *rev = kv ? kv->mod_revision : a->header ? a->header->revision : 0;
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
