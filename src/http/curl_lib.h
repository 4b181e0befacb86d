/* http/curl_lib.h - libcurl, loaded when the first request is made. Linking it would cost every run of the
 * program the loading of some thirty libraries (measured: 3.6 ms), also those that never talk to anyone. */
#ifndef HTTP_CURL_LIB_H
#define HTTP_CURL_LIB_H

#define CURL_DISABLE_TYPECHECK
#include "base/err.h"
#include <curl/curl.h>

struct http_curl {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    void (*easy_reset)(CURL *);
    void (*easy_cleanup)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_socket_action)(CURLM *, curl_socket_t, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    CURLMcode (*multi_assign)(CURLM *, curl_socket_t, void *);
    CURLMcode (*multi_cleanup)(CURLM *);
    time_t (*getdate)(const char *, const time_t *);
};

/* The functions, loaded once per process; NULL with an error when the library is missing. */
const struct http_curl *http_curl_get(struct cu_err *err);

#endif
