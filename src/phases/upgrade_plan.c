/* Finds the versions of a cluster's parts and what they can become. It must not know how that is shown. */
#include "phases/upgrade_plan.h"
#include "base/log.h"
#include "base/semver.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/types.h"
#include "config/version.h"
#include "kube/client.h"
#include "phases/cluster_config.h"
#include "phases/host.h"
#include "phases/upgrade.h"
#include <string.h>

#define STABLE_LABEL "stable"

static void instances_clear(struct ph_instances *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->v[i].node);
        free(l->v[i].version);
    }
    free(l->v);
    *l = (struct ph_instances){ 0 };
}

void ph_cluster_versions_clear(struct ph_cluster_versions *v)
{
    struct ph_instances *all[] = { &v->kubelet, &v->api_server, &v->controller_manager, &v->scheduler,
                                   &v->etcd };
    for (size_t i = 0; i < CU_LEN(all); i++)
        instances_clear(all[i]);
    free(v->cluster);
    free(v->dns);
    free(v->target);
    *v = (struct ph_cluster_versions)PH_CLUSTER_VERSIONS_INIT;
}

/* Behind those that are not newer as text: sorted, and the order of equals kept. */
static void add_instance(struct ph_instances *l, const char *node, char *version)
{
    size_t at = l->n;
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
    for (; at > 0 && strcmp(l->v[at - 1].version, version) > 0; at--)
        l->v[at] = l->v[at - 1];
    l->v[at] = (struct ph_instance){ cu_strdup(cu_or(node, "")), version };
    l->n++;
}

static int list(struct ph_ctx *c, const char *api, const char *resource, const char *query, struct val **out,
                struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autofree char *path =
        kube_path(api, resource, cu_streq(resource, "nodes") ? NULL : CFG_NS_SYSTEM, NULL);
    int r = ph_ctx_kube(c, &kube, err);
    return r < 0 ? r : kube_get(kube, path, query, out, err);
}

/* Version in an image's tag, where "_" stands for "+"; NULL without tag. Caller frees. */
static char *tag_version(const char *image)
{
    const char *name = image ? strrchr(image, '/') : NULL;
    const char *colon = strchr(cu_or(name, cu_or(image, "")), ':');
    if (!colon)
        return NULL;
    char *version = cu_strndup(colon + 1, strcspn(colon + 1, "@"));
    char *plus = strchr(version, '_');
    if (plus)
        *plus = '+';
    return version;
}

static const char *first_image(const struct val *pod_spec)
{
    return val_get_str(val_at(val_get(pod_spec, "containers"), 0), "image");
}

/* The static Pods of one component on all nodes. */
static int find_component(struct ph_ctx *c, const char *component, struct ph_instances *out,
                          struct cu_err *err)
{
    cu_autoval struct val *pods = NULL;
    cu_autofree char *query =
        cu_asprintf("labelSelector=component%%3D%s%%2Ctier%%3Dcontrol-plane", component);
    if (list(c, "v1", "pods", query, &pods, err) < 0)
        return cu_wrap(err, "cannot list the Pods of %s", component);
    const struct val *items = val_get(pods, "items");
    for (size_t i = 0; i < val_len(items); i++) {
        const struct val *spec = val_get(val_at(items, i), "spec");
        char *version = tag_version(first_image(spec));
        if (!version)
            return cu_fail(err, CU_E_INVALID, "the image \"%s\" of %s has no tag that tells its version",
                           cu_or(first_image(spec), ""), component);
        add_instance(out, val_get_str(spec, "nodeName"), version);
    }
    return 0;
}

static int find_kubelets(struct ph_ctx *c, struct ph_instances *out, struct cu_err *err)
{
    cu_autoval struct val *nodes = NULL;
    if (list(c, "v1", "nodes", "", &nodes, err) < 0)
        return cu_wrap(err, "cannot list the nodes");
    const struct val *items = val_get(nodes, "items");
    for (size_t i = 0; i < val_len(items); i++) {
        const struct val *node = val_at(items, i);
        const char *version = val_find_str(node, "status", "nodeInfo", "kubeletVersion", NULL);
        add_instance(out, val_find_str(node, "metadata", "name", NULL), cu_strdup(cu_or(version, "")));
    }
    return 0;
}

int ph_upgrade_kubelets(struct ph_ctx *c, struct cu_strlist *versions, struct cu_err *err)
{
    struct ph_instances found = { 0 };
    int r = find_kubelets(c, &found, err);
    for (size_t i = 0; i < found.n; i++)
        cu_strlist_add(versions, found.v[i].version);
    instances_clear(&found);
    return r;
}

static int find_dns(struct ph_ctx *c, char **out, struct cu_err *err)
{
    cu_autoval struct val *found = NULL;
    if (list(c, "apps/v1", "deployments", "labelSelector=k8s-app%3Dkube-dns", &found, err) < 0)
        return cu_wrap(err, "cannot look for the DNS deployment");
    const struct val *items = val_get(found, "items");
    if (val_len(items) > 1)
        return cu_fail(err, CU_E_INVALID,
                       "there are %zu Deployments with label k8s-app=kube-dns in %s; keep one",
                       val_len(items), CFG_NS_SYSTEM);
    char *version = tag_version(first_image(val_find(val_at(items, 0), "spec", "template", "spec", NULL)));
    *out = version ? version : cu_strdup("");
    return 0;
}

/* The newest of the API servers; one of several versions is told. */
static int find_cluster_version(struct ph_cluster_versions *v, struct cu_err *err)
{
    struct cu_semver best = { 0 }, one;
    const struct ph_instances *servers = &v->api_server;
    if (servers->n == 0)
        return cu_fail(err, CU_E_NOTFOUND,
                       "the cluster has no Pod of kube-apiserver; was it made by kubeadm?");
    for (size_t i = 0; i < servers->n; i++) {
        int r = cu_semver_parse(servers->v[i].version, &one, err);
        if (r < 0)
            return cu_wrap(err, "the API server of node \"%s\"", servers->v[i].node);
        if (!v->cluster || cu_semver_cmp(&one, &best) > 0) {
            cfg_set_str(&v->cluster, servers->v[i].version);
            best = one;
        }
    }
    if (!cu_streq(servers->v[0].version, servers->v[servers->n - 1].version))
        cu_log_warning("the API servers have different versions, from %s to %s; "
                       "`kubeadm upgrade node` on each control plane brings them together",
                       servers->v[0].version, servers->v[servers->n - 1].version);
    return 0;
}

struct lookup {
    const char *asked; /* by the user: the answer to every label; NULL: look it up */
    bool unclear;      /* what the user asked for is no version: only kubeadm's own is known */
    struct cfg_host host;
};

/* Where the web cannot be asked the built-in version is the answer; of another minor's series it is none. */
static int resolve(void *arg, const char *label, char **out, struct cu_err *err)
{
    const struct lookup *l = arg;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autofree char *version = NULL;
    if (l->asked) {
        *out = cu_strdup(l->asked);
        return 0;
    }
    if (l->unclear && !cu_streq(label, STABLE_LABEL))
        return cu_fail(err, CU_E_NOTFOUND, "the label %s is not known", label);
    if (l->unclear) {
        *out = cu_strdup(CFG_KUBERNETES_VERSION);
        return 0;
    }
    int r = cfg_resolve_version(label, &l->host, &warnings, &version, err);
    ph_warn_all(&warnings);
    if (r < 0)
        return r;
    cu_autofree char *series = cu_asprintf("1.%d", cfg_minor(version));
    const char *dash = strchr(label, '-');
    if (dash && !cu_streq(dash + 1, series))
        return cu_fail(err, CU_E_NOTFOUND, "the label %s is not known", label);
    *out = cu_steal(&version);
    return 0;
}

static int find_all(struct ph_ctx *c, struct ph_cluster_versions *v, struct lookup *l, struct cu_err *err)
{
    ph_say(c, "[upgrade] Fetching available versions to upgrade to");
    int r = find_component(c, "kube-apiserver", &v->api_server, err);
    if (r == 0)
        r = find_cluster_version(v, err);
    if (r < 0)
        return r;
    ph_say(c, "[upgrade/versions] Cluster version: %s", v->cluster + (*v->cluster == 'v'));
    ph_say(c, "[upgrade/versions] kubeadm version: %s", CFG_KUBERNETES_VERSION);
    r = resolve(l, STABLE_LABEL, &v->target, err);
    if (r < 0)
        return r;
    ph_say(c, "[upgrade/versions] Target version: %s", v->target);
    r = find_kubelets(c, &v->kubelet, err);
    if (r == 0)
        r = find_component(c, "kube-controller-manager", &v->controller_manager, err);
    if (r == 0)
        r = find_component(c, "kube-scheduler", &v->scheduler, err);
    if (r == 0)
        r = find_component(c, "etcd", &v->etcd, err);
    return r < 0 ? r : find_dns(c, &v->dns, err);
}

int ph_upgrade_find(struct ph_ctx *c, struct ph_cluster_versions *found, struct cfg_offers *offers,
                    struct cu_err *err)
{
    struct lookup l = { .asked = c->upgrade->version };
    struct cu_semver v;
    if (l.asked && cu_semver_parse(l.asked, &v, NULL) < 0) {
        cu_log_warning("\"%s\" is no version such as %s: planning for kubeadm's own", l.asked,
                       CFG_KUBERNETES_VERSION);
        l = (struct lookup){ .unclear = true };
    }
    ph_host_options(c, &l.host);
    int r = find_all(c, found, &l, err);
    if (r < 0)
        return r;
    const struct cfg_offer_facts facts = { .cluster = found->cluster,
                                           .kubeadm = CFG_KUBERNETES_VERSION,
                                           .stable = found->target,
                                           .allow_experimental = c->upgrade->allow_experimental,
                                           .allow_rc = c->upgrade->allow_rc,
                                           .resolve = resolve,
                                           .arg = &l };
    r = cfg_upgrade_offers(&facts, offers, err);
    cu_autofree char *series = cu_strdup(found->cluster);
    char *patch = strrchr(series, '.');
    if (patch)
        *patch = '\0';
    if (r == 0 && offers->series)
        ph_say(c, "[upgrade/versions] Latest version in the %s series: %s", series, offers->series);
    return r;
}

/* ---- the object ---- */

static void add_component(struct val *list, const char *name, const char *from, const char *to,
                          const char *node)
{
    struct val *o = val_new_map();
    val_set_str(o, "name", name);
    val_set_str(o, "currentVersion", from);
    val_set_str(o, "newVersion", to);
    if (!cu_is_empty(node))
        val_set_str(o, "nodeName", node);
    val_append(list, o);
}

static void add_all(struct val *list, const char *name, const struct ph_instances *l, const char *to)
{
    for (size_t i = 0; i < l->n; i++)
        add_component(list, name, l->v[i].version, to, l->v[i].node);
}

/* Several kubelet versions, or one that is not the target. */
static bool kubelets_differ(const struct ph_instances *l, const char *target)
{
    for (size_t i = 0; i < l->n; i++)
        if (!cu_streq(l->v[i].version, target))
            return true;
    return false;
}

/* Tag of etcd for a version, whatever the configuration says. Caller frees. */
static char *etcd_target(const char *version)
{
    struct cfg_cluster plain = { .kubernetes_version = cu_strdup(version) };
    cu_autofree char *image = cfg_image_etcd(&plain);
    free(plain.kubernetes_version);
    return tag_version(image);
}

static struct val *offer_value(struct ph_ctx *c, const struct ph_cluster_versions *v,
                               const struct cfg_offer *o)
{
    struct val *offer = val_new_map(), *list = val_new_list();
    cu_autofree char *etcd = etcd_target(o->kubernetes);
    struct cfg_cluster target = { .kubernetes_version = o->kubernetes };
    const char *dns = cfg_coredns_tag(&target);
    val_set_str(offer, "description", o->description);
    if (kubelets_differ(&v->kubelet, o->kubernetes))
        add_all(list, "kubelet", &v->kubelet, o->kubernetes);
    add_all(list, "kube-apiserver", &v->api_server, o->kubernetes);
    add_all(list, "kube-controller-manager", &v->controller_manager, o->kubernetes);
    add_all(list, "kube-scheduler", &v->scheduler, o->kubernetes);
    add_component(list, "kube-proxy", v->cluster + (*v->cluster == 'v'), o->kubernetes, NULL);
    if (*v->dns || *dns)
        add_component(list, "CoreDNS", v->dns, dns, NULL);
    add_component(list, "kubeadm", CFG_KUBERNETES_VERSION, o->kubeadm, NULL);
    if (c->upgrade->etcd_upgrade)
        add_all(list, "etcd", &v->etcd, etcd);
    val_set(offer, "components", list);
    return offer;
}

static void add_state(struct val *list, const struct cfg_document *d, const char *group,
                      const char *preferred)
{
    struct val *o = val_new_map();
    val_set_str(o, "group", group);
    val_set_str(o, "currentVersion", d->doc ? preferred : "");
    val_set_str(o, "preferredVersion", preferred);
    val_set_bool(o, "manualUpgradeRequired", false); /* there is one version of each */
    val_append(list, o);
}

int ph_upgrade_plan_value(struct ph_ctx *c, const struct ph_cluster_versions *found,
                          const struct cfg_offers *offers, struct val **out, struct cu_err *err)
{
    struct cfg_init *stored = cfg_init_new();
    cfg_set_str(&stored->cluster.kubernetes_version, c->init->cluster.kubernetes_version);
    int r = ph_cluster_config_components(c, stored, err);
    struct val *plan = val_new_map(), *available = val_new_list(), *states = val_new_list();
    for (size_t i = 0; i < offers->n; i++)
        val_append(available, offer_value(c, found, &offers->v[i]));
    add_state(states, &stored->cluster.kube_proxy, "kubeproxy.config.k8s.io", "v1alpha1");
    add_state(states, &stored->cluster.kubelet, "kubelet.config.k8s.io", "v1beta1");
    cfg_init_free(stored);
    val_set(plan, "availableUpgrades", available);
    val_set(plan, "configVersions", states);
    if (r < 0)
        val_unref(plan);
    else
        *out = plan;
    return r;
}
