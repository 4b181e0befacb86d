/* Fits objects to their types by the table in schema.h. Must not know any single type. */
#include "apiserver/fields.h"

#include "apiserver/scalar.h"
#include "apiserver/schema.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/quantity.h"

#include <string.h>

struct fitter {
    struct cu_strlist *unknown;
    struct cu_err *err;
    struct cu_buf path;
};

static int fit_message(struct fitter *f, const struct api_type *t, const struct val *in, struct val **out);

/* Appends to the path; returns the length to go back to. */
static size_t path_push(struct fitter *f, const char *key)
{
    size_t mark = f->path.len;
    if (mark > 0)
        cu_buf_addc(&f->path, '.');
    cu_buf_add(&f->path, key);
    return mark;
}

static size_t path_push_index(struct fitter *f, size_t index)
{
    size_t mark = f->path.len;
    cu_buf_addf(&f->path, "[%zu]", index);
    return mark;
}

static void path_pop(struct fitter *f, size_t mark)
{
    f->path.len = mark;
    if (f->path.data)
        f->path.data[mark] = '\0';
}

static int wrong_kind(struct fitter *f, const char *wanted, const struct val *v)
{
    return cu_fail(f->err, CU_E_INVALID, "field \"%s\" wants %s, not %s", cu_buf_str(&f->path), wanted,
                   val_kind_name(v));
}

static int fit_int(struct fitter *f, const struct val *v, bool small, struct val **out)
{
    if (val_kind(v) != VAL_INT)
        return wrong_kind(f, "an integer", v);
    int64_t n = val_int(v, 0);
    if (small && (n < INT32_MIN || n > INT32_MAX))
        return cu_fail(f->err, CU_E_INVALID, "field \"%s\": %lld does not fit in 32 bits",
                       cu_buf_str(&f->path), (long long)n);
    *out = val_ref(v);
    return 0;
}

static int fit_time(struct fitter *f, const struct val *v, bool micro, struct val **out)
{
    char text[API_TIME_MAX];
    const char *s = val_str(v);
    if (!s)
        return wrong_kind(f, "a time", v);
    if (s[0] == '\0')
        return 0; /* as null */
    if (!api_time_normalize(s, micro, text))
        return cu_fail(f->err, CU_E_INVALID, "field \"%s\": \"%s\" is no time like 2026-01-31T12:00:00Z",
                       cu_buf_str(&f->path), s);
    *out = val_new_str(text);
    return 0;
}

static int fit_quantity(struct fitter *f, const struct val *v, struct val **out)
{
    cu_autofree char *number = NULL;
    const char *s = val_str(v);

    if (val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL) {
        number = val_dump_json(v, VAL_JSON_COMPACT);
        s = number;
    }
    if (!s)
        return wrong_kind(f, "a quantity", v);
    cu_autofree char *text = codec_quantity(s);
    if (!text)
        return cu_fail(f->err, CU_E_INVALID, "field \"%s\": \"%s\" is no quantity like 500m or 2Gi",
                       cu_buf_str(&f->path), s);
    *out = val_new_str(text);
    return 0;
}

static int fit_bytes(struct fitter *f, const struct val *v, struct val **out)
{
    cu_autofree uint8_t *raw = NULL;
    size_t n;
    const char *s = val_str(v);

    if (!s)
        return wrong_kind(f, "base64 text", v);
    if (cu_unbase64(s, &raw, &n, NULL) < 0)
        return cu_fail(f->err, CU_E_INVALID, "field \"%s\" is not valid base64", cu_buf_str(&f->path));
    cu_wipe(raw, n);
    *out = val_ref(v);
    return 0;
}

static int fit_strings(struct fitter *f, const struct val *v, struct val **out)
{
    if (!val_is_list(v))
        return wrong_kind(f, "a list", v);
    for (size_t i = 0; i < val_len(v); i++) {
        if (!val_str(val_at(v, i)))
            return wrong_kind(f, "a list of strings", val_at(v, i));
    }
    *out = val_ref(v);
    return 0;
}

/* One value; *out stays NULL where JSON would have null. */
static int fit_value(struct fitter *f, const struct api_field *field, const struct val *v, struct val **out)
{
    switch ((enum api_field_kind)field->kind) {
    case API_F_STRING:
        if (!val_str(v))
            return wrong_kind(f, "a string", v);
        break;
    case API_F_BOOL:
        if (val_kind(v) != VAL_BOOL)
            return wrong_kind(f, "true or false", v);
        break;
    case API_F_INTORSTRING:
        if (!val_str(v))
            return fit_int(f, v, true, out);
        break;
    case API_F_FIELDSV1:
        if (!val_is_map(v))
            return wrong_kind(f, "a map", v);
        break;
    case API_F_RAW: break;
    case API_F_BYTES: return fit_bytes(f, v, out);
    case API_F_INT32:
    case API_F_INT64: return fit_int(f, v, field->kind == API_F_INT32, out);
    case API_F_MSG: return fit_message(f, field->type, v, out);
    case API_F_TIME:
    case API_F_MICROTIME: return fit_time(f, v, field->kind == API_F_MICROTIME, out);
    case API_F_QUANTITY: return fit_quantity(f, v, out);
    case API_F_STRINGLIST: return fit_strings(f, v, out);
    }
    *out = val_ref(v);
    return 0;
}

/* What a null inside a list or map stands for. */
static struct val *zero_value(const struct api_field *field)
{
    if (field->kind == API_F_STRING || field->kind == API_F_BYTES)
        return val_new_str("");
    return field->kind == API_F_MSG ? val_new_map() : NULL;
}

static int fit_list(struct fitter *f, const struct api_field *field, const struct val *v, struct val **out)
{
    if (!val_is_list(v))
        return wrong_kind(f, "a list", v);
    cu_autoval struct val *list = val_new_list();
    for (size_t i = 0; i < val_len(v); i++) {
        struct val *in = val_at(v, i), *one = NULL;
        size_t mark = path_push_index(f, i);
        int r = 0;
        if (val_kind(in) == VAL_NULL)
            one = zero_value(field);
        else
            r = fit_value(f, field, in, &one);
        if (r < 0)
            return r;
        if (one)
            val_append(list, one);
        path_pop(f, mark);
    }
    *out = cu_steal(&list);
    return 0;
}

static int fit_map(struct fitter *f, const struct api_field *field, const struct val *v, struct val **out)
{
    if (!val_is_map(v))
        return wrong_kind(f, "a map", v);
    cu_autoval struct val *map = val_new_map();
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *in;
    while (val_next(v, &it, &key, &in)) {
        struct val *one = NULL;
        size_t mark = path_push(f, key);
        int r = 0;
        if (val_kind(in) == VAL_NULL)
            one = zero_value(field);
        else
            r = fit_value(f, field, in, &one);
        if (r < 0)
            return r;
        if (one)
            val_set(map, key, one);
        path_pop(f, mark);
    }
    *out = cu_steal(&map);
    return 0;
}

/* Optional values that a typed encoder leaves out when they are empty. */
static bool is_left_out(const struct api_field *field, const struct val *v)
{
    if (!(field->flags & API_F_OMITEMPTY) || (field->flags & API_F_POINTER))
        return false;
    if (field->flags & (API_F_REPEATED | API_F_MAP))
        return val_len(v) == 0;
    if (field->kind == API_F_INTORSTRING || field->kind == API_F_MSG || field->kind == API_F_RAW)
        return false;
    switch (val_kind(v)) {
    case VAL_BOOL: return !val_bool(v, true);
    case VAL_INT: return val_int(v, 1) == 0;
    case VAL_STRING: return val_str(v)[0] == '\0';
    case VAL_NULL:
    case VAL_REAL:
    case VAL_LIST:
    case VAL_MAP: break;
    }
    return false;
}

static int fit_field(struct fitter *f, const struct api_field *field, const struct val *in, struct val *map)
{
    cu_autoval struct val *v = NULL;
    int r;

    if (val_kind(in) == VAL_NULL && field->kind != API_F_RAW)
        return 0;
    if (field->flags & API_F_MAP)
        r = fit_map(f, field, in, &v);
    else if (field->flags & API_F_REPEATED)
        r = fit_list(f, field, in, &v);
    else
        r = fit_value(f, field, in, &v);
    if (r < 0)
        return r;
    if (v && !is_left_out(field, v))
        val_set(map, field->json, cu_steal(&v));
    return 0;
}

/* Objects, also those inside others (a StatefulSet's claims), may name their kind; templates may not. */
static bool is_object(const struct api_type *t)
{
    const struct api_field *meta = api_type_field(t, "metadata");
    return meta && meta->kind == API_F_MSG && strcmp(meta->type->name, "meta.v1.ObjectMeta") == 0 &&
           !cu_has_suffix(t->name, "Template") && !cu_has_suffix(t->name, "TemplateSpec");
}

static int fit_message(struct fitter *f, const struct api_type *t, const struct val *in, struct val **out)
{
    if (!val_is_map(in))
        return wrong_kind(f, "a map", in);
    cu_autoval struct val *map = val_new_map();
    bool object = is_object(t) || f->path.len == 0;
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;
    while (val_next(in, &it, &key, &child)) {
        const struct api_field *field = api_type_field(t, key);
        size_t mark = path_push(f, key);
        if (field) {
            int r = fit_field(f, field, child, map);
            if (r < 0)
                return r;
        } else if (object && (cu_streq(key, "kind") || cu_streq(key, "apiVersion"))) {
            if (!val_str(child))
                return wrong_kind(f, "a string", child);
            val_set(map, key, val_ref(child));
        } else if (f->unknown) {
            cu_strlist_add(f->unknown, cu_buf_str(&f->path));
        }
        path_pop(f, mark);
    }
    *out = cu_steal(&map);
    return 0;
}

int api_conform(const char *group, const char *version, const char *kind, struct val *obj,
                struct cu_strlist *unknown, struct cu_err *err)
{
    struct fitter f = { unknown, err, CU_BUF_INIT(LIM_TEXT) };
    const struct api_type *t = api_type_of_kind(group, version, kind);
    cu_autoval struct val *fitted = NULL;

    if (!t)
        return 0;
    int r = fit_message(&f, t, obj, &fitted);
    cu_buf_clear(&f.path);
    if (r < 0)
        return r;
    val_clear(obj);
    val_merge_over(obj, fitted);
    return 0;
}

bool api_field_selectable(const struct api_resource *r, const char *path)
{
    if (cu_streq(path, "metadata.name") || (cu_streq(path, "metadata.namespace") && r->namespaced))
        return true;
    for (size_t i = 0; r->selectable && r->selectable[i]; i++) {
        if (strcmp(r->selectable[i], path) == 0)
            return true;
    }
    return false;
}

/* Selector paths that are not where the value is (spec apiserver 3.7). */
static const struct alias {
    const char *resource, *path, *real;
} aliases[] = {
    { "pods", "spec.host", "spec.nodeName" },
    { "pods", "status.podIPs", "status.podIP" },
    { "events", "source", "source.component" },
    { "jobs", "status.successful", "status.succeeded" },
};

/* Paths whose absence means false or 0. */
static const struct zero {
    const char *path, *text;
} zeros[] = {
    { "spec.unschedulable", "false" },
    { "spec.hostNetwork", "false" },
    { "status.successful", "0" },
    { "status.replicas", "0" },
};

char *api_field_text(const struct api_resource *r, const struct val *obj, const char *path)
{
    const char *real = path;
    for (size_t i = 0; i < CU_LEN(aliases); i++) {
        if (cu_streq(aliases[i].resource, r->resource) && cu_streq(aliases[i].path, path))
            real = aliases[i].real;
    }
    cu_autostrlist struct cu_strlist keys = CU_STRLIST_INIT;
    cu_strlist_split(&keys, real, '.');
    const struct val *v = obj;
    for (size_t i = 0; i < keys.n; i++)
        v = val_get(v, keys.v[i]);
    /* Reporters of before events.k8s.io name themselves in source only, those after it here only. */
    if (!v && cu_streq(path, "source"))
        v = val_get(obj, "reportingComponent");
    if (val_str(v))
        return cu_strdup(val_str(v));
    if (val_kind(v) == VAL_BOOL || val_kind(v) == VAL_INT)
        return val_dump_json(v, VAL_JSON_COMPACT);
    for (size_t i = 0; i < CU_LEN(zeros); i++) {
        if (cu_streq(zeros[i].path, path))
            return cu_strdup(zeros[i].text);
    }
    return cu_strdup("");
}
