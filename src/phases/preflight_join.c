/* Phase preflight of join: this machine, then the cluster it is to join (spec join 4). */
#include "config/types.h"
#include "phases/join_config.h"
#include "phases/phases.h"
#include "phases/preflight.h"

static int run_join(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->join->node.ignore_preflight_errors;
    ph_say(c, "[preflight] Running pre-flight checks");
    int r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_JOIN_NODE, ignored, err);
    if (r == 0)
        r = ph_join_config(c, err);
    return r == 0 ? ph_checks_run(c, PH_CHECK_JOIN_CLUSTER, ignored, err) : r;
}

int ph_preflight_join(struct ph_ctx *c, struct cu_err *err)
{
    return ph_checks_told(c, run_join, err);
}
