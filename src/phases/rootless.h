/* phases/rootless.h - feature gate RootlessControlPlane: users and groups for the components, and their files handed to
 * them (spec init 7.9). */
#ifndef PHASES_ROOTLESS_H
#define PHASES_ROOTLESS_H

#include "manifests/pod.h"
#include "phases/context.h"

/* The ids a component runs with; users and groups that are missing are added to /etc/passwd and /etc/group, existing
 * ones must be as wanted (CU_E_INVALID). */
int ph_rootless_ids(struct ph_ctx *c, enum mf_component component, struct mf_ids *ids, struct cu_err *err);
/* Takes those users and groups out again, as reset does. */
int ph_rootless_remove(struct ph_ctx *c, struct cu_err *err);
/* Gives the component the files it reads and writes. */
int ph_rootless_give_files(struct ph_ctx *c, enum mf_component component, const struct mf_ids *ids,
                           struct cu_err *err);

#endif
