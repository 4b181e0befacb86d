/* http/server_internal.h - what the sources of the server share; not for other folders.
 *
 * A connection lives as long as its socket, its unanswered request or its stream does; `bev` is NULL once the
 * client has left. */
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include "base/buf.h"
#include "http/parse.h"
#include "http/server.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

enum conn_state {
    CONN_HANDSHAKE, /* TLS */
    CONN_HEAD,      /* waiting for or reading a request's head */
    CONN_BODY,
    CONN_ANSWER, /* the handler has the request */
    CONN_STREAM,
    CONN_FLUSH,  /* last answer on its way out, then close */
    CONN_LINGER, /* answered, but the client is still sending: swallow so that it can read the answer */
};

struct http_conn {
    struct http_server *server;
    struct http_conn *prev, *next;
    struct bufferevent *bev;
    SSL *ssl;            /* borrowed from bev */
    struct event *timer; /* the limit for the state it is in */
    enum conn_state state;
    bool busy;       /* inside conn_process() */
    bool keep;       /* keep-alive after this answer */
    bool in_request; /* the request's time limit is set */
    bool reading;
    size_t scanned;        /* bytes of input known to hold no end of head */
    struct http_body body; /* decoder of the current request's body */
    struct http_request *req;
    struct http_stream *stream;
    unsigned char *cert; /* DER */
    size_t cert_len;
    bool cert_known;
    void *data;
    void (*free_data)(void *data);
};

struct http_request {
    struct http_conn *conn; /* NULL once the server is gone */
    struct http_head head;
    char *body;
    size_t body_len;
};

struct http_stream {
    struct http_conn *conn;
    bool chunked;
    void (*on_close)(void *arg);
    void *arg;
};

struct http_listener {
    struct http_server *server;
    struct evconnlistener *lev;
    struct http_tls_context *tls; /* NULL: plain */
    struct event *resume;         /* after running out of descriptors */
    char *unix_path;
};

struct http_server {
    struct http_loop *loop;
    struct http_server_options o;
    struct http_listener **listeners;
    size_t n_listeners, cap_listeners;
    struct http_tls_context **tls;
    size_t n_tls, cap_tls;
    struct http_conn *conns;
    size_t n_conns;
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
    struct event *drain_timer;
    int64_t date_at; /* second for which `date` was made */
    char date[40];
};

/* conn.c */
void http_conn_accept(struct http_server *s, int fd, SSL *ssl); /* takes fd and ssl */
void http_conn_destroy(struct http_conn *c);  /* calls on_close of a stream; frees unless a request is out */
void http_conn_answered(struct http_conn *c); /* the answer to its request is in the output buffer */
void http_conn_close_soon(struct http_conn *c);
void http_conn_drain(struct http_conn *c);
/* respond.c */
void http_conn_reject(struct http_conn *c, int code, const char *text);
void http_request_free(struct http_request *r);
/* tls.c */
SSL *http_tls_accept(struct http_tls_context *t); /* NULL on failure; looks for changed files */
void http_tls_free(struct http_tls_context *t);
int http_tls_new(const struct http_tls *t, struct http_tls_context **out, struct cu_err *err);
int http_tls_reload(struct http_tls_context *t, struct cu_err *err);
/* server.c */
void http_server_forget(struct http_server *s, struct http_conn *c);

#endif
