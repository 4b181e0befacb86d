/* Phase kubelet-start of init: the kubelet stopped, its files written, started (spec init 9.1). */
#include "phases/kubelet.h"
#include "phases/phases.h"

int ph_kubelet_start_init(struct ph_ctx *c, struct cu_err *err)
{
    ph_kubelet_stop(c);
    int r = ph_kubelet_write_flags(c, false, err);
    if (r == 0)
        r = ph_kubelet_write_instance_config(c, err);
    if (r == 0)
        r = ph_kubelet_write_config(c, err);
    if (r < 0 || c->dry_run)
        return r;
    ph_say(c, "[kubelet-start] Starting the kubelet");
    ph_kubelet_restart(c);
    return 0;
}
