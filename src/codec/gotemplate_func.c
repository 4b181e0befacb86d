/* Functions of Go templates that look at values; what they make of text is in gotemplate_text.c.
 * Must not know templates. */
#include "codec/gofmt.h"
#include "codec/gotemplate.h"
#include <string.h>

bool tmpl_truth(const struct val *v)
{
    switch (val_kind(v)) {
    case VAL_NULL: return false;
    case VAL_BOOL: return val_bool(v, false);
    case VAL_INT: return val_int(v, 0) != 0;
    case VAL_REAL: return val_real(v, 0) < 0 || val_real(v, 0) > 0;
    case VAL_STRING: return *val_str(v) != 0;
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return val_len(v) > 0;
}

void tmpl_print(const struct val *v, struct cu_buf *out)
{
    if (val_kind(v) == VAL_NULL)
        cu_buf_add(out, "<no value>");
    else
        codec_go_print(v, out);
}

/* ---- comparison ---- */

/* -1, 0, 1; 2 when the two cannot be compared. */
static int order(const struct val *a, const struct val *b)
{
    bool numbers = (val_kind(a) == VAL_INT || val_kind(a) == VAL_REAL) && val_kind(a) == val_kind(b);
    if (val_str(a) && val_str(b)) {
        int r = strcmp(val_str(a), val_str(b));
        return r < 0 ? -1 : r > 0;
    }
    if (numbers && val_kind(a) == VAL_INT) {
        int64_t x = val_int(a, 0), y = val_int(b, 0);
        return x < y ? -1 : x > y;
    }
    if (numbers) {
        double x = val_real(a, 0), y = val_real(b, 0);
        return x < y ? -1 : x > y;
    }
    return 2;
}

static int incompatible(const char *name, const struct val *a, const struct val *b, struct cu_err *err)
{
    return cu_fail(err, CU_E_INVALID, "go-template: %s cannot compare a %s with a %s", name, val_kind_name(a),
                   val_kind_name(b));
}

static int equal(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    bool negate = strcmp(name, "ne") == 0, found = false;
    for (size_t i = 1; i < n && !found; i++) {
        bool none = val_kind(a[0]) == VAL_NULL, other_none = val_kind(a[i]) == VAL_NULL;
        bool whole = val_is_map(a[0]) || val_is_list(a[0]); /* does not compare with its like */
        if (!none && !other_none && (whole || val_kind(a[0]) != val_kind(a[i])))
            return incompatible(name, a[0], a[i], err);
        found = none || other_none ? none == other_none : val_equal(a[0], a[i]);
    }
    *out = val_new_bool(found != negate);
    return 0;
}

static int relation(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    int r = order(a[0], a[1]);
    (void)n;
    if (r == 2)
        return incompatible(name, a[0], a[1], err);
    bool or_equal = name[1] == 'e';
    *out = val_new_bool(name[0] == 'l' ? r < 0 || (or_equal && r == 0) : r > 0 || (or_equal && r == 0));
    return 0;
}

bool tmpl_is_decided(const char *name, const struct val *arg)
{
    return strcmp(name, "or") == 0 ? tmpl_truth(arg) : strcmp(name, "and") == 0 && !tmpl_truth(arg);
}

static int logic(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    size_t i = 0;
    (void)err;
    while (i + 1 < n && !tmpl_is_decided(name, a[i]))
        i++;
    *out = val_ref(a[i]);
    return 0;
}

static int negation(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    (void)name, (void)n, (void)err;
    *out = val_new_bool(!tmpl_truth(a[0]));
    return 0;
}

/* ---- looking into values ---- */

static int64_t length_of(const struct val *v)
{
    return (int64_t)(val_str(v) ? strlen(val_str(v)) : val_len(v));
}

static int length(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    (void)name, (void)n;
    if (!val_str(a[0]) && !val_is_list(a[0]) && !val_is_map(a[0]))
        return cu_fail(err, CU_E_INVALID, "go-template: len of a %s", val_kind_name(a[0]));
    *out = val_new_int(length_of(a[0]));
    return 0;
}

static int index_of(const char *name, const struct val *at, const struct val *i, int64_t limit, int64_t *out,
                    struct cu_err *err)
{
    *out = val_int(i, -1);
    if (val_kind(i) != VAL_INT)
        return cu_fail(err, CU_E_INVALID, "go-template: %s of a %s by a %s", name, val_kind_name(at),
                       val_kind_name(i));
    if (*out < 0 || *out > limit)
        return cu_fail(err, CU_E_INVALID, "go-template: %s %lld lies outside the %s", name, (long long)*out,
                       val_kind_name(at));
    return 0;
}

/* The bytes of a text count as numbers. */
static int element(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    cu_autoval struct val *at = val_ref(a[0]);
    for (size_t i = 1; i < n; i++) {
        struct val *next = NULL;
        int64_t index;
        if (val_is_map(at) && val_str(a[i])) {
            next = val_ref(val_get(at, val_str(a[i])));
        } else if (!val_is_map(at)) {
            int rc = index_of(name, at, a[i], length_of(at) - 1, &index, err);
            if (rc < 0)
                return rc;
            next = val_is_list(at) ? val_ref(val_at(at, (size_t)index))
                                   : val_new_int((unsigned char)val_str(at)[index]);
        } else {
            return cu_fail(err, CU_E_INVALID, "go-template: index of a map by a %s", val_kind_name(a[i]));
        }
        val_unref(at);
        at = next;
    }
    *out = cu_steal(&at);
    return 0;
}

/* "slice x i j": elements or bytes i to j-1; the third bound of a list is its capacity and changes nothing here. */
static int part(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    int64_t len = length_of(a[0]), bounds[3] = { 0, len, len };
    if ((!val_str(a[0]) && !val_is_list(a[0])) || (val_str(a[0]) && n == 4))
        return cu_fail(err, CU_E_INVALID, "go-template: %s cannot cut a %s by %zu bounds", name,
                       val_kind_name(a[0]), n - 1);
    for (size_t i = 1; i < n; i++) {
        int rc = index_of(name, a[0], a[i], len, &bounds[i - 1], err);
        if (rc < 0)
            return rc;
    }
    if (bounds[0] > bounds[1] || bounds[1] > bounds[2])
        return cu_fail(err, CU_E_INVALID, "go-template: %s from %lld to %lld", name, (long long)bounds[0],
                       (long long)bounds[1]);
    if (val_str(a[0])) {
        *out = val_new_strn(val_str(a[0]) + bounds[0], (size_t)(bounds[1] - bounds[0]));
        return 0;
    }
    *out = val_new_list();
    for (int64_t i = bounds[0]; i < bounds[1]; i++)
        val_append(*out, val_ref(val_at(a[0], (size_t)i)));
    return 0;
}

static int exists(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    const struct val *at = a[0];
    (void)name, (void)err;
    for (size_t i = 1; i < n && at; i++) {
        int64_t index = val_int(a[i], -1);
        at = val_str(a[i]) ? val_get(at, val_str(a[i])) : index >= 0 ? val_at(at, (size_t)index) : NULL;
    }
    *out = val_new_bool(at != NULL);
    return 0;
}

static const struct {
    const char *name;
    size_t least, most;
    int (*call)(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);
} functions[] = {
    { "and", 1, TMPL_MAX_ARGS, logic },
    { "base64decode", 1, 1, tmpl_decode },
    { "eq", 2, TMPL_MAX_ARGS, equal },
    { "exists", 1, TMPL_MAX_ARGS, exists },
    { "ge", 2, 2, relation },
    { "gt", 2, 2, relation },
    { "html", 0, TMPL_MAX_ARGS, tmpl_escape },
    { "index", 1, TMPL_MAX_ARGS, element },
    { "js", 0, TMPL_MAX_ARGS, tmpl_escape },
    { "le", 2, 2, relation },
    { "len", 1, 1, length },
    { "lt", 2, 2, relation },
    { "ne", 2, 2, equal },
    { "not", 1, 1, negation },
    { "or", 1, TMPL_MAX_ARGS, logic },
    { "print", 0, TMPL_MAX_ARGS, tmpl_join },
    { "printf", 1, TMPL_MAX_ARGS, tmpl_format },
    { "println", 0, TMPL_MAX_ARGS, tmpl_join },
    { "slice", 1, 4, part },
    { "urlquery", 0, TMPL_MAX_ARGS, tmpl_escape },
};

bool tmpl_is_function(const char *name)
{
    for (size_t i = 0; i < CU_LEN(functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return true;
    return false;
}

int tmpl_call(const char *name, struct val *const *args, size_t n, struct val **out, struct cu_err *err)
{
    size_t i = 0;
    while (i < CU_LEN(functions) && strcmp(functions[i].name, name) != 0)
        i++;
    if (i == CU_LEN(functions))
        return cu_fail(err, CU_E_INVALID, "go-template: function \"%s\" not defined", name);
    if (n < functions[i].least || n > functions[i].most)
        return cu_fail(err, CU_E_INVALID, "go-template: wrong number of arguments for %s: %zu", name, n);
    return functions[i].call(name, args, n, out, err);
}
