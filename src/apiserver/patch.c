/* apiserver/patch.c - PATCH in its four types (spec apiserver 3.8).
 * Must not know what happens to an object after patching (write.h). */
#include "apiserver/authz.h"
#include "apiserver/write.h"
#include "base/str.h"
#include "codec/patch.h"
#include "codec/yaml.h"
#include <string.h>
#include <strings.h>

#define TRIES 5 /* on objects that change meanwhile */

enum patch_type { PATCH_JSON, PATCH_MERGE, PATCH_STRATEGIC, PATCH_APPLY, PATCH_OTHER };

static enum patch_type type_of(const char *content_type)
{
    static const char *const TYPES[] = { [PATCH_JSON] = "application/json-patch+json",
                                         [PATCH_MERGE] = "application/merge-patch+json",
                                         [PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
                                         [PATCH_APPLY] = "application/apply-patch+yaml" };
    size_t n = strcspn(cu_or(content_type, ""), "; ");
    for (size_t i = 0; i < CU_LEN(TYPES); i++)
        if (n == strlen(TYPES[i]) && strncasecmp(content_type, TYPES[i], n) == 0)
            return (enum patch_type)i;
    return PATCH_OTHER;
}

static int read_patch(struct api_call *c, enum patch_type type, struct val **out, struct api_status *st)
{
    size_t n = 0;
    const char *body = http_request_body(c->http, &n);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct val *v = NULL;
    int failed =
        type == PATCH_APPLY ? codec_yaml_parse(body, n, &v, &err) : val_parse_json(body, n, &v, &err);
    if (failed < 0)
        return api_fail_bad_request(st, "the patch could not be read: %s", cu_err_text(&err));
    if (type == PATCH_JSON ? !val_is_list(v) : !val_is_map(v)) {
        val_unref(v);
        return api_fail_bad_request(st, "the patch must be %s",
                                    type == PATCH_JSON ? "a list of operations" : "a map");
    }
    *out = v;
    return 0;
}

static int check_options(struct api_call *c, enum patch_type type, struct api_status *st)
{
    struct api_invalid e = API_INVALID_INIT;
    if (type == PATCH_APPLY && !*api_query(c, "fieldManager"))
        api_invalid_add(&e, "FieldValueRequired", "fieldManager", "Required value: an apply needs it");
    if (type != PATCH_APPLY && *api_query(c, "force"))
        api_invalid_add(&e, "FieldValueForbidden", "force", "Forbidden: only an apply takes it");
    if (api_invalid_finish(&e, st, "PatchOptions", "meta.k8s.io", "") < 0)
        return -1;
    return api_write_options(c, "PatchOptions", st);
}

/* What an apply must say: its kind and name are those of the path. */
static int check_applied(const struct api_call *c, struct val *patch, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    cu_autofree char *version =
        *r->group ? cu_asprintf("%s/%s", r->group, r->version) : cu_strdup(r->version);
    if (!cu_streq(val_get_str(patch, "apiVersion"), version) ||
        !cu_streq(val_get_str(patch, "kind"), r->kind))
        return api_fail_bad_request(st, "an apply must carry apiVersion \"%s\" and kind \"%s\"", version,
                                    r->kind);
    const char *name = val_find_str(patch, "metadata", "name", NULL);
    if (!cu_is_empty(name) && strcmp(name, c->path.name) != 0)
        return api_fail_bad_request(st, "the name of the object (%s) is not the name in the path (%s)", name,
                                    c->path.name);
    struct val *m = val_need_map(patch, "metadata");
    val_set_str(m, "name", c->path.name);
    val_del(m, "managedFields");
    return 0;
}

static int invalid_patch(struct api_status *st, const char *text)
{
    api_fail(st, 422, "Invalid", "the patch does not fit the object: %s", text);
    val_set(st->body, "details", val_new_map());
    return -1;
}

/* doc with the patch on it; *out owned by the caller. kind: of doc. */
static int apply(const struct val *doc, const struct val *patch, enum patch_type type, struct val **out,
                 struct api_status *st)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int failed = 0;
    switch (type) {
    case PATCH_JSON: failed = codec_patch_json(doc, patch, out, &err); break;
    case PATCH_MERGE: codec_patch_merge(doc, patch, out); break;
    case PATCH_STRATEGIC:
    case PATCH_APPLY: {
        const char *version = val_get_str(doc, "apiVersion"), *kind = val_get_str(doc, "kind");
        failed = codec_patch_strategic(doc, patch, codec_merge_lookup(version, kind), out, &err);
        break;
    }
    case PATCH_OTHER: break;
    }
    if (failed == -CU_E_CONFLICT)
        return invalid_patch(st, cu_err_text(&err));
    if (failed < 0)
        return api_fail_bad_request(st, "the patch is not valid: %s", cu_err_text(&err));
    if (!val_is_map(*out)) {
        val_unref(*out);
        *out = NULL;
        return invalid_patch(st, "nothing is left of it");
    }
    return 0;
}

/* One try on the newest state. */
static int patch_once(struct api_call *c, struct api_object *old, const struct val *patch,
                      enum patch_type type, struct api_outcome *out, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    const struct api_subresource *s = c->path.s;
    bool scale = s && cu_streq(s->kind, "Scale");
    cu_autoval struct val *doc = scale ? api_scale_of(r, old->v) : api_present(r, old->v);
    cu_autoval struct val *obj = NULL;
    if (apply(doc, patch, type, &obj, st) < 0)
        return -1;
    if (!cu_streq(val_get_str(obj, "kind"), val_get_str(doc, "kind")) ||
        !cu_streq(val_get_str(obj, "apiVersion"), val_get_str(doc, "apiVersion")))
        return api_fail_bad_request(st, "a patch cannot change kind or apiVersion");
    if (api_fit(c, cu_or(s ? s->group : NULL, r->group), cu_or(s ? s->version : NULL, r->version),
                s ? s->kind : r->kind, obj, st) < 0)
        return -1;
    if (scale) {
        struct api_write w = api_write_of(c, c->path.name);
        struct val *whole = val_copy(old->v);
        cu_autoval struct val *owned = whole;
        if (api_scale_apply(&w, obj, whole, st) < 0)
            return -1;
        return api_store_change(c, old, cu_steal(&owned), false, out, st);
    }
    return api_store_change(c, old, cu_steal(&obj), false, out, st);
}

/* Does the patch itself say which version it is for? Then a conflict is final. */
static bool names_version(const struct val *patch)
{
    return !cu_is_empty(val_find_str(patch, "metadata", "resourceVersion", NULL));
}

static int apply_new(struct api_call *c, struct val *patch, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    struct api_attributes a = c->attr;
    cu_autofree char *why = NULL;
    a.verb = "create";
    if (!api_authorize(c->srv->authz, &a, &why))
        return api_fail_denied(st, &a, why);
    cu_autoval struct val *obj = val_copy(patch);
    struct api_outcome out = API_OUTCOME_INIT;
    if (api_fit(c, r->group, r->version, r->kind, obj, st) < 0 ||
        api_store_new(c, cu_steal(&obj), &out, st) < 0)
        return -1;
    api_outcome_answer(c, 201, &out);
    api_outcome_clear(&out);
    return 0;
}

static void answer(struct api_call *c, const struct api_outcome *out)
{
    if (!c->path.s || !cu_streq(c->path.s->kind, "Scale")) {
        api_outcome_answer(c, 200, out);
        return;
    }
    cu_autoval struct val *scale = api_scale_of(c->path.r, api_outcome_tree(out));
    api_answer_json(c, 200, scale, NULL);
}

int api_patch(struct api_call *c, struct api_status *st)
{
    enum patch_type type = type_of(http_request_header(c->http, "Content-Type"));
    cu_autoval struct val *patch = NULL;
    if (type == PATCH_OTHER) {
        api_fail(st, 415, "UnsupportedMediaType",
                 "the patch has the media type \"%s\"; accepted are application/json-patch+json, "
                 "application/merge-patch+json, application/strategic-merge-patch+json and "
                 "application/apply-patch+yaml",
                 cu_or(http_request_header(c->http, "Content-Type"), ""));
        val_set(st->body, "details", val_new_map());
        return -1;
    }
    if (check_options(c, type, st) < 0 || read_patch(c, type, &patch, st) < 0 ||
        (type == PATCH_APPLY && !*c->path.sub && check_applied(c, patch, st) < 0))
        return -1;
    for (int i = 1;; i++) {
        cu_autoobject struct api_object *old =
            api_object_ref(api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name));
        if (!old && type == PATCH_APPLY && !*c->path.sub)
            return apply_new(c, patch, st);
        if (!old)
            return api_fail_not_found(st, c->path.r, c->path.name);
        struct api_outcome out = API_OUTCOME_INIT;
        cu_strlist_clear(&c->warnings);
        int failed = patch_once(c, old, patch, type, &out, st);
        if (failed == 0)
            answer(c, &out);
        api_outcome_clear(&out);
        /* another server wrote in between: the registry has seen it by now */
        if (failed == 0 || st->code != 409 || names_version(patch) || i == TRIES ||
            old == api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name))
            return failed;
    }
}
