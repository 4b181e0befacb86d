/* The checker behind strict reading: walks a value tree along a table of fields.
 * Must not know any single kind. */
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/internal.h"
#include "codec/strict.h"
#include <string.h>

#define MAX_PROBLEMS 100

struct checker {
    const struct codec_doc *doc;
    struct codec_problems *out;
    size_t added;
};

static void add(struct checker *c, enum codec_fault fault, const char *path, char *text)
{
    if (c->out->n >= MAX_PROBLEMS) {
        free(text);
        return;
    }
    cu_grow(&c->out->v, &c->out->cap, c->out->n + 1, sizeof *c->out->v);
    c->out->v[c->out->n++] = (struct codec_problem){
        .fault = fault,
        .path = cu_strdup(path),
        .text = text,
        .at = fault == CODEC_UNKNOWN_FIELD ? codec_mark_key(c->doc, path) : codec_mark_value(c->doc, path),
    };
    c->added++;
}

static const struct {
    const char *name; /* for messages */
} types[] = {
    [CODEC_ANY] = { "anything" },           [CODEC_STRING] = { "text" },
    [CODEC_BOOL] = { "true or false" },     [CODEC_INT] = { "an integer" },
    [CODEC_INT32] = { "a 32-bit integer" }, [CODEC_UINT] = { "an integer not below 0" },
    [CODEC_NUMBER] = { "a number" },        [CODEC_DURATION] = { "a duration such as \"1m30s\"" },
    [CODEC_TIME] = { "an RFC 3339 time" },  [CODEC_OBJECT] = { "a map" },
};

static bool fits(const struct val *v, enum codec_type type)
{
    int64_t number;
    switch (type) {
    case CODEC_ANY: return true;
    case CODEC_STRING: return val_kind(v) == VAL_STRING;
    case CODEC_BOOL: return val_kind(v) == VAL_BOOL;
    case CODEC_INT: return val_kind(v) == VAL_INT;
    case CODEC_INT32:
        return val_kind(v) == VAL_INT && val_int(v, 0) >= INT32_MIN && val_int(v, 0) <= INT32_MAX;
    case CODEC_UINT: return val_kind(v) == VAL_INT && val_int(v, 0) >= 0;
    case CODEC_NUMBER: return val_kind(v) == VAL_INT || val_kind(v) == VAL_REAL;
    case CODEC_DURATION: return val_str(v) && cu_parse_duration(val_str(v), &number, NULL) == 0;
    case CODEC_TIME: return val_str(v) && cu_parse_rfc3339(val_str(v), &number, NULL) == 0;
    case CODEC_OBJECT: return val_is_map(v);
    }
    return false;
}

static void check_fields(struct checker *c, const struct val *map, const struct codec_field *fields,
                         const char *path);

static void wrong(struct checker *c, const struct val *v, const char *want, const char *path)
{
    if (val_str(v))
        add(c, CODEC_WRONG_TYPE, path,
            cu_asprintf("field \"%s\": want %s, got \"%.60s\"", path, want, val_str(v)));
    else
        add(c, CODEC_WRONG_TYPE, path,
            cu_asprintf("field \"%s\": want %s, got %s", path, want, val_kind_name(v)));
}

static void check_one(struct checker *c, const struct val *v, const struct codec_field *field,
                      const char *path)
{
    if (val_kind(v) == VAL_NULL)
        return;
    if (!fits(v, field->type))
        wrong(c, v, types[field->type].name, path);
    else if (field->type == CODEC_OBJECT && field->fields)
        check_fields(c, v, field->fields, path);
}

static char *path_add(const char *path, const char *key)
{
    return cu_asprintf("%s%s%s", path, *path ? "." : "", key);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Borrowed keys in byte order; caller frees the array. */
static const char **sorted_keys(const struct val *map)
{
    const char **keys = cu_calloc(val_len(map) + 1, sizeof *keys);
    struct val_iter it = VAL_ITER_INIT;
    for (size_t n = 0; val_next(map, &it, &keys[n], NULL); n++)
        ;
    qsort(keys, val_len(map), sizeof *keys, by_text);
    return keys;
}

static void check_field(struct checker *c, const struct val *v, const struct codec_field *field,
                        const char *path)
{
    if (field->shape == CODEC_ONE) {
        check_one(c, v, field, path);
    } else if (field->shape == CODEC_LIST && val_is_list(v)) {
        for (size_t i = 0; i < val_len(v); i++) {
            cu_autofree char *below = cu_asprintf("%s[%zu]", path, i);
            check_one(c, val_at(v, i), field, below);
        }
    } else if (field->shape == CODEC_MAP && val_is_map(v)) {
        cu_autofree const char **keys = sorted_keys(v);
        for (size_t i = 0; i < val_len(v); i++) {
            cu_autofree char *below = path_add(path, keys[i]);
            check_one(c, val_get(v, keys[i]), field, below);
        }
    } else if (val_kind(v) != VAL_NULL) {
        wrong(c, v, field->shape == CODEC_LIST ? "a list" : "a map", path);
    }
}

static void check_fields(struct checker *c, const struct val *map, const struct codec_field *fields,
                         const char *path)
{
    cu_autofree const char **keys = sorted_keys(map);
    for (size_t i = 0; i < val_len(map); i++) {
        cu_autofree char *below = path_add(path, keys[i]);
        const struct codec_field *f = fields;
        while (f->name && strcmp(f->name, keys[i]) != 0)
            f++;
        if (f->name)
            check_field(c, val_get(map, keys[i]), f, below);
        else
            add(c, CODEC_UNKNOWN_FIELD, below, cu_asprintf("unknown field \"%s\"", below));
    }
}

size_t codec_strict_check(const struct val *v, const struct codec_field *fields, const struct codec_doc *doc,
                          const char *path, struct codec_problems *out)
{
    struct checker c = { .doc = doc, .out = out };
    const struct codec_field root = { "", CODEC_OBJECT, CODEC_ONE, fields };
    check_one(&c, v, &root, path);
    return c.added;
}

void codec_problems_clear(struct codec_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        free(problems->v[i].path);
        free(problems->v[i].text);
    }
    free(problems->v);
    *problems = (struct codec_problems)CODEC_PROBLEMS_INIT;
}

bool codec_problems_has(const struct codec_problems *problems, enum codec_fault fault)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->v[i].fault == fault)
            return true;
    return false;
}
