/* Field tables and C structs: decodes, encodes, defaults and frees whatever a table describes.
 * Must not know any kind. */
#include "base/str.h"
#include "base/timefmt.h"
#include "config/field.h"
#include <string.h>

/* Every list of structs begins like this: { T *v; size_t n, cap; bool set; }. Read and written by copy. */
struct any_list {
    void *v;
    size_t n, cap;
    bool set;
};

static struct any_list list_get(const void *member)
{
    struct any_list l;
    memcpy(&l, member, sizeof(l));
    return l;
}

static void *at(const struct cfg_field *f, void *object)
{
    return (char *)object + f->offset;
}

static const void *at_const(const struct cfg_field *f, const void *object)
{
    return (const char *)object + f->offset;
}

static void *element(const struct any_list *l, size_t i, const struct cfg_object *o)
{
    return (char *)l->v + i * o->size;
}

/* --- decode --- */

static void decode_strings(const struct val *v, struct cu_strlist *out)
{
    for (size_t i = 0; i < val_len(v); i++)
        cu_strlist_add(out, cu_or(val_str(val_at(v, i)), ""));
}

static void decode_list(const struct cfg_object *o, const struct val *v, enum cfg_version version,
                        void *member)
{
    struct any_list l = { NULL, val_len(v), val_len(v), val_is_list(v) };

    if (l.n)
        l.v = cu_calloc(l.n, o->size);
    for (size_t i = 0; i < l.n; i++)
        if (val_is_map(val_at(v, i)))
            cfg_decode_object(o, val_at(v, i), version, element(&l, i, o));
    memcpy(member, &l, sizeof(l));
}

static int by_arg(const void *a, const void *b)
{
    const struct cfg_arg *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->value, y->value);
}

/* Map from name to value (v1beta3): a list sorted by name (spec config 6). */
static void decode_arg_map(const struct val *v, struct cfg_args *out)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;

    while (val_next(v, &it, &key, &child))
        cfg_args_add(out, key, cu_or(val_str(child), ""));
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_arg);
}

static int by_gate(const void *a, const void *b)
{
    const struct cfg_gate *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Sorted once, not gate by gate: a file may have very many. */
static void decode_gates(const struct val *v, struct cfg_gates *out)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;

    out->set = val_is_map(v);
    while (val_next(v, &it, &key, &child)) {
        cu_grow(&out->v, &out->cap, out->n + 1, sizeof(*out->v));
        out->v[out->n++] = (struct cfg_gate){ cu_strdup(key), val_bool(child, false) };
    }
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_gate);
}

static void set_duration(struct cfg_duration *d, const char *text)
{
    d->set = text && cu_parse_duration(text, &d->ns, NULL) == 0;
}

static void decode_field(const struct cfg_field *f, const struct val *v, enum cfg_version version, void *m)
{
    switch (f->type) {
    case CFG_STRING:
    case CFG_SECRET:
    case CFG_TOKEN: cfg_set_str(m, val_str(v)); break;
    case CFG_TIME:
        free(*(char **)m);
        *(char **)m = cfg_canonical_time(val_str(v));
        break;
    case CFG_BOOL: *(bool *)m = val_bool(v, false); break;
    case CFG_OPT_BOOL: *(enum cfg_tri *)m = val_bool(v, false) ? CFG_YES : CFG_NO; break;
    case CFG_INT32: *(int32_t *)m = (int32_t)val_int(v, 0); break;
    case CFG_INT64: *(int64_t *)m = val_int(v, 0); break;
    case CFG_OPT_DURATION: set_duration(m, val_str(v)); break;
    case CFG_STRINGS: decode_strings(v, m); break;
    case CFG_BOOL_MAP: decode_gates(v, m); break;
    case CFG_OBJECT: cfg_decode_object(f->child, v, version, m); break;
    case CFG_OPT_OBJECT: {
        void *object = cu_calloc(1, f->child->size);
        cfg_decode_object(f->child, v, version, object);
        memcpy(m, &object, sizeof(object));
        break;
    }
    case CFG_LIST:
        if (f->flags & CFG_MAP_IN_V3 && version == CFG_V1BETA3)
            decode_arg_map(v, m);
        else
            decode_list(f->child, v, version, m);
        break;
    case CFG_DOCUMENT: *(struct val **)m = cfg_complete_document(f->child, v, 0); break;
    case CFG_UINT32:
    case CFG_OPT_INT32:
    case CFG_OPT_INT64:
    case CFG_NUMBER:
    case CFG_OPT_NUMBER:
    case CFG_DURATION:
    case CFG_QUANTITY:
    case CFG_NANOSECONDS:
    case CFG_OPT_STRING:
    case CFG_INTS:
    case CFG_STRING_MAP:
    case CFG_STRINGS_MAP:
    case CFG_QUANTITY_MAP: break; /* only in documents */
    }
}

void cfg_decode_object(const struct cfg_object *o, const struct val *v, enum cfg_version version, void *out)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct val *child = val_get(v, o->fields[i].name);
        if (val_kind(child) != VAL_NULL && cfg_field_in(&o->fields[i], version))
            decode_field(&o->fields[i], child, version, at(&o->fields[i], out));
    }
}

/* --- encode --- */

static struct val *encode_strings(const struct cu_strlist *l)
{
    struct val *v = val_new_list();
    for (size_t i = 0; i < l->n; i++)
        val_append_str(v, l->v[i]);
    return v;
}

static struct val *encode_list(const struct cfg_field *f, const void *m, enum cfg_version version)
{
    const struct any_list l = list_get(m);
    struct val *v;

    if (f->flags & CFG_MAP_IN_V3 && version == CFG_V1BETA3) {
        const struct cfg_args *args = m;
        v = val_new_map();
        for (size_t i = 0; i < args->n; i++)
            val_set_str(v, args->v[i].name, cu_or(args->v[i].value, ""));
        return v;
    }
    if (!l.set && !l.n)
        return val_new_null();
    v = val_new_list();
    for (size_t i = 0; i < l.n; i++)
        val_append(v, cfg_encode_object(f->child, element(&l, i, f->child), version));
    return v;
}

static struct val *encode_gates(const struct cfg_gates *g)
{
    struct val *v = val_new_map();
    for (size_t i = 0; i < g->n; i++)
        val_set_bool(v, g->v[i].name, g->v[i].on);
    return v;
}

static struct val *encode_duration(const struct cfg_duration *d)
{
    cu_autofree char *text = d->set ? cu_format_duration(d->ns) : NULL;
    return val_new_str(text);
}

/* The value of a member; a null value stands for a pointer that is not set. */
static struct val *encode_field(const struct cfg_field *f, const void *m, enum cfg_version version)
{
    switch (f->type) {
    case CFG_STRING:
    case CFG_SECRET:
    case CFG_TOKEN: return val_new_str(cu_or(*(char *const *)m, ""));
    case CFG_TIME: return val_new_str(*(char *const *)m);
    case CFG_BOOL: return val_new_bool(*(const bool *)m);
    case CFG_OPT_BOOL:
        return *(const enum cfg_tri *)m == CFG_UNSET ? val_new_null()
                                                     : val_new_bool(cfg_is_yes(*(const enum cfg_tri *)m));
    case CFG_INT32: return val_new_int(*(const int32_t *)m);
    case CFG_INT64: return val_new_int(*(const int64_t *)m);
    case CFG_OPT_DURATION: return encode_duration(m);
    case CFG_STRINGS: return encode_strings(m);
    case CFG_BOOL_MAP: return encode_gates(m);
    case CFG_OBJECT: return cfg_encode_object(f->child, m, version);
    case CFG_OPT_OBJECT: {
        const void *object;
        memcpy(&object, m, sizeof(object));
        return object ? cfg_encode_object(f->child, object, version) : val_new_null();
    }
    case CFG_LIST: return encode_list(f, m, version);
    case CFG_DOCUMENT: return *(struct val *const *)m ? val_ref(*(struct val *const *)m) : val_new_null();
    case CFG_UINT32:
    case CFG_OPT_INT32:
    case CFG_OPT_INT64:
    case CFG_NUMBER:
    case CFG_OPT_NUMBER:
    case CFG_DURATION:
    case CFG_QUANTITY:
    case CFG_NANOSECONDS:
    case CFG_OPT_STRING:
    case CFG_INTS:
    case CFG_STRING_MAP:
    case CFG_STRINGS_MAP:
    case CFG_QUANTITY_MAP: break; /* only in documents */
    }
    return val_new_null();
}

/* Upstream's omitempty: pointers and structs are kept, values that are empty are not. */
static bool is_left_out(const struct cfg_field *f, const struct val *v)
{
    if (f->flags & CFG_ALWAYS)
        return false;
    if (f->type == CFG_OBJECT)
        return f->flags & CFG_WHEN_SET && val_len(v) == 0;
    if (f->type == CFG_OPT_OBJECT || f->type == CFG_OPT_BOOL || f->type == CFG_OPT_DURATION ||
        f->type == CFG_DOCUMENT)
        return val_kind(v) == VAL_NULL;
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

struct val *cfg_encode_object(const struct cfg_object *o, const void *in, enum cfg_version version)
{
    struct val *map = val_new_map();

    for (size_t i = 0; i < o->n; i++) {
        const struct cfg_field *f = &o->fields[i];
        if (!cfg_field_in(f, version))
            continue;
        struct val *v = encode_field(f, at_const(f, in), version);
        if (is_left_out(f, v))
            val_unref(v);
        else
            val_set(map, f->name, v);
    }
    return map;
}

/* --- default --- */

static void default_field(const struct cfg_field *f, void *m)
{
    if (f->type == CFG_STRING && cu_is_empty(*(char **)m))
        cfg_set_str(m, f->fallback);
    else if (f->type == CFG_OPT_BOOL && *(enum cfg_tri *)m == CFG_UNSET)
        *(enum cfg_tri *)m = cu_streq(f->fallback, "true") ? CFG_YES : CFG_NO;
    else if (f->type == CFG_INT32 && *(int32_t *)m == 0)
        *(int32_t *)m = (int32_t)strtol(f->fallback, NULL, 10);
    else if (f->type == CFG_OPT_DURATION && !((struct cfg_duration *)m)->set)
        set_duration(m, f->fallback);
    else if (f->type == CFG_STRINGS && ((struct cu_strlist *)m)->n == 0)
        cu_strlist_split(m, f->fallback, ',');
}

void cfg_default_object(const struct cfg_object *o, enum cfg_version version, void *object)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct cfg_field *f = &o->fields[i];
        void *m = at(f, object);

        if (version != CFG_V1BETA3 && f->flags & CFG_ONLY_V3)
            continue;
        if (f->fallback)
            default_field(f, m);
        if (f->type == CFG_OBJECT)
            cfg_default_object(f->child, version, m);
        if (f->type == CFG_OPT_OBJECT) {
            void *child;
            memcpy(&child, m, sizeof(child));
            if (child)
                cfg_default_object(f->child, version, child);
        }
        if (f->type == CFG_LIST) {
            const struct any_list l = list_get(m);
            for (size_t k = 0; k < l.n; k++)
                cfg_default_object(f->child, version, element(&l, k, f->child));
        }
    }
}

/* --- clear --- */

static void clear_list(const struct cfg_object *o, const void *member)
{
    const struct any_list l = list_get(member);

    for (size_t i = 0; i < l.n; i++)
        cfg_clear_object(o, element(&l, i, o));
    free(l.v);
}

static void clear_pointer(const struct cfg_object *o, const void *member)
{
    void *object;

    memcpy(&object, member, sizeof(object));
    if (object)
        cfg_clear_object(o, object);
    free(object);
}

static void clear_gates(struct cfg_gates *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->v[i].name);
    free(g->v);
}

static void clear_field(const struct cfg_field *f, void *m)
{
    if (f->type == CFG_SECRET || f->type == CFG_TOKEN)
        cu_free_secret(*(char **)m);
    else if (f->type == CFG_STRING || f->type == CFG_TIME)
        free(*(char **)m);
    else if (f->type == CFG_STRINGS)
        cu_strlist_clear(m);
    else if (f->type == CFG_BOOL_MAP)
        clear_gates(m);
    else if (f->type == CFG_OBJECT)
        cfg_clear_object(f->child, m);
    else if (f->type == CFG_OPT_OBJECT)
        clear_pointer(f->child, m);
    else if (f->type == CFG_LIST)
        clear_list(f->child, m);
    else if (f->type == CFG_DOCUMENT)
        val_unref(*(struct val **)m);
}

void cfg_clear_object(const struct cfg_object *o, void *object)
{
    for (size_t i = 0; i < o->n; i++)
        clear_field(&o->fields[i], at(&o->fields[i], object));
    memset(object, 0, o->size);
}
