/* phases/kubelet_health.h - waiting until the kubelet answers on its health port. */
#ifndef PHASES_KUBELET_HEALTH_H
#define PHASES_KUBELET_HEALTH_H

#include "phases/context.h"

/* GET http://<healthzBindAddress>:<healthzPort>/healthz of the KubeletConfiguration until it answers 200; healthzPort 0:
 * nothing to wait for. Ends at once when the kubelet is known to have ended. */
int ph_kubelet_wait_healthy(struct ph_ctx *c, int64_t timeout_ms, struct cu_err *err);

#endif
