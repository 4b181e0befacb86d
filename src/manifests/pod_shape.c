/* A patched manifest read into the Pod type and written again, as upstream does (spec init 8): unknown fields get lost,
 * values of a wrong kind are refused, quantities become canonical, zero values are left out or added. It must not know
 * where the values came from. */
#include "base/str.h"
#include "codec/quantity.h"
#include "manifests/pod_parts.h"
#include "manifests/pod_type.h"

static int fill(const struct mf_type *t, const struct val *from, const char *at, struct val *to,
                struct cu_err *err);

static const char *const kind_names[] = {
    [MF_F_TEXT] = "string",       [MF_F_TIME] = "string",   [MF_F_BOOL] = "bool",
    [MF_F_INT32] = "integer",     [MF_F_INT64] = "integer", [MF_F_QUANTITY] = "quantity",
    [MF_F_INTORSTRING] = "value", [MF_F_MSG] = "map",       [MF_F_MAP] = "map",
};

static int wrong_kind(const struct val *v, const char *at, const char *wanted, struct cu_err *err)
{
    return cu_fail(err, CU_E_INVALID, "the patches leave a %s in %s, which must be a %s", val_kind_name(v),
                   at, wanted);
}

/* A number is a quantity too: "cpu: 0.5". Caller owns; NULL when it is none. */
static struct val *quantity(const struct val *v)
{
    cu_autofree char *text = val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL ? val_dump_json(v, 0) : NULL;
    const char *given = text ? text : val_str(v);
    cu_autofree char *canonical = given ? codec_quantity(given) : NULL;
    return canonical ? val_new_str(canonical) : NULL;
}

static struct val *message(const struct mf_type *t, const struct val *v, const char *at, struct cu_err *err)
{
    struct val *map = val_new_map();
    if (fill(t, v, at, map, err) == 0)
        return map;
    val_unref(map);
    return NULL;
}

/* What a field that is absent holds. Caller owns; NULL: it is not written. */
static struct val *zero(const struct mf_field *f)
{
    if (f->flags & (MF_F_LIST | MF_F_VALUES | MF_F_POINTER) || f->kind == MF_F_TIME || f->kind == MF_F_MAP)
        return f->flags & MF_F_OMITEMPTY ? NULL : val_new_null();
    if (f->kind == MF_F_MSG)
        return message(f->type, NULL, "", NULL);
    if (f->kind == MF_F_QUANTITY)
        return val_new_str("0");
    if (f->flags & MF_F_OMITEMPTY)
        return NULL;
    return f->kind == MF_F_TEXT   ? val_new_str("")
           : f->kind == MF_F_BOOL ? val_new_bool(false)
                                  : val_new_int(0);
}

static bool fits(const struct mf_field *f, const struct val *v)
{
    enum val_kind kind = val_kind(v);
    switch ((enum mf_field_kind)f->kind) {
    case MF_F_TEXT:
    case MF_F_TIME: return kind == VAL_STRING;
    case MF_F_BOOL: return kind == VAL_BOOL;
    case MF_F_INT32: return kind == VAL_INT && val_int(v, 0) >= INT32_MIN && val_int(v, 0) <= INT32_MAX;
    case MF_F_INT64: return kind == VAL_INT;
    case MF_F_INTORSTRING: return kind == VAL_INT || kind == VAL_STRING;
    case MF_F_MSG:
    case MF_F_MAP: return kind == VAL_MAP;
    case MF_F_QUANTITY: break;
    }
    return kind == VAL_STRING || kind == VAL_INT || kind == VAL_REAL;
}

/* One value: of a field, or of its list or map. Caller owns; NULL on errors. */
static struct val *one(const struct mf_field *f, const struct val *v, const char *at, struct cu_err *err)
{
    if (val_kind(v) == VAL_NULL) { /* in a list or map */
        const struct mf_field plain = { "", f->type, f->kind, 0 };
        return zero(&plain);
    }
    bool good = fits(f, v);
    if (good && f->kind == MF_F_MSG)
        return message(f->type, v, at, err);
    struct val *made = !good ? NULL : f->kind == MF_F_QUANTITY ? quantity(v) : val_ref(v);
    if (!made)
        wrong_kind(v, at, kind_names[f->kind], err);
    return made;
}

static bool is_zero(const struct val *v)
{
    const char *text = val_str(v);
    return (text && !*text) || (val_kind(v) == VAL_BOOL && !val_bool(v, true)) ||
           (val_kind(v) == VAL_INT && val_int(v, 1) == 0);
}

static int list_of(const struct mf_field *f, const struct val *v, const char *at, struct val **out,
                   struct cu_err *err)
{
    if (!val_is_list(v))
        return wrong_kind(v, at, "list", err);
    *out = val_new_list();
    for (size_t i = 0; i < val_len(v); i++) {
        cu_autofree char *here = cu_asprintf("%s[%zu]", at, i);
        struct val *made = one(f, val_at(v, i), here, err);
        if (!made)
            return -CU_E_INVALID;
        val_append(*out, made);
    }
    return 0;
}

static int map_of(const struct mf_field *f, const struct val *v, const char *at, struct val **out,
                  struct cu_err *err)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *name;
    struct val *child;
    if (!val_is_map(v))
        return wrong_kind(v, at, "map", err);
    *out = val_new_map();
    while (val_next(v, &it, &name, &child)) {
        cu_autofree char *here = cu_asprintf("%s.%s", at, name);
        struct val *made = one(f, child, here, err);
        if (!made)
            return -CU_E_INVALID;
        val_set(*out, name, made);
    }
    return 0;
}

/* *out NULL: the field is not written. */
static int field(const struct mf_field *f, const struct val *v, const char *at, struct val **out,
                 struct cu_err *err)
{
    bool omit = f->flags & MF_F_OMITEMPTY;
    int r = 0;
    if (val_kind(v) == VAL_NULL) {
        *out = zero(f);
        return 0;
    }
    if (f->flags & (MF_F_LIST | MF_F_VALUES)) {
        r = f->flags & MF_F_LIST ? list_of(f, v, at, out, err) : map_of(f, v, at, out, err);
        omit = omit && val_len(*out) == 0;
    } else {
        *out = one(f, v, at, err);
        r = *out ? 0 : -CU_E_INVALID;
        omit = omit && !(f->flags & MF_F_POINTER) && f->kind != MF_F_QUANTITY && is_zero(*out);
    }
    if (r < 0 || omit) {
        val_unref(*out);
        *out = NULL;
    }
    return r;
}

static int fill(const struct mf_type *t, const struct val *from, const char *at, struct val *to,
                struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_fields; i++) {
        const struct mf_field *f = &t->fields[i];
        if (f->flags & MF_F_INLINE) {
            r = fill(f->type, from, at, to, err);
            continue;
        }
        cu_autofree char *here = cu_asprintf("%s%s%s", at, *at ? "." : "", f->json);
        struct val *made = NULL;
        r = field(f, val_get(from, f->json), here, &made, err);
        if (made)
            val_set(to, f->json, made);
    }
    return r;
}

int mf_pod_shape(const struct val *pod, struct val **out, struct cu_err *err)
{
    const char *version = val_get_str(pod, "apiVersion"), *kind = val_get_str(pod, "kind");
    if (!cu_streq(version, "v1") || !cu_streq(kind, "Pod"))
        return cu_fail(err, CU_E_INVALID, "the patches leave kind \"%s\" of \"%s\"", cu_or(kind, ""),
                       cu_or(version, ""));
    struct val *made = message(mf_pod_type, pod, "", err);
    if (!made)
        return -CU_E_INVALID;
    val_set_str(made, "apiVersion", version);
    val_set_str(made, "kind", kind);
    *out = made;
    return 0;
}
