/* From the options of init, join, reset and upgrade to a run of their phases. It must not know any phase. */
#include "cli/flow.h"
#include "cli/wrap.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "node/sys.h"
#include "workflow/progress.h"

static void note_names(const struct cli_call *call, struct ph_opts *o)
{
    const struct cli_flag *f;
    for (size_t i = 0; (f = cli_flagset_next(call->flags, &i));) {
        cu_strlist_add(&o->known, f->name);
        if (cli_flagset_given(call->flags, f->name))
            cu_strlist_add(&o->given, f->name);
    }
}

static int run_plan(const struct cli_call *call, const struct cli_flow *flow, struct wf_plan *plan,
                    struct ph_ctx *c, struct cu_err *err)
{
    int r = call->phase ? wf_plan_select(plan, call->phase, NULL, err) : 0;
    if (r == 0)
        r = flow->begin(c, err);
    if (r == 0 && !call->phase) {
        if (flow->hello)
            flow->hello(c);
        r = wf_plan_select(plan, NULL, &c->skip_phases, err);
    }
    const struct wf_hooks hooks = { .ctx = c, .enter = ph_ctx_enter, .progress = c->progress };
    if (r == 0)
        r = wf_plan_run(plan, &hooks, err);
    if (r == 0 && !call->phase && flow->goodbye)
        flow->goodbye(c);
    wf_progress_table(c->progress);
    return r;
}

static int run_phases(const struct cli_call *call, const struct cli_flow *flow, struct ph_ctx *c,
                      struct cu_err *err)
{
    struct wf_plan *plan = wf_plan_new(flow->phases);
    c->plan = plan;
    int r = run_plan(call, flow, plan, c, err);
    c->plan = NULL;
    wf_plan_free(plan);
    return r;
}

static int run_work(const struct cli_flow *flow, struct ph_ctx *c, struct cu_err *err)
{
    int r = flow->begin(c, err);
    return r < 0 ? r : flow->work(c, err);
}

int cli_flow_run(const struct cli_call *call, const struct cli_flow *flow, struct cu_err *err)
{
    struct ph_opts *o = call->opts;
    note_names(call, o);
    /* where the answer is for programs nothing else stands beside it */
    FILE *out = o->output && !cu_streq(o->output, "text") ? call->err : call->out;
    bool terminal = isatty(fileno(out)) == 1;
    const struct wf_progress_opts po = { .out = out,
                                         .events_path = o->events,
                                         .colour = cli_colour(out),
                                         .timing = !call->phase && (terminal || call->globals->v >= 1) };
    struct ph_ctx c = { .flow = flow->flow,
                        .opts = o,
                        .sys = node_sys_host(),
                        .out = out,
                        .result = call->out,
                        .errout = call->err,
                        .start_ms = cu_now_ms() };
    setvbuf(call->out, NULL, _IOLBF, 0);
    wf_catch_signals();
    int r = wf_progress_new(&po, &c.progress, err);
    if (r == 0)
        r = flow->phases ? run_phases(call, flow, &c, err) : run_work(flow, &c, err);
    struct wf_progress *progress = c.progress; /* only borrowed by the context */
    ph_ctx_clear(&c);
    wf_progress_free(progress);
    cu_strlist_clear(&o->given);
    cu_strlist_clear(&o->known);
    return r;
}
