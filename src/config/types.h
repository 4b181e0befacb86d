/* config/types.h - the configuration kinds in memory, independent of the API version they were read from.
 * Memory conventions: config/part.h. Field meanings: docs/config.md and the kubeadm.k8s.io/v1beta4 reference.
 */
#ifndef CONFIG_TYPES_H
#define CONFIG_TYPES_H

#include "config/args.h"
#include "config/cluster.h"

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
