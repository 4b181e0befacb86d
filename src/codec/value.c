/* The value tree: a thin typed face on jansson, the only JSON library in use.
 * Must not know any file format but JSON, and nothing of Kubernetes. */
#include "codec/value.h"
#include "base/buf.h"
#include "codec/internal.h"
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static json_t *in(const struct val *v)
{
    return codec_unconst(v);
}

static struct val *out(json_t *j)
{
    return (struct val *)j;
}

/* A new node, or the end of the program: jansson gives NULL for want of memory only, once its input was
 * checked. */
static struct val *made(json_t *j)
{
    if (!j)
        codec_oom();
    return out(j);
}

struct val *val_new_null(void)
{
    return made(json_null());
}

struct val *val_new_bool(bool b)
{
    return made(json_boolean(b));
}

struct val *val_new_int(int64_t i)
{
    return made(json_integer(i));
}

struct val *val_new_real(double d)
{
    return made(isfinite(d) ? json_real(d) : json_null());
}

struct val *val_new_str(const char *s)
{
    return s ? val_new_strn(s, strlen(s)) : val_new_null();
}

/* s with everything that is no valid text replaced by '?'; caller frees. */
static char *clean_text(const char *s, size_t n)
{
    char *copy = cu_memdup(s, n);
    for (size_t i = 0; i < n;) {
        size_t len = codec_utf8_len(copy + i, n - i, NULL);
        if (len == 0 || copy[i] == 0)
            copy[i] = '?', len = 1;
        i += len;
    }
    return copy;
}

struct val *val_new_strn(const char *s, size_t n)
{
    bool valid = !memchr(s, 0, n);
    for (size_t i = 0; valid && i < n;) {
        size_t len = codec_utf8_len(s + i, n - i, NULL);
        valid = len > 0;
        i += len;
    }
    if (valid)
        return made(json_stringn_nocheck(s, n));
    cu_autofree char *clean = clean_text(s, n);
    return made(json_stringn_nocheck(clean, n));
}

static struct val *new_vstrf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static struct val *new_vstrf(const char *fmt, va_list ap)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(SIZE_MAX);
    cu_buf_vaddf(&b, fmt, ap);
    return val_new_strn(cu_buf_str(&b), b.len);
}

struct val *val_new_strf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct val *v = new_vstrf(fmt, ap);
    va_end(ap);
    return v;
}

struct val *val_new_list(void)
{
    return made(json_array());
}

struct val *val_new_map(void)
{
    return made(json_object());
}

struct val *val_ref(const struct val *v)
{
    return out(json_incref(in(v)));
}

void val_unref(struct val *v)
{
    json_decref(in(v));
}

void val_cleanup(struct val **v)
{
    val_unref(*v);
}

/* Scalars have no way to change, so copies share them. */
struct val *val_copy(const struct val *v)
{
    if (val_is_map(v)) {
        struct val *copy = val_new_map(), *child;
        const char *key;
        struct val_iter it = VAL_ITER_INIT;
        while (val_next(v, &it, &key, &child))
            val_set(copy, key, val_copy(child));
        return copy;
    }
    if (val_is_list(v)) {
        struct val *copy = val_new_list();
        for (size_t i = 0; i < val_len(v); i++)
            val_append(copy, val_copy(val_at(v, i)));
        return copy;
    }
    return val_ref(v);
}

bool val_equal(const struct val *a, const struct val *b)
{
    if (a == b)
        return true;
    return a && b && json_equal(in(a), in(b));
}

enum val_kind val_kind(const struct val *v)
{
    if (!v)
        return VAL_NULL;
    switch (json_typeof(in(v))) {
    case JSON_OBJECT: return VAL_MAP;
    case JSON_ARRAY: return VAL_LIST;
    case JSON_STRING: return VAL_STRING;
    case JSON_INTEGER: return VAL_INT;
    case JSON_REAL: return VAL_REAL;
    case JSON_TRUE:
    case JSON_FALSE: return VAL_BOOL;
    case JSON_NULL: break;
    }
    return VAL_NULL;
}

bool val_is_map(const struct val *v)
{
    return json_is_object(in(v));
}

bool val_is_list(const struct val *v)
{
    return json_is_array(in(v));
}

const char *val_kind_name(const struct val *v)
{
    static const char *const names[] = {
        [VAL_NULL] = "null",     [VAL_BOOL] = "bool", [VAL_INT] = "integer", [VAL_REAL] = "number",
        [VAL_STRING] = "string", [VAL_LIST] = "list", [VAL_MAP] = "map",
    };
    return names[val_kind(v)];
}

const char *val_str(const struct val *v)
{
    return json_string_value(in(v));
}

int64_t val_int(const struct val *v, int64_t fallback)
{
    return json_is_integer(in(v)) ? json_integer_value(in(v)) : fallback;
}

double val_real(const struct val *v, double fallback)
{
    return json_is_number(in(v)) ? json_number_value(in(v)) : fallback;
}

bool val_bool(const struct val *v, bool fallback)
{
    return json_is_boolean(in(v)) ? json_is_true(in(v)) : fallback;
}

size_t val_len(const struct val *v)
{
    return val_is_map(v) ? json_object_size(in(v)) : json_array_size(in(v));
}

struct val *val_get(const struct val *map, const char *key)
{
    return out(json_object_get(in(map), key));
}

struct val *val_at(const struct val *list, size_t index)
{
    return out(json_array_get(in(list), index));
}

struct val *val_find(const struct val *v, ...)
{
    const char *key;
    va_list ap;
    va_start(ap, v);
    while (v && (key = va_arg(ap, const char *)) != NULL)
        v = val_get(v, key);
    va_end(ap);
    return codec_unconst(v);
}

const char *val_find_str(const struct val *v, ...)
{
    const char *key;
    va_list ap;
    va_start(ap, v);
    while (v && (key = va_arg(ap, const char *)) != NULL)
        v = val_get(v, key);
    va_end(ap);
    return val_str(v);
}

const char *val_get_str(const struct val *map, const char *key)
{
    return val_str(val_get(map, key));
}

int64_t val_get_int(const struct val *map, const char *key, int64_t fallback)
{
    return val_int(val_get(map, key), fallback);
}

bool val_get_bool(const struct val *map, const char *key, bool fallback)
{
    return val_bool(val_get(map, key), fallback);
}

bool val_next(const struct val *map, struct val_iter *it, const char **key, struct val **child)
{
    it->at = it->at ? json_object_iter_next(in(map), it->at) : json_object_iter(in(map));
    if (!it->at)
        return false;
    if (key)
        *key = json_object_iter_key(it->at);
    if (child)
        *child = out(json_object_iter_value(it->at));
    return true;
}

void val_set(struct val *map, const char *key, struct val *child)
{
    if (!child || !val_is_map(map) || child == map || !key) {
        val_unref(child);
        return;
    }
    if (json_object_set(in(map), key, in(child)) == 0) {
        val_unref(child);
        return;
    }
    cu_autofree char *clean = clean_text(key, strlen(key));
    json_object_set_new_nocheck(in(map), clean, in(child));
}

void val_set_str(struct val *map, const char *key, const char *s)
{
    if (s)
        val_set(map, key, val_new_str(s));
}

void val_set_strf(struct val *map, const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    val_set(map, key, new_vstrf(fmt, ap));
    va_end(ap);
}

void val_set_int(struct val *map, const char *key, int64_t i)
{
    val_set(map, key, val_new_int(i));
}

void val_set_bool(struct val *map, const char *key, bool b)
{
    val_set(map, key, val_new_bool(b));
}

bool val_del(struct val *map, const char *key)
{
    return key && json_object_del(in(map), key) == 0;
}

void val_clear(struct val *v)
{
    if (val_is_map(v))
        json_object_clear(in(v));
    else
        json_array_clear(in(v));
}

static struct val *need(struct val *map, const char *key, bool list)
{
    struct val *child = val_get(map, key);
    if (child && (list ? val_is_list(child) : val_is_map(child)))
        return child;
    val_set(map, key, list ? val_new_list() : val_new_map());
    return val_get(map, key);
}

struct val *val_need_map(struct val *map, const char *key)
{
    return need(map, key, false);
}

struct val *val_need_list(struct val *map, const char *key)
{
    return need(map, key, true);
}

void val_append(struct val *list, struct val *child)
{
    json_array_append_new(in(list), in(child));
}

void val_append_str(struct val *list, const char *s)
{
    val_append(list, val_new_str(s));
}

void val_insert(struct val *list, size_t index, struct val *child)
{
    json_array_insert_new(in(list), index, in(child));
}

void val_replace(struct val *list, size_t index, struct val *child)
{
    json_array_set_new(in(list), index, in(child));
}

void val_remove(struct val *list, size_t index)
{
    json_array_remove(in(list), index);
}

void val_merge_over(struct val *map, const struct val *over)
{
    struct val *child;
    const char *key;
    struct val_iter it = VAL_ITER_INIT;
    if (map == over)
        return;
    while (val_next(over, &it, &key, &child))
        val_set(map, key, val_ref(child));
}
