/* gRPC on HTTP/2: headers, the five bytes before each message, status in headers or trailers.
 * Must not know services or messages. */
#include "base/str.h"
#include "grpc/private.h"
#include <ctype.h>
#include <string.h>

void grpc_wire_make(struct grpc_wire *w, const struct grpc_channel *c, const struct grpc_request *req,
                    int64_t timeout_ms)
{
    size_t n = protobuf_c_message_get_packed_size(req->message);
    *w = (struct grpc_wire){ .url = cu_asprintf("%s%s", c->url, req->method),
                             .body = cu_malloc(n + GRPC_PREFIX),
                             .headers = { "Content-Type: application/grpc", "TE: trailers" } };
    uint8_t *p = (uint8_t *)w->body;
    p[0] = 0;
    for (int i = 0; i < 4; i++)
        p[1 + i] = (uint8_t)(n >> (24 - 8 * i));
    protobuf_c_message_pack(req->message, p + GRPC_PREFIX);
    if (timeout_ms > 0)
        w->headers[2] = w->deadline = cu_asprintf("grpc-timeout: %lldm", (long long)timeout_ms);
    w->call = (struct http_call){ .method = "POST",
                                  .url = w->url,
                                  .headers = w->headers,
                                  .body = w->body,
                                  .body_len = n + GRPC_PREFIX,
                                  .timeout_ms = timeout_ms };
}

void grpc_wire_clear(struct grpc_wire *w)
{
    free(w->url);
    if (w->body)
        cu_wipe(w->body, w->call.body_len);
    free(w->body);
    free(w->deadline);
    *w = (struct grpc_wire){ 0 };
}

int grpc_frame_next(const void *p, size_t n, size_t max, size_t *len, struct cu_err *err)
{
    const uint8_t *b = p;
    if (n < GRPC_PREFIX)
        return 0;
    if (b[0] != 0)
        return cu_fail(err, CU_E_INVALID, "the answer is compressed, which was not offered");
    size_t size = (size_t)b[1] << 24 | (size_t)b[2] << 16 | (size_t)b[3] << 8 | b[4];
    if (size > max)
        return cu_fail(err, CU_E_INVALID, "the answer has %zu bytes, allowed are %zu", size, max);
    *len = size;
    return n - GRPC_PREFIX >= size;
}

/* grpc-message is percent-encoded. */
static char *decode_message(const char *text)
{
    char *out = cu_malloc(strlen(text) + 1), *o = out;
    for (const char *p = text; *p; p++) {
        if (*p == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2])) {
            char hex[3] = { p[1], p[2], '\0' };
            char c = (char)strtol(hex, NULL, 16);
            *o++ = c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
            p += 2;
        } else {
            *o++ = *p;
        }
    }
    *o = '\0';
    return out;
}

static enum cu_code code_of(enum grpc_status s, const char *message)
{
    static const enum cu_code codes[] = {
        [GRPC_OK] = CU_OK,
        [GRPC_CANCELLED] = CU_E_CANCELED,
        [GRPC_UNKNOWN] = CU_E_SERVER,
        [GRPC_INVALID_ARGUMENT] = CU_E_INVALID,
        [GRPC_DEADLINE_EXCEEDED] = CU_E_TIMEOUT,
        [GRPC_NOT_FOUND] = CU_E_NOTFOUND,
        [GRPC_ALREADY_EXISTS] = CU_E_EXISTS,
        [GRPC_PERMISSION_DENIED] = CU_E_FORBIDDEN,
        [GRPC_RESOURCE_EXHAUSTED] = CU_E_SERVER,
        [GRPC_FAILED_PRECONDITION] = CU_E_CONFLICT,
        [GRPC_ABORTED] = CU_E_CONFLICT,
        [GRPC_OUT_OF_RANGE] = CU_E_INVALID,
        [GRPC_UNIMPLEMENTED] = CU_E_SERVER,
        [GRPC_INTERNAL] = CU_E_SERVER,
        [GRPC_UNAVAILABLE] = CU_E_UNREACHABLE,
        [GRPC_DATA_LOSS] = CU_E_SERVER,
        [GRPC_UNAUTHENTICATED] = CU_E_AUTH,
    };
    if (s == GRPC_OUT_OF_RANGE && strstr(message, "compacted"))
        return CU_E_EXPIRED;
    return codes[s];
}

int grpc_verdict(const struct grpc_request *req, const char *target, const struct http_response *r,
                 struct grpc_result *result, struct cu_err *err)
{
    cu_autofree char *number = http_response_header(r, "grpc-status");
    cu_autofree char *raw = http_response_header(r, "grpc-message");
    result->sent = true;
    result->status = GRPC_UNKNOWN;
    if (!number && r->code == 200)
        return cu_fail(err, CU_E_SERVER, "%s at %s: the answer has no grpc-status", req->method, target);
    if (!number) {
        result->status = r->code == 502 || r->code == 503 || r->code == 504 ? GRPC_UNAVAILABLE : GRPC_UNKNOWN;
        return cu_fail(err, result->status == GRPC_UNAVAILABLE ? CU_E_UNREACHABLE : CU_E_SERVER,
                       "%s at %s: HTTP status %d, which is not gRPC", req->method, target, r->code);
    }
    char *end;
    long status = strtol(number, &end, 10);
    if (*end || end == number || status < GRPC_OK || status > GRPC_UNAUTHENTICATED)
        return cu_fail(err, CU_E_SERVER, "%s at %s: bad grpc-status \"%.20s\"", req->method, target, number);
    result->status = (enum grpc_status)status;
    result->answered = true;
    if (raw)
        result->message = decode_message(raw);
    if (status == GRPC_OK)
        return 0;
    const char *text = cu_or(result->message, "no reason given");
    return cu_fail(err, code_of(result->status, text), "%s at %s: %s (grpc status %ld)", req->method, target,
                   text, status);
}

void grpc_transport_failed(enum http_cause cause, struct grpc_result *result)
{
    result->status = cause == HTTP_CAUSE_TIMEOUT     ? GRPC_DEADLINE_EXCEEDED
                     : cause == HTTP_CAUSE_TOO_LARGE ? GRPC_RESOURCE_EXHAUSTED
                     : cause == HTTP_CAUSE_UNREAD ? GRPC_UNIMPLEMENTED /* servers read requests they know */
                                                  : GRPC_UNAVAILABLE;
    result->sent = !http_cause_is_tls(cause) && cause != HTTP_CAUSE_RESOLVE && cause != HTTP_CAUSE_REFUSED &&
                   cause != HTTP_CAUSE_UNREACHABLE && cause != HTTP_CAUSE_UNREAD;
}

void grpc_result_clear(struct grpc_result *r)
{
    free(r->message);
    *r = (struct grpc_result)GRPC_RESULT_INIT;
}
