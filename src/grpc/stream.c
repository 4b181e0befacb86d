/* Streams of answers on a loop. Must not know services. */
#include "grpc/private.h"
#include <string.h>

struct grpc_stream {
    struct grpc_channel *channel;
    struct http_transfer *transfer;
    const ProtobufCMessageDescriptor *type;
    struct grpc_stream_events ev;
    void *arg;
    char *method;
    struct cu_buf in;
    struct cu_err bad; /* why it was given up */
    struct http_timer *give_up;
    int busy; /* callbacks on the stack */
    bool dead;
};

static void free_stream(struct grpc_stream *s)
{
    http_timer_free(s->give_up);
    cu_buf_clear(&s->in);
    cu_err_clear(&s->bad);
    free(s->method);
    free(s);
}

static void tell_end(struct grpc_stream *s, const struct grpc_result *result, const struct cu_err *err)
{
    s->busy++;
    s->transfer = NULL;
    if (!s->dead)
        s->ev.end(s->arg, result, err);
    s->dead = true;
    s->busy--;
    free_stream(s);
}

/* A malformed answer: ended from the loop, not from within libcurl. */
static void on_give_up(void *arg)
{
    struct grpc_stream *s = arg;
    struct grpc_result result = { .status = GRPC_INTERNAL, .sent = true };
    if (s->transfer)
        http_transfer_cancel(s->transfer);
    tell_end(s, &result, &s->bad);
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct grpc_stream *s = arg;
    size_t len, at = 0;
    int whole = 0;
    if (s->bad.code)
        return;
    cu_buf_addn(&s->in, p, n);
    s->busy++;
    while (!s->dead && (whole = grpc_frame_next(cu_buf_str(&s->in) + at, s->in.len - at,
                                                s->channel->max_message, &len, &s->bad)) > 0) {
        ProtobufCMessage *m =
            protobuf_c_message_unpack(s->type, NULL, len, (const uint8_t *)s->in.data + at + GRPC_PREFIX);
        at += GRPC_PREFIX + len;
        if (!m) {
            whole = cu_fail(&s->bad, CU_E_INVALID, "the answer is no %s", s->type->name);
            break;
        }
        s->ev.message(s->arg, m);
        protobuf_c_message_free_unpacked(m, NULL);
    }
    s->busy--;
    if (s->dead) {
        free_stream(s);
        return;
    }
    cu_buf_drop(&s->in, at);
    if (whole < 0 || s->in.failed) {
        if (!s->bad.code)
            cu_fail(&s->bad, CU_E_INVALID, "the answer is too large");
        cu_wrap(&s->bad, "%s at %s", s->method, s->channel->target);
        http_timer_set(s->give_up, 0);
    }
}

static void on_end(void *arg, int code, enum http_cause cause, const struct cu_err *why)
{
    struct grpc_stream *s = arg;
    cu_autogrpc struct grpc_result result = GRPC_RESULT_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *head = cu_strdup(http_transfer_head(s->transfer));
    cu_autoresponse struct http_response r = { .code = code, .head = head };
    struct grpc_request req = { .method = s->method };
    if (s->bad.code) {
        result.status = GRPC_INTERNAL;
        result.sent = true;
        cu_err_move(&err, &s->bad);
    } else if (why->code) {
        grpc_transport_failed(cause, &result);
        cu_fail(&err, why->code, "%s", cu_err_text(why));
    } else if (grpc_verdict(&req, s->channel->target, &r, &result, &err) == 0 && s->in.len > 0) {
        cu_fail(&err, CU_E_INVALID, "%s at %s: the last message is incomplete", s->method,
                s->channel->target);
    }
    tell_end(s, &result, &err);
}

struct grpc_stream *grpc_stream_start(struct http_loop *l, struct grpc_channel *c,
                                      const struct grpc_request *req,
                                      const struct ProtobufCMessageDescriptor *type,
                                      const struct grpc_stream_events *ev, void *arg)
{
    static const struct http_transfer_events events = { .data = on_data, .end = on_end };
    struct grpc_stream *s = cu_calloc(1, sizeof(*s));
    s->channel = c;
    s->type = type;
    s->ev = *ev;
    s->arg = arg;
    s->method = cu_strdup(req->method);
    /* libcurl hands over at most 16 KiB at once, so one message and a piece of the next fit */
    s->in = (struct cu_buf)CU_BUF_INIT(c->max_message + 1024 * 1024);
    s->give_up = http_timer_new(l, on_give_up, s);
    struct grpc_wire w;
    grpc_wire_make(&w, c, req, req->timeout_ms > 0 ? req->timeout_ms : 0);
    s->transfer = http_transfer_start(l, c->http, &w.call, &events, s);
    grpc_wire_clear(&w);
    return s;
}

void grpc_stream_cancel(struct grpc_stream *s)
{
    if (s->dead)
        return;
    s->dead = true;
    if (s->transfer)
        http_transfer_cancel(s->transfer);
    if (!s->busy)
        free_stream(s);
}
