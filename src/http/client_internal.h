/* http/client_internal.h - what blocking requests and transfers on a loop share; not for other folders. */
#ifndef HTTP_CLIENT_INTERNAL_H
#define HTTP_CLIENT_INTERNAL_H

#include "base/buf.h"
#include "http/client.h"
#include "http/curl_lib.h"

/* One request under way: what libcurl borrows until it is over, and what it has received. */
struct http_exchange {
    const struct http_curl *lib;
    CURL *easy;
    char *method, *url; /* for error texts */
    struct curl_slist *headers;
    struct curl_slist *connect_to; /* where the host of the URL really is; NULL: where its name says */
    struct cu_buf head, body;
    bool too_large;
    bool final_head; /* the head of the last answer is complete */
    size_t max;
    char detail[CURL_ERROR_SIZE];
};

/* Sets all options of x->easy for the call. The call's body must live until the exchange is over. */
void http_exchange_prepare(struct http_exchange *x, const struct http_client *c, const struct http_call *call,
                           int64_t timeout_ms);
/* The stream was closed by the server before the request was sent whole: nothing was done with it. */
bool http_exchange_unread(const struct http_exchange *x, CURLcode code);
/* Turns libcurl's verdict into an error. CURLE_OK gives HTTP_CAUSE_NONE and 0. */
int http_exchange_result(struct http_exchange *x, CURLcode code, enum http_cause *cause, struct cu_err *err);
/* CURLOPT_HEADERFUNCTION for a struct http_exchange. */
size_t http_exchange_on_head(char *p, size_t size, size_t n, void *arg);
void http_exchange_clear(struct http_exchange *x); /* all but lib and easy */

#endif
