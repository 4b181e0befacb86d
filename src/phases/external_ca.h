/* phases/external_ca.h - certificate authorities whose keys are kept elsewhere (spec init 5.6). */
#ifndef PHASES_EXTERNAL_CA_H
#define PHASES_EXTERNAL_CA_H

#include "phases/context.h"

/* Is ca.crt (front-proxy-ca.crt) there without its key? Then everything it would sign must be there and good:
 * CU_E_INVALID or CU_E_NOTFOUND names the first thing that is not. */
int ph_external_ca_detect(struct ph_ctx *c, bool *cluster, bool *front_proxy, struct cu_err *err);

/* Everything that the authority `ca` (a base) signs for a control plane is in `dir` with its key and chains to it at
 * now_ms; else CU_E_INVALID, CU_E_NOTFOUND. */
int ph_external_ca_check(const char *dir, const char *ca, int64_t now_ms, struct cu_err *err);

#endif
