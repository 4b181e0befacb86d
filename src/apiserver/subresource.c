/* apiserver/subresource.c - subresources that are more than a view of their object: binding, eviction, token, scale.
 * Must not know how objects are removed or tokens are made. */
#include "apiserver/admission.h"
#include "apiserver/logs.h"
#include "apiserver/sa_token.h"
#include "apiserver/write.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/selector.h"
#include <inttypes.h>
#include <string.h>

int api_get_sub(struct api_call *c, struct api_status *st)
{
    if (strcmp(c->path.s->name, "log") == 0)
        return api_pod_log(c, st);
    struct api_object *o = api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name);
    if (!o)
        return api_fail_not_found(st, c->path.r, c->path.name);
    if (!cu_streq(c->path.s->kind, "Scale")) {
        api_answer_object(c, 200, o);
        return 0;
    }
    cu_autoval struct val *scale = api_scale_of(c->path.r, o->v);
    api_answer_json(c, 200, scale, NULL);
    return 0;
}

/* Sets a condition of a pod's status to True; reason and message may be NULL. */
static void set_condition(struct val *pod, const char *type, const char *reason, const char *message,
                          int64_t now_ms)
{
    struct val *conditions = val_need_list(val_need_map(pod, "status"), "conditions"), *found = NULL;
    char now[CU_RFC3339_MAX];
    for (size_t i = 0; i < val_len(conditions) && !found; i++)
        if (cu_streq(val_get_str(val_at(conditions, i), "type"), type))
            found = val_at(conditions, i);
    if (!found) {
        found = val_new_map();
        val_set_str(found, "type", type);
        val_append(conditions, found);
    }
    cu_rfc3339(now_ms, now);
    val_set_str(found, "status", "True");
    val_set(found, "lastProbeTime", val_new_null());
    val_set_str(found, "lastTransitionTime", now);
    val_del(found, "reason");
    val_del(found, "message");
    val_set_str(found, "reason", reason);
    val_set_str(found, "message", message);
}

/* Gives a pod its node, once. */
static int bind(struct api_call *c, const char *name, const struct val *binding, struct api_status *st)
{
    const struct api_resource *pods = api_resource_find("", "v1", "pods");
    const char *node = val_find_str(binding, "target", "name", NULL);
    const char *kind = val_find_str(binding, "target", "kind", NULL);
    const char *uid = val_find_str(binding, "metadata", "uid", NULL);
    struct api_invalid e = API_INVALID_INIT;
    if (!cu_is_empty(kind) && strcmp(kind, "Node") != 0)
        api_invalid_add(&e, "FieldValueNotSupported", "target.kind",
                        "Unsupported value: \"%s\": supported values: \"Node\", \"\"", kind);
    if (cu_is_empty(node))
        api_invalid_add(&e, "FieldValueRequired", "target.name", "Required value");
    if (api_invalid_finish(&e, st, "Binding", "", name) < 0)
        return -1;
    cu_autoobject struct api_object *pod =
        api_object_ref(api_registry_get(c->srv->registry, pods, c->path.ns, name));
    if (!pod)
        return api_fail_not_found(st, pods, name);
    struct api_resource alias = api_alias(pods, "pods/binding");
    const char *bound = val_find_str(pod->v, "spec", "nodeName", NULL);
    if (!cu_is_empty(uid) && strcmp(uid, pod->uid) != 0)
        return api_fail_conflict(st, &alias, name, "the pod has another UID than the binding");
    if (val_find_str(pod->v, "metadata", "deletionTimestamp", NULL))
        return api_fail_conflict(st, &alias, name, "the pod is being deleted");
    if (!cu_is_empty(bound)) {
        cu_autofree char *text = cu_asprintf("the pod is already assigned to node \"%s\"", bound);
        return api_fail_conflict(st, &alias, name, text);
    }
    cu_autoval struct val *v = val_copy(pod->v);
    val_set_str(val_need_map(v, "spec"), "nodeName", node);
    const struct val *annotations = val_find(binding, "metadata", "annotations", NULL);
    if (val_len(annotations))
        val_merge_over(val_need_map(val_get(v, "metadata"), "annotations"), annotations);
    set_condition(v, "PodScheduled", NULL, NULL, c->now_ms);
    if (!c->dry_run && api_registry_update(c->srv->registry, pod, val_ref(v), NULL, st) < 0)
        return -1;
    api_answer_success(c, 201, NULL);
    return 0;
}

static int fail_budget(struct api_status *st, const char *budget)
{
    api_fail(st, 429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
    struct val *d = val_need_map(st->body, "details"), *cause = val_new_map();
    val_set_str(cause, "reason", "DisruptionBudget");
    val_set_strf(cause, "message", "the disruption budget %s allows no disruption at the moment", budget);
    val_append(val_need_list(d, "causes"), cause);
    val_set_int(d, "retryAfterSeconds", 10);
    return -1;
}

/* Takes one disruption from every budget that covers the pod; 429 when one has none left. */
static int spend_budgets(struct api_call *c, const struct api_object *pod, bool dry_run,
                         struct api_status *st)
{
    const struct api_resource *r = api_resource_find("policy", "v1", "poddisruptionbudgets");
    const char *phase = val_find_str(pod->v, "status", "phase", NULL);
    if (!r || cu_streq(phase, "Succeeded") || cu_streq(phase, "Failed") || cu_streq(phase, "Pending") ||
        val_find_str(pod->v, "metadata", "deletionTimestamp", NULL))
        return 0;
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    int failed = 0;
    while (failed == 0 && (o = api_registry_next(c->srv->registry, r, pod->ns, &w))) {
        struct codec_labels *selector = NULL;
        bool covers =
            val_len(val_find(o->v, "spec", "selector", NULL)) > 0 &&
            codec_labels_from_val(val_find(o->v, "spec", "selector", NULL), false, &selector, NULL) == 0 &&
            codec_labels_match(selector, val_find(pod->v, "metadata", "labels", NULL));
        codec_labels_free(selector);
        int64_t left = val_get_int(val_get(o->v, "status"), "disruptionsAllowed", 0);
        if (covers && left <= 0) {
            failed = fail_budget(st, o->name);
        } else if (covers && !dry_run) {
            struct val *v = val_copy(o->v);
            val_set_int(val_need_map(v, "status"), "disruptionsAllowed", left - 1);
            failed = api_registry_update(c->srv->registry, o, v, NULL, st);
        }
    }
    api_walk_end(&w);
    return failed;
}

/* Says in the pod's status why it goes. *pod becomes that state. */
static int mark_evicted(struct api_call *c, struct api_object **pod, const struct api_removal *how,
                        struct api_status *st)
{
    struct api_object *now = NULL;
    if (how->dry_run || how->rev)
        return 0;
    struct val *v = val_copy((*pod)->v);
    set_condition(v, "DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting", c->now_ms);
    if (api_registry_update(c->srv->registry, *pod, v, &now, st) < 0)
        return -1;
    api_object_ref(now);
    api_object_unref(*pod);
    *pod = now;
    return 0;
}

static int evict(struct api_call *c, const struct val *eviction, struct api_status *st)
{
    const struct val *options = val_get(eviction, "deleteOptions");
    const char *name = val_find_str(eviction, "metadata", "name", NULL);
    if (!cu_is_empty(name) && strcmp(name, c->path.name) != 0)
        return api_fail_bad_request(st, "the eviction is for %s, the path for %s", name, c->path.name);
    cu_autoobject struct api_object *pod =
        api_object_ref(api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name));
    if (!pod)
        return api_fail_not_found(st, c->path.r, c->path.name);
    struct api_removal how = API_REMOVAL_INIT;
    how.grace_s = val_get_int(options, "gracePeriodSeconds", API_GRACE_DEFAULT);
    how.uid = val_find_str(options, "preconditions", "uid", NULL);
    how.rev = val_find_str(options, "preconditions", "resourceVersion", NULL);
    how.dry_run = c->dry_run || val_len(val_get(options, "dryRun")) > 0;
    struct api_outcome out = API_OUTCOME_INIT;
    if (spend_budgets(c, pod, how.dry_run, st) < 0 || mark_evicted(c, &pod, &how, st) < 0 ||
        api_remove(c->srv, pod, &how, &out, st) < 0)
        return -1;
    api_outcome_clear(&out);
    api_answer_success(c, 201, NULL);
    return 0;
}

static int make_token(struct api_call *c, const struct val *request, struct api_status *st)
{
    cu_autoval struct val *answer = NULL;
    struct api_attributes a = c->attr;
    if (api_sa_token_create(c->srv->auth, &a, request, c->now_ms, &answer, st) < 0)
        return -1;
    api_answer_tree(c, 201, answer);
    return 0;
}

int api_create_sub(struct api_call *c, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    const struct api_subresource *s = c->path.s;
    cu_autoval struct val *obj = NULL;
    const char *kind = s ? s->kind : r->kind;
    if (api_write_options(c, "CreateOptions", st) < 0 ||
        api_body_object(c, cu_or(s ? s->group : NULL, r->group), cu_or(s ? s->version : NULL, r->version),
                        kind, &obj, st) < 0 ||
        api_admit(c->srv->admission, &c->attr, obj, NULL, st) < 0)
        return -1;
    if (!s) { /* POST .../bindings: the pod is named in the body */
        cu_autofree char *pod = cu_strdup(cu_or(val_find_str(obj, "metadata", "name", NULL), ""));
        return bind(c, pod, obj, st);
    }
    if (strcmp(s->name, "binding") == 0)
        return bind(c, c->path.name, obj, st);
    if (strcmp(s->name, "eviction") == 0)
        return evict(c, obj, st);
    if (strcmp(s->name, "token") == 0)
        return make_token(c, obj, st);
    return api_fail(st, 405, "MethodNotAllowed", "%s/%s cannot be created", r->resource, s->name);
}
