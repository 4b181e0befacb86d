/* Phase preflight of join: this machine, then the cluster it is to join, whose clock is looked at too (spec join 4). */
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "phases/join_config.h"
#include "phases/phases.h"
#include "phases/preflight.h"

#define SKEW_LIMIT_MS 30000 /* certificates are good from five minutes before they are made */

/* A clock far from the API server's makes certificates look expired or not yet valid. */
static void warn_of_clock(struct ph_ctx *c)
{
    int64_t skew = c->kube ? kube_client_clock_skew_ms(c->kube) : 0;
    if (skew > -SKEW_LIMIT_MS && skew < SKEW_LIMIT_MS)
        return;
    fprintf(c->errout,
            "\t[WARNING ClockSkew]: this machine's clock is %lld s %s the API server's; set it, e.g. with "
            "chronyd or 'timedatectl "
            "set-ntp true'\n",
            (long long)(skew < 0 ? -skew : skew) / 1000, skew < 0 ? "ahead of" : "behind");
}

int ph_preflight_join(struct ph_ctx *c, struct cu_err *err)
{
    const struct cu_strlist *ignored = &c->join->node.ignore_preflight_errors;
    ph_say(c, "[preflight] Running pre-flight checks");
    int r = ph_checks_run(c, PH_CHECK_ROOT, ignored, err);
    if (r == 0)
        r = ph_checks_run(c, PH_CHECK_JOIN_NODE, ignored, err);
    if (r == 0)
        r = ph_join_config(c, err);
    if (r == 0)
        warn_of_clock(c);
    return r;
}
