/* Embedded YAML files and their variables.
 * Must not know what the files describe. */
#include "manifests/template.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include <string.h>

void mf_vars_init(struct mf_vars *v)
{
    v->map = cu_map_new(free);
}

void mf_vars_clear(struct mf_vars *v)
{
    cu_map_free(v->map);
    v->map = NULL;
}

void mf_vars_take(struct mf_vars *v, const char *name, char *text)
{
    if (text)
        cu_map_set(v->map, name, text);
    else
        cu_map_remove(v->map, name);
}

void mf_vars_set(struct mf_vars *v, const char *name, const char *text)
{
    mf_vars_take(v, name, cu_strdup(text));
}

const char *mf_vars_get(const struct mf_vars *v, const char *name)
{
    return cu_map_get(v->map, name);
}

char *mf_expand(const char *text, const struct mf_vars *v)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    const char *at;
    while ((at = strstr(text, "${")) != NULL) {
        const char *end = strchr(at, '}');
        if (!end)
            break;
        cu_autofree char *name = cu_strndup(at + 2, (size_t)(end - at - 2));
        const char *value = mf_vars_get(v, name);
        if (!value)
            return NULL;
        cu_buf_addn(&b, text, (size_t)(at - text));
        cu_buf_add(&b, value);
        text = end + 1;
    }
    cu_buf_add(&b, text);
    char *out = NULL;
    return cu_buf_take(&b, &out, NULL) < 0 ? NULL : out;
}

static struct val *expanded(const struct val *v, const struct mf_vars *vars)
{
    if (val_is_map(v)) {
        struct val *map = val_new_map(), *child;
        const char *key;
        struct val_iter it = VAL_ITER_INIT;
        while (val_next(v, &it, &key, &child))
            val_set(map, key, expanded(child, vars));
        return map;
    }
    if (val_is_list(v)) {
        struct val *list = val_new_list();
        for (size_t i = 0; i < val_len(v); i++)
            val_append(list, expanded(val_at(v, i), vars));
        return list;
    }
    cu_autofree char *text = val_str(v) && vars ? mf_expand(val_str(v), vars) : NULL;
    return text ? val_new_str(text) : val_ref(v);
}

/* The files are part of the program: one that cannot be read is a fault in it, which the tests would show. */
static void broken(const char *file, const char *why)
{
    fprintf(stderr, "embedded file %s: %s\n", file, why);
    abort();
}

struct val *mf_load(const char *file, const struct mf_vars *v)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    const struct mf_file *f = mf_files;
    while (f->name && strcmp(f->name, file) != 0)
        f++;
    if (!f->name)
        broken(file, "not there");
    if (codec_yaml_read(f->text, strlen(f->text), CODEC_YAML_NO_DUPS, &docs, &err) < 0)
        broken(file, cu_err_text(&err));
    struct val *list = val_new_list();
    for (size_t i = 0; i < docs.n; i++)
        val_append(list, expanded(docs.v[i].root, v));
    return list;
}

struct val *mf_of_kind(const struct val *objects, const char *kind)
{
    for (size_t i = 0; i < val_len(objects); i++)
        if (cu_streq(val_get_str(val_at(objects, i), "kind"), kind))
            return val_at(objects, i);
    return NULL;
}
