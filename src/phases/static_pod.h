/* phases/static_pod.h - writing one static Pod manifest, for the phases of init and join that do. */
#ifndef PHASES_STATIC_POD_H
#define PHASES_STATIC_POD_H

#include "manifests/pod.h"
#include "phases/context.h"

/* Writes <component>.yaml to c->paths.manifests, with the user's patches. initial_cluster: as in struct mf_host. */
int ph_manifest_write(struct ph_ctx *c, enum mf_component component, const char *initial_cluster,
                      struct cu_err *err);

#endif
