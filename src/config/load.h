/* config/load.h - from a file, from flags or from the cluster to a complete configuration: read, decode,
 * default, convert, default from the host, validate (spec config 7-13). Nothing here prints; what the user
 * should be told goes to `warnings`, one text each. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/error.h"
#include "config/types.h"

/* What loading wants to know about the machine. Every function may be NULL: then the fixed fallback is used.
 */
struct cfg_host {
    const char *hostname; /* NULL: gethostname(2) */
    /* Address for `wanted` ("" , "0.0.0.0", "::" or a loopback address; spec config 8.4); *out owned by the
     * caller. Without it an unspecified address stays as "0.0.0.0" and a loopback address as it is. */
    int (*choose_address)(void *arg, const char *wanted, char **out, struct cu_err *err);
    /* CRI sockets ("unix://...") that answer, in upstream's order (spec config 8.3), appended to `found`. */
    void (*find_cri)(void *arg, struct cu_strlist *found);
    /* Body of a version label's URL; called only when a label was asked for by name. Without it the label is
     * answered by the built-in version, with a warning. Must give up within a second. */
    int (*fetch)(void *arg, const char *url, char **out, struct cu_err *err);
    void *arg;
};

struct cfg_load_options {
    struct cfg_host host;
    bool strict;           /* unknown and duplicate fields are errors (config validate, config migrate) */
    bool quiet_deprecated; /* no warning about kubeadm.k8s.io/v1beta3 */
    bool detect_cri;       /* look for the CRI socket when none is named; else the containerd default */
    bool skip_validation;
    bool
        upstream_versions; /* refuse control planes that upstream's kubeadm 1.36 refuses: older than v1.35.0 */
    /* Only without a file: what the flags said, on top of an empty object; everything else is defaulted.
     * Borrowed. */
    const struct cfg_init *init_flags;
    const struct cfg_join *join_flags;
    const struct cfg_reset *reset_flags;
    const struct cfg_upgrade *upgrade_flags;
    const char *node_name; /* --node-name: replaces nodeRegistration.name after loading; NULL: not given */
    bool embedded;         /* call cfg_set_embedded() before defaulting */
    struct cu_strlist *warnings; /* texts appended; NULL: dropped */
    struct cfg_errors *errors; /* every finding in parts, for tests and tools; NULL: only the text in `err` */
};

/* path NULL: no file. *out: complete and valid, owned by the caller (cfg_*_free). Fails with CU_E_NOTFOUND/IO
 * for the file, else CU_E_INVALID with all findings: one alone as it is, several as "[a, b]". */
int cfg_load_init(const char *path, const struct cfg_load_options *o, struct cfg_init **out,
                  struct cu_err *err);
int cfg_load_join(const char *path, const struct cfg_load_options *o, struct cfg_join **out,
                  struct cu_err *err);
int cfg_load_reset(const char *path, const struct cfg_load_options *o, struct cfg_reset **out,
                   struct cu_err *err);
int cfg_load_upgrade(const char *path, const struct cfg_load_options *o, struct cfg_upgrade **out,
                     struct cu_err *err);

/* `text`: ClusterConfiguration of the ConfigMap kubeadm-config, in the version it was stored in. The
 * InitConfiguration part is the defaults; component configs: cfg_set_component(). Unknown fields only warn; dynamic defaults and validation are left to the caller: set
 * what is known of the node (name, CRI socket, local_api_endpoint), then cfg_default_init_dynamic(). */
int cfg_from_cluster(const char *text, const struct cfg_load_options *o, struct cfg_init **out,
                     struct cu_err *err);

/* A KubeletConfiguration or KubeProxyConfiguration text (of its ConfigMap) as the one of `c`. user_supplied: its
 * signature is missing or wrong. */
int cfg_set_component(struct cfg_init *c, const char *text, bool user_supplied,
                      const struct cfg_load_options *o, struct cu_err *err);

/* `kubeadm config validate`: every kind of the file, in the order Init/Cluster, Join, Reset, Upgrade; stops at the first
 * with findings. Set strict and upstream_versions. */
int cfg_validate_file(const char *path, const struct cfg_load_options *o, struct cu_err *err);
/* `kubeadm config migrate`: the file in v1beta4; *out: text owned by the caller, "" when no kind was recognised. */
int cfg_migrate_file(const char *path, const struct cfg_load_options *o, char **out, struct cu_err *err);

/* Static defaults fill what is not given (spec config 7). */
void cfg_default_init_static(struct cfg_init *c);
void cfg_default_join_static(struct cfg_join *c);
void cfg_default_reset_static(struct cfg_reset *c);
void cfg_default_upgrade_static(struct cfg_upgrade *c);
/* Defaults that need the machine, the clock or chance (spec config 8): tokens, node name, CRI socket,
 * address, component configs, version, endpoint port. */
int cfg_default_init_dynamic(struct cfg_init *c, const struct cfg_load_options *o, struct cu_err *err);
int cfg_default_join_dynamic(struct cfg_join *c, const struct cfg_load_options *o, struct cu_err *err);
int cfg_default_reset_dynamic(struct cfg_reset *c, const struct cfg_load_options *o, struct cu_err *err);

/* Embedded control plane: when the configuration names no etcd, the store is SQLite (constants.h
 * CFG_SQLITE_STORE). */
void cfg_set_embedded(struct cfg_init *c);
bool cfg_is_embedded_store(const struct cfg_cluster *c); /* etcd.external.endpoints is one sqlite:// URL */

/* The check of init and control-plane join on the final address (spec config 8.5). */
int cfg_check_bind_address(const char *address, struct cu_err *err);

/* Couples dns.disabled/proxy.disabled with skipped phases, both ways (spec config 3.4). */
void cfg_couple_addons(struct cfg_cluster *c, struct cu_strlist *skip_phases);

/* "host:port" reached by clients: controlPlaneEndpoint, else advertiseAddress:bindPort; caller frees. The URL
 * is "https://" before it. */
char *cfg_endpoint(const struct cfg_init *c);
char *cfg_local_endpoint(const struct cfg_endpoint *e); /* advertiseAddress:bindPort */

#endif
