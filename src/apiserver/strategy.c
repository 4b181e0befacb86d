/* Preparation of every write: metadata, and which part of an object each request may touch (spec apiserver 3.2,
 * 3.6). Rules of single kinds are in strategy_kind.c. Must not know the store, nor judge values: validate.c does. */
#include "apiserver/strategy_kind.h"

#include "apiserver/schema.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"

static const struct trait_row {
    const char *resource;
    unsigned traits;
} trait_rows[] = {
    { "clusterroles", API_CREATE_ON_UPDATE },
    { "clusterrolebindings", API_CREATE_ON_UPDATE },
    { "roles", API_CREATE_ON_UPDATE },
    { "rolebindings", API_CREATE_ON_UPDATE },
    { "leases", API_CREATE_ON_UPDATE | API_UPDATE_NEEDS_VERSION },
    { "services", API_CREATE_ON_UPDATE | API_DELETE_ANSWERS_OBJECT },
    { "endpoints", API_CREATE_ON_UPDATE },
    { "events", API_CREATE_ON_UPDATE },
    { "limitranges", API_CREATE_ON_UPDATE },
    { "runtimeclasses", API_CREATE_ON_UPDATE | API_UPDATE_NEEDS_VERSION },
    { "csinodes", API_UPDATE_NEEDS_VERSION | API_DELETE_ANSWERS_OBJECT },
    { "csidrivers", API_UPDATE_NEEDS_VERSION | API_DELETE_ANSWERS_OBJECT },
    { "poddisruptionbudgets", API_UPDATE_NEEDS_VERSION | API_HAS_GENERATION },
    { "volumeattachments", API_UPDATE_NEEDS_VERSION | API_DELETE_ANSWERS_OBJECT },
    { "pods", API_DELETE_ANSWERS_OBJECT | API_HAS_GENERATION | API_GRACEFUL },
    { "serviceaccounts", API_DELETE_ANSWERS_OBJECT },
    { "namespaces", API_DELETE_ANSWERS_OBJECT },
    { "persistentvolumes", API_DELETE_ANSWERS_OBJECT },
    { "persistentvolumeclaims", API_DELETE_ANSWERS_OBJECT },
    { "resourcequotas", API_DELETE_ANSWERS_OBJECT },
    { "podtemplates", API_DELETE_ANSWERS_OBJECT | API_HAS_GENERATION },
    { "storageclasses", API_DELETE_ANSWERS_OBJECT },
    { "resourceslices", API_DELETE_ANSWERS_OBJECT | API_HAS_GENERATION },
    { "resourceclaims", API_DELETE_ANSWERS_OBJECT },
    { "resourceclaimtemplates", API_DELETE_ANSWERS_OBJECT },
    { "deviceclasses", API_DELETE_ANSWERS_OBJECT | API_HAS_GENERATION },
    { "deployments", API_HAS_GENERATION },
    { "replicasets", API_HAS_GENERATION },
    { "statefulsets", API_HAS_GENERATION },
    { "daemonsets", API_HAS_GENERATION },
    { "jobs", API_HAS_GENERATION },
    { "cronjobs", API_HAS_GENERATION },
    { "replicationcontrollers", API_HAS_GENERATION },
    { "endpointslices", API_HAS_GENERATION },
    { "priorityclasses", API_HAS_GENERATION },
    { "networkpolicies", API_HAS_GENERATION },
    { "ingresses", API_HAS_GENERATION },
    { "ingressclasses", API_HAS_GENERATION },
    { "nodes", API_KEEPS_STATUS },
};

unsigned api_traits(const struct api_resource *r)
{
    for (size_t i = 0; i < CU_LEN(trait_rows); i++) {
        if (cu_streq(trait_rows[i].resource, r->resource))
            return trait_rows[i].traits;
    }
    return 0;
}

char *api_generate_name(const char *prefix)
{
    char tail[6];
    cu_random_text(tail, 5, "bcdfghjklmnpqrstvwxz2456789");
    return cu_asprintf("%.58s%s", prefix, tail);
}

/* kind, apiVersion and namespace: what the body says must not contradict the URL. */
static int check_identity(const struct api_write *w, struct val *obj, struct api_status *s)
{
    const struct api_resource *r = w->r;
    struct val *meta = val_need_map(obj, "metadata");
    cu_autofree char *gv = cu_asprintf("%s%s%s", r->group, r->group[0] ? "/" : "", r->version);
    const char *kind = cu_or(val_get_str(obj, "kind"), r->kind);
    const char *version = cu_or(val_get_str(obj, "apiVersion"), gv);
    const char *ns = cu_or(val_get_str(meta, "namespace"), w->ns);

    if (!cu_streq(kind, r->kind) || !cu_streq(version, gv))
        return api_fail_bad_request(s, "the body is a %s of %s, but the path is for %s of %s", kind, version,
                                    r->kind, gv);
    if (r->namespaced && !cu_streq(ns, w->ns))
        return api_fail_bad_request(
            s, "the namespace of the object (%s) does not match the namespace of the request (%s)", ns,
            w->ns);
    val_set_str(obj, "kind", r->kind);
    val_set_str(obj, "apiVersion", gv);
    if (r->namespaced)
        val_set_str(meta, "namespace", w->ns);
    else
        val_del(meta, "namespace");
    return 0;
}

static void drop_managed(struct val *meta)
{
    val_del(meta, "managedFields");
    val_del(meta, "selfLink");
}

/* A status as a typed server shows it when nothing is known: required scalars are zero. */
static struct val *empty_status(const struct api_type *t)
{
    struct val *out = val_new_map();
    for (size_t i = 0; t && i < t->n_fields; i++) {
        const struct api_field *f = &t->fields[i];
        if (f->flags & (API_F_POINTER | API_F_REPEATED | API_F_MAP | API_F_INLINE))
            continue;
        if (f->kind == API_F_MSG)
            val_set(out, f->json, empty_status(f->type));
        else if (f->flags & API_F_OMITEMPTY)
            continue;
        else if (f->kind == API_F_STRING)
            val_set_str(out, f->json, "");
        else if (f->kind == API_F_BOOL)
            val_set_bool(out, f->json, false);
        else if (f->kind == API_F_INT32 || f->kind == API_F_INT64)
            val_set_int(out, f->json, 0);
    }
    return out;
}

static void reset_status(const struct api_resource *r, struct val *obj)
{
    const struct api_type *t = api_type_of_kind(r->group, r->version, r->kind);
    const struct api_field *f = t ? api_type_field(t, "status") : NULL;
    if (!api_subresource_find(r, "status") || (api_traits(r) & API_KEEPS_STATUS))
        return;
    val_set(obj, "status", empty_status(f ? f->type : NULL));
}

int api_prepare_create(const struct api_write *w, struct val *obj, struct api_status *s)
{
    if (check_identity(w, obj, s) < 0)
        return -1;
    struct val *meta = val_need_map(obj, "metadata");
    /* "0" is what older clients send for none. */
    const char *version = cu_or(val_get_str(meta, "resourceVersion"), "0");
    if (!cu_streq(version, "0"))
        return api_fail_bad_request(s, "resourceVersion should not be set on objects to be created");
    val_del(meta, "resourceVersion");
    drop_managed(meta);
    val_del(meta, "deletionTimestamp");
    val_del(meta, "deletionGracePeriodSeconds");
    const char *prefix = val_get_str(meta, "generateName");
    if (cu_is_empty(val_get_str(meta, "name")) && !cu_is_empty(prefix)) {
        cu_autofree char *name = api_generate_name(prefix);
        val_set_str(meta, "name", name);
    }
    char now[CU_RFC3339_MAX];
    cu_rfc3339(w->now_ms, now);
    val_set_str(meta, "creationTimestamp", now);
    cu_autofree char *uid = cu_uuid4();
    val_set_str(meta, "uid", uid);
    if (api_traits(w->r) & API_HAS_GENERATION)
        val_set_int(meta, "generation", 1);
    else
        val_del(meta, "generation");
    reset_status(w->r, obj);
    api_kind_create(w, obj);
    return 0;
}

static void keep(struct val *to, const struct val *from, const char *key)
{
    const struct val *v = val_get(from, key);
    if (v)
        val_set(to, key, val_ref(v));
    else
        val_del(to, key);
}

/* Everything but metadata and status: what the generation counts. */
static bool content_equal(const struct val *a, const struct val *b)
{
    static const char *const apart[] = { "kind", "apiVersion", "metadata", "status" };
    cu_autoval struct val *x = val_new_map(), *y = val_new_map();
    val_merge_over(x, a);
    val_merge_over(y, b);
    for (size_t i = 0; i < CU_LEN(apart); i++) {
        val_del(x, apart[i]);
        val_del(y, apart[i]);
    }
    return val_equal(x, y);
}

/* A subresource touches its own part only: everything else, metadata aside, comes from the stored object. */
static void keep_all_but_status(const struct val *old, struct val *obj)
{
    cu_autoval struct val *status = val_ref(val_get(obj, "status")),
                          *meta = val_ref(val_get(obj, "metadata"));
    val_clear(obj);
    val_merge_over(obj, old);
    val_set(obj, "metadata", cu_steal(&meta));
    if (status)
        val_set(obj, "status", cu_steal(&status));
    else
        val_del(obj, "status");
}

/* The subresource finalize of namespaces. */
static void keep_all_but_finalizers(const struct val *old, struct val *obj)
{
    cu_autoval struct val *finalizers = val_ref(val_find(obj, "spec", "finalizers", NULL));
    cu_autoval struct val *meta = val_ref(val_get(obj, "metadata"));
    val_clear(obj);
    val_merge_over(obj, old);
    val_set(obj, "metadata", cu_steal(&meta));
    val_set(obj, "spec", val_get(old, "spec") ? val_copy(val_get(old, "spec")) : val_new_map());
    struct val *spec = val_get(obj, "spec");
    if (val_len(finalizers) > 0)
        val_set(spec, "finalizers", cu_steal(&finalizers));
    else
        val_del(spec, "finalizers");
}

static void update_metadata(const struct api_write *w, const struct val *old, struct val *obj)
{
    static const char *const fixed[] = { "uid", "creationTimestamp", "deletionTimestamp",
                                         "deletionGracePeriodSeconds", "generation" };
    struct val *meta = val_get(obj, "metadata");
    const struct val *before = val_get(old, "metadata");

    for (size_t i = 0; i < CU_LEN(fixed); i++)
        keep(meta, before, fixed[i]);
    drop_managed(meta);
    /* Upstream's status writers of pods may not move a pod to another owner. */
    if (w->sub[0] && cu_streq(w->r->kind, "Pod"))
        keep(meta, before, "ownerReferences");
}

int api_prepare_update(const struct api_write *w, const struct val *old, struct val *obj,
                       struct api_status *s)
{
    if (check_identity(w, obj, s) < 0)
        return -1;
    /* Copied, so that an object built from parts of the stored one does not change it. */
    cu_autoval struct val *copy = val_copy(val_get(obj, "metadata"));
    val_set(obj, "metadata", val_ref(copy));
    struct val *meta = val_get(obj, "metadata");
    const char *name = cu_or(val_get_str(meta, "name"), w->name), *uid = val_get_str(meta, "uid");
    const char *stored_uid = cu_or(val_find_str(old, "metadata", "uid", NULL), "");

    if (!cu_streq(name, w->name))
        return api_fail_bad_request(s, "the name of the object (%s) does not match the name on the URL (%s)",
                                    name, w->name);
    val_set_str(meta, "name", w->name);
    if (!cu_is_empty(uid) && !cu_streq(uid, stored_uid)) {
        cu_autofree char *text = cu_asprintf(
            "Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, stored_uid);
        return api_fail_conflict(s, w->r, w->name, text);
    }
    if (cu_streq(w->sub, "finalize"))
        keep_all_but_finalizers(old, obj);
    else if (w->sub[0])
        keep_all_but_status(old, obj);
    else if (api_subresource_find(w->r, "status"))
        keep(obj, old, "status");
    update_metadata(w, old, obj);
    api_kind_update(w, old, obj);
    if ((api_traits(w->r) & API_HAS_GENERATION) && !cu_streq(w->r->kind, "PriorityClass") &&
        !content_equal(old, obj)) {
        meta = val_get(obj, "metadata");
        val_set_int(meta, "generation", val_get_int(meta, "generation", 0) + 1);
    }
    return 0;
}

bool api_is_finished(const struct api_resource *r, const struct val *obj)
{
    const struct val *meta = val_get(obj, "metadata");
    if (!val_get(meta, "deletionTimestamp") || val_len(val_get(meta, "finalizers")) > 0)
        return false;
    if (cu_streq(r->kind, "Namespace") && r->group[0] == '\0')
        return val_len(val_find(obj, "spec", "finalizers", NULL)) == 0;
    return val_get_int(meta, "deletionGracePeriodSeconds", 0) == 0;
}
