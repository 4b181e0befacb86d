/* phases/wait.h - waits that init and join share: the kubelet, and the components of a control plane. */
#ifndef PHASES_WAIT_H
#define PHASES_WAIT_H

#include "phases/context.h"

/* Waits at most timeouts.kubeletHealthCheck for http://<healthzBindAddress>:<healthzPort>/healthz of the kubelet
 * configuration in c->init; port 0: nothing is waited for. Tells "[kubelet-check]" lines, and help on failure. */
int ph_wait_kubelet(struct ph_ctx *c, struct cu_err *err);

/* Waits until kube-apiserver, kube-controller-manager and kube-scheduler are healthy at the places their manifests
 * name (spec init 10.1, join 14). Tells "[control-plane-check]" lines, and help on failure. The API server is asked
 * through ph_ctx_kube. In a dry run only the manifests are read. */
int ph_wait_components(struct ph_ctx *c, struct cu_err *err);

/* Waits until the API server of this node takes connections, or says why it never will. */
int ph_wait_api_port(struct ph_ctx *c, struct cu_err *err);

#endif
