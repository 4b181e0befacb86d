/* Documents kept as value trees: brings one into the complete, canonical form upstream writes.
 * Must not know any kind. */
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/quantity.h"
#include "config/field.h"

static struct val *duration(const struct val *v)
{
    int64_t ns = 0;
    cu_autofree char *text = NULL;

    if (val_str(v) && cu_parse_duration(val_str(v), &ns, NULL) < 0)
        ns = 0;
    text = cu_format_duration(ns);
    return val_new_str(text);
}

char *cfg_canonical_time(const char *text)
{
    char out[CU_RFC3339_MAX];
    int64_t ms;

    if (!text || cu_parse_rfc3339(text, &ms, NULL) < 0)
        return cu_strdup(text);
    cu_rfc3339(ms, out);
    return cu_strdup(out);
}

static struct val *time_of(const struct val *v)
{
    cu_autofree char *text = cfg_canonical_time(val_str(v));
    return val_new_str(text);
}

/* A number as a Go float32 holds it: the shortest text that gives the same single-precision value. */
static struct val *single(const struct val *v)
{
    float f = (float)val_real(v, 0);
    char text[32];

    if (val_kind(v) == VAL_INT && (double)f >= val_real(v, 0) && (double)f <= val_real(v, 0))
        return val_copy(v);
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)f);
        float again = strtof(text, NULL);
        if (again >= f && again <= f)
            break;
    }
    return val_new_real(strtod(text, NULL));
}

static struct val *quantity(const struct val *v)
{
    cu_autofree char *raw = NULL;
    cu_autofree char *text = NULL;

    if (val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL)
        raw = val_dump_json(v, VAL_JSON_COMPACT);
    text = codec_quantity(raw ? raw : cu_or(val_str(v), "0"));
    return val_new_str(cu_or(text, "0"));
}

static struct val *quantities(const struct val *v)
{
    struct val *out = val_new_map();
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;

    while (val_next(v, &it, &key, &child))
        val_set(out, key, quantity(child));
    return out;
}

static struct val *list(const struct cfg_object *o, const struct val *v, int minor)
{
    struct val *out = val_new_list();
    for (size_t i = 0; i < val_len(v); i++)
        val_append(out, cfg_complete_document(o, val_at(v, i), minor));
    return out;
}

/* What an absent field of a type counts as. */
static struct val *zero(const struct cfg_field *f, int minor)
{
    switch (f->type) {
    case CFG_STRING:
    case CFG_SECRET:
    case CFG_TOKEN: return val_new_str(cu_or(f->fallback, ""));
    case CFG_BOOL: return val_new_bool(false);
    case CFG_INT32:
    case CFG_INT64:
    case CFG_UINT32:
    case CFG_NUMBER:
    case CFG_NANOSECONDS: return val_new_int(0);
    case CFG_DURATION: return val_new_str("0s");
    case CFG_QUANTITY: return val_new_str("0");
    case CFG_OBJECT: return cfg_complete_document(f->child, NULL, minor);
    case CFG_TIME:
    case CFG_OPT_BOOL:
    case CFG_OPT_INT32:
    case CFG_OPT_INT64:
    case CFG_OPT_NUMBER:
    case CFG_OPT_DURATION:
    case CFG_OPT_STRING:
    case CFG_STRINGS:
    case CFG_INTS:
    case CFG_STRING_MAP:
    case CFG_BOOL_MAP:
    case CFG_STRINGS_MAP:
    case CFG_QUANTITY_MAP:
    case CFG_OPT_OBJECT:
    case CFG_LIST:
    case CFG_DOCUMENT: break;
    }
    return val_new_null();
}

static struct val *value(const struct cfg_field *f, const struct val *v, int minor)
{
    if (val_kind(v) == VAL_NULL)
        return zero(f, minor);
    if (f->type == CFG_DURATION || f->type == CFG_OPT_DURATION)
        return duration(v);
    if (f->type == CFG_NANOSECONDS && val_kind(v) == VAL_STRING)
        return duration(v);
    if (f->type == CFG_QUANTITY)
        return quantity(v);
    if (f->type == CFG_TIME)
        return time_of(v);
    if (f->type == CFG_NUMBER)
        return single(v);
    if (f->type == CFG_QUANTITY_MAP)
        return quantities(v);
    if (f->type == CFG_OBJECT || f->type == CFG_OPT_OBJECT || f->type == CFG_DOCUMENT)
        return cfg_complete_document(f->child, v, minor);
    if (f->type == CFG_LIST)
        return list(f->child, v, minor);
    return val_copy(v);
}

static bool is_pointer(enum cfg_type t)
{
    return t == CFG_OPT_BOOL || t == CFG_OPT_INT32 || t == CFG_OPT_INT64 || t == CFG_OPT_NUMBER ||
           t == CFG_OPT_DURATION || t == CFG_OPT_STRING || t == CFG_OPT_OBJECT || t == CFG_TIME;
}

/* Empty in the sense of upstream's omitempty. */
static bool is_empty(const struct cfg_field *f, const struct val *v)
{
    if (is_pointer(f->type))
        return val_kind(v) == VAL_NULL;
    if (f->type == CFG_DURATION)
        return cu_streq(val_str(v), "0s");
    switch (val_kind(v)) {
    case VAL_NULL: return true;
    case VAL_BOOL: return !val_bool(v, false);
    case VAL_INT: return val_int(v, 0) == 0;
    case VAL_STRING: return cu_is_empty(val_str(v));
    case VAL_LIST:
    case VAL_MAP: return val_len(v) == 0;
    case VAL_REAL: break;
    }
    return false;
}

struct val *cfg_complete_document(const struct cfg_object *o, const struct val *v, int minor)
{
    struct val *out = val_new_map();

    for (size_t i = 0; i < o->n; i++) {
        const struct cfg_field *f = &o->fields[i];
        const struct val *given = val_get(v, f->name);
        bool known = !minor || ((!f->since || minor >= f->since) && (!f->until || minor < f->until));

        if ((!minor && f->until) || (!known && val_kind(given) == VAL_NULL))
            continue;
        struct val *now = value(f, given, minor);
        if (!(f->flags & CFG_ALWAYS) && is_empty(f, now))
            val_unref(now);
        else
            val_set(out, f->name, now);
    }
    return out;
}
