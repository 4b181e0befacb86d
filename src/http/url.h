/* http/url.h - percent coding and query strings (RFC 3986; Go's url.QueryEscape where it matters). */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/err.h"
#include <stdbool.h>

/* Encodes everything but A-Z a-z 0-9 - . _ ~, so that the result fits a path segment or a query value.
 * Caller frees. */
char *http_url_encode(const char *s);
/* Decodes %XX (and '+' as blank when `plus`). CU_E_INVALID on a bad escape or %00. Caller frees *out. */
int http_url_decode(const char *s, size_t n, bool plus, char **out, struct cu_err *err);

/* Host and port of an absolute http or https URL; the scheme's port where it names none. False when it is none;
 * *host is the caller's to free. */
bool http_url_split(const char *url, bool *https, char **host, int *port);

struct http_param {
    char *name, *value;
};
struct http_query {
    struct http_param *v;
    size_t n, cap;
};
#define HTTP_QUERY_INIT                                                                                      \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }

/* Parses "a=b&c=d&e" (text behind '?'; NULL or "" gives nothing). Pairs with bad escapes are left out, as Go's
 * URL.Query() does. q must be empty; free with http_query_clear(). */
void http_query_parse(const char *text, struct http_query *q);
const char *http_query_get(const struct http_query *q, const char *name); /* first value or NULL */
void http_query_clear(struct http_query *q);

#endif
