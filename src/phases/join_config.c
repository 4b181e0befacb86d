/* phases/join_config.c - reads the cluster's configuration with the bootstrap credentials.
 * Must not know what is written on the node. */
#include "phases/join_config.h"

#include "base/log.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/load.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "manifests/objects.h"
#include "phases/discovery.h"
#include "phases/host.h"
#include "phases/keys.h"
#include "pki/ca.h"

#include <string.h>

#define INTERVAL_MS 50 /* spec join 21 */
#define LIMIT_MS 350

static int get_map(struct ph_ctx *c, const char *name, const char *key, struct val **map, const char **text,
                   struct cu_err *err)
{
    cu_autofree char *path = kube_path("v1", "configmaps", CFG_NS_SYSTEM, name);
    int r = kube_get_retry(c->kube, path, INTERVAL_MS, LIMIT_MS, map, err);
    if (r < 0)
        return cu_wrap(err, "failed to get config map \"%s\"", name);
    *text = val_find_str(*map, "data", key, NULL);
    if (!*text)
        return cu_fail(err, CU_E_NOTFOUND,
                       "config map \"%s\" has no key \"%s\"; was this cluster made by kubeadm?", name, key);
    return 0;
}

/* A component configuration as it is stored; `into` is replaced. */
static int get_document(struct ph_ctx *c, const char *name, const char *key, struct cfg_document *into,
                        struct cu_err *err)
{
    cu_autoval struct val *map = NULL;
    const char *text = NULL;
    struct val *doc = NULL;
    int r = get_map(c, name, key, &map, &text, err);
    if (r < 0 || !text)
        return r;
    if (codec_yaml_parse(text, strlen(text), &doc, err) < 0)
        return cu_wrap(err, "config map \"%s\"", name);
    val_unref(into->doc);
    into->doc = doc;
    into->user_supplied = true; /* taken as it is, never replaced by our defaults */
    return 0;
}

static int get_components(struct ph_ctx *c, struct cfg_init *init, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = get_document(c, CFG_CM_KUBE_PROXY, CFG_CM_KUBE_PROXY_KEY, &init->cluster.kube_proxy, &e);
    if (r == -CU_E_NOTFOUND || r == -CU_E_FORBIDDEN)
        cu_log_warning("kube-proxy is not configured by kubeadm in this cluster: %s", cu_err_text(&e));
    else if (r < 0) {
        cu_err_move(err, &e);
        return r;
    }
    cu_autofree char *name = mf_kubelet_config_name(&init->cluster);
    return get_document(c, name, CFG_CM_KUBELET_KEY, &init->cluster.kubelet, err);
}

/* The node this is, in the cluster's configuration. */
static void merge_node(const struct cfg_join *join, struct cfg_init *init)
{
    cfg_set_str(&init->node.name, join->node.name);
    cfg_set_str(&init->node.cri_socket, join->node.cri_socket);
    cfg_set_str(&init->node.image_pull_policy, join->node.image_pull_policy);
    for (size_t i = 0; i < join->node.taints.n; i++)
        cfg_taints_add(&init->node.taints, join->node.taints.v[i].key, join->node.taints.v[i].value,
                       join->node.taints.v[i].effect);
    init->node.taints.set = true;
    for (size_t i = 0; i < join->node.kubelet_extra_args.n; i++)
        cfg_args_add(&init->node.kubelet_extra_args, join->node.kubelet_extra_args.v[i].name,
                     join->node.kubelet_extra_args.v[i].value);
    init->timeouts = join->timeouts;
    if (join->control_plane) {
        cfg_set_str(&init->local_api_endpoint.advertise_address,
                    join->control_plane->local_api_endpoint.advertise_address);
        init->local_api_endpoint.bind_port = join->control_plane->local_api_endpoint.bind_port;
    }
}

static int read_cluster(struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *map = NULL;
    const char *text = NULL;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_load_options o = { .warnings = &warnings };
    ph_host_options(c, &o.host);
    int r = get_map(c, CFG_CM_KUBEADM, CFG_CM_KUBEADM_KEY, &map, &text, err);
    if (r == 0)
        r = cfg_from_cluster(text, &o, &c->init, err);
    if (r == 0)
        r = get_components(c, c->init, err);
    if (r < 0)
        return r;
    merge_node(c->join, c->init);
    r = cfg_default_init_dynamic(c->init, &o, err);
    ph_warn_all(&warnings);
    return r;
}

/* A control plane's certificates are where the cluster has them. What a dry run downloads it finds in its own folder. */
static void settle_certs(struct ph_ctx *c)
{
    struct ph_paths *p = &c->paths;
    bool downloaded = c->dry_run && !cu_is_empty(c->certificate_key);
    cfg_set_str(&p->certs_real, downloaded ? p->dry_run_dir : c->init->cluster.certificates_dir);
    cfg_set_str(&p->certs, c->dry_run ? p->dry_run_dir : p->certs_real);
    c->external_ca = pki_ca_is_external(p->certs_real, "ca");
    ph_keys_start(c);
}

/* The bootstrap kubeconfig carries the cluster's own name (spec join 7 step 6). */
static void rename_cluster(struct kube_config *config, const char *name)
{
    struct val *cluster = val_ref(kube_config_default_cluster(config));
    struct val *clusters = val_new_list(), *entry = val_new_map();
    val_set(entry, "cluster", cluster);
    val_set_str(entry, "name", name);
    val_append(clusters, entry);
    val_set(config->doc, "clusters", clusters);
    val_set_str(kube_config_current_context(config), "cluster", name);
}

int ph_join_config(struct ph_ctx *c, struct cu_err *err)
{
    struct kube_config *bootstrap = NULL;
    if (c->init)
        return 0;
    int r = ph_discover(c, &bootstrap, err);
    if (r < 0)
        return r;
    ph_say(c, "[preflight] Reading configuration from the \"%s\" ConfigMap in namespace \"%s\"...",
           CFG_CM_KUBEADM, CFG_NS_SYSTEM);
    ph_say(c, "[preflight] It can be changed later: edit it, then run 'kubeadm init phase upload-config all "
              "--config your-config-file' "
              "on a control plane");
    r = kube_client_new(bootstrap, NULL, &c->kube, err);
    if (r == 0)
        r = read_cluster(c, err);
    if (r < 0)
        return cu_wrap(err, "could not read the cluster's configuration");
    rename_cluster(bootstrap, c->init->cluster.cluster_name);
    if (c->join->control_plane)
        settle_certs(c);
    return 0;
}
