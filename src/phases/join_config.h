/* phases/join_config.h - the cluster's configuration, as a joining node reads it (spec join 7). */
#ifndef PHASES_JOIN_CONFIG_H
#define PHASES_JOIN_CONFIG_H

#include "phases/context.h"

/* Discovers the cluster and reads kubeadm-config, kube-proxy and kubelet-config into c->init, with this node's
 * registration in it; c->kube becomes the client with the bootstrap credentials. Does nothing the second time.
 * CU_E_NOTFOUND: this cluster was not made by kubeadm; CU_E_FORBIDDEN, CU_E_AUTH: the token may not read it. */
int ph_join_config(struct ph_ctx *c, struct cu_err *err);

#endif
