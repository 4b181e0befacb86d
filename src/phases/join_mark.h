/* phases/join_mark.h - a join that has begun leaves a mark until it is done, so that one that was interrupted (killed,
 * power cut) can be finished by the same command: what it wrote itself does not stand in its way then. */
#ifndef PHASES_JOIN_MARK_H
#define PHASES_JOIN_MARK_H

#include "config/constants.h"
#include "phases/context.h"

#define PH_JOIN_MARK CFG_KUBERNETES_DIR "/cubeadm-join.json"

/* Is there the mark of a join of the same node, in the same role? Another node's, or one that cannot be read, is
 * none. */
bool ph_join_mark_found(const struct ph_ctx *c);
int ph_join_mark_write(const struct ph_ctx *c, struct cu_err *err);
void ph_join_mark_remove(void); /* absent is fine; what cannot be removed is logged */

#endif
