/* phases/join_control_plane.h - what the control plane phases of join share. */
#ifndef PHASES_JOIN_CONTROL_PLANE_H
#define PHASES_JOIN_CONTROL_PLANE_H

#include "phases/context.h"

/* *yes: this machine joins as a control plane; then the cluster's configuration is read (phases/join_config.h) and
 * c->external_ca says whether the CA's key is here. A worker asks the cluster nothing. */
int ph_join_is_control_plane(struct ph_ctx *c, bool *yes, struct cu_err *err);

#endif
