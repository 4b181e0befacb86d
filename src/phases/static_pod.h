/* phases/static_pod.h - writing one static Pod manifest, for the phases of init and join that do. */
#ifndef PHASES_STATIC_POD_H
#define PHASES_STATIC_POD_H

#include "manifests/pod.h"
#include "phases/context.h"

/* Writes <component>.yaml to `dir`, with the user's patches. initial_cluster: as in struct mf_host. */
int ph_manifest_write(struct ph_ctx *c, enum mf_component component, const char *initial_cluster,
                      const char *dir, struct cu_err *err);
/* The text of it. extra: initial_cluster and ids; the rest is filled in. *out: caller frees. */
int ph_manifest_text(struct ph_ctx *c, enum mf_component component, const struct mf_host *extra, char **out,
                     struct cu_err *err);

#endif
