/* Functions and printing of Go templates.
 * Must not know templates. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/gotemplate.h"
#include "codec/internal.h"
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

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_nested(const struct val *v, struct cu_buf *out)
{
    char number[CODEC_REAL_MAX];
    if (val_is_list(v)) {
        cu_buf_addc(out, '[');
        for (size_t i = 0; i < val_len(v); i++) {
            if (i > 0)
                cu_buf_addc(out, ' ');
            print_nested(val_at(v, i), out);
        }
        cu_buf_addc(out, ']');
    } else if (val_is_map(v)) {
        cu_autofree const char **keys = cu_calloc(val_len(v) + 1, sizeof *keys);
        struct val_iter it = VAL_ITER_INIT;
        for (size_t n = 0; val_next(v, &it, &keys[n], NULL); n++)
            ;
        qsort(keys, val_len(v), sizeof *keys, by_text);
        cu_buf_add(out, "map[");
        for (size_t i = 0; i < val_len(v); i++) {
            cu_buf_addf(out, "%s%s:", i > 0 ? " " : "", keys[i]);
            print_nested(val_get(v, keys[i]), out);
        }
        cu_buf_addc(out, ']');
    } else if (val_kind(v) == VAL_REAL) {
        codec_format_real_yaml(val_real(v, 0), number);
        cu_buf_add(out, number);
    } else if (val_kind(v) == VAL_NULL) {
        cu_buf_add(out, "<nil>");
    } else if (val_str(v)) {
        cu_buf_add(out, val_str(v));
    } else {
        cu_autofree char *text = val_dump_json(v, VAL_JSON_COMPACT);
        cu_buf_add(out, text);
    }
}

void tmpl_print(const struct val *v, struct cu_buf *out)
{
    if (val_kind(v) == VAL_NULL)
        cu_buf_add(out, "<no value>");
    else
        print_nested(v, out);
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
        if (val_is_map(a[0]) || val_is_list(a[0]) || val_is_map(a[i]) || val_is_list(a[i]))
            return incompatible(name, a[0], a[i], err);
        if (a[0] && a[i] && val_kind(a[0]) != val_kind(a[i]))
            return incompatible(name, a[0], a[i], err);
        found = val_equal(a[0], a[i]);
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

static int logic(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    bool stop_at = strcmp(name, "or") == 0;
    size_t i = 0;
    (void)err;
    while (i + 1 < n && tmpl_truth(a[i]) != stop_at)
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

static int length(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    (void)name, (void)n;
    if (!val_str(a[0]) && !val_is_list(a[0]) && !val_is_map(a[0]))
        return cu_fail(err, CU_E_INVALID, "go-template: len of a %s", val_kind_name(a[0]));
    *out = val_new_int((int64_t)(val_str(a[0]) ? strlen(val_str(a[0])) : val_len(a[0])));
    return 0;
}

static int element(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    const struct val *at = a[0];
    (void)name;
    for (size_t i = 1; i < n; i++) {
        if (val_is_map(at) && val_str(a[i])) {
            at = val_get(at, val_str(a[i]));
        } else if (val_is_list(at) && val_kind(a[i]) == VAL_INT) {
            int64_t index = val_int(a[i], 0);
            if (index < 0 || index >= (int64_t)val_len(at))
                return cu_fail(err, CU_E_INVALID, "go-template: index %lld of a list of %zu",
                               (long long)index, val_len(at));
            at = val_at(at, (size_t)index);
        } else {
            return cu_fail(err, CU_E_INVALID, "go-template: index of a %s by a %s", val_kind_name(at),
                           val_kind_name(a[i]));
        }
    }
    *out = val_ref(at);
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

static int decode(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    cu_autofree uint8_t *bytes = NULL;
    size_t len;
    (void)name, (void)n;
    if (!val_str(a[0]))
        return cu_fail(err, CU_E_INVALID, "go-template: base64decode of a %s", val_kind_name(a[0]));
    int rc = cu_unbase64(val_str(a[0]), &bytes, &len, err);
    if (rc < 0)
        return cu_wrap(err, "go-template: base64decode");
    *out = val_new_strn((const char *)bytes, len);
    return 0;
}

/* ---- printing ---- */

static struct val *taken(struct cu_buf *b)
{
    struct val *v = val_new_strn(cu_buf_str(b), b->len);
    cu_buf_clear(b);
    return v;
}

/* Between two operands that are no text print puts a blank, println always. */
static int print(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    bool line = strcmp(name, "println") == 0;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (line || (!val_str(a[i]) && !val_str(a[i - 1]))))
            cu_buf_addc(&b, ' ');
        print_nested(a[i], &b);
    }
    if (line)
        cu_buf_addc(&b, '\n');
    *out = taken(&b);
    return 0;
}

static void put_padded(struct cu_buf *b, const char *text, int width, bool left, char pad)
{
    int missing = width - (int)strlen(text);
    if (left)
        cu_buf_add(b, text);
    for (; missing > 0; missing--)
        cu_buf_addc(b, left ? ' ' : pad);
    if (!left)
        cu_buf_add(b, text);
}

/* The text of one operand for a verb; what does not fit comes out as Go shows it: %!d(...). */
static void put_verb(struct cu_buf *b, char verb, int precision, const struct val *v)
{
    cu_autobuf struct cu_buf plain = CU_BUF_INIT(LIM_TEXT);
    enum val_kind kind = val_kind(v);
    print_nested(v, &plain);
    const char *text = cu_buf_str(&plain);
    if (verb == 'v' || (verb == 's' && kind != VAL_INT && kind != VAL_BOOL && kind != VAL_REAL) ||
        (verb == 'd' && kind == VAL_INT) || (verb == 't' && kind == VAL_BOOL)) {
        cu_buf_addn(b, text,
                    verb == 's' && precision >= 0 && (size_t)precision < plain.len ? (size_t)precision
                                                                                   : plain.len);
    } else if (verb == 'q' && kind == VAL_STRING) {
        cu_autofree char *json = val_dump_json(v, VAL_JSON_COMPACT);
        cu_buf_add(b, json);
    } else if ((verb == 'x' || verb == 'X' || verb == 'o') && kind == VAL_INT) {
        cu_buf_addf(b,
                    verb == 'x'   ? "%llx"
                    : verb == 'X' ? "%llX"
                                  : "%llo",
                    (unsigned long long)val_int(v, 0));
    } else if (verb == 'f' && kind == VAL_REAL) {
        cu_buf_addf(b, "%.*f", precision < 0 ? 6 : precision, val_real(v, 0));
    } else {
        cu_buf_addf(b, "%%!%c(%s=%s)", verb,
                    kind == VAL_STRING ? "string"
                    : kind == VAL_INT  ? "int64"
                                       : val_kind_name(v),
                    text);
    }
}

static int bounded(const char **p)
{
    int n = 0;
    while (**p >= '0' && **p <= '9' && n < 1000)
        n = n * 10 + (*(*p)++ - '0');
    return n;
}

static int format(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    const char *p = val_str(a[0]);
    size_t next = 1;
    (void)name;
    if (!p)
        return cu_fail(err, CU_E_INVALID, "go-template: printf wants a text first, not a %s",
                       val_kind_name(a[0]));
    while (*p) {
        size_t plain = strcspn(p, "%");
        cu_buf_addn(&b, p, plain);
        p += plain;
        if (!*p)
            break;
        p++;
        bool left = false;
        char pad = ' ';
        for (; *p && strchr("-+ #0", *p); p++)
            left = left || *p == '-', pad = *p == '0' ? '0' : pad;
        int width = bounded(&p), precision = -1;
        if (*p == '.')
            p++, precision = bounded(&p);
        char verb = *p ? *p++ : '!';
        cu_autobuf struct cu_buf one = CU_BUF_INIT(LIM_TEXT);
        if (verb == '%')
            cu_buf_addc(&one, '%');
        else if (next < n)
            put_verb(&one, verb, precision, a[next++]);
        else
            cu_buf_addf(&one, "%%!%c(MISSING)", verb);
        put_padded(&b, cu_buf_str(&one), width, left, pad);
    }
    *out = taken(&b);
    return 0;
}

static const struct {
    const char *name;
    size_t least, most;
    int (*call)(const char *name, struct val *const *a, size_t n, struct val **out, struct cu_err *err);
} functions[] = {
    { "and", 1, TMPL_MAX_ARGS, logic },
    { "base64decode", 1, 1, decode },
    { "eq", 2, TMPL_MAX_ARGS, equal },
    { "exists", 1, TMPL_MAX_ARGS, exists },
    { "ge", 2, 2, relation },
    { "gt", 2, 2, relation },
    { "index", 1, TMPL_MAX_ARGS, element },
    { "le", 2, 2, relation },
    { "len", 1, 1, length },
    { "lt", 2, 2, relation },
    { "ne", 2, 2, equal },
    { "not", 1, 1, negation },
    { "or", 1, TMPL_MAX_ARGS, logic },
    { "print", 0, TMPL_MAX_ARGS, print },
    { "printf", 1, TMPL_MAX_ARGS, format },
    { "println", 0, TMPL_MAX_ARGS, print },
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
