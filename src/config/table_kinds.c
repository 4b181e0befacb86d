/* Field tables of the kubeadm.k8s.io kinds, and the list of all kinds a file may hold.
 * Must not know how tables are read (field_*.c). */
#include "config/constants.h"
#include "config/field.h"
#include <stddef.h>

static const struct cfg_field init_fields[] = {
    { "bootstrapTokens", CFG_LIST, 0, CFG_OFF(cfg_init, bootstrap_tokens), &cfg_object_token,
      .doc = "Tokens made by init; one with all defaults when the list is empty." },
    { "certificateKey", CFG_SECRET, 0, CFG_OFF(cfg_init, certificate_key),
      .doc = "Key the uploaded certificates are encrypted with, 64 hexadecimal digits." },
    { "dryRun", CFG_BOOL, CFG_ONLY_V4, CFG_OFF(cfg_init, dry_run),
      .doc = "Change nothing, show what would be done." },
    { "localAPIEndpoint", CFG_OBJECT, 0, CFG_OFF(cfg_init, local_api_endpoint), &cfg_object_endpoint,
      .doc = "The API server of this node." },
    { "nodeRegistration", CFG_OBJECT, 0, CFG_OFF(cfg_init, node), &cfg_object_node, .doc = "This node." },
    { "patches", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_init, patches), &cfg_object_patches,
      .doc = "Patches to apply." },
    { "skipPhases", CFG_STRINGS, 0, CFG_OFF(cfg_init, skip_phases), .doc = "Phases to leave out." },
    { "timeouts", CFG_OBJECT, CFG_ONLY_V4 | CFG_WHEN_SET, CFG_OFF(cfg_init, timeouts), &cfg_object_timeouts,
      .doc = "How long to wait for what." },
};
static const struct cfg_object init_object = CFG_OBJECT_OF(
    init_fields, "InitConfiguration", cfg_init, "What `kubeadm init` needs to know about this node.");

static const struct cfg_field networking_fields[] = {
    { "dnsDomain", CFG_STRING, 0, CFG_OFF(cfg_networking, dns_domain), .fallback = "cluster.local",
      .doc = "DNS domain of Services." },
    { "podSubnet", CFG_STRING, 0, CFG_OFF(cfg_networking, pod_subnet),
      .doc = "Addresses of Pods: one CIDR, or two of different families joined by `,`." },
    { "serviceSubnet", CFG_STRING, 0, CFG_OFF(cfg_networking, service_subnet), .fallback = "10.96.0.0/12",
      .doc = "Addresses of Services, in the same form." },
};
static const struct cfg_object networking_object =
    CFG_OBJECT_OF(networking_fields, "Networking", cfg_networking, "Addresses and names inside the cluster.");

static const struct cfg_field dns_fields[] = {
    { "disabled", CFG_BOOL, CFG_ONLY_V4, CFG_OFF(cfg_dns, disabled), .doc = "Leave CoreDNS out." },
    { "imageRepository", CFG_STRING, 0, CFG_OFF(cfg_dns, image_repository),
      .doc = "Registry of the CoreDNS image." },
    { "imageTag", CFG_STRING, 0, CFG_OFF(cfg_dns, image_tag), .doc = "Tag of the CoreDNS image." },
};
static const struct cfg_object dns_object =
    CFG_OBJECT_OF(dns_fields, "DNS", cfg_dns, "The DNS addon, CoreDNS.");

static const struct cfg_field proxy_fields[] = {
    { "disabled", CFG_BOOL, 0, CFG_OFF(cfg_proxy, disabled), .doc = "Leave kube-proxy out." },
};
static const struct cfg_object proxy_object =
    CFG_OBJECT_OF(proxy_fields, "Proxy", cfg_proxy, "The kube-proxy addon.");

static const struct cfg_field cluster_fields[] = {
    { "apiServer", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, api_server), &cfg_object_api_server,
      .doc = "The API server." },
    { "caCertificateValidityPeriod", CFG_OPT_DURATION, CFG_ONLY_V4,
      CFG_OFF(cfg_cluster, ca_certificate_validity_period), .fallback = "87600h0m0s",
      .doc = "How long generated CA certificates are valid." },
    { "certificateValidityPeriod", CFG_OPT_DURATION, CFG_ONLY_V4,
      CFG_OFF(cfg_cluster, certificate_validity_period), .fallback = "8760h0m0s",
      .doc = "How long other generated certificates are valid." },
    { "certificatesDir", CFG_STRING, 0, CFG_OFF(cfg_cluster, certificates_dir), .fallback = CFG_PKI_DIR,
      .doc = "Where certificates and keys are kept." },
    { "clusterName", CFG_STRING, 0, CFG_OFF(cfg_cluster, cluster_name), .fallback = "kubernetes",
      .doc = "Name of the cluster." },
    { "controlPlaneEndpoint", CFG_STRING, 0, CFG_OFF(cfg_cluster, control_plane_endpoint),
      .doc = "Name or address, and port, all control planes are reached by together." },
    { "controllerManager", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, controller_manager), &cfg_object_component,
      .doc = "The controller manager." },
    { "dns", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, dns), &dns_object, .doc = "The DNS addon." },
    { "encryptionAlgorithm", CFG_STRING, CFG_ONLY_V4, CFG_OFF(cfg_cluster, encryption_algorithm),
      .fallback = "RSA-2048",
      .doc = "Keys: `RSA-2048`, `RSA-3072`, `RSA-4096`, `ECDSA-P256` or `ECDSA-P384`." },
    { "etcd", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, etcd), &cfg_object_etcd, .doc = "The store." },
    { "featureGates", CFG_BOOL_MAP, 0, CFG_OFF(cfg_cluster, feature_gates),
      .doc = "Feature gates of kubeadm." },
    { "imageRepository", CFG_STRING, 0, CFG_OFF(cfg_cluster, image_repository),
      .fallback = CFG_IMAGE_REPOSITORY, .doc = "Registry of all images." },
    { "kubernetesVersion", CFG_STRING, 0, CFG_OFF(cfg_cluster, kubernetes_version),
      .doc = "Version of the control plane, or a label such as `stable-1` that is looked up; the built-in "
             "version when "
             "empty." },
    { "networking", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, networking), &networking_object, .doc = "Networks." },
    { "proxy", CFG_OBJECT, CFG_ONLY_V4, CFG_OFF(cfg_cluster, proxy), &proxy_object,
      .doc = "The kube-proxy addon." },
    { "scheduler", CFG_OBJECT, 0, CFG_OFF(cfg_cluster, scheduler), &cfg_object_component,
      .doc = "The scheduler." },
};
static const struct cfg_object cluster_object =
    CFG_OBJECT_OF(cluster_fields, "ClusterConfiguration", cfg_cluster,
                  "Settings of the whole cluster; stored in it by `kubeadm init`.");

static const struct cfg_field join_control_plane_fields[] = {
    { "certificateKey", CFG_SECRET, 0, CFG_OFF(cfg_join_control_plane, certificate_key),
      .doc = "Key the uploaded certificates are decrypted with." },
    { "localAPIEndpoint", CFG_OBJECT, 0, CFG_OFF(cfg_join_control_plane, local_api_endpoint),
      &cfg_object_endpoint, .doc = "The API server of this node." },
};
static const struct cfg_object join_control_plane_object = CFG_OBJECT_OF(
    join_control_plane_fields, "JoinControlPlane", cfg_join_control_plane, "A further control plane.");

static const struct cfg_field discovery_token_fields[] = {
    { "apiServerEndpoint", CFG_STRING, 0, CFG_OFF(cfg_discovery_token, api_server_endpoint),
      .doc = "`host:port` of an API server." },
    { "caCertHashes", CFG_STRINGS, 0, CFG_OFF(cfg_discovery_token, ca_cert_hashes),
      .doc = "Accepted public keys of the CA, `sha256:<hex>`." },
    { "token", CFG_SECRET, CFG_ALWAYS, CFG_OFF(cfg_discovery_token, token),
      .doc = "Token the answer is checked with." },
    { "unsafeSkipCAVerification", CFG_BOOL, 0, CFG_OFF(cfg_discovery_token, unsafe_skip_ca_verification),
      .doc = "Trust whoever knows the token, without pinning the CA." },
};
static const struct cfg_object discovery_token_object = CFG_OBJECT_OF(
    discovery_token_fields, "BootstrapTokenDiscovery", cfg_discovery_token, "Finding the cluster by token.");

static const struct cfg_field discovery_file_fields[] = {
    { "kubeConfigPath", CFG_STRING, CFG_ALWAYS, CFG_OFF(cfg_discovery_file, kube_config_path),
      .doc = "Path or `https` URL of a kubeconfig file." },
};
static const struct cfg_object discovery_file_object = CFG_OBJECT_OF(
    discovery_file_fields, "FileDiscovery", cfg_discovery_file, "Finding the cluster by a kubeconfig file.");

static const struct cfg_field discovery_fields[] = {
    { "bootstrapToken", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_discovery, bootstrap_token), &discovery_token_object,
      .doc = "By token." },
    { "file", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_discovery, file), &discovery_file_object, .doc = "By file." },
    { "timeout", CFG_OPT_DURATION, CFG_ONLY_V3, CFG_OFF(cfg_discovery, timeout), .fallback = "5m0s",
      .doc = "How long to try; now `timeouts.discovery`." },
    { "tlsBootstrapToken", CFG_SECRET, 0, CFG_OFF(cfg_discovery, tls_bootstrap_token),
      .doc = "Token for the kubelet's TLS bootstrap; that of `bootstrapToken` when empty." },
};
static const struct cfg_object discovery_object =
    CFG_OBJECT_OF(discovery_fields, "Discovery", cfg_discovery,
                  "How the cluster is found; `bootstrapToken` and `file` exclude each other.");

static const struct cfg_field join_fields[] = {
    { "caCertPath", CFG_STRING, 0, CFG_OFF(cfg_join, ca_cert_path), .fallback = CFG_CA_CERT,
      .doc = "Where the certificate of the cluster's CA is stored." },
    { "controlPlane", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_join, control_plane), &join_control_plane_object,
      .doc = "Given for a further control plane, absent for a worker." },
    { "discovery", CFG_OBJECT, 0, CFG_OFF(cfg_join, discovery), &discovery_object,
      .doc = "How the cluster is found." },
    { "dryRun", CFG_BOOL, CFG_ONLY_V4, CFG_OFF(cfg_join, dry_run),
      .doc = "Change nothing, show what would be done." },
    { "nodeRegistration", CFG_OBJECT, 0, CFG_OFF(cfg_join, node), &cfg_object_node, .doc = "This node." },
    { "patches", CFG_OPT_OBJECT, 0, CFG_OFF(cfg_join, patches), &cfg_object_patches,
      .doc = "Patches to apply." },
    { "skipPhases", CFG_STRINGS, 0, CFG_OFF(cfg_join, skip_phases), .doc = "Phases to leave out." },
    { "timeouts", CFG_OBJECT, CFG_ONLY_V4 | CFG_WHEN_SET, CFG_OFF(cfg_join, timeouts), &cfg_object_timeouts,
      .doc = "How long to wait for what." },
};
static const struct cfg_object join_object =
    CFG_OBJECT_OF(join_fields, "JoinConfiguration", cfg_join, "What `kubeadm join` needs to know.");

static const struct cfg_field reset_fields[] = {
    { "certificatesDir", CFG_STRING, 0, CFG_OFF(cfg_reset, certificates_dir), .fallback = CFG_PKI_DIR,
      .doc = "Folder of certificates to remove." },
    { "cleanupTmpDir", CFG_BOOL, 0, CFG_OFF(cfg_reset, cleanup_tmp_dir),
      .doc = "Remove " CFG_TMP_DIR " too." },
    { "criSocket", CFG_STRING, 0, CFG_OFF(cfg_reset, cri_socket), .doc = "Socket of the container runtime." },
    { "dryRun", CFG_BOOL, 0, CFG_OFF(cfg_reset, dry_run), .doc = "Change nothing, show what would be done." },
    { "force", CFG_BOOL, 0, CFG_OFF(cfg_reset, force), .doc = "Do not ask." },
    { "ignorePreflightErrors", CFG_STRINGS, 0, CFG_OFF(cfg_reset, ignore_preflight_errors),
      .doc = "Checks whose errors are only warnings." },
    { "skipPhases", CFG_STRINGS, 0, CFG_OFF(cfg_reset, skip_phases), .doc = "Phases to leave out." },
    { "timeouts", CFG_OBJECT, CFG_WHEN_SET, CFG_OFF(cfg_reset, timeouts), &cfg_object_timeouts,
      .doc = "How long to wait for what." },
    { "unmountFlags", CFG_STRINGS, 0, CFG_OFF(cfg_reset, unmount_flags),
      .doc = "Flags for unmounting: `MNT_FORCE`, `MNT_DETACH`, `MNT_EXPIRE`, `UMOUNT_NOFOLLOW`." },
};
static const struct cfg_object reset_object =
    CFG_OBJECT_OF(reset_fields, "ResetConfiguration", cfg_reset, "What `kubeadm reset` needs to know.");

/* clang-format off */
#define STEP(json, type, member, ...) { json, type, 0, CFG_OFF(cfg_upgrade_step, member), __VA_ARGS__ }
#define EXPERIMENTAL STEP("allowExperimentalUpgrades", CFG_OPT_BOOL, allow_experimental_upgrades, .doc = "Offer versions that are not stable.")
#define CANDIDATES STEP("allowRCUpgrades", CFG_OPT_BOOL, allow_rc_upgrades, .doc = "Offer release candidates.")
#define RENEWAL STEP("certificateRenewal", CFG_OPT_BOOL, certificate_renewal, .fallback = "true", .doc = "Renew certificates.")
#define DRY_RUN STEP("dryRun", CFG_OPT_BOOL, dry_run, .doc = "Change nothing, show what would be done.")
#define ETCD STEP("etcdUpgrade", CFG_OPT_BOOL, etcd_upgrade, .fallback = "true", .doc = "Upgrade etcd too.")
#define IGNORE STEP("ignorePreflightErrors", CFG_STRINGS, ignore_preflight_errors, .doc = "Checks whose errors are only warnings.")
#define PULL_POLICY STEP("imagePullPolicy", CFG_STRING, image_pull_policy, .fallback = "IfNotPresent", .doc = "`Always`, `IfNotPresent` or `Never`.")
#define PULL_SERIAL STEP("imagePullSerial", CFG_OPT_BOOL, image_pull_serial, .fallback = "true", .doc = "Whether images are pulled one after the other.")
#define VERSION STEP("kubernetesVersion", CFG_STRING, kubernetes_version, .doc = "Version to go to.")
#define PATCHES STEP("patches", CFG_OPT_OBJECT, patches, .child = &cfg_object_patches, .doc = "Patches to apply.")
#define PRINT STEP("printConfig", CFG_OPT_BOOL, print_config, .doc = "Print the configuration used.")
#define SKIP STEP("skipPhases", CFG_STRINGS, skip_phases, .doc = "Phases to leave out.")

static const struct cfg_field apply_fields[] = {
    EXPERIMENTAL, CANDIDATES, RENEWAL, DRY_RUN, ETCD,
    STEP("forceUpgrade", CFG_OPT_BOOL, force_upgrade, .doc = "Do not ask, and go on where it can be risked."),
    IGNORE, PULL_POLICY, PULL_SERIAL, VERSION, PATCHES, PRINT, SKIP,
};
static const struct cfg_field diff_fields[] = {
    STEP("contextLines", CFG_INT64, context_lines, .doc = "Lines of context in the difference."), VERSION,
};
static const struct cfg_field upgrade_node_fields[] = {
    RENEWAL, DRY_RUN, ETCD, IGNORE, PULL_POLICY, PULL_SERIAL, PATCHES, SKIP,
};
static const struct cfg_field plan_fields[] = {
    EXPERIMENTAL, CANDIDATES, DRY_RUN, ETCD, IGNORE, VERSION, PRINT,
};
/* clang-format on */
static const struct cfg_object apply_object =
    CFG_OBJECT_OF(apply_fields, "UpgradeApplyConfiguration", cfg_upgrade_step, "`kubeadm upgrade apply`.");
static const struct cfg_object diff_object =
    CFG_OBJECT_OF(diff_fields, "UpgradeDiffConfiguration", cfg_upgrade_step, "`kubeadm upgrade diff`.");
static const struct cfg_object upgrade_node_object = CFG_OBJECT_OF(
    upgrade_node_fields, "UpgradeNodeConfiguration", cfg_upgrade_step, "`kubeadm upgrade node`.");
static const struct cfg_object plan_object =
    CFG_OBJECT_OF(plan_fields, "UpgradePlanConfiguration", cfg_upgrade_step, "`kubeadm upgrade plan`.");

static const struct cfg_field upgrade_fields[] = {
    { "apply", CFG_OBJECT, 0, CFG_OFF(cfg_upgrade, apply), &apply_object, .doc = "For `upgrade apply`." },
    { "diff", CFG_OBJECT, 0, CFG_OFF(cfg_upgrade, diff), &diff_object, .doc = "For `upgrade diff`." },
    { "node", CFG_OBJECT, 0, CFG_OFF(cfg_upgrade, node), &upgrade_node_object, .doc = "For `upgrade node`." },
    { "plan", CFG_OBJECT, 0, CFG_OFF(cfg_upgrade, plan), &plan_object, .doc = "For `upgrade plan`." },
    { "timeouts", CFG_OBJECT, CFG_WHEN_SET, CFG_OFF(cfg_upgrade, timeouts), &cfg_object_timeouts,
      .doc = "How long to wait for what." },
};
static const struct cfg_object upgrade_object = CFG_OBJECT_OF(
    upgrade_fields, "UpgradeConfiguration", cfg_upgrade, "What the `kubeadm upgrade` commands need to know.");

const struct cfg_kind cfg_kinds[CFG_KIND_COUNT] = {
    [CFG_KIND_INIT] = { "InitConfiguration", CFG_GROUP, { "v1beta4", "v1beta3" }, &init_object },
    [CFG_KIND_CLUSTER] = { "ClusterConfiguration", CFG_GROUP, { "v1beta4", "v1beta3" }, &cluster_object },
    [CFG_KIND_JOIN] = { "JoinConfiguration", CFG_GROUP, { "v1beta4", "v1beta3" }, &join_object },
    [CFG_KIND_RESET] = { "ResetConfiguration", CFG_GROUP, { "v1beta4" }, &reset_object },
    [CFG_KIND_UPGRADE] = { "UpgradeConfiguration", CFG_GROUP, { "v1beta4" }, &upgrade_object },
    [CFG_KIND_KUBELET] = { "KubeletConfiguration",
                           "kubelet.config.k8s.io",
                           { "v1beta1" },
                           &cfg_object_kubelet },
    [CFG_KIND_PROXY] = { "KubeProxyConfiguration",
                         "kubeproxy.config.k8s.io",
                         { "v1alpha1" },
                         &cfg_object_proxy },
};
