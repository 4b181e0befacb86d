/* phases/cluster_config.h - the cluster's own configuration, as it is stored (spec operations 13.3). */
#ifndef PHASES_CLUSTER_CONFIG_H
#define PHASES_CLUSTER_CONFIG_H

#include "config/load.h"
#include "phases/context.h"

struct kube_client;

/* ClusterConfiguration alone, with static defaults. *out: cfg_init_free(). */
int ph_cluster_config_get(struct kube_client *kube, const struct cfg_load_options *o, struct cfg_init **out,
                          struct cu_err *err);

/* The same; where the API server cannot vouch for it, of what it has in memory: its etcd may be gone for ever. */
int ph_cluster_config_remembered(struct kube_client *kube, const struct cfg_load_options *o,
                                 struct cfg_init **out, struct cu_err *err);

/* ClusterConfiguration and the component configurations, read through c->kube, to c->init. What concerns the node has
 * static defaults only; cfg_default_init_dynamic() is left to the caller. */
int ph_cluster_config_stored(struct ph_ctx *c, const struct cfg_load_options *o, struct cu_err *err);

/* All of it for this node, a control plane, complete, to c->init: node name (by the server's word on kubelet.conf, else
 * by its certificate, else the host name), taints and CRI socket from its Node, address from its API server's Pod. */
int ph_cluster_config_read(struct ph_ctx *c, struct cu_err *err);

/* The same in parts. */
struct ph_cluster_read {
    bool components;                     /* component configurations */
    bool endpoint;                       /* the address of this node's API server */
    const char *version;                 /* replaces the cluster's Kubernetes version; NULL: does not */
    const struct cfg_timeouts *timeouts; /* for these and later requests; NULL: the defaults */
};
int ph_cluster_config_parts(struct ph_ctx *c, const struct ph_cluster_read *read, struct cu_err *err);

/* The name this node has by the server's word on kubelet.conf, else by its certificate, to init->node.name; left as it is
 * where nothing tells: then it is the host name. */
void ph_cluster_config_name(struct ph_ctx *c, struct cfg_init *init);

/* The component configurations that are stored, to init->cluster; what is not there is left alone. */
int ph_cluster_config_components(struct ph_ctx *c, struct cfg_init *init, struct cu_err *err);

/* The two lines that say where the configuration is read from and how it is changed. */
void ph_cluster_config_say(struct ph_ctx *c, const char *prefix);

#endif
