/* phases/causes.h - why something that is waited for is not there: looks at the directly started kubelet, at what the
 * node agent says of its pods, and at the end of their logs. */
#ifndef PHASES_CAUSES_H
#define PHASES_CAUSES_H

#include "phases/context.h"

/* Each answers CU_WAIT_PENDING (and may set *missing to what is known, owned by the caller; an earlier text is kept) or
 * CU_WAIT_FINAL with the cause in err. */

/* The kubelet: a directly started one that is no longer there is final, with the end of its log. */
enum cu_wait_state ph_cause_kubelet(struct ph_ctx *c, char **missing, struct cu_err *err);

/* A static Pod of the control plane ("kube-apiserver"), as the embedded node agent tells it. Final: the manifest or the
 * program is not usable, or the process ended in failure three times. */
enum cu_wait_state ph_cause_pod(struct ph_ctx *c, const char *pod, char **missing, struct cu_err *err);

/* The hash of the manifest of which the embedded node agent runs that Pod; NULL: not known, or no embedded node. Caller
 * frees. */
char *ph_cause_hash(struct ph_ctx *c, const char *pod);

#endif
