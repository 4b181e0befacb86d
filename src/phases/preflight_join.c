/* Phase preflight of join: this machine, then the cluster it is to join (spec join 4). */
#include "config/types.h"
#include "phases/join_config.h"
#include "phases/run_mark.h"
#include "phases/phases.h"
#include "phases/preflight.h"

static int check_control_plane(struct ph_ctx *c, const struct cu_strlist *ignored, struct cu_err *err)
{
    int r = ph_check_control_plane_ready(c, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_JOIN_CONTROL, ignored, err);
    return r < 0 ? r : ph_preflight_images(c, ignored, err);
}

static int run_join(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->join->node.ignore_preflight_errors;
    ph_say(c, "[preflight] Running pre-flight checks");
    if (c->resumed)
        ph_say(c, "[preflight] An earlier join of this node was interrupted: going on where it stopped");
    int r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_JOIN_NODE, ignored, err);
    if (r == 0)
        r = ph_join_config(c, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_JOIN_CLUSTER, ignored, err);
    if (r == 0 && c->join->control_plane)
        r = check_control_plane(c, ignored, err);
    bool whole = c->plan && wf_plan_selected(c->plan, "kubelet-start");
    return r == 0 && whole && !c->dry_run ? ph_run_mark_write(c, err) : r;
}

int ph_preflight_join(struct ph_ctx *c, struct cu_err *err)
{
    return ph_checks_told(c, run_join, err);
}
