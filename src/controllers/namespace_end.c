/* controllers/namespace_end.c - empties a namespace that is being deleted, then lets it go (spec apiserver 6.4). Must
 * not know kinds: what a namespace can hold is asked of the server. */
#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "controllers/namespaces.h"
#include "kube/client.h"
#include "kube/informer.h"

#define AGAIN_MS 100 /* until the next look at a namespace that is not empty yet */

struct ending {
    struct ctl *c;
    struct ctl_watch *namespaces;
    struct ctl_queue *queue;
    struct cu_strlist resources; /* "v1 pods", "apps/v1 deployments": what can be listed and deleted */
};

static bool has(const struct val *list, const char *text)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_str(val_at(list, i)), text))
            return true;
    return false;
}

static int add_group_version(struct ending *s, struct kube_client *k, const char *version, struct cu_err *err)
{
    cu_autofree char *path = cu_asprintf("%s/%s", cu_streq(version, "v1") ? "/api" : "/apis", version);
    cu_autoval struct val *answer = NULL;
    int r = kube_get(k, path, NULL, &answer, err);
    const struct val *list = val_get(answer, "resources");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *res = val_at(list, i), *verbs = val_get(res, "verbs");
        if (val_get_bool(res, "namespaced", false) && has(verbs, "list") && has(verbs, "deletecollection"))
            cu_strlist_addf(&s->resources, "%s %s", version, val_get_str(res, "name"));
    }
    return r;
}

static int discover(struct ending *s, struct kube_client *k, struct cu_err *err)
{
    cu_autoval struct val *groups = NULL;
    cu_strlist_clear(&s->resources);
    int r = add_group_version(s, k, "v1", err);
    if (r == 0)
        r = kube_get(k, "/apis", NULL, &groups, err);
    const struct val *list = val_get(groups, "groups");
    for (size_t i = 0; r == 0 && i < val_len(list); i++) {
        const char *version = val_find_str(val_at(list, i), "preferredVersion", "groupVersion", NULL);
        if (version)
            r = add_group_version(s, k, version, err);
    }
    if (r < 0)
        cu_strlist_clear(&s->resources);
    return r;
}

/* Deletes what is left; *left says whether something was. */
static int empty(struct ending *s, struct kube_client *k, const char *ns, bool *left, struct cu_err *err)
{
    int r = s->resources.n ? 0 : discover(s, k, err);
    for (size_t i = 0; r == 0 && i < s->resources.n; i++) {
        cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
        cu_strlist_split(&parts, s->resources.v[i], ' ');
        cu_autofree char *path = kube_path(parts.v[0], parts.v[1], ns, NULL);
        cu_autoval struct val *list = NULL;
        r = kube_get(k, path, "limit=1", &list, err);
        if (r == 0 && val_len(val_get(list, "items")) > 0) {
            *left = true;
            r = kube_delete(k, path, NULL, err);
        }
        if (r == -CU_E_NOTFOUND) {
            cu_err_clear(err);
            r = 0;
        }
    }
    return r;
}

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct ending *s = arg;
    const struct val *ns = kube_informer_get(ctl_watch_informer(s->namespaces), key);
    if (!ns || !ctl_is_deleting(ns) || !has(val_find(ns, "spec", "finalizers", NULL), "kubernetes"))
        return 0;
    struct kube_client *k = NULL;
    bool left = false;
    int r = ctl_as(s->c, "namespace-controller", &k, err);
    if (r == 0)
        r = empty(s, k, key, &left, err);
    if (r < 0)
        return r;
    if (left) {
        ctl_queue_add_after(s->queue, key, AGAIN_MS);
        return 0;
    }
    cu_autoval struct val *copy = val_copy(ns);
    struct val *kept = val_new_list();
    const struct val *finalizers = val_find(ns, "spec", "finalizers", NULL);
    for (size_t i = 0; i < val_len(finalizers); i++)
        if (!cu_streq(val_str(val_at(finalizers, i)), "kubernetes"))
            val_append(kept, val_ref(val_at(finalizers, i)));
    val_set(val_need_map(copy, "spec"), "finalizers", kept);
    cu_autofree char *path = kube_path("v1", "namespaces", NULL, key);
    cu_autofree char *finalize = cu_asprintf("%s/finalize", path);
    r = kube_update(k, finalize, copy, NULL, err);
    if (r == 0)
        cu_log_info("namespace %s emptied", key);
    return r == -CU_E_NOTFOUND ? 0 : r;
}

static void on_namespace(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct ending *s = arg;
    if (obj && ctl_is_deleting(obj))
        ctl_queue_add(s->queue, ctl_name(obj));
}

static void *start(struct ctl *c)
{
    struct ending *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, "namespace", reconcile, s);
    s->namespaces = ctl_watch(c, "/api/v1/namespaces", NULL);
    ctl_watch_listen(s->namespaces, on_namespace, NULL, s);
    return s;
}

static void stop(void *self)
{
    struct ending *s = self;
    cu_strlist_clear(&s->resources);
    free(s);
}

const struct ctl_controller ctl_namespace = { "namespace-controller", "namespace", true, start, stop };
