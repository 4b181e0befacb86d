/* The trees of `kubeadm upgrade apply` and `node` as tables: names, order, flags, functions. It must not know how a phase
 * works. */
#include "phases/upgrade_tree.h"
#include "phases/phases.h"

#define FLAGS(...)                                                                                           \
    .flags = (const char *const[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define COMMON "config", "dry-run", "kubeconfig", "events"
#define PODS COMMON, "certificate-renewal", "etcd-upgrade", "patches"
#define VERSION .takes_arg = true, .hides_arg = true /* of apply: which version */

#define CONTROL_PLANE_BRIEF "Upgrade the static Pods of this control plane"
#define KUBELET_BRIEF "Write the kubelet's configuration of the new version"
#define KUBECONFIG_BRIEF "Point the kubelet of a control plane at its own API server"
#define ADDON_BRIEF "Upgrade the addons, once all control planes are upgraded"
#define POST_BRIEF "Clean up what the new version does not need"

static const struct wf_phase upload_config[] = {
    { .name = "all", .all = true, VERSION, FLAGS(COMMON), .brief = "Upload all configuration" },
    { .name = "kubeadm",
      .run = ph_upload_config_kubeadm,
      VERSION,
      FLAGS(COMMON),
      .brief = "Upload the ClusterConfiguration to the ConfigMap kubeadm-config" },
    { .name = "kubelet",
      .run = ph_upgrade_upload_kubelet,
      VERSION,
      FLAGS(COMMON),
      .brief = "Upload the kubelet's configuration to the ConfigMap kubelet-config" },
};

static const struct wf_phase apply_addon[] = {
    { .name = "all", .all = true, VERSION, FLAGS(COMMON, "patches"), .brief = "Upgrade all addons" },
    { .name = "coredns",
      .run = ph_upgrade_coredns,
      VERSION,
      FLAGS(COMMON, "patches"),
      .brief = "Upgrade CoreDNS" },
    { .name = "kube-proxy",
      .run = ph_upgrade_kube_proxy,
      VERSION,
      FLAGS(COMMON),
      .brief = "Upgrade kube-proxy" },
};

static const struct wf_phase apply[] = {
    { .name = "preflight",
      .run = ph_upgrade_preflight_apply,
      VERSION,
      FLAGS(COMMON, "allow-experimental-upgrades", "allow-release-candidate-upgrades", "force",
            "ignore-preflight-errors", "yes"),
      .brief = "Check this machine, the cluster and the versions" },
    { .name = "control-plane",
      .run = ph_upgrade_control_plane,
      VERSION,
      FLAGS(PODS),
      .brief = CONTROL_PLANE_BRIEF },
    { .name = "upload-config",
      .alias = "uploadconfig",
      .brief = "Upload the configuration of kubeadm and of the kubelet to ConfigMaps",
      .children = upload_config,
      .n_children = CU_LEN(upload_config) },
    { .name = "kubeconfig", .hidden = true, .run = ph_upgrade_kubeconfig, .brief = KUBECONFIG_BRIEF },
    { .name = "kubelet-config",
      .run = ph_upgrade_kubelet_config,
      VERSION,
      FLAGS(COMMON, "patches"),
      .brief = KUBELET_BRIEF },
    { .name = "bootstrap-token",
      .run = ph_upgrade_bootstrap_token,
      VERSION,
      FLAGS(COMMON),
      .brief = "Renew the rights of bootstrap tokens" },
    { .name = "addon", .brief = ADDON_BRIEF, .children = apply_addon, .n_children = CU_LEN(apply_addon) },
    { .name = "post-upgrade", .run = ph_upgrade_post, VERSION, FLAGS(COMMON), .brief = POST_BRIEF },
};
const struct wf_tree ph_upgrade_apply_tree = { apply, CU_LEN(apply) };

static const struct wf_phase node_addon[] = {
    { .name = "all", .all = true, FLAGS(COMMON, "patches"), .brief = "Upgrade all addons" },
    { .name = "coredns", .run = ph_upgrade_coredns, FLAGS(COMMON, "patches"), .brief = "Upgrade CoreDNS" },
    { .name = "kube-proxy", .run = ph_upgrade_kube_proxy, FLAGS(COMMON), .brief = "Upgrade kube-proxy" },
};

static const struct wf_phase node[] = {
    { .name = "preflight",
      .run = ph_upgrade_preflight_node,
      FLAGS("config", "events", "ignore-preflight-errors"),
      .brief = "Check this machine" },
    { .name = "control-plane", .run = ph_upgrade_control_plane, FLAGS(PODS), .brief = CONTROL_PLANE_BRIEF },
    { .name = "kubeconfig", .hidden = true, .run = ph_upgrade_kubeconfig, .brief = KUBECONFIG_BRIEF },
    { .name = "kubelet-config",
      .run = ph_upgrade_kubelet_config,
      FLAGS(COMMON, "patches"),
      .brief = KUBELET_BRIEF },
    { .name = "addon", .brief = ADDON_BRIEF, .children = node_addon, .n_children = CU_LEN(node_addon) },
    { .name = "post-upgrade", .run = ph_upgrade_post, FLAGS(COMMON), .brief = POST_BRIEF },
};
const struct wf_tree ph_upgrade_node_tree = { node, CU_LEN(node) };
