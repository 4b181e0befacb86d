/* The few OpenAPI documents kubectl asks for. Must not know any single resource. */
#include "apiserver/openapi.h"

#include "apiserver/resource.h"
#include "base/str.h"

/* gnostic Document {1: "2.0", 2: {1: title, 2: version}, 8: no paths, 9: no definitions}: kubectl before 1.29
 * then finds no schema for any kind and checks nothing on its side (spec apiserver 1.5). */
static const uint8_t v2_protobuf[] = {
    0x0a, 0x03, '2', '.', '0', 0x12, 0x06, 0x0a, 0x01, 'k', 0x12, 0x01, 'v', 0x42, 0x00, 0x4a, 0x00,
};

const uint8_t *api_openapi_v2_protobuf(size_t *n)
{
    *n = sizeof(v2_protobuf);
    return v2_protobuf;
}

static void set_info(struct val *doc)
{
    struct val *info = val_need_map(doc, "info");
    val_set_str(info, "title", "Kubernetes");
    val_set_str(info, "version", CUBEADM_VERSION);
}

struct val *api_openapi_v2(void)
{
    struct val *doc = val_new_map();
    val_set_str(doc, "swagger", "2.0");
    set_info(doc);
    val_need_map(doc, "paths");
    val_need_map(doc, "definitions");
    return doc;
}

struct val *api_openapi_v3(void)
{
    struct val *doc = val_new_map(), *paths = val_need_map(doc, "paths");
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        cu_autofree char *key =
            r->group[0] ? cu_asprintf("apis/%s/%s", r->group, r->version) : cu_asprintf("api/%s", r->version);
        if (!val_get(paths, key))
            val_set_strf(val_need_map(paths, key), "serverRelativeURL", "/openapi/v3/%s?hash=%s", key,
                         CUBEADM_VERSION);
    }
    return doc;
}

/* The PATCH operation of one kind with the parameter kubectl looks for before it leaves field checks to the
 * server. */
static void add_patch(struct val *paths, const struct api_resource *r)
{
    cu_autofree char *path =
        cu_asprintf("/%s%s%s/%s/%s%s/{name}", r->group[0] ? "apis" : "api", r->group[0] ? "/" : "", r->group,
                    r->version, r->namespaced ? "namespaces/{namespace}/" : "", r->resource);
    struct val *patch = val_need_map(val_need_map(paths, path), "patch");
    static const char *const names[] = { "dryRun", "fieldManager", "fieldValidation" };
    for (size_t i = 0; i < CU_LEN(names); i++) {
        struct val *parameter = val_new_map();
        val_set_str(parameter, "name", names[i]);
        val_set_str(parameter, "in", "query");
        val_append(val_need_list(patch, "parameters"), parameter);
    }
    struct val *gvk = val_need_map(patch, "x-kubernetes-group-version-kind");
    val_set_str(gvk, "group", r->group);
    val_set_str(gvk, "version", r->version);
    val_set_str(gvk, "kind", r->kind);
}

struct val *api_openapi_v3_document(const char *group, const char *version)
{
    if (!api_group_version_known(group, version))
        return NULL;
    struct val *doc = val_new_map();
    val_set_str(doc, "openapi", "3.0.0");
    set_info(doc);
    struct val *paths = val_need_map(doc, "paths");
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (cu_streq(r->group, group) && cu_streq(r->version, version) && (r->verbs & API_PATCH))
            add_patch(paths, r);
    }
    return doc;
}
