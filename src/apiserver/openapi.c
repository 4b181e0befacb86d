/* The few OpenAPI documents kubectl asks for. Must not know any single resource. */
#include "apiserver/openapi.h"

#include "apiserver/resource.h"
#include "apiserver/schema.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

#include <string.h>

/* Query parameters of PATCH that kubectl looks for: with fieldValidation it leaves the check of fields to the
 * server, with dryRun it dares --dry-run=server and diff. */
static const char *const parameters[] = { "dryRun", "fieldManager", "fieldValidation" };

static void set_info(struct val *doc)
{
    struct val *info = val_need_map(doc, "info");
    val_set_str(info, "title", "Kubernetes");
    val_set_str(info, "version", CUBEADM_VERSION);
}

/* "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"; caller frees. */
static char *object_path(const struct api_resource *r)
{
    const char *ns = r->namespaced ? "namespaces/{namespace}/" : "";
    if (r->group[0])
        return cu_asprintf("/apis/%s/%s/%s%s/{name}", r->group, r->version, ns, r->resource);
    return cu_asprintf("/api/%s/%s%s/{name}", r->version, ns, r->resource);
}

/* A protobuf field that holds text or a message. */
static void add_bytes(struct cu_buf *b, unsigned number, const char *p, size_t n)
{
    cu_buf_addc(b, (char)(number << 3 | 2));
    size_t rest = n;
    for (; rest > 0x7f; rest >>= 7)
        cu_buf_addc(b, (char)((rest & 0x7f) | 0x80));
    cu_buf_addc(b, (char)rest);
    cu_buf_addn(b, p, n);
}

static void add_text(struct cu_buf *b, unsigned number, const char *s)
{
    add_bytes(b, number, s, strlen(s));
}

/* Wraps what b holds into field `number` of the message around it. */
static void wrap(struct cu_buf *b, unsigned number)
{
    cu_autobuf struct cu_buf outer = CU_BUF_INIT(LIM_TEXT);
    add_bytes(&outer, number, cu_buf_str(b), b->len);
    cu_buf_reset(b);
    cu_buf_addn(b, cu_buf_str(&outer), outer.len);
}

/* gnostic's openapi.v2: Document {1 swagger, 2 info {1, 2}, 8 paths {2 named path item}, 9 definitions};
 * NamedPathItem {1 name, 2 PathItem {8 patch}}; Operation {8 parameters, 13 extensions}; ParametersItem {1 Parameter
 * {2 NonBodyParameter {3 QueryParameterSubSchema {2 in, 4 name}}}}; NamedAny {1 name, 2 Any {2 yaml}}. */
static void add_patch_protobuf(struct cu_buf *paths, const struct api_resource *r)
{
    cu_autobuf struct cu_buf operation = CU_BUF_INIT(LIM_TEXT), gvk = CU_BUF_INIT(LIM_TEXT),
                             item = CU_BUF_INIT(LIM_TEXT);
    static const unsigned levels[] = { 3, 2, 1 };

    for (size_t i = 0; i < CU_LEN(parameters); i++) {
        cu_autobuf struct cu_buf one = CU_BUF_INIT(LIM_TEXT);
        add_text(&one, 2, "query");
        add_text(&one, 4, parameters[i]);
        for (size_t k = 0; k < CU_LEN(levels); k++)
            wrap(&one, levels[k]);
        add_bytes(&operation, 8, cu_buf_str(&one), one.len);
    }
    cu_autofree char *yaml =
        cu_asprintf("group: \"%s\"\nkind: %s\nversion: %s\n", r->group, r->kind, r->version);
    cu_autobuf struct cu_buf any = CU_BUF_INIT(LIM_TEXT);
    add_text(&any, 2, yaml);
    add_text(&gvk, 1, "x-kubernetes-group-version-kind");
    add_bytes(&gvk, 2, cu_buf_str(&any), any.len);
    add_bytes(&operation, 13, cu_buf_str(&gvk), gvk.len);
    wrap(&operation, 8);

    cu_autofree char *path = object_path(r);
    add_text(&item, 1, path);
    add_bytes(&item, 2, cu_buf_str(&operation), operation.len);
    add_bytes(paths, 2, cu_buf_str(&item), item.len);
}

uint8_t *api_openapi_v2_protobuf(size_t *n)
{
    cu_autobuf struct cu_buf doc = CU_BUF_INIT(LIM_TEXT), info = CU_BUF_INIT(LIM_TEXT),
                             paths = CU_BUF_INIT(LIM_TEXT);

    for (size_t i = 0; i < api_n_resources; i++) {
        if (api_resources[i].verbs & API_PATCH)
            add_patch_protobuf(&paths, &api_resources[i]);
    }
    add_text(&info, 1, "Kubernetes");
    add_text(&info, 2, CUBEADM_VERSION);
    add_text(&doc, 1, "2.0");
    add_bytes(&doc, 2, cu_buf_str(&info), info.len);
    add_bytes(&doc, 8, cu_buf_str(&paths), paths.len);
    add_bytes(&doc, 9, "", 0);
    *n = doc.len;
    return cu_memdup(cu_buf_str(&doc), doc.len);
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

static void set_gvk(struct val *gvk, const struct api_resource *r)
{
    val_set_str(gvk, "group", r->group);
    val_set_str(gvk, "version", r->version);
    val_set_str(gvk, "kind", r->kind);
}

static void add_patch(struct val *paths, const struct api_resource *r)
{
    cu_autofree char *path = object_path(r);
    struct val *patch = val_need_map(val_need_map(paths, path), "patch");
    for (size_t i = 0; i < CU_LEN(parameters); i++) {
        struct val *parameter = val_new_map();
        val_set_str(parameter, "name", parameters[i]);
        val_set_str(parameter, "in", "query");
        val_append(val_need_list(patch, "parameters"), parameter);
    }
    set_gvk(val_need_map(patch, "x-kubernetes-group-version-kind"), r);
}

/* "api.core.v1.Pod" -> "io.k8s.api.core.v1.Pod"; caller frees. */
static char *schema_name(const struct api_type *t)
{
    return cu_has_prefix(t->name, "meta.") ? cu_asprintf("io.k8s.apimachinery.pkg.apis.%s", t->name)
                                           : cu_asprintf("io.k8s.%s", t->name);
}

/* How JSON writes each kind of field. */
static const struct shape {
    enum api_field_kind kind;
    const char *type, *format;
} shapes[] = {
    { API_F_STRING, "string", NULL },
    { API_F_BYTES, "string", "byte" },
    { API_F_BOOL, "boolean", NULL },
    { API_F_INT32, "integer", "int32" },
    { API_F_INT64, "integer", "int64" },
    { API_F_TIME, "string", "date-time" },
    { API_F_MICROTIME, "string", "date-time" },
    { API_F_QUANTITY, "string", NULL },
    { API_F_INTORSTRING, "string", "int-or-string" },
    { API_F_RAW, "object", NULL },
    { API_F_FIELDSV1, "object", NULL },
    { API_F_STRINGLIST, "array", NULL },
};

static struct val *field_schema(const struct api_field *f)
{
    struct val *v = val_new_map();
    if (f->kind == API_F_MSG) {
        cu_autofree char *name = schema_name(f->type);
        val_set_strf(v, "$ref", "#/components/schemas/%s", name);
    }
    for (size_t i = 0; i < CU_LEN(shapes); i++) {
        if (shapes[i].kind != f->kind)
            continue;
        val_set_str(v, "type", shapes[i].type);
        val_set_str(v, "format", shapes[i].format);
        if (f->kind == API_F_STRINGLIST)
            val_set_str(val_need_map(v, "items"), "type", "string");
    }
    if (!(f->flags & (API_F_MAP | API_F_REPEATED)))
        return v;
    struct val *outer = val_new_map();
    val_set_str(outer, "type", f->flags & API_F_MAP ? "object" : "array");
    val_set(outer, f->flags & API_F_MAP ? "additionalProperties" : "items", v);
    return outer;
}

static void add_schema(struct val *schemas, const struct api_type *t);

static void add_properties(struct val *schemas, struct val *properties, const struct api_type *t)
{
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct api_field *f = &t->fields[i];
        if (f->flags & API_F_INLINE) {
            add_properties(schemas, properties, f->type);
            continue;
        }
        val_set(properties, f->json, field_schema(f));
        if (f->kind == API_F_MSG)
            add_schema(schemas, f->type);
    }
}

static void add_schema(struct val *schemas, const struct api_type *t)
{
    cu_autofree char *name = schema_name(t);
    if (val_get(schemas, name)) /* types may hold themselves */
        return;
    struct val *schema = val_need_map(schemas, name);
    val_set_str(schema, "type", "object");
    add_properties(schemas, val_need_map(schema, "properties"), t);
}

static void add_kind(struct val *schemas, const struct api_resource *r)
{
    const struct api_type *t = api_type_of_kind(r->group, r->version, r->kind);
    struct val *gvk = val_new_map();
    if (!t) {
        val_unref(gvk);
        return;
    }
    add_schema(schemas, t);
    cu_autofree char *name = schema_name(t);
    struct val *schema = val_get(schemas, name), *properties = val_get(schema, "properties");
    val_set_str(val_need_map(properties, "kind"), "type", "string");
    val_set_str(val_need_map(properties, "apiVersion"), "type", "string");
    set_gvk(gvk, r);
    val_append(val_need_list(schema, "x-kubernetes-group-version-kind"), gvk);
}

struct val *api_openapi_v3_document(const char *group, const char *version)
{
    if (!api_group_version_known(group, version))
        return NULL;
    struct val *doc = val_new_map();
    val_set_str(doc, "openapi", "3.0.0");
    set_info(doc);
    struct val *paths = val_need_map(doc, "paths");
    struct val *schemas = val_need_map(val_need_map(doc, "components"), "schemas");
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (!cu_streq(r->group, group) || !cu_streq(r->version, version))
            continue;
        if (r->verbs & API_PATCH)
            add_patch(paths, r);
        add_kind(schemas, r);
    }
    return doc;
}
