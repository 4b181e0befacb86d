/* Channels and blocking calls. Must not know services.
 * Plain connections are made anew for each call: libcurl before 8.0 cannot use them again (its issue 10634). */
#include "base/str.h"
#include "grpc/private.h"
#include <string.h>

#define DEFAULT_MS 2000

int grpc_channel_new(const struct grpc_channel_options *o, struct grpc_channel **out, struct cu_err *err)
{
    const char *target = cu_or(o->target, "");
    bool local = cu_has_prefix(target, "unix://"), tls = cu_has_prefix(target, "https://");
    if (!local && !tls && !cu_has_prefix(target, "http://"))
        return cu_fail(err, CU_E_INVALID, "\"%s\": a target begins with https://, http:// or unix://",
                       target);
    const char *path = local ? target + strlen("unix://") : NULL;
    if (local && *path != '/')
        return cu_fail(err, CU_E_INVALID, "\"%s\": the path of a socket begins with a slash", target);
    struct http_client_options h = { .ca_pem = o->ca_pem,
                                     .cert_pem = o->cert_pem,
                                     .key_pem = o->key_pem,
                                     .unix_socket = path,
                                     .proxy_url = "", /* upstream's clients dial etcd and CRI directly */
                                     .http2 = tls,
                                     .http2_plain = !tls,
                                     .connect_timeout_ms =
                                         o->connect_timeout_ms ? o->connect_timeout_ms : DEFAULT_MS };
    struct grpc_channel *c = cu_calloc(1, sizeof(*c));
    c->http = http_client_new(&h);
    c->target = cu_strdup(target);
    c->url = cu_strdup(local ? "http://localhost" : target);
    for (size_t n = strlen(c->url); n && c->url[n - 1] == '/'; n--)
        c->url[n - 1] = '\0';
    c->timeout_ms = o->timeout_ms ? o->timeout_ms : DEFAULT_MS;
    c->max_message = o->max_message ? o->max_message : GRPC_MAX_MESSAGE;
    *out = c;
    return 0;
}

void grpc_channel_free(struct grpc_channel *c)
{
    if (!c)
        return;
    http_client_free(c->http);
    free(c->target);
    free(c->url);
    free(c);
}

const char *grpc_channel_target(const struct grpc_channel *c)
{
    return c->target;
}

/* The one message of a successful answer. */
static int unpack(const struct grpc_channel *c, const struct grpc_request *req, const struct http_response *r,
                  const ProtobufCMessageDescriptor *type, ProtobufCMessage **out, struct cu_err *err)
{
    size_t n = 0;
    int whole = grpc_frame_next(r->body, r->len, c->max_message, &n, err);
    if (whole < 0) {
        cu_wrap(err, "%s at %s", req->method, c->target);
        return whole;
    }
    if (!whole || r->len != n + GRPC_PREFIX)
        return cu_fail(err, CU_E_INVALID, "%s at %s: the answer is not one whole message", req->method,
                       c->target);
    ProtobufCMessage *m = protobuf_c_message_unpack(type, NULL, n, (const uint8_t *)r->body + GRPC_PREFIX);
    if (!m)
        return cu_fail(err, CU_E_INVALID, "%s at %s: the answer is no %s", req->method, c->target,
                       type->name);
    *out = m;
    return 0;
}

int grpc_call(struct grpc_channel *c, const struct grpc_request *req,
              const struct ProtobufCMessageDescriptor *type, struct ProtobufCMessage **out,
              struct grpc_result *result, struct cu_err *err)
{
    cu_autogrpc struct grpc_result own = GRPC_RESULT_INIT;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    cu_autoresponse struct http_response r = HTTP_RESPONSE_INIT;
    int64_t timeout_ms = req->timeout_ms ? req->timeout_ms : c->timeout_ms;
    struct grpc_wire w;
    if (!result)
        result = &own;
    grpc_result_clear(result);
    grpc_wire_make(&w, c, req, timeout_ms);
    w.call.max_response = c->max_message + GRPC_PREFIX;
    if (timeout_ms < 0)
        w.call.timeout_ms = INT32_MAX; /* the client takes 0 for its own limit */
    int failed = http_client_do(c->http, &w.call, &r, &why);
    grpc_wire_clear(&w);
    if (failed < 0)
        grpc_transport_failed(http_client_cause(c->http), result);
    else if ((failed = grpc_verdict(req, c->target, &r, result, &why)) == 0)
        failed = unpack(c, req, &r, type, out, &why);
    if (failed < 0 && err)
        cu_err_move(err, &why);
    return failed;
}
