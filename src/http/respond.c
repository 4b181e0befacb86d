/* Answers of the server: heads, bodies, chunked streams, and what can be asked of a request. Must not know
 * listeners or TLS. */
#include "http/server_internal.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <string.h>
#include <strings.h>
#include <time.h>

#define ONE_RECORD 16384 /* up to here head and body are written as one TLS record */

static const struct {
    int code;
    const char *text;
} reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 413, "Request Entity Too Large" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Entity" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

static const char *reason(int code)
{
    for (size_t i = 0; i < CU_LEN(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].text;
    return "Status";
}

static const char *date_now(struct http_server *s)
{
    int64_t now = cu_now_ms() / 1000;
    if (now != s->date_at) {
        time_t t = (time_t)now;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        s->date_at = now;
    }
    return s->date;
}

static void add_header(struct cu_buf *b, const char *name, const char *value)
{
    cu_buf_add(b, name);
    cu_buf_add(b, ": ");
    size_t at = b->len;
    cu_buf_add(b, value);
    for (; !b->failed && at < b->len; at++)
        if ((unsigned char)b->data[at] < ' ' && b->data[at] != '\t')
            b->data[at] = ' '; /* a line end here would forge further headers */
    cu_buf_add(b, "\r\n");
}

/* Status line, Date, the caller's headers, Connection; without the empty line. */
static void add_head(struct cu_buf *b, struct http_request *r, int code, const struct http_header *headers)
{
    struct http_conn *c = r->conn;
    cu_buf_addf(b, "HTTP/1.1 %d %s\r\nDate: %s\r\n", code, reason(code), date_now(c->server));
    for (const struct http_header *h = headers; h && h->name; h++) {
        if (strcasecmp(h->name, "Connection") == 0 && strcasecmp(h->value, "close") == 0)
            c->keep = false;
        else
            add_header(b, h->name, h->value);
    }
    if (!c->keep)
        cu_buf_add(b, "Connection: close\r\n");
    else if (r->head.http10)
        cu_buf_add(b, "Connection: keep-alive\r\n");
}

void http_request_free(struct http_request *r)
{
    http_head_clear(&r->head);
    if (r->body)
        cu_wipe(r->body, r->body_len);
    free(r->body);
    free(r);
}

/* Ends the request; the connection goes on. */
static void finish(struct http_request *r)
{
    struct http_conn *c = r->conn;
    http_request_free(r);
    if (!c)
        return;
    c->req = NULL;
    http_conn_answered(c);
}

static void free_body(const void *data, size_t n, void *arg)
{
    (void)data;
    (void)n;
    free(arg);
}

/* `own`: the body as malloc'ed memory to take over, or NULL to copy it. */
static void respond(struct http_request *r, int code, const struct http_header *headers, const void *body,
                    size_t n, char *own)
{
    struct http_conn *c = r->conn;
    if (!c || !c->bev) {
        free(own);
        finish(r);
        return;
    }
    cu_autobuf struct cu_buf b = CU_BUF_INIT(SIZE_MAX / 2);
    add_head(&b, r, code, headers);
    bool bodyless = code == 204 || code == 304;
    if (!bodyless)
        cu_buf_addf(&b, "Content-Length: %zu\r\n", n);
    cu_buf_add(&b, "\r\n");
    if (bodyless || strcmp(r->head.method, "HEAD") == 0)
        n = 0;
    struct evbuffer *out = evbuffer_new();
    if (!out)
        abort();
    if (own && b.len + n > ONE_RECORD) {
        evbuffer_add(out, b.data, b.len);
        evbuffer_add_reference(out, own, n, free_body, own);
    } else {
        evbuffer_expand(out, b.len + n);
        evbuffer_add(out, b.data, b.len);
        evbuffer_add(out, body, n);
        free(own);
    }
    bufferevent_write_buffer(c->bev, out);
    evbuffer_free(out);
    finish(r);
}

void http_respond(struct http_request *r, int code, const struct http_header *headers, const void *body,
                  size_t n)
{
    respond(r, code, headers, n ? body : "", n, NULL);
}

void http_respond_take(struct http_request *r, int code, const struct http_header *headers, char *body,
                       size_t n)
{
    respond(r, code, headers, n ? body : "", n, body);
}

void http_respond_text(struct http_request *r, int code, const char *text)
{
    static const struct http_header headers[] = { { "Content-Type", "text/plain; charset=utf-8" },
                                                  { "X-Content-Type-Options", "nosniff" },
                                                  { NULL, NULL } };
    respond(r, code, headers, text, strlen(text), NULL);
}

void http_conn_reject(struct http_conn *c, int code, const char *text)
{
    struct http_server *s = c->server;
    const char *type = "text/plain; charset=utf-8";
    cu_autofree char *body = s->o.error_body ? s->o.error_body(s->o.arg, code, text, &type) : NULL;
    if (!body)
        body = cu_asprintf("%d %s: %s\n", code, reason(code), text);
    cu_autobuf struct cu_buf b = CU_BUF_INIT(SIZE_MAX / 2);
    cu_buf_addf(&b,
                "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\nContent-Type: %s\r\n"
                "Content-Length: %zu\r\n\r\n%s",
                code, reason(code), date_now(s), type, strlen(body), body);
    c->keep = false;
    bufferevent_write(c->bev, b.data, b.len);
    http_conn_close_soon(c);
}

struct http_stream *http_stream_begin(struct http_request *r, int code, const char *content_type,
                                      void (*on_close)(void *arg), void *arg)
{
    struct http_conn *c = r->conn;
    struct http_stream *st = cu_calloc(1, sizeof(*st));
    st->conn = c;
    st->on_close = on_close;
    st->arg = arg;
    st->chunked = !r->head.http10;
    if (!c) { /* the server is gone; nobody is left to call on_close later */
        http_request_free(r);
        return st;
    }
    c->req = NULL;
    c->stream = st;
    c->state = CONN_STREAM;
    if (c->bev) {
        cu_autobuf struct cu_buf b = CU_BUF_INIT(SIZE_MAX / 2);
        c->keep = c->keep && st->chunked;
        add_head(&b, r, code, NULL);
        add_header(&b, "Content-Type", content_type);
        cu_buf_add(&b, st->chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
        bufferevent_write(c->bev, b.data, b.len);
    } else { /* on_timer() will find the client gone and close the stream */
        struct timeval now = { 0, 0 };
        event_add(c->timer, &now);
    }
    http_request_free(r);
    return st;
}

void http_stream_send(struct http_stream *st, const void *data, size_t n)
{
    struct http_conn *c = st->conn;
    if (!c || !c->bev || n == 0)
        return;
    if (!st->chunked) {
        bufferevent_write(c->bev, data, n);
        return;
    }
    struct evbuffer *out = evbuffer_new();
    if (!out)
        abort();
    evbuffer_expand(out, n + 24);
    evbuffer_add_printf(out, "%zx\r\n", n);
    evbuffer_add(out, data, n);
    evbuffer_add(out, "\r\n", 2);
    bufferevent_write_buffer(c->bev, out);
    evbuffer_free(out);
}

size_t http_stream_pending(const struct http_stream *st)
{
    return st->conn && st->conn->bev ? evbuffer_get_length(bufferevent_get_output(st->conn->bev)) : 0;
}

void http_stream_end(struct http_stream *st)
{
    struct http_conn *c = st->conn;
    if (c) {
        c->stream = NULL;
        if (c->bev && st->chunked)
            bufferevent_write(c->bev, "0\r\n\r\n", 5);
        c->in_request = false;
        http_conn_answered(c);
    }
    free(st);
}

void http_stream_abort(struct http_stream *st)
{
    struct http_conn *c = st->conn;
    free(st);
    if (!c)
        return;
    c->stream = NULL;
    http_conn_destroy(c);
}

const char *http_request_method(const struct http_request *r)
{
    return r->head.method;
}

const char *http_request_path(const struct http_request *r)
{
    return r->head.path;
}

const char *http_request_query(const struct http_request *r)
{
    return r->head.query;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
    return http_head_get(&r->head, name);
}

bool http_request_header_at(const struct http_request *r, size_t i, const char **name, const char **value)
{
    if (i >= r->head.n_fields)
        return false;
    *name = r->head.fields[i].name;
    *value = r->head.fields[i].value;
    return true;
}

const void *http_request_body(const struct http_request *r, size_t *n)
{
    *n = r->body_len;
    return r->body ? r->body : "";
}

bool http_request_is_tls(const struct http_request *r)
{
    return r->conn && r->conn->ssl;
}

bool http_request_client_left(const struct http_request *r)
{
    return !r->conn || !r->conn->bev;
}

void *http_request_conn_data(const struct http_request *r)
{
    return r->conn ? r->conn->data : NULL;
}

void http_request_set_conn_data(struct http_request *r, void *data, void (*free_data)(void *data))
{
    struct http_conn *c = r->conn;
    if (!c) {
        if (free_data)
            free_data(data);
        return;
    }
    if (c->free_data)
        c->free_data(c->data);
    c->data = data;
    c->free_data = free_data;
}
