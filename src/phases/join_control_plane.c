/* Phases of join that only control planes have (spec join 3.1): on a worker they have nothing to do. Joining a control
 * plane is refused before any phase runs (phases/join_begin.c). */
#include "phases/phases.h"

int ph_join_control_plane_only(struct ph_ctx *c, struct cu_err *err)
{
    (void)c, (void)err;
    return 0;
}
