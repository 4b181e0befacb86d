/* config/part.h - the pieces configuration kinds are made of: lists, durations, node registration, timeouts,
 * tokens.
 *
 * Conventions of all structs: text is an owned `char *`, NULL or "" meaning "not given"; a zeroed struct is
 * empty and valid. A list is { v, n, cap }; `set` tells an empty list from an absent one where upstream sees
 * a difference. Everything is freed by the cfg_*_free() of the kind that holds it (config/types.h). */
#ifndef CONFIG_PART_H
#define CONFIG_PART_H

#include "base/strlist.h"
#include "codec/value.h"

enum cfg_tri { CFG_UNSET = 0, CFG_NO, CFG_YES }; /* an optional bool */

struct cfg_duration {
    int64_t ns; /* nanoseconds; compare and wait in milliseconds with cfg_ms() */
    bool set;
};

struct cfg_arg { /* a component argument, without the dashes */
    char *name, *value;
};
struct cfg_args { /* in the user's order; a name may occur more than once */
    struct cfg_arg *v;
    size_t n, cap;
    bool set;
};

struct cfg_env { /* core/v1 EnvVar */
    char *name, *value;
    struct val
        *value_from; /* core/v1 EnvVarSource as a value tree with defaults filled in; NULL when absent */
};
struct cfg_envs {
    struct cfg_env *v;
    size_t n, cap;
    bool set;
};

struct cfg_volume { /* HostPathMount */
    char *name, *host_path, *mount_path;
    char *path_type; /* "", "DirectoryOrCreate", "File", ... */
    bool read_only;
};
struct cfg_volumes {
    struct cfg_volume *v;
    size_t n, cap;
    bool set;
};

struct cfg_taint {
    char *key, *value, *effect;
    char *time_added; /* RFC 3339 text, NULL when absent */
};
struct cfg_taints { /* !set: nothing said (a control plane gets its default taint); set and n == 0: no taint
                       wanted */
    struct cfg_taint *v;
    size_t n, cap;
    bool set;
};

struct cfg_gate {
    char *name;
    bool on;
};
struct cfg_gates { /* sorted by name, names unique */
    struct cfg_gate *v;
    size_t n, cap;
    bool set;
};

struct cfg_token { /* bootstraptoken v1 */
    char *token;   /* "id.secret"; a secret: freed wiped */
    char *description;
    char *expires;           /* RFC 3339 text; NULL when absent */
    struct cfg_duration ttl; /* 0 = never expires */
    struct cu_strlist usages, groups;
};
struct cfg_tokens {
    struct cfg_token *v;
    size_t n, cap;
    bool set;
};

struct cfg_patches {
    char *directory;
};

struct cfg_endpoint { /* APIEndpoint: this node's own API server */
    char *advertise_address;
    int32_t bind_port;
};

struct cfg_node { /* NodeRegistrationOptions */
    char *name, *cri_socket;
    struct cfg_taints taints;
    struct cfg_args kubelet_extra_args;
    struct cu_strlist ignore_preflight_errors;
    char *image_pull_policy;
    enum cfg_tri image_pull_serial;
};

struct cfg_timeouts { /* after loading every member is set */
    struct cfg_duration control_plane_component_health_check, discovery, etcd_api_call, kubelet_health_check,
        kubernetes_api_call, tls_bootstrap, upgrade_manifests;
};

static inline int64_t cfg_ms(struct cfg_duration d)
{
    return d.ns / 1000000;
}
static inline bool cfg_is_yes(enum cfg_tri t) /* unset counts as no */
{
    return t == CFG_YES;
}

#endif
