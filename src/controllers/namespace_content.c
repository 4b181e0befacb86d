/* controllers/namespace_content.c - the service account "default" and the config map kube-root-ca.crt in every namespace
 * (spec apiserver 6.4). */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "controllers/namespaces.h"
#include "kube/client.h"
#include "kube/informer.h"

#define NAMESPACES "/api/v1/namespaces"
#define ROOT_CA "kube-root-ca.crt"

struct content {
    struct ctl *c;
    struct ctl_watch *namespaces, *objects;
    struct ctl_queue *queue;
};

/* Is there a namespace of that name that is not going away, and do we know all objects? */
static bool is_due(const struct content *s, const char *ns)
{
    const struct val *obj = kube_informer_get(ctl_watch_informer(s->namespaces), ns);
    return obj && !ctl_is_deleting(obj) && ctl_watch_synced(s->objects);
}

static struct val *find(const struct content *s, const char *ns, const char *name)
{
    cu_autofree char *key = cu_asprintf("%s/%s", ns, name);
    return kube_informer_get(ctl_watch_informer(s->objects), key);
}

static struct val *make(const char *kind, const char *ns, const char *name)
{
    struct val *obj = val_new_map();
    val_set_str(obj, "apiVersion", "v1");
    val_set_str(obj, "kind", kind);
    val_set_str(val_need_map(obj, "metadata"), "name", name);
    val_set_str(val_need_map(obj, "metadata"), "namespace", ns);
    return obj;
}

/* A namespace that vanished or is going away is no failure. */
static int settle(int r)
{
    return r == -CU_E_NOTFOUND || r == -CU_E_EXISTS ? 0 : r;
}

static int need_account(void *arg, const char *ns, struct cu_err *err)
{
    struct content *s = arg;
    if (!is_due(s, ns) || find(s, ns, "default"))
        return 0;
    struct kube_client *k = NULL;
    cu_autoval struct val *sa = make("ServiceAccount", ns, "default");
    cu_autofree char *path = kube_path("v1", "serviceaccounts", ns, NULL);
    int r = ctl_as(s->c, "service-account-controller", &k, err);
    return settle(r < 0 ? r : kube_create(k, path, sa, NULL, err));
}

static int need_root_ca(void *arg, const char *ns, struct cu_err *err)
{
    struct content *s = arg;
    if (!is_due(s, ns))
        return 0;
    cu_autofree char *pem = NULL;
    int r = cu_file_read(s->c->o->root_ca_file, LIM_PEM_FILE, &pem, NULL, err);
    if (r < 0)
        return r;
    const struct val *found = find(s, ns, ROOT_CA);
    if (found && val_len(val_get(found, "data")) == 1 &&
        cu_streq(val_find_str(found, "data", "ca.crt", NULL), pem))
        return 0;
    cu_autoval struct val *map = found ? val_copy(found) : make("ConfigMap", ns, ROOT_CA);
    struct val *data = val_new_map();
    val_set_str(data, "ca.crt", pem);
    val_set(map, "data", data);
    val_set_str(
        val_need_map(val_need_map(map, "metadata"), "annotations"), "kubernetes.io/description",
        "CA certificates with which pods verify the API server. Kept up to date by the controller manager.");
    struct kube_client *k = NULL;
    cu_autofree char *path = kube_path("v1", "configmaps", ns, found ? ROOT_CA : NULL);
    r = ctl_as(s->c, "root-ca-cert-publisher", &k, err);
    if (r == 0)
        r = found ? kube_update(k, path, map, NULL, err) : kube_create(k, path, map, NULL, err);
    return settle(r);
}

static void on_namespace(void *arg, const struct val *obj, const struct val *old)
{
    (void)old;
    struct content *s = arg;
    if (obj)
        ctl_queue_add(s->queue, ctl_name(obj));
}

static void on_object(void *arg, const struct val *obj, const struct val *old)
{
    struct content *s = arg;
    ctl_queue_add(s->queue, ctl_ns(obj ? obj : old));
}

static void on_synced(void *arg)
{
    struct content *s = arg;
    size_t pos = 0;
    struct val *ns;
    while (kube_informer_next(ctl_watch_informer(s->namespaces), &pos, &ns))
        ctl_queue_add(s->queue, ctl_name(ns));
}

static void *start(struct ctl *c, const char *name, const char *objects, const char *query,
                   int (*reconcile)(void *arg, const char *key, struct cu_err *err))
{
    struct content *s = cu_calloc(1, sizeof(*s));
    s->c = c;
    s->queue = ctl_queue_new(c, name, reconcile, s);
    s->namespaces = ctl_watch(c, NAMESPACES, NULL);
    s->objects = ctl_watch(c, objects, query);
    ctl_watch_listen(s->namespaces, on_namespace, NULL, s);
    ctl_watch_listen(s->objects, on_object, on_synced, s);
    return s;
}

static void *start_account(struct ctl *c)
{
    return start(c, "service account", "/api/v1/serviceaccounts", "fieldSelector=metadata.name%3Ddefault",
                 need_account);
}

static void *start_root_ca(struct ctl *c)
{
    if (cu_is_empty(c->o->root_ca_file))
        return NULL;
    return start(c, "root CA publisher", "/api/v1/configmaps", "fieldSelector=metadata.name%3D" ROOT_CA,
                 need_root_ca);
}

const struct ctl_controller ctl_service_account = { "serviceaccount-controller", "serviceaccount", true,
                                                    start_account, free };
const struct ctl_controller ctl_root_ca = { "root-ca-certificate-publisher-controller",
                                            "root-ca-cert-publisher", true, start_root_ca, free };
