/* phases/patches.h - the user's patches (--patches): read once per run, applied to what phases write (spec init
 * 8). */
#ifndef PHASES_PATCHES_H
#define PHASES_PATCHES_H

#include "codec/value.h"
#include "phases/context.h"

void ph_patches_free(struct ph_patches *p); /* NULL is fine */

/* Reads the folder at the first call and tells what is used and what is not. *set: borrowed, NULL without a
 * folder of patches. */
struct cfg_patch_set;
int ph_patches_get(struct ph_ctx *c, const struct cfg_patch_set **set, struct cu_err *err);

/* Applies every patch of `target` ("kubeletconfiguration", "etcd", ...) to *doc, which is replaced, and tells each. */
int ph_patches_apply(struct ph_ctx *c, const char *target, struct val **doc, struct cu_err *err);
/* One strategic merge patch of our own, told like the user's. */
int ph_patches_apply_one(struct ph_ctx *c, const char *target, const struct val *patch, struct val **doc,
                         struct cu_err *err);

#endif
