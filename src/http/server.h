/* http/server.h - HTTP/1.1 server on a loop, plain or over TLS (1.2 and newer), on TCP and unix sockets.
 * Everything happens on the loop's thread; a handler must not block. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/err.h"
#include "http/loop.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct http_server;
struct http_request;
struct http_stream;

struct http_server_options {
    /* Called once a request is complete (body included). Each request must be answered exactly once, now or
     * later, with http_respond() or http_stream_begin(); until then it stays valid even if the client leaves. */
    void (*handle)(void *arg, struct http_request *req);
    /* Body for answers the server gives by itself (400, 408, 413, 417, 431, 501, 505): malloc'ed text; sets
     * *content_type (static). NULL: plain text. */
    char *(*error_body)(void *arg, int code, const char *text, const char **content_type);
    void *arg;
    int64_t idle_timeout_ms; /* a kept connection without request; 0 = 95 s */
    int64_t
        request_timeout_ms; /* from the first byte of a request to its last, TLS handshake too; 0 = 60 s */
    size_t max_body;        /* 0 = LIM_HTTP_REQUEST; larger: 413 */
    size_t max_connections; /* 0 = 16384; more are closed at accept */
};

/* `loop` must outlive the server. Options are copied. */
struct http_server *http_server_new(struct http_loop *loop, const struct http_server_options *o);
void http_server_free(
    struct http_server *s); /* closes all; open streams get their close callback; NULL is fine */
/* Stops accepting; requests under way are answered, then `done` is called (also at once). */
void http_server_drain(struct http_server *s, void (*done)(void *arg), void *arg);
size_t http_server_connections(const struct http_server *s);

/* TLS material. Files win over texts; files are looked at again (at most once a second) when a connection comes
 * in and used when they changed and load well. */
struct http_tls {
    const char *cert_file, *key_file; /* PEM; chain allowed */
    const char *cert_pem, *key_pem;
    const char *client_ca_file,
        *client_ca_pem; /* names to offer when asking for a client certificate, which is
                                         * neither demanded nor verified here; both NULL: not asked */
};
struct http_tls_context; /* shared by listeners; owned by the server */
/* CU_E_INVALID when certificate and key do not load or do not belong together; CU_E_NOTFOUND, CU_E_IO. */
int http_server_add_tls(struct http_server *s, const struct http_tls *t, struct http_tls_context **out,
                        struct cu_err *err);

/* Listens on host:port (numeric v4 or v6; "" or NULL = all addresses; port 0 = any, the one taken is returned in
 * *bound, which may be NULL). tls NULL: plain. CU_E_EXISTS: port taken; CU_E_FORBIDDEN; CU_E_IO. */
int http_server_listen(struct http_server *s, const char *host, int port, struct http_tls_context *tls,
                       int *bound, struct cu_err *err);
/* Plain HTTP on a unix socket; a stale socket file is replaced. */
int http_server_listen_unix(struct http_server *s, const char *path, mode_t mode, struct cu_err *err);

/* The request. All texts are borrowed and live until it is answered. */
const char *http_request_method(const struct http_request *r); /* "GET", upper case as sent */
const char *http_request_path(const struct http_request *r);   /* raw (still encoded), starts with '/' */
const char *http_request_query(const struct http_request *r);  /* raw, behind '?'; "" when none */
const char *http_request_header(const struct http_request *r,
                                const char *name); /* first one or NULL; any case */
/* Header number i in order of arrival; false behind the last. */
bool http_request_header_at(const struct http_request *r, size_t i, const char **name, const char **value);
const void *http_request_body(const struct http_request *r, size_t *n); /* NUL behind it; "" when none */
bool http_request_is_tls(const struct http_request *r);
/* DER of the certificate the client proved to own; NULL when none. Not verified: that is the caller's task. */
const void *http_request_peer_cert(const struct http_request *r, size_t *n);
bool http_request_client_left(const struct http_request *r); /* answering is pointless, though still due */
/* One pointer per connection for the caller, e.g. who was authenticated by the peer certificate; freed with
 * `free_data` when the connection closes or the pointer is replaced. */
void *http_request_conn_data(const struct http_request *r);
void http_request_set_conn_data(struct http_request *r, void *data, void (*free_data)(void *data));

struct http_header {
    const char *name, *value;
};

/* Answers and frees the request. `headers` ends with a NULL name; may be NULL. Content-Length and Date are added;
 * Connection: close among the headers closes. body is copied. HEAD sends no body. */
void http_respond(struct http_request *r, int code, const struct http_header *headers, const void *body,
                  size_t n);
void http_respond_text(struct http_request *r, int code, const char *text); /* text/plain */
/* The same without copying: `body` is malloc'ed and taken over. */
void http_respond_take(struct http_request *r, int code, const struct http_header *headers, char *body,
                       size_t n);

/* Streams: chunked answers of unknown length, e.g. watches. http_stream_begin() frees the request and sends the
 * head at once. on_close is called exactly once, when the client left or the server closes, never from within
 * a call of the stream's own functions and not after http_stream_end(); the stream is gone afterwards. */
struct http_stream *http_stream_begin(struct http_request *r, int code, const char *content_type,
                                      void (*on_close)(void *arg), void *arg);
void http_stream_send(struct http_stream *st, const void *data, size_t n);
/* Bytes not yet taken by the kernel: the measure for dropping a client that reads too slowly. */
size_t http_stream_pending(const struct http_stream *st);
void http_stream_end(struct http_stream *st);   /* clean end (last chunk); frees the stream */
void http_stream_abort(struct http_stream *st); /* cuts the connection; frees the stream; no on_close */

#endif
