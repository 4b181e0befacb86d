/* apiserver/write.c - create and update: the order of steps between a body and the store.
 * Must not know patches, deletion or single kinds (strategy.h, validate.h and admission.h do). */
#include "apiserver/write.h"
#include "apiserver/admission.h"
#include "apiserver/defaults.h"
#include "apiserver/object.h"
#include "apiserver/reviews.h"
#include "apiserver/service_ip.h"
#include "apiserver/validate.h"
#include "base/str.h"
#include <inttypes.h>
#include <string.h>

#define NAME_TRIES 8 /* spec apiserver 3.2 */
#define CHANGED_TEXT                                                                                         \
    "the object has been modified; please apply your changes to the latest version and try again"

void api_outcome_clear(struct api_outcome *out)
{
    api_object_unref(out->o);
    val_unref(out->tree);
    *out = (struct api_outcome)API_OUTCOME_INIT;
}

const struct val *api_outcome_tree(const struct api_outcome *out)
{
    return out->o ? out->o->v : out->tree;
}

void api_outcome_answer(struct api_call *c, int code, const struct api_outcome *out)
{
    if (out->tree)
        api_answer_tree(c, code, out->tree);
    else
        api_answer_object(c, code, out->o);
}

struct api_resource api_alias(const struct api_resource *r, const char *name)
{
    struct api_resource alias = *r;
    alias.resource = name;
    return alias;
}

#define LOST (-2)
#define ADDRESS_TRIES 64 /* against other servers that make Services at the same moment */

static bool is_service(const struct api_call *c)
{
    return !*c->path.r->group && strcmp(c->path.r->resource, "services") == 0 && !*c->path.sub;
}

/* Gives a Service addresses and node ports, all other kinds nothing. *range: the guard that makes sure that no other
 * server hands out the same at the same time; caller frees. */
static int assign_service(struct api_call *c, struct val *obj, char **range, struct api_status *st)
{
    if (!is_service(c))
        return 0;
    cu_autoval struct val *others = val_new_list();
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    while ((o = api_registry_next(c->srv->registry, c->path.r, NULL, &w)))
        val_append(others, val_ref(o->v));
    if (api_service_assign(obj, &c->srv->opt.service_cluster_ip_range, others, st) < 0)
        return -1;
    *range = api_service_port_range(others, obj);
    return 0;
}

/* Writes a new object; with generateName tries other names when one is taken. */
static int insert(struct api_call *c, struct val *obj, struct api_outcome *out, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    const char *prefix = val_find_str(obj, "metadata", "generateName", NULL);
    for (int i = 1;; i++) {
        const char *name = val_find_str(obj, "metadata", "name", NULL);
        const char *ns = r->namespaced ? val_find_str(obj, "metadata", "namespace", NULL) : "";
        bool taken = api_registry_get(c->srv->registry, r, ns, name) != NULL;
        if (taken && !cu_is_empty(prefix) && cu_has_prefix(name, prefix) && i < NAME_TRIES) {
            cu_autofree char *other = api_generate_name(prefix);
            val_set_str(val_get(obj, "metadata"), "name", other);
            continue;
        }
        if (taken)
            return api_fail_exists(st, r, name);
        break;
    }
    if (c->dry_run) {
        out->tree = val_ref(obj);
        return 0;
    }
    struct api_object *o = NULL;
    if (api_registry_create(c->srv->registry, r, api_unpresent(r, val_ref(obj)), &o, st) < 0)
        return -1;
    out->o = api_object_ref(o);
    return 0;
}

/* Assigns, checks and writes. LOST: another server was quicker with addresses, of which this one knows by now. */
static int finish_new(struct api_call *c, struct val *obj, struct api_outcome *out, struct api_status *st)
{
    struct api_write w = api_write_of(c, c->path.name);
    cu_autofree char *range = NULL;
    if (assign_service(c, obj, &range, st) < 0 || api_validate_create(&w, obj, st) < 0)
        return -1;
    struct api_guarded guard = { .value = range };
    api_registry_guard(c->srv->registry, range ? &guard : NULL);
    int failed = insert(c, obj, out, st);
    api_registry_guard(c->srv->registry, NULL);
    return failed < 0 && guard.lost ? LOST : failed;
}

int api_store_new(struct api_call *c, struct val *taken, struct api_outcome *out, struct api_status *st)
{
    cu_autoval struct val *obj = taken;
    const struct api_resource *r = c->path.r;
    struct api_write w = api_write_of(c, c->path.name);
    struct api_attributes a = c->attr;
    cu_autofree char *name = cu_strdup(cu_or(val_find_str(obj, "metadata", "name", NULL), ""));
    a.verb = "create";
    a.name = name;
    a.ns = w.ns;
    api_default(r, obj);
    if (api_admit(c->srv->admission, &a, obj, NULL, st) < 0 || api_prepare_create(&w, obj, st) < 0)
        return -1;
    for (int i = 1;; i++) {
        cu_autoval struct val *v = is_service(c) ? val_copy(obj) : val_ref(obj);
        int failed = finish_new(c, v, out, st);
        if (failed != LOST || i == ADDRESS_TRIES)
            return failed < 0 ? -1 : 0;
        api_status_clear(st);
    }
}

/* Optimistic locking: what obj says about the version it was made from. */
static int check_version(const struct api_call *c, const struct api_object *old, const struct val *obj,
                         bool blind, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    const char *rev = val_find_str(obj, "metadata", "resourceVersion", NULL);
    if (cu_is_empty(rev) || cu_streq(rev, "0")) {
        if (!blind || !(api_traits(r) & API_UPDATE_NEEDS_VERSION))
            return 0;
        struct api_invalid e = API_INVALID_INIT;
        api_invalid_add(&e, "FieldValueInvalid", "metadata.resourceVersion",
                        "Invalid value: 0: must be specified for an update");
        return api_invalid_finish(&e, st, r->resource, r->group, old->name);
    }
    int64_t n = 0;
    if (cu_parse_i64(rev, 0, INT64_MAX, &n, NULL) < 0)
        return api_fail_bad_request(st, "metadata.resourceVersion: \"%s\" is not a number", rev);
    return n == old->rev ? 0 : api_fail_conflict(st, r, old->name, CHANGED_TEXT);
}

/* The same for a change; `was`: the old state as it is presented. */
static int finish_change(struct api_call *c, struct api_object *old, const struct val *was, struct val *obj,
                         struct api_outcome *out, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    struct api_write w = api_write_of(c, c->path.name);
    cu_autofree char *range = NULL;
    if (c->path.s && cu_streq(c->path.s->kind, "Scale"))
        w.sub = ""; /* replicas are part of the object itself */
    if (assign_service(c, obj, &range, st) < 0 || api_validate_update(&w, was, obj, st) < 0)
        return -1;
    if (c->dry_run) {
        val_set_strf(val_need_map(obj, "metadata"), "resourceVersion", "%" PRId64, old->rev);
        out->tree = val_ref(obj);
        return 0;
    }
    struct api_object *now = NULL;
    cu_autoval struct val *stored = api_unpresent(r, val_ref(obj));
    if (api_is_finished(r, stored)) {
        if (api_registry_delete(c->srv->registry, old, NULL, st) < 0)
            return -1;
        out->o = api_object_new(old->res, stored, old->rev);
        out->gone = true;
        return 0;
    }
    struct api_guarded guard = { .value = range };
    api_registry_guard(c->srv->registry, range ? &guard : NULL);
    int failed = api_registry_update(c->srv->registry, old, val_ref(stored), &now, st);
    api_registry_guard(c->srv->registry, NULL);
    if (failed == 0)
        out->o = api_object_ref(now);
    return failed < 0 && guard.lost ? LOST : failed;
}

int api_store_change(struct api_call *c, struct api_object *old, struct val *taken, bool blind,
                     struct api_outcome *out, struct api_status *st)
{
    cu_autoval struct val *obj = taken;
    const struct api_resource *r = c->path.r;
    struct api_write w = api_write_of(c, c->path.name);
    struct api_attributes a = c->attr;
    cu_autoval struct val *was = api_present(r, old->v);
    a.ns = w.ns;
    if (c->path.s && cu_streq(c->path.s->kind, "Scale"))
        w.sub = "";
    if (check_version(c, old, obj, blind, st) < 0)
        return -1;
    api_default(r, obj);
    if (api_admit(c->srv->admission, &a, obj, was, st) < 0 || api_prepare_update(&w, was, obj, st) < 0)
        return -1;
    for (int i = 1;; i++) {
        cu_autoval struct val *v = is_service(c) ? val_copy(obj) : val_ref(obj);
        int failed = finish_change(c, old, was, v, out, st);
        if (failed != LOST || i == ADDRESS_TRIES)
            return failed < 0 ? -1 : 0;
        api_status_clear(st);
    }
}

int api_replace(struct api_server *srv, struct api_object *old, struct val *v, struct api_status *st)
{
    if (!api_is_finished(old->res, v))
        return api_registry_update(srv->registry, old, v, NULL, st);
    val_unref(v);
    return api_registry_delete(srv->registry, old, NULL, st);
}

int api_create(struct api_call *c, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    if (api_write_options(c, "CreateOptions", st) < 0)
        return -1;
    cu_autoval struct val *obj = NULL, *review = NULL;
    if (api_body_object(c, r->group, r->version, r->kind, &obj, st) < 0)
        return -1;
    if (api_review_is(r)) {
        const struct api_review q = { r, &c->attr, obj, c->now_ms };
        if (api_review_create(c->srv->auth, c->srv->authz, &q, &review, st) < 0)
            return -1;
        api_answer_tree(c, 201, review);
        return 0;
    }
    struct api_outcome out = API_OUTCOME_INIT;
    int failed = api_store_new(c, cu_steal(&obj), &out, st);
    if (failed == 0)
        api_outcome_answer(c, 201, &out);
    api_outcome_clear(&out);
    return failed;
}

/* PUT .../scale: the number of replicas of the parent. */
static int update_scale(struct api_call *c, struct api_object *old, const struct val *scale,
                        struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    struct api_write w = api_write_of(c, c->path.name);
    cu_autoval struct val *obj = val_copy(old->v);
    const char *rev = val_find_str(scale, "metadata", "resourceVersion", NULL);
    if (!cu_is_empty(rev))
        val_set_str(val_get(obj, "metadata"), "resourceVersion", rev);
    if (api_scale_apply(&w, scale, obj, st) < 0)
        return -1;
    struct api_outcome out = API_OUTCOME_INIT;
    if (api_store_change(c, old, cu_steal(&obj), false, &out, st) < 0)
        return -1;
    cu_autoval struct val *answer = api_scale_of(r, api_outcome_tree(&out));
    api_answer_json(c, 200, answer, NULL);
    api_outcome_clear(&out);
    return 0;
}

/* PUT of an absent object: 404, or a creation for kinds that allow it. */
static int update_absent(struct api_call *c, struct val *obj, struct api_status *st)
{
    const struct val *m = val_get(obj, "metadata");
    cu_autoval struct val *taken = obj;
    const char *name = val_get_str(m, "name");
    if (*c->path.sub || !(api_traits(c->path.r) & API_CREATE_ON_UPDATE) ||
        !cu_is_empty(val_get_str(m, "uid")) || !cu_is_empty(val_get_str(m, "resourceVersion")))
        return api_fail_not_found(st, c->path.r, c->path.name);
    if (name && strcmp(name, c->path.name) != 0)
        return api_fail_bad_request(st, "the name of the object (%s) is not the name in the path (%s)", name,
                                    c->path.name);
    val_set_str(val_need_map(obj, "metadata"), "name", c->path.name);
    struct api_outcome out = API_OUTCOME_INIT;
    int failed = api_store_new(c, cu_steal(&taken), &out, st);
    if (failed == 0)
        api_outcome_answer(c, 201, &out);
    api_outcome_clear(&out);
    return failed;
}

int api_update(struct api_call *c, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    const struct api_subresource *s = c->path.s;
    if (api_write_options(c, "UpdateOptions", st) < 0)
        return -1;
    cu_autoval struct val *obj = NULL;
    const char *group = s && s->group ? s->group : r->group,
               *version = s && s->version ? s->version : r->version;
    if (api_body_object(c, group, version, s ? s->kind : r->kind, &obj, st) < 0)
        return -1;
    cu_autoobject struct api_object *old =
        api_object_ref(api_registry_get(c->srv->registry, r, c->path.ns, c->path.name));
    if (!old)
        return update_absent(c, cu_steal(&obj), st);
    if (s && cu_streq(s->kind, "Scale"))
        return update_scale(c, old, obj, st);
    struct api_outcome out = API_OUTCOME_INIT;
    int failed = api_store_change(c, old, cu_steal(&obj), true, &out, st);
    if (failed == 0)
        api_outcome_answer(c, 200, &out);
    api_outcome_clear(&out);
    return failed;
}
