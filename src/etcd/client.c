/* Endpoints and failover. Must not know what is called. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "etcd/private.h"
#include <string.h>

static void drop_channels(struct etcd_client *c)
{
    for (size_t i = 0; i < c->n; i++)
        grpc_channel_free(c->channels[i]);
    free(c->channels);
    c->channels = NULL;
    c->n = c->at = 0;
}

int etcd_client_set(struct etcd_client *c, const char *const *endpoints, size_t n, struct cu_err *err)
{
    struct grpc_channel **v = cu_calloc(n ? n : 1, sizeof(*v));
    int failed = n ? 0 : cu_fail(err, CU_E_INVALID, "etcd: no endpoint is given");
    for (size_t i = 0; i < n && failed == 0; i++) {
        struct grpc_channel_options o = { .target = endpoints[i],
                                          .ca_pem = c->ca_pem,
                                          .cert_pem = c->cert_pem,
                                          .key_pem = c->key_pem,
                                          .connect_timeout_ms = c->timeout_ms,
                                          .timeout_ms = c->timeout_ms,
                                          .max_message = c->max_message };
        failed = grpc_channel_new(&o, &v[i], err);
    }
    if (failed < 0) {
        for (size_t i = 0; i < n; i++)
            grpc_channel_free(v[i]);
        free(v);
        cu_wrap(err, "etcd endpoint");
        return failed;
    }
    drop_channels(c);
    c->channels = v;
    c->n = n;
    return 0;
}

int etcd_client_new(const struct etcd_options *o, struct etcd_client **out, struct cu_err *err)
{
    struct etcd_client *c = cu_calloc(1, sizeof(*c));
    c->ca_pem = cu_strdup(o->ca_pem);
    c->cert_pem = cu_strdup(o->cert_pem);
    c->key_pem = cu_strdup(o->key_pem);
    c->timeout_ms = o->timeout_ms ? o->timeout_ms : 2000;
    c->retry_ms = o->retry_ms;
    c->max_message = o->max_message;
    int failed = etcd_client_set(c, o->endpoints, o->n, err);
    if (failed < 0) {
        etcd_client_free(c);
        return failed;
    }
    *out = c;
    return 0;
}

void etcd_client_free(struct etcd_client *c)
{
    if (!c)
        return;
    drop_channels(c);
    free(c->ca_pem);
    free(c->cert_pem);
    cu_free_secret(c->key_pem);
    grpc_result_clear(&c->last);
    free(c);
}

size_t etcd_client_count(const struct etcd_client *c)
{
    return c->n;
}

const char *etcd_client_endpoint(const struct etcd_client *c)
{
    return grpc_channel_target(c->channels[c->at]);
}

enum grpc_status etcd_client_status(const struct etcd_client *c)
{
    return c->last.status;
}

const char *etcd_client_message(const struct etcd_client *c)
{
    return cu_or(c->last.message, "");
}

/* Would another endpoint do better, and may it be asked? */
static bool elsewhere(const struct etcd_rpc *rpc, const struct grpc_result *r)
{
    if (r->status != GRPC_UNAVAILABLE && r->status != GRPC_DEADLINE_EXCEEDED)
        return false;
    return !rpc->once || !r->sent;
}

int etcd_call(struct etcd_client *c, const struct etcd_rpc *rpc, void *out, struct cu_err *err)
{
    cu_autobuf struct cu_buf all = CU_BUF_INIT(LIM_PEM_FILE);
    struct grpc_request req = { .method = rpc->method, .message = rpc->message };
    enum cu_code code = CU_E_UNREACHABLE;
    struct etcd_sending own = { false, false }, *sending = rpc->sending ? rpc->sending : &own;
    for (size_t tried = 0; tried < c->n; tried++) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        struct ProtobufCMessage *m = NULL;
        sending->before = sending->any;
        if (grpc_call(c->channels[c->at], &req, rpc->answer, &m, &c->last, &why) == 0) {
            memcpy(out, &m, sizeof(m));
            return 0;
        }
        sending->any = sending->any || c->last.sent;
        code = why.code;
        cu_buf_addf(&all, "%s%s", all.len ? "; " : "", cu_err_text(&why));
        if (!elsewhere(rpc, &c->last))
            break;
        c->at = (c->at + 1) % c->n;
    }
    return cu_fail(err, code, "etcd: %s", cu_buf_str(&all));
}

void etcd_free(void *message_ptr)
{
    ProtobufCMessage *m;
    memcpy(&m, message_ptr, sizeof(m));
    if (m)
        protobuf_c_message_free_unpacked(m, NULL);
}

ProtobufCBinaryData etcd_bytes(const void *p, size_t n)
{
    ProtobufCBinaryData b = { .len = n };
    memcpy(&b.data, &p, sizeof(p)); /* packing only reads it */
    return b;
}

ProtobufCBinaryData etcd_text(const char *s)
{
    return etcd_bytes(s, strlen(s));
}

ProtobufCBinaryData etcd_prefix_key(const char *prefix)
{
    return etcd_bytes(prefix, *prefix ? strlen(prefix) : 1);
}

ProtobufCBinaryData etcd_prefix_end(const char *prefix)
{
    size_t n = strlen(prefix);
    uint8_t *end = cu_memdup(prefix, n);
    while (n > 0 && end[n - 1] == 0xff)
        n--;
    if (n > 0)
        end[n - 1]++;
    else
        end[n++] = 0; /* to the end of all keys */
    return (ProtobufCBinaryData){ .len = n, .data = end };
}

void etcd_kv_of(const Etcdpb__KeyValue *kv, char **key, struct etcd_kv *out)
{
    *key = cu_memdup(kv->key.data, kv->key.len);
    *out = (struct etcd_kv){ .key = *key,
                             .value = kv->value.data ? kv->value.data : (const uint8_t *)"",
                             .n = kv->value.len,
                             .create_rev = kv->create_revision,
                             .mod_rev = kv->mod_revision,
                             .version = kv->version,
                             .lease = kv->lease };
}
