/* base/semver.c - semantic versions: parse, compare, print.
 * Must not know which versions exist. */
#include "base/semver.h"

#include <string.h>

#include "base/str.h"

static bool number(const char **p, int *out)
{
    const char *s = *p;
    int v = 0;
    if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9'))
        return false;
    for (; *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
            return false;
    *p = s;
    *out = v;
    return true;
}

static bool all_digits(const char *s, size_t n)
{
    return strspn(s, "0123456789") >= n;
}

/* Dot-separated identifiers up to one of `stop` or the end. */
static bool identifiers(const char **p, const char *stop, bool numeric_rules, char out[64])
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    const char *s = *p;
    size_t n = strcspn(s, stop);
    if (n >= 64)
        return false;
    for (size_t i = 0; i <= n;) {
        size_t len = strspn(s + i, allowed);
        if (len == 0 || (i + len < n && s[i + len] != '.') || i + len > n)
            return false;
        if (numeric_rules && len > 1 && s[i] == '0' && all_digits(s + i, len))
            return false;
        i += len + 1;
    }
    memcpy(out, s, n);
    out[n] = '\0';
    *p = s + n;
    return true;
}

int cu_semver_parse(const char *s, struct cu_semver *out, struct cu_err *err)
{
    struct cu_semver v = { .pre = "", .meta = "" };
    const char *p = s ? s : "";
    if (*p == 'v')
        p++;
    bool ok =
        number(&p, &v.major) && *p++ == '.' && number(&p, &v.minor) && *p++ == '.' && number(&p, &v.patch);
    if (ok && *p == '-')
        p++, ok = identifiers(&p, "+", true, v.pre);
    if (ok && *p == '+')
        p++, ok = identifiers(&p, "", false, v.meta);
    if (!ok || *p)
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not a semantic version such as v1.36.2", s ? s : "");
    *out = v;
    return 0;
}

static int sign(int a, int b)
{
    return (a > b) - (a < b);
}

static int compare_identifier(const char *a, size_t n_a, const char *b, size_t n_b)
{
    bool num_a = all_digits(a, n_a), num_b = all_digits(b, n_b);
    if (num_a != num_b)
        return num_a ? -1 : 1; /* numbers come before words */
    if (num_a && n_a != n_b)
        return n_a < n_b ? -1 : 1;
    int r = memcmp(a, b, n_a < n_b ? n_a : n_b);
    return r ? r : sign((int)n_a, (int)n_b);
}

static int compare_pre(const char *a, const char *b)
{
    if (!*a || !*b)
        return (*a == '\0') - (*b == '\0'); /* a release comes after its candidates */
    for (;;) {
        size_t n_a = strcspn(a, "."), n_b = strcspn(b, ".");
        int r = compare_identifier(a, n_a, b, n_b);
        if (r)
            return r;
        if (!a[n_a] || !b[n_b])
            return (a[n_a] != '\0') - (b[n_b] != '\0');
        a += n_a + 1;
        b += n_b + 1;
    }
}

int cu_semver_cmp(const struct cu_semver *a, const struct cu_semver *b)
{
    int r = sign(a->major, b->major);
    r = r ? r : sign(a->minor, b->minor);
    r = r ? r : sign(a->patch, b->patch);
    return r ? r : compare_pre(a->pre, b->pre);
}

bool cu_semver_at_least(const struct cu_semver *v, const char *minimum)
{
    struct cu_semver min = { .major = 0 };
    if (cu_semver_parse(minimum, &min, NULL) < 0)
        abort(); /* a constant of the program is wrong */
    return cu_semver_cmp(v, &min) >= 0;
}

char *cu_semver_format(const struct cu_semver *v)
{
    return cu_asprintf("v%d.%d.%d%s%s%s%s", v->major, v->minor, v->patch, *v->pre ? "-" : "", v->pre,
                       *v->meta ? "+" : "", v->meta);
}
