/* phases/upgrade_diff.h - what an upgrade would change in the manifests of this control plane (spec operations 9.10). */
#ifndef PHASES_UPGRADE_DIFF_H
#define PHASES_UPGRADE_DIFF_H

#include "phases/context.h"

/* Prints the differences on c->result; nothing where there are none. context: equal lines shown round a change. */
int ph_upgrade_diff(struct ph_ctx *c, size_t context, struct cu_err *err);

#endif
