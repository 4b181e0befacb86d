/* The tree of `kubeadm init` as tables: names, order, flags, functions. It must not know how a phase works
 * nor how the command line is read. */
#include "phases/init_tree.h"
#include "phases/phases.h"

#define FLAGS(...)                                                                                           \
    .flags = (const char *const[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define CHILDREN(table) .children = (table), .n_children = CU_LEN(table)

/* Flags of every sub-command with a configuration; the second row is ours. */
#define COMMON "config", "dry-run", "embedded", "component-dir", "events"
#define CERT COMMON, "cert-dir", "kubernetes-version"
#define CERT_SANS                                                                                            \
    "apiserver-advertise-address", "control-plane-endpoint", "apiserver-cert-extra-sans",                    \
        "service-dns-domain", "service-cidr"
#define KUBECONFIG                                                                                           \
    COMMON, "apiserver-advertise-address", "control-plane-endpoint", "apiserver-bind-port", "cert-dir",      \
        "kubeconfig-dir", "kubernetes-version"
#define COMPONENT COMMON, "cert-dir", "kubernetes-version", "image-repository", "patches"
#define APISERVER                                                                                            \
    "apiserver-advertise-address", "control-plane-endpoint", "apiserver-bind-port", "apiserver-extra-args",  \
        "feature-gates", "service-cidr"
#define CONTROLLER "controller-manager-extra-args", "pod-network-cidr"
#define SCHEDULER "scheduler-extra-args"
#define ADDON COMMON, "kubeconfig", "kubernetes-version", "image-repository"
#define COREDNS "feature-gates", "service-dns-domain", "service-cidr"
#define PROXY                                                                                                \
    "apiserver-advertise-address", "control-plane-endpoint", "apiserver-bind-port", "pod-network-cidr"

static const struct wf_phase certs[] = {
    { .name = "all", .all = true, .brief = "Make every certificate", FLAGS(CERT, CERT_SANS) },
    { .name = "ca",
      .arg = "ca",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the cluster's own certificate authority; the other components are known by it" },
    { .name = "apiserver",
      .arg = "apiserver",
      .run = ph_certs_one,
      FLAGS(CERT, CERT_SANS),
      .brief = "Make the certificate the API server serves with" },
    { .name = "apiserver-kubelet-client",
      .arg = "apiserver-kubelet-client",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate the API server shows to kubelets" },
    { .name = "front-proxy-ca",
      .arg = "front-proxy-ca",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate authority of the front proxy" },
    { .name = "front-proxy-client",
      .arg = "front-proxy-client",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the client certificate of the front proxy" },
    { .name = "etcd-ca",
      .arg = "etcd/ca",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate authority of etcd" },
    { .name = "etcd-server",
      .arg = "etcd/server",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate etcd serves with" },
    { .name = "etcd-peer",
      .arg = "etcd/peer",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate etcd members show to each other" },
    { .name = "etcd-healthcheck-client",
      .arg = "etcd/healthcheck-client",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the client certificate for health probes of etcd" },
    { .name = "apiserver-etcd-client",
      .arg = "apiserver-etcd-client",
      .run = ph_certs_one,
      FLAGS(CERT),
      .brief = "Make the certificate the API server shows to etcd" },
    { .name = "sa",
      .run = ph_certs_sa,
      FLAGS(CERT),
      .brief = "Make the key pair that signs and proves service account tokens",
      .doc = "Makes the key that signs service account tokens (sa.key) and its public half (sa.pub).\n\nA "
             "key that "
             "is there already is kept." },
};

static const struct wf_phase kubeconfig[] = {
    { .name = "all", .all = true, .brief = "Make every kubeconfig file", FLAGS(KUBECONFIG, "node-name") },
    { .name = "admin",
      .arg = "admin",
      .run = ph_kubeconfig_one,
      FLAGS(KUBECONFIG),
      .brief = "Make the kubeconfig file of the administrator and of kubeadm itself" },
    { .name = "super-admin",
      .arg = "super-admin",
      .run = ph_kubeconfig_one,
      FLAGS(KUBECONFIG),
      .brief = "Make the kubeconfig file of the super-administrator, whom RBAC does not bind" },
    { .name = "kubelet",
      .arg = "kubelet",
      .run = ph_kubeconfig_one,
      FLAGS(KUBECONFIG, "node-name"),
      .brief = "Make the kubeconfig file the kubelet uses until it has a certificate of its own" },
    { .name = "controller-manager",
      .arg = "controller-manager",
      .run = ph_kubeconfig_one,
      FLAGS(KUBECONFIG),
      .brief = "Make the kubeconfig file of the controller manager" },
    { .name = "scheduler",
      .arg = "scheduler",
      .run = ph_kubeconfig_one,
      FLAGS(KUBECONFIG),
      .brief = "Make the kubeconfig file of the scheduler" },
};

static const struct wf_phase etcd[] = {
    { .name = "local",
      .run = ph_etcd_local,
      FLAGS(COMMON, "cert-dir", "image-repository", "patches"),
      .brief = "Write the static Pod manifest of a local, single-member etcd" },
};

static const struct wf_phase control_plane[] = {
    { .name = "all",
      .all = true,
      .brief = "Write the static Pod manifests of all control plane components",
      FLAGS(COMPONENT, APISERVER, CONTROLLER, SCHEDULER) },
    { .name = "apiserver",
      .arg = "kube-apiserver",
      .run = ph_control_plane_one,
      FLAGS(COMPONENT, APISERVER),
      .brief = "Write the static Pod manifest of kube-apiserver" },
    { .name = "controller-manager",
      .arg = "kube-controller-manager",
      .run = ph_control_plane_one,
      FLAGS(COMPONENT, CONTROLLER),
      .brief = "Write the static Pod manifest of kube-controller-manager" },
    { .name = "scheduler",
      .arg = "kube-scheduler",
      .run = ph_control_plane_one,
      FLAGS(COMPONENT, SCHEDULER),
      .brief = "Write the static Pod manifest of kube-scheduler" },
};

static const struct wf_phase upload_config[] = {
    { .name = "all",
      .all = true,
      .brief = "Upload all configuration",
      FLAGS(COMMON, "cri-socket", "kubeconfig") },
    { .name = "kubeadm",
      .run = ph_upload_config_kubeadm,
      FLAGS(COMMON, "cri-socket", "kubeconfig"),
      .brief = "Upload the ClusterConfiguration to the ConfigMap kubeadm-config" },
    { .name = "kubelet",
      .run = ph_upload_config_kubelet,
      FLAGS(COMMON, "cri-socket", "kubeconfig"),
      .brief = "Upload the kubelet's configuration to the ConfigMap kubelet-config" },
};

static const struct wf_phase kubelet_finalize[] = {
    { .name = "all", .all = true, .brief = "Do all of the kubelet's last steps", FLAGS(COMMON, "cert-dir") },
    { .name = "enable-client-cert-rotation",
      .run = ph_kubelet_finalize,
      FLAGS(COMMON, "cert-dir"),
      .brief = "Point kubelet.conf at the client certificate that the kubelet renews by itself" },
};

static const struct wf_phase addon[] = {
    { .name = "all", .all = true, .brief = "Install all addons", FLAGS(ADDON, COREDNS, PROXY) },
    { .name = "coredns",
      .run = ph_addon_coredns,
      FLAGS(ADDON, COREDNS, "print-manifest"),
      .brief = "Install CoreDNS" },
    { .name = "kube-proxy",
      .run = ph_addon_kube_proxy,
      FLAGS(ADDON, PROXY, "print-manifest"),
      .brief = "Install kube-proxy" },
};

static const struct wf_phase top[] = {
    { .name = "preflight",
      .run = ph_preflight_init,
      .brief = "Check whether this machine can be a control plane",
      FLAGS(COMMON, "image-repository", "cri-socket", "ignore-preflight-errors", "fix-preflight", "output") },
    { .name = "certs", .run = ph_certs_header, .brief = "Make certificates", CHILDREN(certs) },
    { .name = "kubeconfig",
      .run = ph_kubeconfig_header,
      .brief = "Make the kubeconfig files of the control plane and of the administrator",
      CHILDREN(kubeconfig) },
    { .name = "etcd", .brief = "Write the static Pod manifest of a local etcd", CHILDREN(etcd) },
    { .name = "control-plane",
      .run = ph_control_plane_header,
      .brief = "Write the static Pod manifests of the control plane",
      CHILDREN(control_plane) },
    { .name = "kubelet-start",
      .run = ph_kubelet_start_init,
      FLAGS(COMMON, "image-repository", "cri-socket", "node-name", "patches"),
      .brief = "Write the kubelet's settings and start or restart it" },
    { .name = "wait-control-plane",
      .run = ph_wait_control_plane,
      .brief = "Wait for the control plane to answer" },
    { .name = "upload-config",
      .alias = "uploadconfig",
      .brief = "Upload the configuration of kubeadm and of the kubelet to ConfigMaps",
      CHILDREN(upload_config) },
    { .name = "upload-certs",
      .run = ph_upload_certs,
      .brief = "Upload certificates to the Secret kubeadm-certs",
      .doc = "Uploads the certificates control planes share, encrypted, to the Secret kubeadm-certs.",
      FLAGS(COMMON, "kubeconfig", "upload-certs", "certificate-key", "skip-certificate-key-print") },
    { .name = "mark-control-plane",
      .run = ph_mark_control_plane,
      FLAGS(COMMON, "node-name"),
      .brief = "Mark this node as a control plane with labels and taints" },
    { .name = "bootstrap-token",
      .alias = "bootstraptoken",
      .run = ph_bootstrap_token,
      FLAGS(COMMON, "kubeconfig", "skip-token-print"),
      .brief = "Make the bootstrap tokens nodes join with" },
    { .name = "kubelet-finalize",
      .brief = "Set what of the kubelet can be set only after TLS bootstrap",
      CHILDREN(kubelet_finalize) },
    { .name = "addon",
      .brief = "Install what a conformant cluster needs: CoreDNS and kube-proxy",
      CHILDREN(addon) },
    { .name = "show-join-command",
      .run = ph_show_join_command,
      .needs = (const char *const[]){ "bootstrap-token", "upload-certs", NULL },
      .brief = "Show the commands other nodes join with" },
};

const struct wf_tree ph_init_tree = { top, CU_LEN(top) };
