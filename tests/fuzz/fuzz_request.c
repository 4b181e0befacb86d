/* Input: a path, a NUL byte, a query, a NUL byte, an Accept header. What a stranger may send before being known. */
#include "apiserver/query.h"
#include "base/str.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    cu_autofree char *text = cu_memdup(data, n); /* NUL behind it */
    const char *path = text, *end = text + n;
    const char *query = path + strlen(path) < end ? path + strlen(path) + 1 : end;
    const char *accept = query + strlen(query) < end ? query + strlen(query) + 1 : end;
    enum api_form form;
    (void)api_accept_form(accept, true, &form);
    (void)api_accept_aggregated(accept);
    struct api_server srv = { 0 };
    struct api_call c = { .srv = &srv };
    if (api_path_parse(path, &c.path, NULL) < 0)
        return 0;
    http_query_parse(query, &c.query);
    if (c.path.r) {
        struct api_list_options o;
        struct api_status st = API_STATUS_INIT;
        /* without a registry only what comes before a look at its revision: watches */
        if (api_list_options(&c, true, &o, &st) == 0 && st.code != 0)
            abort();
        api_list_options_clear(&o);
        api_status_clear(&st);
    }
    http_query_clear(&c.query);
    api_path_clear(&c.path);
    return 0;
}
