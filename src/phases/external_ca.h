/* phases/external_ca.h - certificate authorities whose keys are kept elsewhere (spec init 5.6). */
#ifndef PHASES_EXTERNAL_CA_H
#define PHASES_EXTERNAL_CA_H

#include "phases/context.h"

/* Is ca.crt (front-proxy-ca.crt) there without its key? Then everything it would sign must be there and good:
 * CU_E_INVALID or CU_E_NOTFOUND names the first thing that is not. */
int ph_external_ca_detect(struct ph_ctx *c, bool *cluster, bool *front_proxy, struct cu_err *err);

#endif
