/* phases/upgrade_plan.h - which versions run in a cluster, and what it can be upgraded to (spec operations 9.4). */
#ifndef PHASES_UPGRADE_PLAN_H
#define PHASES_UPGRADE_PLAN_H

#include "config/upgrade.h"
#include "phases/context.h"

/* One component on one node. */
struct ph_instance {
    char *node, *version; /* owned */
};
struct ph_instances { /* sorted by version, else in the server's order */
    struct ph_instance *v;
    size_t n, cap;
};

struct ph_cluster_versions {
    struct ph_instances kubelet, api_server, controller_manager, scheduler, etcd;
    char *cluster; /* the newest API server: "v1.36.2" */
    char *dns;     /* "v1.14.2"; "" when there is none */
    char *target;  /* the label "stable", or what was asked for */
};
#define PH_CLUSTER_VERSIONS_INIT                                                                             \
    {                                                                                                        \
        .cluster = NULL                                                                                      \
    }
#define ph_autoversions __attribute__((cleanup(ph_cluster_versions_clear)))
void ph_cluster_versions_clear(struct ph_cluster_versions *v);

/* Asks the cluster and tells what it finds. Both outputs: cleared by the caller. */
int ph_upgrade_find(struct ph_ctx *c, struct ph_cluster_versions *found, struct cfg_offers *offers,
                    struct cu_err *err);
/* The versions of all kubelets, one text each. */
int ph_upgrade_kubelets(struct ph_ctx *c, struct cu_strlist *versions, struct cu_err *err);

/* The object UpgradePlan without its kind: availableUpgrades and configVersions; *out: caller owns. Asks the cluster for
 * its component configurations. */
int ph_upgrade_plan_value(struct ph_ctx *c, const struct ph_cluster_versions *found,
                          const struct cfg_offers *offers, struct val **out, struct cu_err *err);

#endif
