/* apiserver/remove.c - DELETE: options, preconditions, grace periods, finalizers (spec apiserver 3.5).
 * Must not know dependents (collector.c) or the contents of namespaces (namespaces.c). */
#include "apiserver/admission.h"
#include "apiserver/authz.h"
#include "apiserver/object.h"
#include "apiserver/query.h"
#include "apiserver/write.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <inttypes.h>
#include <string.h>

#define FOREGROUND "foregroundDeletion"
#define ORPHAN "orphan"

static int64_t grace_of(const struct api_object *o, const struct api_removal *how)
{
    const char *phase = val_find_str(o->v, "status", "phase", NULL);
    if (!(api_traits(o->res) & API_GRACEFUL))
        return 0;
    if (cu_is_empty(val_find_str(o->v, "spec", "nodeName", NULL)) || cu_streq(phase, "Succeeded") ||
        cu_streq(phase, "Failed"))
        return 0;
    int64_t grace = how->grace_s == API_GRACE_DEFAULT
                        ? val_get_int(val_get(o->v, "spec"), "terminationGracePeriodSeconds", 30)
                        : how->grace_s;
    return grace < 0 ? 1 : grace;
}

static bool has_text(const struct val *list, const char *text)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_str(val_at(list, i)), text))
            return true;
    return false;
}

/* The state of an object whose deletion has begun: finalizers of the policy, time stamps, phase. */
static struct val *marked(const struct api_object *o, const struct api_removal *how, int64_t grace)
{
    struct val *v = val_copy(o->v), *m = val_get(v, "metadata");
    bool begun = val_get_str(m, "deletionTimestamp") != NULL;
    const char *finalizer = how->policy == API_FOREGROUND ? FOREGROUND
                            : how->policy == API_ORPHAN   ? ORPHAN
                                                          : NULL;
    if (finalizer && !has_text(val_get(m, "finalizers"), finalizer))
        val_append_str(val_need_list(m, "finalizers"), finalizer);
    /* a second deletion may only shorten the period */
    if (!begun || grace < val_get_int(m, "deletionGracePeriodSeconds", 0)) {
        char when[CU_RFC3339_MAX];
        cu_rfc3339(cu_now_ms() + grace * 1000, when);
        val_set_str(m, "deletionTimestamp", when);
        if (strcmp(o->res->resource, "namespaces") != 0)
            val_set_int(m, "deletionGracePeriodSeconds", grace);
        if (!begun && (api_traits(o->res) & API_HAS_GENERATION))
            val_set_int(m, "generation", val_get_int(m, "generation", 0) + 1);
    }
    if (strcmp(o->res->resource, "namespaces") == 0 && !*o->res->group)
        val_set_str(val_need_map(v, "status"), "phase", "Terminating");
    return v;
}

static int check_preconditions(const struct api_object *o, const struct api_removal *how,
                               struct api_status *st)
{
    struct api_resource alias = api_alias(o->res, o->res->kind);
    cu_autofree char *rev = cu_asprintf("%" PRId64, o->rev);
    if (how->uid && strcmp(how->uid, o->uid) != 0) {
        cu_autofree char *text =
            cu_asprintf("the UID in the precondition is %s, the object's is %s", how->uid, o->uid);
        return api_fail_conflict(st, &alias, o->name, text);
    }
    if (how->rev && strcmp(how->rev, rev) != 0) {
        cu_autofree char *text =
            cu_asprintf("the resource version in the precondition is %s, the object's is %s", how->rev, rev);
        return api_fail_conflict(st, &alias, o->name, text);
    }
    return 0;
}

int api_remove(struct api_server *srv, struct api_object *o, const struct api_removal *how,
               struct api_outcome *out, struct api_status *st)
{
    if (check_preconditions(o, how, st) < 0)
        return -1;
    int64_t grace = grace_of(o, how);
    struct val *v = marked(o, how, grace);
    cu_autoval struct val *owned = v;
    out->gone = grace == 0 && api_is_finished(o->res, v);
    if (how->dry_run) {
        out->tree = cu_steal(&owned);
        return 0;
    }
    if (!out->gone) {
        struct api_object *now = NULL;
        if (api_registry_update(srv->registry, o, cu_steal(&owned), &now, st) < 0)
            return -1;
        out->o = api_object_ref(now);
        return 0;
    }
    cu_autoobject struct api_object *last = NULL;
    if (api_registry_delete(srv->registry, o, &last, st) < 0)
        return -1;
    out->o = api_traits(o->res) & API_GRACEFUL ? api_object_new(o->res, v, last->rev) : api_object_ref(last);
    return 0;
}

/* Options of one DELETE. Texts are borrowed from `body`, which outlives them. */
static int read_policy(const struct api_call *c, const struct val *body, struct api_removal *how,
                       struct api_status *st)
{
    const char *policy = cu_or(val_get_str(body, "propagationPolicy"), api_query(c, "propagationPolicy"));
    struct api_invalid e = API_INVALID_INIT;
    bool orphan_given = val_get(body, "orphanDependents") || *api_query(c, "orphanDependents");
    bool orphan = val_get_bool(body, "orphanDependents", api_query_bool(c, "orphanDependents", false));
    if (orphan_given && *policy)
        api_invalid_add(&e, "FieldValueInvalid", "propagationPolicy",
                        "Invalid value: \"%s\": orphanDependents and propagationPolicy exclude each other",
                        policy);
    else if (cu_streq(policy, "Foreground"))
        how->policy = API_FOREGROUND;
    else if (cu_streq(policy, "Orphan") || orphan)
        how->policy = API_ORPHAN;
    else if (*policy && !cu_streq(policy, "Background"))
        api_invalid_add(
            &e, "FieldValueNotSupported", "propagationPolicy",
            "Unsupported value: \"%s\": supported values: \"Background\", \"Foreground\", \"Orphan\"",
            policy);
    how->policy_given = orphan_given || *policy;
    const struct val *dry = val_get(body, "dryRun");
    for (size_t i = 0; i < val_len(dry); i++)
        if (!cu_streq(val_str(val_at(dry, i)), "All"))
            api_invalid_add(&e, "FieldValueNotSupported", "dryRun",
                            "Unsupported value: [\"%s\"]: supported values: \"All\"",
                            cu_or(val_str(val_at(dry, i)), ""));
    how->dry_run = c->dry_run || val_len(dry) > 0;
    return api_invalid_finish(&e, st, "DeleteOptions", "meta.k8s.io", "");
}

static int read_removal(struct api_call *c, struct val **body, struct api_removal *how, struct api_status *st)
{
    *how = (struct api_removal)API_REMOVAL_INIT;
    if (api_write_options(c, "DeleteOptions", st) < 0 || api_body(c, body, NULL, st) < 0)
        return -1;
    if (*body && !val_is_map(*body))
        return api_fail_bad_request(st, "the options of the deletion are not an object");
    const char *kind = val_get_str(*body, "kind"), *grace = api_query(c, "gracePeriodSeconds");
    if (!cu_is_empty(kind) && strcmp(kind, "DeleteOptions") != 0)
        return api_fail_bad_request(st, "the body is a %s; a deletion takes DeleteOptions", kind);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (*grace && cu_parse_i64(grace, INT32_MIN, INT32_MAX, &how->grace_s, &err) < 0)
        return api_fail_bad_request(st, "gracePeriodSeconds: %s", cu_err_text(&err));
    how->grace_s = val_get_int(*body, "gracePeriodSeconds", how->grace_s);
    if (how->grace_s != API_GRACE_DEFAULT && how->grace_s > INT32_MAX)
        return api_fail_bad_request(st, "gracePeriodSeconds is too large");
    how->uid = val_find_str(*body, "preconditions", "uid", NULL);
    how->rev = val_find_str(*body, "preconditions", "resourceVersion", NULL);
    return read_policy(c, *body, how, st);
}

static int admit(struct api_call *c, const struct api_object *o, struct api_status *st)
{
    struct api_attributes a = c->attr;
    a.name = o->name;
    a.ns = o->ns;
    return api_admit(c->srv->admission, &a, NULL, o->v, st);
}

/* Status Success with the name of what is gone. */
static void answer_gone(struct api_call *c, const struct api_object *o)
{
    cu_autoval struct val *d = val_new_map();
    val_set_str(d, "name", o->name);
    if (*c->path.r->group)
        val_set_str(d, "group", c->path.r->group);
    val_set_str(d, "kind", c->path.r->resource);
    val_set_str(d, "uid", o->uid);
    api_answer_success(c, 200, d);
}

int api_delete(struct api_call *c, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    cu_autoval struct val *body = NULL;
    struct api_removal how;
    if (read_removal(c, &body, &how, st) < 0)
        return -1;
    cu_autoobject struct api_object *o =
        api_object_ref(api_registry_get(c->srv->registry, r, c->path.ns, c->path.name));
    if (!o)
        return api_fail_not_found(st, r, c->path.name);
    struct api_outcome out = API_OUTCOME_INIT;
    if (admit(c, o, st) < 0 || api_remove(c->srv, o, &how, &out, st) < 0)
        return -1;
    if (out.gone && !(api_traits(r) & API_DELETE_ANSWERS_OBJECT))
        answer_gone(c, o);
    else
        api_outcome_answer(c, 200, &out);
    api_outcome_clear(&out);
    return 0;
}

/* Everything that matches; the answer is the list of what was found. */
int api_delete_collection(struct api_call *c, struct api_status *st)
{
    const struct api_resource *r = c->path.r;
    cu_autoval struct val *body = NULL;
    struct api_removal how;
    struct api_list_options o = { .rev = -1 };
    if (read_removal(c, &body, &how, st) < 0)
        return -1;
    int failed = api_list_options(c, false, &o, st);
    cu_autobuf struct cu_buf items = CU_BUF_INIT(LIM_TEXT);
    struct api_walk w = API_WALK_INIT;
    struct api_object *at;
    while (failed == 0 && (at = api_registry_next(c->srv->registry, r, o.ns, &w))) {
        if (!api_selects(&o, r, at))
            continue;
        struct api_outcome out = API_OUTCOME_INIT;
        cu_autoobject struct api_object *held = api_object_ref(at);
        failed = admit(c, held, st);
        if (failed == 0)
            failed = api_remove(c->srv, held, &how, &out, st);
        if (failed == 0) {
            cu_buf_add(&items, items.len ? ",{" : "{");
            cu_buf_add(&items, api_object_json_item(held));
        }
        api_outcome_clear(&out);
    }
    api_walk_end(&w);
    api_list_options_clear(&o);
    if (failed < 0)
        return -1;
    api_answer_text(
        c, 200, "application/json",
        cu_asprintf("{\"kind\":\"%sList\",\"apiVersion\":\"%s%s%s\",\"metadata\":{\"resourceVersion\":\""
                    "%" PRId64 "\"},\"items\":[%s]}",
                    r->kind, r->group, *r->group ? "/" : "", r->version,
                    api_registry_revision(c->srv->registry), cu_buf_str(&items)));
    return 0;
}
