/* Percent coding and query strings. Must not know sockets. */
#include "http/url.h"
#include "base/ip.h"
#include <string.h>
#include <strings.h>

bool http_url_split(const char *url, bool *https, char **host, int *port)
{
    *https = strncasecmp(url, "https://", 8) == 0;
    if (!*https && strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *start = strstr(url, "://") + 3;
    size_t n = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', n);
    if (at) {
        n -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    cu_autofree char *authority = cu_strndup(start, n);
    if (cu_split_host_port(authority, host, port, NULL) < 0)
        return false;
    if (*port < 0)
        *port = *https ? 443 : 80;
    return true;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

char *http_url_encode(const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = cu_malloc(strlen(s) * 3 + 1), *o = out;
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (is_unreserved(*p)) {
            *o++ = (char)*p;
        } else {
            *o++ = '%';
            *o++ = hex[*p >> 4];
            *o++ = hex[*p & 15];
        }
    }
    *o = '\0';
    return out;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int http_url_decode(const char *s, size_t n, bool plus, char **out, struct cu_err *err)
{
    cu_autofree char *buf = cu_malloc(n + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            int hi = n - i > 2 ? hex_digit(s[i + 1]) : -1;
            int lo = n - i > 2 ? hex_digit(s[i + 2]) : -1;
            if (hi < 0 || lo < 0 || (hi == 0 && lo == 0))
                return cu_fail(err, CU_E_INVALID, "bad percent escape in URL text at position %zu", i + 1);
            c = (char)(hi << 4 | lo);
            i += 2;
        }
        buf[len++] = c;
    }
    buf[len] = '\0';
    *out = cu_steal(&buf);
    return 0;
}

void http_query_parse(const char *text, struct http_query *q)
{
    for (const char *p = text ? text : ""; *p;) {
        size_t n = strcspn(p, "&");
        size_t name_len = 0;
        while (name_len < n && p[name_len] != '=')
            name_len++;
        size_t value_at = name_len < n ? name_len + 1 : n;
        cu_autofree char *name = NULL;
        cu_autofree char *value = NULL;
        /* Go refuses ';' as separator and drops the pair. */
        if (n > 0 && !memchr(p, ';', n) && http_url_decode(p, name_len, true, &name, NULL) == 0 &&
            http_url_decode(p + value_at, n - value_at, true, &value, NULL) == 0) {
            cu_grow(&q->v, &q->cap, q->n + 1, sizeof(*q->v));
            q->v[q->n++] = (struct http_param){ cu_steal(&name), cu_steal(&value) };
        }
        p += n;
        if (*p)
            p++;
    }
}

const char *http_query_get(const struct http_query *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->v[i].name, name) == 0)
            return q->v[i].value;
    return NULL;
}

void http_query_clear(struct http_query *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->v[i].name);
        free(q->v[i].value);
    }
    free(q->v);
    *q = (struct http_query)HTTP_QUERY_INIT;
}
