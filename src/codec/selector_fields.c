/* Field selectors: "path=value" joined by commas, matched against objects.
 * Must not know which fields a kind supports. */
#include "base/buf.h"
#include "base/str.h"
#include "codec/internal.h"
#include "codec/selector.h"
#include <string.h>

struct term {
    char *path, *value;
    bool negated;
};

struct codec_fields {
    struct term *v;
    size_t n, cap;
};

void codec_fields_free(struct codec_fields *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].path);
        free(s->v[i].value);
    }
    free(s->v);
    free(s);
}

/* The value up to the next bare comma, with backslashes resolved; *p stays on the comma or the end. */
static int value(const char **p, char **out, struct cu_err *err)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(64 * 1024);
    for (; **p && **p != ','; (*p)++) {
        if (**p == '=')
            return cu_fail(err, CU_E_INVALID, "field selector: a bare = in a value; write \\=");
        if (**p == '\\' && (!(*p)[1] || !strchr("\\,=", *++*p)))
            return cu_fail(err, CU_E_INVALID, "field selector: \\ escapes only \\ , and =");
        cu_buf_addc(&b, **p);
    }
    return cu_buf_take(&b, out, err);
}

static int term(struct codec_fields *s, const char **p, struct cu_err *err)
{
    const char *from = *p;
    size_t n = strcspn(from, "=!,");
    const char *op = from + n;
    bool negated = op[0] == '!' && op[1] == '=';
    struct term t = { .negated = negated };
    if (*op != '=' && !negated)
        return cu_fail(err, CU_E_INVALID, "field selector: \"%.200s\" has no =, == or !=", from);
    *p = op + (negated || op[1] == '=' ? 2 : 1);
    cu_autofree char *path = cu_strndup(from, n);
    t.path = cu_trim(path);
    if (!*t.path || value(p, &t.value, err) < 0) {
        bool empty = !*t.path;
        free(t.path);
        return empty ? cu_fail(err, CU_E_INVALID, "field selector: no field before =") : -CU_E_INVALID;
    }
    cu_grow(&s->v, &s->cap, s->n + 1, sizeof *s->v);
    s->v[s->n++] = t;
    return 0;
}

int codec_fields_parse(const char *text, struct codec_fields **out, struct cu_err *err)
{
    struct codec_fields *s = cu_calloc(1, sizeof *s);
    const char *p = text ? text : "";
    while (*p) {
        int rc = term(s, &p, err);
        if (rc < 0) {
            codec_fields_free(s);
            return rc;
        }
        p += *p == ',';
    }
    *out = s;
    return 0;
}

bool codec_fields_at(const struct codec_fields *s, size_t i, const char **path, const char **wanted,
                     bool *negated)
{
    if (!s || i >= s->n)
        return false;
    if (path)
        *path = s->v[i].path;
    if (wanted)
        *wanted = s->v[i].value;
    if (negated)
        *negated = s->v[i].negated;
    return true;
}

const char *codec_fields_exact(const struct codec_fields *s, const char *path)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (!s->v[i].negated && strcmp(s->v[i].path, path) == 0)
            return s->v[i].value;
    return NULL;
}

static const struct val *lookup(const struct val *v, const char *path)
{
    while (v && *path) {
        size_t n = strcspn(path, ".");
        cu_autofree char *key = cu_strndup(path, n);
        v = val_get(v, key);
        path += n + (path[n] == '.');
    }
    return v;
}

static bool equals(const struct val *v, const char *wanted)
{
    char number[24];
    switch (val_kind(v)) {
    case VAL_STRING: return strcmp(val_str(v), wanted) == 0;
    case VAL_BOOL: return strcmp(val_bool(v, false) ? "true" : "false", wanted) == 0;
    case VAL_INT:
        snprintf(number, sizeof number, "%lld", (long long)val_int(v, 0));
        return strcmp(number, wanted) == 0;
    case VAL_NULL: return *wanted == 0 || strcmp(wanted, "false") == 0;
    case VAL_REAL:
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return false;
}

bool codec_fields_match(const struct codec_fields *s, const struct val *object)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (equals(lookup(object, s->v[i].path), s->v[i].value) == s->v[i].negated)
            return false;
    return true;
}
