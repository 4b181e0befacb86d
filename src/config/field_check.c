/* Checks a value tree against a kind's field table: unknown fields and wrong types, with path and position.
 * Must not know any kind. */
#include "base/buf.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/quantity.h"
#include "codec/value.h"
#include "config/field.h"
#include "config/validate.h"
#include <limits.h>
#include <string.h>

struct path { /* one step of the path, linked upwards */
    const struct path *up;
    const char *name;
    size_t index; /* when name is NULL */
};
struct check {
    const struct codec_doc *doc;
    enum cfg_version version;
    struct cfg_errors *unknown, *types;
};

bool cfg_field_in(const struct cfg_field *f, enum cfg_version v)
{
    return !(f->flags & (v == CFG_V1BETA3 ? CFG_ONLY_V4 : CFG_ONLY_V3));
}

static void path_print(const struct path *p, struct cu_buf *out)
{
    if (!p)
        return;
    path_print(p->up, out);
    if (p->name)
        cu_buf_addf(out, "%s%s", out->len ? "." : "", p->name);
    else
        cu_buf_addf(out, "[%zu]", p->index);
}

static void say(const struct check *c, struct cfg_errors *to, enum cfg_error_kind kind, const struct path *p,
                const char *want)
{
    cu_autobuf struct cu_buf path = CU_BUF_INIT(65536);
    cu_autobuf struct cu_buf where = CU_BUF_INIT(64);
    struct codec_mark at = { 0, 0 };

    if (!to || to->n >= CFG_MAX_FINDINGS)
        return;
    path_print(p, &path);
    if (c->doc)
        at = kind == CFG_ERR_UNKNOWN_FIELD ? codec_mark_key(c->doc, cu_buf_str(&path))
                                           : codec_mark_value(c->doc, cu_buf_str(&path));
    if (at.line)
        cu_buf_addf(&where, "line %u, column %u: ", at.line, at.column);
    if (kind == CFG_ERR_UNKNOWN_FIELD)
        cfg_errors_say(to, kind, cu_buf_str(&path), "%sunknown field \"%s\"", cu_buf_str(&where),
                       cu_buf_str(&path));
    else
        cfg_errors_say(to, kind, cu_buf_str(&path), "%sfield \"%s\": want %s", cu_buf_str(&where),
                       cu_buf_str(&path), want);
}

static void wrong(const struct check *c, const struct path *p, const char *want, const struct val *got)
{
    cu_autofree char *text = cu_asprintf("%s, got %s", want, val_kind_name(got));
    say(c, c->types, CFG_ERR_TYPE, p, text);
}

static void check_map(const struct check *c, const struct cfg_object *o, const struct val *v,
                      const struct path *p);

static void check_int(const struct check *c, const struct val *v, const struct path *p, int64_t min,
                      int64_t max)
{
    if (val_kind(v) != VAL_INT)
        wrong(c, p, "an integer", v);
    else if (val_int(v, 0) < min || val_int(v, 0) > max)
        say(c, c->types, CFG_ERR_TYPE, p, "an integer in the range of its type");
}

/* Texts with a form of their own. */
static void check_form(const struct check *c, const struct val *v, const struct path *p, enum cfg_type type)
{
    const char *s = val_str(v);
    int64_t n;

    if (type == CFG_QUANTITY && (val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL))
        return; /* a quantity may be a bare number */
    if (!s) {
        wrong(c, p, "a string", v);
    } else if (type == CFG_TOKEN && !cfg_is_token(s)) {
        say(c, c->types, CFG_ERR_OTHER, p,
            "a token of the form \"[a-z0-9]{6}.[a-z0-9]{16}\"; `kubeadm token generate` makes one");
    } else if ((type == CFG_DURATION || type == CFG_OPT_DURATION) && cu_parse_duration(s, &n, NULL) < 0) {
        say(c, c->types, CFG_ERR_TYPE, p, "a duration such as \"4m0s\" (units ns, us, ms, s, m, h)");
    } else if (type == CFG_TIME && cu_parse_rfc3339(s, &n, NULL) < 0) {
        say(c, c->types, CFG_ERR_TYPE, p, "a time such as \"2030-01-01T00:00:00Z\"");
    } else if (type == CFG_QUANTITY) {
        cu_autofree char *q = codec_quantity(s);
        if (!q)
            say(c, c->types, CFG_ERR_TYPE, p, "a quantity such as \"100Mi\" or \"500m\"");
    }
}

static void check_value(const struct check *c, const struct cfg_object *child, enum cfg_type type,
                        const struct val *v, const struct path *p);

static void check_each(const struct check *c, const struct cfg_object *child, enum cfg_type type,
                       const struct val *v, const struct path *p)
{
    if (!val_is_list(v)) {
        wrong(c, p, "a list", v);
        return;
    }
    for (size_t i = 0; i < val_len(v); i++) {
        struct path at = { p, NULL, i };
        check_value(c, child, type, val_at(v, i), &at);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Calls for every key in byte order; keys are borrowed. */
static const char **sorted_keys(const struct val *v)
{
    const char **keys = cu_calloc(val_len(v) + 1, sizeof(*keys));
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;
    size_t n = 0;

    while (val_next(v, &it, &key, &child))
        keys[n++] = key;
    qsort(keys, n, sizeof(*keys), by_name);
    return keys;
}

static void check_every(const struct check *c, enum cfg_type type, const struct val *v, const struct path *p)
{
    if (!val_is_map(v)) {
        wrong(c, p, "a map", v);
        return;
    }
    cu_autofree const char **keys = sorted_keys(v);
    for (size_t i = 0; keys[i]; i++) {
        struct path at = { p, keys[i], 0 };
        check_value(c, NULL, type, val_get(v, keys[i]), &at);
    }
}

static void check_value(const struct check *c, const struct cfg_object *child, enum cfg_type type,
                        const struct val *v, const struct path *p)
{
    if (val_kind(v) == VAL_NULL)
        return;
    switch (type) {
    case CFG_STRING:
    case CFG_SECRET:
    case CFG_OPT_STRING:
        if (!val_str(v))
            wrong(c, p, "a string", v);
        break;
    case CFG_TOKEN:
    case CFG_TIME:
    case CFG_DURATION:
    case CFG_OPT_DURATION:
    case CFG_QUANTITY: check_form(c, v, p, type); break;
    case CFG_NANOSECONDS:
        if (val_kind(v) != VAL_INT)
            check_form(c, v, p, CFG_DURATION);
        break;
    case CFG_BOOL:
    case CFG_OPT_BOOL:
        if (val_kind(v) != VAL_BOOL)
            wrong(c, p, "true or false", v);
        break;
    case CFG_INT32:
    case CFG_OPT_INT32: check_int(c, v, p, INT32_MIN, INT32_MAX); break;
    case CFG_INT64:
    case CFG_OPT_INT64: check_int(c, v, p, INT64_MIN, INT64_MAX); break;
    case CFG_UINT32: check_int(c, v, p, 0, UINT32_MAX); break;
    case CFG_NUMBER:
    case CFG_OPT_NUMBER:
        if (val_kind(v) != VAL_INT && val_kind(v) != VAL_REAL)
            wrong(c, p, "a number", v);
        break;
    case CFG_STRINGS: check_each(c, NULL, CFG_STRING, v, p); break;
    case CFG_INTS: check_each(c, NULL, CFG_INT32, v, p); break;
    case CFG_STRING_MAP: check_every(c, CFG_STRING, v, p); break;
    case CFG_BOOL_MAP: check_every(c, CFG_BOOL, v, p); break;
    case CFG_STRINGS_MAP: check_every(c, CFG_STRINGS, v, p); break;
    case CFG_QUANTITY_MAP: check_every(c, CFG_QUANTITY, v, p); break;
    case CFG_OBJECT:
    case CFG_OPT_OBJECT:
    case CFG_DOCUMENT: check_map(c, child, v, p); break;
    case CFG_LIST: check_each(c, child, CFG_OBJECT, v, p); break;
    }
}

static const struct cfg_field *find(const struct cfg_object *o, const char *name, enum cfg_version version)
{
    for (size_t i = 0; i < o->n; i++)
        if (cu_streq(o->fields[i].name, name) && cfg_field_in(&o->fields[i], version) && !o->fields[i].until)
            return &o->fields[i];
    return NULL;
}

static void check_map(const struct check *c, const struct cfg_object *o, const struct val *v,
                      const struct path *p)
{
    if (!val_is_map(v)) {
        wrong(c, p, "a map", v);
        return;
    }
    cu_autofree const char **keys = sorted_keys(v);
    for (size_t i = 0; keys[i]; i++) {
        const struct cfg_field *f = find(o, keys[i], c->version);
        struct path at = { p, keys[i], 0 };

        if (!f) {
            if (p || (!cu_streq(keys[i], "apiVersion") && !cu_streq(keys[i], "kind")))
                say(c, c->unknown, CFG_ERR_UNKNOWN_FIELD, &at, NULL);
        } else if (f->flags & CFG_MAP_IN_V3 && c->version == CFG_V1BETA3) {
            if (val_kind(val_get(v, keys[i])) != VAL_NULL)
                check_every(c, CFG_STRING, val_get(v, keys[i]), &at);
        } else {
            check_value(c, f->child, f->type, val_get(v, keys[i]), &at);
        }
    }
}

void cfg_check_object(const struct cfg_object *o, const struct val *v, enum cfg_version version,
                      const struct codec_doc *doc, struct cfg_errors *unknown, struct cfg_errors *types)
{
    struct check c = { doc, version, unknown, types };
    check_map(&c, o, v, NULL);
}
