/* phases/upgrade.h - what the four commands of `kubeadm upgrade` share: what is wanted, from flags and file. */
#ifndef PHASES_UPGRADE_H
#define PHASES_UPGRADE_H

#include "phases/context.h"

struct cfg_upgrade; /* config: UpgradeConfiguration */

enum ph_upgrade_step { PH_UPGRADE_PLAN, PH_UPGRADE_DIFF, PH_UPGRADE_APPLY, PH_UPGRADE_NODE };

struct ph_upgrade {
    enum ph_upgrade_step step;
    struct cfg_upgrade *config; /* owned */
    char
        *version; /* asked for. plan: as typed, NULL none; diff: NULL the cluster's; apply: resolved. Owned */
    struct cu_strlist ignored; /* preflight names */
    bool allow_experimental, allow_rc, certificate_renewal, etcd_upgrade, force, print_config;
    bool interactive;   /* a person is asked before anything changes */
    bool control_plane; /* this node has a control plane */
};
void ph_upgrade_free(struct ph_upgrade *u); /* NULL is fine */

/* What the commands begin with. The cluster is not asked yet but by apply and node, which read its configuration. */
int ph_upgrade_plan_begin(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_diff_begin(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_apply_begin(struct ph_ctx *c, struct cu_err *err);
int ph_upgrade_node_begin(struct ph_ctx *c, struct cu_err *err);

/* Reads the cluster's configuration to c->init, telling it with this prefix, and settles what depends on it: places,
 * embedded or not. version (may be NULL): replaces the cluster's. */
int ph_upgrade_read_cluster(struct ph_ctx *c, const char *prefix, bool components, const char *version,
                            struct cu_err *err);
/* Tells which feature gates of the cluster's configuration a cluster of that minor (0: the newest) has no use for. */
void ph_upgrade_tell_gates(struct ph_ctx *c, int minor);
/* The ClusterConfiguration in use, when it is asked for. */
void ph_upgrade_print_config(struct ph_ctx *c);

#endif
