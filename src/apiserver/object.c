/* apiserver/object.c - one immutable state of one object: reference counts, its revision, its JSON text.
 * Must not know the registry's tables. */
#include "apiserver/object.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>

/* Shallow copy: new top map that starts with kind and apiVersion, new metadata map; everything below is
 * shared. */
static struct val *outer_copy(const struct api_resource *r, const struct val *v, int64_t rev)
{
    struct val *out = val_new_map(), *metadata = val_new_map();
    val_set_str(out, "kind", r->kind);
    if (*r->group)
        val_set_strf(out, "apiVersion", "%s/%s", r->group, r->version);
    else
        val_set_str(out, "apiVersion", r->version);
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;
    while (val_next(val_get(v, "metadata"), &it, &key, &child))
        if (strcmp(key, "resourceVersion") != 0 && strcmp(key, "managedFields") != 0 &&
            strcmp(key, "selfLink") != 0)
            val_set(metadata, key, val_ref(child));
    if (rev > 0)
        val_set_strf(metadata, "resourceVersion", "%" PRId64, rev);
    val_set(out, "metadata", metadata);
    it = (struct val_iter)VAL_ITER_INIT;
    while (val_next(v, &it, &key, &child))
        if (strcmp(key, "kind") != 0 && strcmp(key, "apiVersion") != 0 && strcmp(key, "metadata") != 0)
            val_set(out, key, val_ref(child));
    return out;
}

struct val *api_object_bare(const struct api_resource *r, const struct val *v)
{
    return outer_copy(r, v, 0);
}

struct api_object *api_object_new(const struct api_resource *r, const struct val *v, int64_t rev)
{
    struct api_object *o = cu_calloc(1, sizeof(*o));
    o->res = r;
    o->v = outer_copy(r, v, rev);
    o->rev = rev;
    o->refs = 1;
    const struct val *metadata = val_get(o->v, "metadata");
    o->ns = r->namespaced ? cu_or(val_get_str(metadata, "namespace"), "") : "";
    o->name = cu_or(val_get_str(metadata, "name"), "");
    o->uid = cu_or(val_get_str(metadata, "uid"), "");
    o->key = api_object_key(o->ns, o->name);
    return o;
}

char *api_object_key(const char *ns, const char *name)
{
    return cu_is_empty(ns) ? cu_strdup(name) : cu_asprintf("%s/%s", ns, name);
}

struct api_object *api_object_ref(struct api_object *o)
{
    if (o)
        o->refs++;
    return o;
}

void api_object_unref(struct api_object *o)
{
    if (!o || --o->refs > 0)
        return;
    val_unref(o->v);
    free(o->key);
    free(o->json);
    free(o);
}

void api_object_cleanup(struct api_object **o)
{
    api_object_unref(*o);
    *o = NULL;
}

const char *api_object_json(struct api_object *o)
{
    if (!o->json)
        o->json = val_dump_json(o->v, VAL_JSON_COMPACT);
    return o->json;
}

const char *api_object_json_item(struct api_object *o)
{
    /* outer_copy() put kind and apiVersion first and metadata behind them */
    const char *rest = strstr(api_object_json(o), "\"metadata\":");
    return rest ? rest : "}";
}
