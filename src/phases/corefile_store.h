/* phases/corefile_store.h - the ConfigMap of CoreDNS where there may be one already (spec init 11.2). */
#ifndef PHASES_COREFILE_STORE_H
#define PHASES_COREFILE_STORE_H

#include "phases/context.h"

/* Stores `ours`, the ConfigMap with the default Corefile: over one that is missing, empty or a default; one of an older
 * CoreDNS that must change is migrated and its Deployment pointed at what it was, any other is kept. *keep_deployment:
 * the migration failed (warned about), so the CoreDNS that is there must stay. CU_E_INVALID: no Corefile in the
 * ConfigMap, or a CoreDNS of no known version. */
int ph_corefile_store(struct ph_ctx *c, struct kube_client *kube, const struct val *ours,
                      bool *keep_deployment, struct cu_err *err);

#endif
