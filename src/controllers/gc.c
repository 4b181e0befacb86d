/* controllers/gc.c - garbage collection by ownerReferences, and the finalizers of foreground and orphaning deletion.
 *
 * It watches the kinds that own or are owned in practice (the table), not every kind there is; an owner of another kind
 * is asked for by name before anything is deleted. It starts a little after the other controllers, whose work a new
 * cluster waits for. */
#include "controllers/gc.h"

#include "base/log.h"
#include "base/str.h"
#include "kube/client.h"
#include "kube/informer.h"

#include <string.h>

#define DELAY_MS 2000
#define AGAIN_MS 300
#define ACCOUNT "generic-garbage-collector"

static const struct kind {
    const char *version, *resource;
    const char *ns; /* only this one; NULL: all */
} kinds[] = {
    { "v1", "nodes", NULL },
    { "v1", "pods", NULL },
    { "v1", "secrets", NULL },
    { "v1", "configmaps", NULL },
    { "v1", "services", NULL },
    { "coordination.k8s.io/v1", "leases", "kube-node-lease" },
    { "storage.k8s.io/v1", "csinodes", NULL },
    { "discovery.k8s.io/v1", "endpointslices", NULL },
    { "apps/v1", "deployments", NULL },
    { "apps/v1", "replicasets", NULL },
    { "apps/v1", "daemonsets", NULL },
    { "apps/v1", "statefulsets", NULL },
    { "apps/v1", "controllerrevisions", NULL },
    { "batch/v1", "jobs", NULL },
    { "batch/v1", "cronjobs", NULL },
};
#define N CU_LEN(kinds)

struct gc;
struct source {
    struct gc *gc;
    size_t kind;
    struct ctl_watch *watch;
};

struct gc {
    struct ctl *c;
    struct ctl_queue *queue; /* keys: "<kind number> <object key>" */
    struct http_timer *begin;
    struct source sources[N];
};

static const char *uid_of(const struct val *obj)
{
    return cu_or(val_find_str(obj, "metadata", "uid", NULL), "");
}

static const struct val *owners_of(const struct val *obj)
{
    return val_find(obj, "metadata", "ownerReferences", NULL);
}

bool ctl_is_owned_by(const struct val *obj, const char *uid)
{
    const struct val *owners = owners_of(obj);
    for (size_t i = 0; i < val_len(owners); i++)
        if (cu_streq(val_get_str(val_at(owners, i), "uid"), uid))
            return true;
    return false;
}

static bool has_finalizer(const struct val *obj, const char *name)
{
    const struct val *list = val_find(obj, "metadata", "finalizers", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_str(val_at(list, i)), name))
            return true;
    return false;
}

static void enqueue(struct gc *s, size_t kind, const struct val *obj)
{
    cu_autofree char *key = ctl_key(obj);
    cu_autofree char *full = cu_asprintf("%zu %s", kind, key);
    ctl_queue_add(s->queue, full);
}

/* Calls `each` for every known object that is owned by `uid`. */
static int for_dependents(struct gc *s, const char *uid,
                          int (*each)(struct gc *s, size_t kind, const struct val *obj, void *arg,
                                      struct cu_err *err),
                          void *arg, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; i < N && r == 0; i++) {
        size_t pos = 0;
        struct val *obj;
        while (r == 0 && kube_informer_next(ctl_watch_informer(s->sources[i].watch), &pos, &obj))
            if (ctl_is_owned_by(obj, uid))
                r = each(s, i, obj, arg, err);
    }
    return r;
}

static char *path_of(size_t kind, const struct val *obj)
{
    const char *ns = ctl_ns(obj);
    return kube_path(kinds[kind].version, kinds[kind].resource, *ns ? ns : NULL, ctl_name(obj));
}

static int remove_object(struct kube_client *k, size_t kind, const struct val *obj, struct cu_err *err)
{
    cu_autofree char *path = path_of(kind, obj);
    cu_autoval struct val *options = val_new_map();
    val_set_str(options, "apiVersion", "v1");
    val_set_str(options, "kind", "DeleteOptions");
    val_set_str(options, "propagationPolicy", "Background");
    val_set_str(val_need_map(options, "preconditions"), "uid", uid_of(obj));
    int r = kube_delete(k, path, options, err);
    if (r == 0)
        cu_log_info("%s %s removed: its owner is gone", kinds[kind].resource, ctl_name(obj));
    return r == -CU_E_NOTFOUND || r == -CU_E_CONFLICT ? 0 : r;
}

/* Is the owner of a reference still there? 1, 0 or a failure. */
static int owner_lives(struct gc *s, struct kube_client *k, const struct val *ref, const char *ns,
                       struct cu_err *err)
{
    const char *uid = cu_or(val_get_str(ref, "uid"), "");
    for (size_t i = 0; i < N; i++) {
        const struct kube_informer *known = ctl_watch_informer(s->sources[i].watch);
        cu_autofree char *key = cu_asprintf("%s/%s", ns, cu_or(val_get_str(ref, "name"), ""));
        if (cu_streq(uid_of(kube_informer_get(known, key)), uid) ||
            cu_streq(uid_of(kube_informer_get(known, key + strlen(ns) + 1)), uid))
            return 1;
    }
    cu_autoval struct val *owner = val_new_map(), *found = NULL;
    val_set_str(owner, "apiVersion", val_get_str(ref, "apiVersion"));
    val_set_str(owner, "kind", val_get_str(ref, "kind"));
    val_set_str(val_need_map(owner, "metadata"), "name", val_get_str(ref, "name"));
    val_set_str(val_need_map(owner, "metadata"), "namespace", *ns ? ns : NULL);
    cu_autofree char *path = kube_object_path(owner, true);
    if (!path)
        return 1; /* of a kind not known here: never guess */
    int r = kube_get(k, path, NULL, &found, err);
    if (r == -CU_E_NOTFOUND) {
        cu_err_clear(err);
        return 0;
    }
    return r < 0 ? r : cu_streq(uid_of(found), uid);
}

static int collect(struct gc *s, struct kube_client *k, size_t kind, const struct val *obj,
                   struct cu_err *err)
{
    const struct val *owners = owners_of(obj);
    for (size_t i = 0; i < val_len(owners); i++) {
        int r = owner_lives(s, k, val_at(owners, i), ctl_ns(obj), err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    return val_len(owners) ? remove_object(k, kind, obj, err) : 0;
}

static int drop_finalizer(struct kube_client *k, size_t kind, const struct val *obj, const char *name,
                          struct cu_err *err)
{
    cu_autofree char *path = path_of(kind, obj);
    cu_autoval struct val *patch = val_new_map();
    struct val *meta = val_need_map(patch, "metadata"), *kept = val_need_list(meta, "finalizers");
    const struct val *list = val_find(obj, "metadata", "finalizers", NULL);
    for (size_t i = 0; i < val_len(list); i++)
        if (!cu_streq(val_str(val_at(list, i)), name))
            val_append(kept, val_ref(val_at(list, i)));
    val_set_str(meta, "uid", uid_of(obj));
    val_set_str(meta, "resourceVersion", val_find_str(obj, "metadata", "resourceVersion", NULL));
    int r = kube_patch(k, path, KUBE_PATCH_MERGE, patch, NULL, err);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

struct sweep {
    struct kube_client *k;
    const char *uid;
    size_t left;
};

static int orphan_one(struct gc *s, size_t kind, const struct val *obj, void *arg, struct cu_err *err)
{
    (void)s;
    struct sweep *w = arg;
    cu_autofree char *path = path_of(kind, obj);
    cu_autoval struct val *patch = val_new_map();
    struct val *meta = val_need_map(patch, "metadata"), *kept = val_need_list(meta, "ownerReferences");
    const struct val *owners = owners_of(obj);
    for (size_t i = 0; i < val_len(owners); i++)
        if (!cu_streq(val_get_str(val_at(owners, i), "uid"), w->uid))
            val_append(kept, val_ref(val_at(owners, i)));
    val_set_str(meta, "resourceVersion", val_find_str(obj, "metadata", "resourceVersion", NULL));
    int r = kube_patch(w->k, path, KUBE_PATCH_MERGE, patch, NULL, err);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static int delete_one(struct gc *s, size_t kind, const struct val *obj, void *arg, struct cu_err *err)
{
    (void)s;
    struct sweep *w = arg;
    w->left++;
    return ctl_is_deleting(obj) ? 0 : remove_object(w->k, kind, obj, err);
}

/* An object on its way out that waits for us. */
static int finish(struct gc *s, struct kube_client *k, size_t kind, const struct val *obj, const char *key,
                  struct cu_err *err)
{
    struct sweep w = { .k = k, .uid = uid_of(obj) };
    if (has_finalizer(obj, "orphan")) {
        int r = for_dependents(s, w.uid, orphan_one, &w, err);
        return r < 0 ? r : drop_finalizer(k, kind, obj, "orphan", err);
    }
    if (!has_finalizer(obj, "foregroundDeletion"))
        return 0;
    int r = for_dependents(s, w.uid, delete_one, &w, err);
    if (r == 0 && w.left == 0)
        return drop_finalizer(k, kind, obj, "foregroundDeletion", err);
    if (r == 0)
        ctl_queue_add_after(s->queue, key, AGAIN_MS);
    return r;
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct gc *s = arg;
    size_t kind = (size_t)strtoul(key, NULL, 10);
    for (size_t i = 0; i < N; i++) {
        if (ctl_watch_synced(s->sources[i].watch))
            continue;
        ctl_queue_add_after(s->queue, key, AGAIN_MS);
        return 0;
    }
    const struct kube_informer *known = ctl_watch_informer(s->sources[kind].watch);
    cu_autoval struct val *obj = val_ref(kube_informer_get(known, strchr(key, ' ') + 1));
    struct kube_client *k = NULL;
    if (!obj)
        return 0;
    int r = ctl_as(s->c, ACCOUNT, &k, err);
    if (r < 0)
        return r;
    return ctl_is_deleting(obj) ? finish(s, k, kind, obj, key, err) : collect(s, k, kind, obj, err);
}

static int enqueue_one(struct gc *s, size_t kind, const struct val *obj, void *arg, struct cu_err *err)
{
    (void)arg;
    (void)err;
    enqueue(s, kind, obj);
    return 0;
}

static void on_changed(void *arg, const struct val *obj, const struct val *old)
{
    struct source *src = arg;
    if (!obj) {
        for_dependents(src->gc, uid_of(old), enqueue_one, NULL, NULL);
        return;
    }
    bool waits =
        ctl_is_deleting(obj) && (has_finalizer(obj, "orphan") || has_finalizer(obj, "foregroundDeletion"));
    bool owners_changed = val_len(owners_of(obj)) && (!old || !val_equal(owners_of(obj), owners_of(old)));
    if (waits || owners_changed)
        enqueue(src->gc, src->kind, obj);
}

static void on_begin(void *arg)
{
    struct gc *s = arg;
    for (size_t i = 0; i < N; i++) {
        cu_autofree char *path = kube_path(kinds[i].version, kinds[i].resource, kinds[i].ns, NULL);
        s->sources[i] = (struct source){ s, i, ctl_watch(s->c, path, NULL) };
    }
    for (size_t i = 0; i < N; i++)
        ctl_watch_listen(s->sources[i].watch, on_changed, NULL, &s->sources[i]);
}

static void *start(struct ctl *c)
{
    struct gc *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "garbage collector", reconcile, s);
    s->begin = http_timer_new(c->loop, on_begin, s);
    http_timer_set(s->begin, DELAY_MS);
    return s;
}

static void stop(void *self)
{
    struct gc *s = self;
    http_timer_free(s->begin);
    free(s);
}

const struct ctl_controller ctl_gc = { "garbage-collector-controller", "garbagecollector", true, start,
                                       stop };
