/* http/client.h - HTTP client over TLS: blocking requests with kept connections, and transfers on a loop.
 * Proxies are taken from the environment by Go's rules (HTTPS_PROXY, HTTP_PROXY, NO_PROXY in both cases, names,
 * ".suffix", IP addresses and CIDR blocks; localhost and loopback never go through a proxy). */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/err.h"
#include "http/loop.h"
#include <stdbool.h>
#include <stdint.h>

struct http_client; /* opaque; used by one thread at a time */

struct http_client_options {
    const char *ca_pem;              /* trust these only; NULL: the system's */
    const char *cert_pem, *key_pem;  /* client certificate; NULL: none */
    const char *bearer_token;        /* sent as Authorization: Bearer; NULL: none */
    const char *username, *password; /* basic authentication; NULL: none */
    const char *user_agent;          /* NULL: "cubeadm/<version>" */
    const char *unix_socket;         /* connect here whatever the URL says; NULL: no */
    const char *proxy_url;           /* NULL: from the environment; "": none */
    const char *tls_server_name;     /* whose certificate the server must show; NULL: the URL's host */
    bool insecure;                   /* certificate of the server is not checked */
    bool http2;                      /* offer HTTP/2 over TLS (registries); default HTTP/1.1 only */
    bool http2_plain;                /* speak HTTP/2 without TLS at once; a new connection for each request */
    bool follow_redirects;           /* to https only */
    int64_t connect_timeout_ms;      /* 0 = 10 s */
    int64_t timeout_ms;              /* whole request, blocking calls only; 0 = 30 s */
};

/* Texts are copied. Cheap: the library is loaded and nothing parsed before the first request. */
struct http_client *http_client_new(const struct http_client_options *o);
void http_client_free(struct http_client *c); /* NULL is fine; transfers on a loop are ended before */

struct http_call {
    const char *method;         /* NULL = GET */
    const char *url;            /* absolute */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const void *body;           /* NULL: none */
    size_t body_len;
    int64_t timeout_ms;  /* 0 = the client's */
    size_t max_response; /* bytes; 0 = LIM_HTTP_RESPONSE */
};

struct http_response {
    int code;
    char *body; /* owned, NUL behind it */
    size_t len;
    char *head; /* owned; header lines as received, of the last answer */
};
#define HTTP_RESPONSE_INIT                                                                                   \
    {                                                                                                        \
        0, NULL, 0, NULL                                                                                     \
    }
#define cu_autoresponse __attribute__((cleanup(http_response_clear)))
void http_response_clear(struct http_response *r);
/* Value of the first header of that name (any case); caller frees; NULL when absent. */
char *http_response_header(const struct http_response *r, const char *name);
/* The Date header in milliseconds since 1970; 0 when absent or unreadable. */
int64_t http_response_date_ms(const struct http_response *r);

/* Why a request got no answer; finer than cu_code where a cause finder needs it. */
enum http_cause {
    HTTP_CAUSE_NONE,
    HTTP_CAUSE_RESOLVE,        /* CU_E_UNREACHABLE: name not found */
    HTTP_CAUSE_REFUSED,        /* CU_E_REFUSED */
    HTTP_CAUSE_UNREACHABLE,    /* CU_E_UNREACHABLE: no route, connection timed out (filtered) */
    HTTP_CAUSE_TIMEOUT,        /* CU_E_TIMEOUT: connected, no answer in time */
    HTTP_CAUSE_RESET,          /* CU_E_IO: closed before the answer was complete */
    HTTP_CAUSE_TLS_UNKNOWN_CA, /* CU_E_AUTH, and the next three */
    HTTP_CAUSE_TLS_EXPIRED,
    HTTP_CAUSE_TLS_NOT_YET, /* the certificate is not valid yet: clocks differ */
    HTTP_CAUSE_TLS_NAME,    /* the certificate is for other names */
    HTTP_CAUSE_TLS_OTHER,   /* CU_E_AUTH: no TLS there, client certificate refused, ... */
    HTTP_CAUSE_TOO_LARGE,   /* CU_E_INVALID: over max_response */
    HTTP_CAUSE_UNREAD,      /* CU_E_SERVER: HTTP/2, closed before the request was read; not processed */
    HTTP_CAUSE_OTHER,
};

/* Sends and waits. Any HTTP status is success here; failures name method and URL and carry the code above.
 * *r is cleared first. One retry is made when a kept connection turned out dead. */
int http_client_do(struct http_client *c, const struct http_call *call, struct http_response *r,
                   struct cu_err *err);
enum http_cause http_client_cause(const struct http_client *c); /* of the last http_client_do() */
bool http_cause_is_tls(enum http_cause cause);

/* A transfer on a loop. Callbacks are never made from within http_transfer_start(). */
struct http_transfer;
struct http_transfer_events {
    void (*head)(void *arg,
                 const struct http_response *head);   /* status and headers, body empty; may be NULL */
    void (*data)(void *arg, const void *p, size_t n); /* may be NULL */
    /* Last call; the transfer is gone when it returns. code: HTTP status or 0; err->code is CU_OK after a
     * complete answer. */
    void (*end)(void *arg, int code, enum http_cause cause, const struct cu_err *err);
};
/* timeout_ms of the call limits the whole transfer, 0 = none (a dead peer is found by TCP keep-alive).
 * Cannot fail: a bad URL ends the transfer with an error. The client must outlive it. */
struct http_transfer *http_transfer_start(struct http_loop *l, struct http_client *c,
                                          const struct http_call *call, const struct http_transfer_events *ev,
                                          void *arg);
/* Header lines of the answer so far, trailers behind them; borrowed, for use inside callbacks; never NULL. */
const char *http_transfer_head(const struct http_transfer *t);
void http_transfer_cancel(struct http_transfer *t); /* no further callback; may be called from callbacks */

#endif
