/* phases/join_config.c - reads the cluster's configuration with the bootstrap credentials.
 * Must not know what is written on the node. */
#include "phases/join_config.h"

#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/cluster_config.h"
#include "phases/discovery.h"
#include "phases/dry_run_cluster.h"
#include "phases/host.h"
#include "phases/keys.h"
#include "pki/ca.h"

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
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_load_options o = { .warnings = &warnings };
    ph_host_options(c, &o.host);
    int r = ph_cluster_config_stored(c, &o, err);
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
    ph_cluster_config_say(c, "preflight");
    r = c->dry_run
            ? ph_dry_run_cluster(c, c->no_cluster ? NULL : ph_dry_run_real(c, bootstrap, NULL), &c->kube, err)
            : kube_client_new(bootstrap, NULL, &c->kube, err);
    if (r == 0)
        r = read_cluster(c, err);
    if (r < 0)
        return cu_wrap(err, "could not read the cluster's configuration");
    rename_cluster(bootstrap, c->init->cluster.cluster_name);
    if (c->join->control_plane)
        settle_certs(c);
    return 0;
}
