/* base/str.c - questions about and pieces of strings, Kubernetes name rules included.
 * Must not depend on the locale. */
#include "base/str.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool cu_streq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool cu_strcaseeq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && to_lower(*a) == to_lower(*b))
        a++, b++;
    return to_lower(*a) == to_lower(*b);
}

bool cu_has_prefix(const char *s, const char *prefix)
{
    return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool cu_has_suffix(const char *s, const char *suffix)
{
    size_t n = s ? strlen(s) : 0, m = strlen(suffix);
    return s && n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool cu_is_empty(const char *s)
{
    return !s || !*s;
}

const char *cu_or(const char *s, const char *fallback)
{
    return cu_is_empty(s) ? fallback : s;
}

char *cu_trim(const char *s)
{
    while (is_space(*s))
        s++;
    size_t n = strlen(s);
    while (n && is_space(s[n - 1]))
        n--;
    return cu_strndup(s, n);
}

char *cu_lower(const char *s)
{
    char *out = cu_strdup(s);
    for (char *p = out; *p; p++)
        *p = to_lower(*p);
    return out;
}

char *cu_replace(const char *s, const char *from, const char *to)
{
    size_t n_from = strlen(from), n_to = strlen(to), hits = 0;
    if (n_from == 0)
        return cu_strdup(s);
    for (const char *p = s; (p = strstr(p, from)) != NULL; p += n_from)
        hits++;
    char *out = cu_malloc(strlen(s) - hits * n_from + hits * n_to + 1);
    char *w = out;
    const char *hit;
    while ((hit = strstr(s, from)) != NULL) {
        w = mempcpy(w, s, (size_t)(hit - s));
        w = mempcpy(w, to, n_to);
        s = hit + n_from;
    }
    *stpcpy(w, s) = '\0';
    return out;
}

int cu_parse_i64(const char *s, int64_t min, int64_t max, int64_t *out, struct cu_err *err)
{
    const char *p = s ? s : "";
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!*p)
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not a number", s ? s : "");
    int64_t v = 0;
    bool overflow = false;
    for (; *p; p++) {
        if (!is_digit(*p))
            return cu_fail(err, CU_E_INVALID, "\"%s\" is not a number", s);
        int digit = *p - '0';
        /* Built as a negative number, whose range is the larger one. */
        overflow = overflow || __builtin_mul_overflow(v, (int64_t)10, &v) ||
                   __builtin_sub_overflow(v, (int64_t)digit, &v);
    }
    if (!negative && !overflow)
        overflow = __builtin_sub_overflow((int64_t)0, v, &v);
    if (overflow || v < min || v > max)
        return cu_fail(err, CU_E_INVALID, "%s is not in range %lld to %lld", s, (long long)min,
                       (long long)max);
    *out = v;
    return 0;
}

int cu_parse_bool(const char *s, bool *out, struct cu_err *err)
{
    static const struct {
        const char *text;
        bool value;
    } forms[] = {
        { "true", true }, { "false", false }, { "1", true },      { "t", true },
        { "T", true },    { "TRUE", true },   { "True", true },   { "0", false },
        { "f", false },   { "F", false },     { "FALSE", false }, { "False", false },
    };
    for (size_t i = 0; i < CU_LEN(forms); i++) {
        if (cu_streq(s, forms[i].text)) {
            *out = forms[i].value;
            return 0;
        }
    }
    return cu_fail(err, CU_E_INVALID, "\"%s\" is neither true nor false", s ? s : "");
}

/* One RFC 1123 label of n characters, without a limit on n. */
static bool label_chars(const char *s, size_t n)
{
    if (n == 0 || !is_lower_alnum(s[0]) || !is_lower_alnum(s[n - 1]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_lower_alnum(s[i]) && s[i] != '-')
            return false;
    return true;
}

bool cu_is_dns_label(const char *s)
{
    return s && strlen(s) <= 63 && label_chars(s, strlen(s));
}

static bool subdomain_n(const char *s, size_t n)
{
    if (n == 0 || n > 253)
        return false;
    for (size_t start = 0, i = 0; i <= n; i++) {
        if (i < n && s[i] != '.')
            continue;
        if (!label_chars(s + start, i - start))
            return false;
        start = i + 1;
    }
    return true;
}

bool cu_is_dns_subdomain(const char *s)
{
    return s && subdomain_n(s, strlen(s));
}

static bool name_part(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 63 || !is_alnum(s[0]) || !is_alnum(s[n - 1]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
            return false;
    return true;
}

bool cu_is_qualified_name(const char *s)
{
    if (!s)
        return false;
    const char *slash = strchr(s, '/');
    if (!slash)
        return name_part(s);
    return subdomain_n(s, (size_t)(slash - s)) && name_part(slash + 1);
}

bool cu_is_label_value(const char *s)
{
    return s && (!*s || name_part(s));
}

bool cu_equal_secret(const char *a, const char *b)
{
    if (!a || !b || strlen(a) != strlen(b))
        return false;
    unsigned char diff = 0;
    for (size_t i = 0; a[i]; i++)
        diff |= (unsigned char)(a[i] ^ b[i]);
    return diff == 0;
}
