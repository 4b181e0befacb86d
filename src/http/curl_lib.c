/* Loads libcurl on first use. The table below is the one piece of process-wide state of this folder: libcurl's
 * own initialisation is process-wide too. */
#include "http/curl_lib.h"
#include "base/library.h"
#include <pthread.h>

#define LIBRARY "libcurl.so.4"

static struct http_curl curl;
static const char *load_error;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    const struct cu_symbol symbols[] = {
        { "curl_global_init", &curl.global_init },
        { "curl_easy_init", &curl.easy_init },
        { "curl_easy_setopt", &curl.easy_setopt },
        { "curl_easy_perform", &curl.easy_perform },
        { "curl_easy_getinfo", &curl.easy_getinfo },
        { "curl_easy_reset", &curl.easy_reset },
        { "curl_easy_cleanup", &curl.easy_cleanup },
        { "curl_easy_strerror", &curl.easy_strerror },
        { "curl_slist_append", &curl.slist_append },
        { "curl_slist_free_all", &curl.slist_free_all },
        { "curl_multi_init", &curl.multi_init },
        { "curl_multi_setopt", &curl.multi_setopt },
        { "curl_multi_add_handle", &curl.multi_add_handle },
        { "curl_multi_remove_handle", &curl.multi_remove_handle },
        { "curl_multi_socket_action", &curl.multi_socket_action },
        { "curl_multi_info_read", &curl.multi_info_read },
        { "curl_multi_assign", &curl.multi_assign },
        { "curl_multi_cleanup", &curl.multi_cleanup },
        { "curl_getdate", &curl.getdate },
    };
    load_error =
        cu_library_load(LIBRARY, "it is not installed (apt-get install libcurl4)", symbols, CU_LEN(symbols));
    if (!load_error && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        load_error = "it does not start";
}

const struct http_curl *http_curl_get(struct cu_err *err)
{
    pthread_once(&once, load);
    if (!load_error)
        return &curl;
    cu_fail(err, CU_E_NOTFOUND, "load " LIBRARY ": %s", load_error);
    return NULL;
}
