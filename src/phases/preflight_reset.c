/* Phase preflight of reset: asks before anything is deleted (spec operations 8.3). */
#include "config/types.h"
#include "phases/confirm.h"
#include "phases/phases.h"
#include "phases/preflight.h"

static int confirm(struct ph_ctx *c, struct cu_err *err)
{
    fputs("\t[WARNING Reset]: this undoes what 'kubeadm init' and 'kubeadm join' did on this machine\n",
          c->errout);
    return ph_confirm(c, "reset", "--force", err);
}

int ph_preflight_reset(struct ph_ctx *c, struct cu_err *err)
{
    bool asked = !c->opts->force && !c->reset->force && !c->dry_run;
    int r = asked ? confirm(c, err) : 0;
    if (r < 0)
        return r;
    ph_say(c, "[preflight] Running pre-flight checks");
    return ph_checks_run(c, PH_CHECK_RESET, &c->reset->ignore_preflight_errors, err);
}
