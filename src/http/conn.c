/* One connection of the server: reads requests one after the other and hands them on. Must not know what the
 * requests mean. Callbacks of libevent are deferred, so nothing here is entered from within a write. */
#include "http/server_internal.h"
#include "base/limits.h"
#include "http/loop_internal.h"
#include <string.h>
#include <sys/socket.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#define METHOD_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define FLUSH_MS 30000
#define LINGER_MS 2000
#define MAX_AHEAD (256 * 1024) /* bytes read ahead while a request is being answered */

static void conn_process(struct http_conn *c);

static void set_timer(struct http_conn *c, int64_t ms)
{
    struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    event_add(c->timer, &tv);
}

/* Frees the connection when nothing holds it any more. */
static void release(struct http_conn *c)
{
    if (c->bev || c->req || c->busy)
        return;
    struct http_server *s = c->server;
    if (s)
        http_server_forget(s, c);
    event_free(c->timer);
    http_body_clear(&c->body);
    free(c->cert);
    if (c->free_data)
        c->free_data(c->data);
    free(c);
}

static void close_socket(struct http_conn *c)
{
    if (c->ssl && SSL_is_init_finished(c->ssl) && c->state != CONN_LINGER)
        SSL_shutdown(c->ssl), ERR_clear_error(); /* the queue is shared by all connections */
    bufferevent_free(c->bev);
    c->bev = NULL;
    c->ssl = NULL;
    event_del(c->timer);
}

void http_conn_destroy(struct http_conn *c)
{
    if (c->bev)
        close_socket(c);
    struct http_stream *st = c->stream;
    c->stream = NULL;
    if (st) {
        if (st->on_close)
            st->on_close(st->arg);
        free(st);
    }
    release(c);
}

void http_conn_close_soon(struct http_conn *c)
{
    if (!c->bev) {
        release(c);
        return;
    }
    c->state = CONN_FLUSH;
    set_timer(c, FLUSH_MS);
    bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

void http_conn_drain(struct http_conn *c)
{
    c->keep = false;
    if (c->state == CONN_STREAM || c->state == CONN_HANDSHAKE || (c->state == CONN_HEAD && !c->in_request))
        http_conn_destroy(c);
}

void http_conn_answered(struct http_conn *c)
{
    if (!c->bev || !c->keep) {
        http_conn_close_soon(c);
        return;
    }
    c->state = CONN_HEAD;
    c->in_request = false;
    set_timer(c, c->server->o.idle_timeout_ms);
    if (!c->reading) {
        c->reading = true;
        bufferevent_enable(c->bev, EV_READ);
    }
    if (!c->busy && evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
        bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* Reads a head when one is complete; false when more bytes are needed. */
static bool step_head(struct http_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    unsigned char *byte = NULL;
    while (c->scanned == 0 && (byte = evbuffer_pullup(in, 1)) && (*byte == '\r' || *byte == '\n'))
        evbuffer_drain(in, 1);
    size_t len = evbuffer_get_length(in);
    if (len == 0)
        return false;
    if (c->scanned == 0 && byte &&
        (!*byte || !strchr(METHOD_START, *byte))) { /* TLS spoken to a plain port, or worse */
        c->in_request = true;
        http_conn_reject(c, 400, "this is not an HTTP request");
        return true;
    }
    if (!c->in_request) {
        c->in_request = true;
        set_timer(c, c->server->o.request_timeout_ms);
    }
    struct evbuffer_ptr from, end;
    evbuffer_ptr_set(in, &from, c->scanned, EVBUFFER_PTR_SET);
    end = evbuffer_search(in, "\r\n\r\n", 4, &from);
    if (end.pos < 0) {
        c->scanned = len > 3 ? len - 3 : 0;
        if (len > LIM_HTTP_HEADERS) {
            http_conn_reject(c, 431, "request header fields too large");
            return true;
        }
        return false;
    }
    size_t n = (size_t)end.pos + 4;
    c->scanned = 0;
    struct http_request *r = cu_calloc(1, sizeof(*r));
    const char *why = "";
    int code = n > LIM_HTTP_HEADERS
                   ? 431
                   : http_head_parse((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n, &r->head, &why);
    evbuffer_drain(in, n);
    if (!code && !r->head.chunked && r->head.content_length > c->server->o.max_body) {
        code = 413;
        why = "request body too large";
    }
    c->keep = !code && r->head.keep_alive && !c->server->draining;
    if (code) {
        http_request_free(r);
        http_conn_reject(c, code, n > LIM_HTTP_HEADERS ? "request header fields too large" : why);
        return true;
    }
    r->conn = c;
    c->req = r;
    http_body_init(&c->body, &r->head, c->server->o.max_body);
    c->state = CONN_BODY;
    if (r->head.expect_continue && c->body.state != HTTP_BODY_DONE && evbuffer_get_length(in) == 0)
        evbuffer_add_printf(bufferevent_get_output(c->bev), "HTTP/1.1 100 Continue\r\n\r\n");
    return true;
}

static void drop_request(struct http_conn *c)
{
    struct http_request *r = c->req;
    c->req = NULL;
    http_body_clear(&c->body);
    http_request_free(r);
}

static bool step_body(struct http_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    if (c->body.state != HTTP_BODY_DONE) {
        size_t n = evbuffer_get_contiguous_space(in), used = 0;
        if (n == 0)
            return false;
        const char *why = "";
        int code = http_body_feed(&c->body, (const char *)evbuffer_pullup(in, (ev_ssize_t)n), n, &used, &why);
        evbuffer_drain(in, used);
        if (code) {
            drop_request(c);
            http_conn_reject(c, code, why);
        }
        return true;
    }
    struct http_request *r = c->req;
    r->body_len = c->body.data.len;
    r->body = cu_steal(&c->body.data.data);
    http_body_clear(&c->body);
    c->state = CONN_ANSWER;
    event_del(c->timer);
    c->server->o.handle(c->server->o.arg, r);
    return true;
}

/* While a request is being answered the client may send the next ones, but not without end. */
static void limit_ahead(struct http_conn *c)
{
    if (c->state == CONN_FLUSH || c->state == CONN_LINGER) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        evbuffer_drain(in, evbuffer_get_length(in));
        return;
    }
    if (c->reading && evbuffer_get_length(bufferevent_get_input(c->bev)) > MAX_AHEAD) {
        c->reading = false;
        bufferevent_disable(c->bev, EV_READ);
    }
}

static void conn_process(struct http_conn *c)
{
    if (c->busy)
        return;
    c->busy = true;
    bool more = true;
    while (more && c->bev) {
        if (c->state == CONN_HEAD)
            more = step_head(c);
        else if (c->state == CONN_BODY)
            more = step_body(c);
        else
            more = false;
    }
    if (c->bev && c->state != CONN_HEAD && c->state != CONN_BODY)
        limit_ahead(c);
    c->busy = false;
    release(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn_process(arg);
}

/* The output buffer is empty. */
static void on_write(struct bufferevent *bev, void *arg)
{
    struct http_conn *c = arg;
    if (c->state != CONN_FLUSH || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    if (!c->in_request) {
        http_conn_destroy(c);
        return;
    }
    /* Closing with unread input would reset the connection and take the answer away from the client. */
    if (c->ssl)
        SSL_shutdown(c->ssl), ERR_clear_error(); /* the queue is shared by all connections */
    shutdown(bufferevent_getfd(bev), SHUT_WR);
    c->state = CONN_LINGER;
    set_timer(c, LINGER_MS);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct http_conn *c = arg;
    if (what & BEV_EVENT_CONNECTED) {
        c->state = CONN_HEAD;
        set_timer(c, c->server->o.idle_timeout_ms);
        return;
    }
    bool clean = (what & BEV_EVENT_EOF) && !(what & BEV_EVENT_ERROR); /* deferred events come together */
    if (clean && evbuffer_get_length(bufferevent_get_output(bev)) > 0 &&
        ((c->state == CONN_HEAD && !c->in_request) || c->state == CONN_FLUSH)) {
        c->in_request = false;
        http_conn_close_soon(c);
        return;
    }
    if (c->state == CONN_BODY)
        drop_request(c);
    http_conn_destroy(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct http_conn *c = arg;
    if (c->state == CONN_BODY)
        drop_request(c);
    if (c->state == CONN_BODY || (c->state == CONN_HEAD && c->in_request))
        http_conn_reject(c, 408, "the request did not arrive in time");
    else
        http_conn_destroy(c);
}

void http_conn_accept(struct http_server *s, int fd, SSL *ssl)
{
    struct event_base *base = http_loop_base(s->loop);
    int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    struct http_conn *c = cu_calloc(1, sizeof(*c));
    c->server = s;
    c->ssl = ssl;
    c->bev = ssl ? bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, options)
                 : bufferevent_socket_new(base, fd, options);
    if (!c->bev)
        abort();
    if (ssl)
        bufferevent_openssl_set_allow_dirty_shutdown(c->bev, 1);
    c->timer = event_new(base, -1, 0, on_timer, c);
    c->state = ssl ? CONN_HANDSHAKE : CONN_HEAD;
    c->reading = true;
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    s->conns = c;
    s->n_conns++;
    set_timer(c, ssl ? s->o.request_timeout_ms : s->o.idle_timeout_ms);
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

const void *http_request_peer_cert(const struct http_request *r, size_t *n)
{
    struct http_conn *c = r->conn;
    *n = 0;
    if (!c)
        return NULL;
    if (!c->cert_known && c->ssl) {
        c->cert_known = true;
        X509 *x = SSL_get1_peer_certificate(c->ssl);
        unsigned char *der = NULL;
        int len = x ? i2d_X509(x, &der) : 0;
        if (len > 0) {
            c->cert = cu_memdup(der, (size_t)len);
            c->cert_len = (size_t)len;
        }
        OPENSSL_free(der);
        X509_free(x);
    }
    *n = c->cert_len;
    return c->cert;
}
