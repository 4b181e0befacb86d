/* Phase preflight of reset: asks before anything is deleted (spec operations 8.3). */
#include "base/str.h"
#include "config/types.h"
#include "phases/phases.h"
#include "phases/preflight.h"

#include <string.h>

static int confirm(struct ph_ctx *c, struct cu_err *err)
{
    char line[16] = "";
    fputs("\t[WARNING Reset]: this undoes what 'kubeadm init' and 'kubeadm join' did on this machine\n",
          c->errout);
    fputs("[reset] Are you sure you want to proceed? [y/N]: ", c->out);
    fflush(c->out);
    if (!fgets(line, sizeof(line), stdin))
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (cu_strcaseeq(line, "y") || cu_strcaseeq(line, "yes"))
        return 0;
    return cu_fail(err, CU_E_CANCELED, "aborted, nothing was changed; answer \"y\" or give --force to go on");
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
