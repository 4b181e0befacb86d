/* config/types.h - the configuration kinds in memory, independent of the API version they were read from.
 * Memory conventions: config/part.h. Field meanings: docs/config.md and the kubeadm.k8s.io/v1beta4 reference.
 */
#ifndef CONFIG_TYPES_H
#define CONFIG_TYPES_H

#include "config/part.h"

struct cfg_component { /* ControlPlaneComponent; cert_sans and the timeout belong to the API server alone */
    struct cfg_args extra_args;
    struct cfg_envs extra_envs;
    struct cfg_volumes extra_volumes;
    struct cu_strlist cert_sans;
    struct cfg_duration timeout_for_control_plane; /* v1beta3 only */
};

struct cfg_networking { /* subnets: one CIDR, or two of different families joined by "," */
    char *service_subnet, *pod_subnet, *dns_domain;
};
struct cfg_etcd_local {
    char *data_dir, *image_repository, *image_tag;
    struct cfg_args extra_args;
    struct cfg_envs extra_envs;
    struct cu_strlist server_cert_sans, peer_cert_sans;
};
struct cfg_etcd_external {
    struct cu_strlist endpoints, http_endpoints;
    char *ca_file, *cert_file, *key_file;
};

struct cfg_etcd { /* exactly one of the two is there after loading */
    struct cfg_etcd_local *local;
    struct cfg_etcd_external *external;
};
struct cfg_dns {
    char *image_repository, *image_tag;
    bool disabled;
};
struct cfg_proxy {
    bool disabled;
};

/* A KubeletConfiguration or KubeProxyConfiguration document. */
struct cfg_document {
    struct val
        *doc; /* complete document, every field upstream always writes present; NULL before defaulting */
    bool user_supplied; /* came from the user: its ConfigMap is not signed */
};

struct cfg_cluster {
    char *kubernetes_version;     /* resolved after loading: "v1.36.2" */
    char *control_plane_endpoint; /* "host:port" after loading, or NULL */
    char *certificates_dir, *cluster_name, *image_repository, *encryption_algorithm;
    struct cfg_duration certificate_validity_period, ca_certificate_validity_period;
    struct cfg_networking networking;
    struct cfg_etcd etcd;
    struct cfg_component api_server, controller_manager, scheduler;
    struct cfg_dns dns;
    struct cfg_proxy proxy;
    struct cfg_gates feature_gates;

    /* Never written to ClusterConfiguration. */
    char *ci_kubernetes_version; /* "ci/v..." to be stored instead of kubernetes_version, or NULL */
    char *ci_image_repository;   /* repository of the CI images, or NULL */
    struct cfg_document kubelet, kube_proxy;
};

/* InitConfiguration with its ClusterConfiguration. Also the form every control-plane phase of join and
 * upgrade works on (cfg_from_cluster, config/load.h). */
struct cfg_init {
    struct cfg_tokens bootstrap_tokens;
    bool dry_run;
    struct cfg_node node;
    struct cfg_endpoint local_api_endpoint;
    char *certificate_key; /* secret */
    struct cu_strlist skip_phases;
    struct cfg_patches *patches;
    struct cfg_timeouts timeouts;
    struct cfg_cluster cluster;
};

struct cfg_join_control_plane {
    struct cfg_endpoint local_api_endpoint;
    char *certificate_key; /* secret */
};
struct cfg_discovery_token {
    char *token; /* secret */
    char *api_server_endpoint;
    struct cu_strlist ca_cert_hashes;
    bool unsafe_skip_ca_verification;
};
struct cfg_discovery_file {
    char *kube_config_path;
};
struct cfg_discovery {
    struct cfg_discovery_token *bootstrap_token;
    struct cfg_discovery_file *file;
    char *tls_bootstrap_token;   /* secret */
    struct cfg_duration timeout; /* v1beta3 only; loading moves it to timeouts.discovery */
};
struct cfg_join {
    bool dry_run;
    struct cfg_node node;
    char *ca_cert_path;
    struct cfg_discovery discovery;
    struct cfg_join_control_plane *control_plane; /* NULL: a worker */
    struct cu_strlist skip_phases;
    struct cfg_patches *patches;
    struct cfg_timeouts timeouts;
};

struct cfg_reset {
    bool dry_run, force, cleanup_tmp_dir;
    char *certificates_dir, *cri_socket;
    struct cu_strlist ignore_preflight_errors, skip_phases, unmount_flags;
    struct cfg_timeouts timeouts;
};

struct cfg_upgrade_step { /* apply, node, plan and diff: each kind of step uses the members upstream gives it
                           */
    char *kubernetes_version;
    enum cfg_tri allow_experimental_upgrades, allow_rc_upgrades, certificate_renewal, dry_run, etcd_upgrade,
        force_upgrade, print_config, image_pull_serial;
    struct cu_strlist ignore_preflight_errors, skip_phases;
    struct cfg_patches *patches;
    char *image_pull_policy;
    int64_t context_lines;
};
struct cfg_upgrade {
    struct cfg_upgrade_step apply, node, plan, diff;
    struct cfg_timeouts timeouts;
};

/* Empty objects; every pointer inside NULL. Free accepts NULL and wipes secrets. */
struct cfg_init *cfg_init_new(void);
struct cfg_join *cfg_join_new(void);
struct cfg_reset *cfg_reset_new(void);
struct cfg_upgrade *cfg_upgrade_new(void);
void cfg_init_free(struct cfg_init *c);
void cfg_join_free(struct cfg_join *c);
void cfg_reset_free(struct cfg_reset *c);
void cfg_upgrade_free(struct cfg_upgrade *c);

void cfg_set_str(char **field, const char *value); /* frees the old text, copies the new (NULL: none) */

#endif
