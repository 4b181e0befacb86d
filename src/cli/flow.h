/* cli/flow.h - runs a command, mostly a tree of phases, from a command line: they differ in a few functions only. */
#ifndef CLI_FLOW_H
#define CLI_FLOW_H

#include "cli/command.h"
#include "phases/context.h"

struct cli_flow {
    enum ph_flow flow;
    const struct wf_tree *phases; /* NULL: a command without phases */
    int (*begin)(struct ph_ctx *c, struct cu_err *err);
    int (*work)(struct ph_ctx *c, struct cu_err *err); /* what a command without phases does after begin */
    void (*hello)(struct ph_ctx *c);   /* first lines of a whole run, after begin; may be NULL */
    void (*goodbye)(struct ph_ctx *c); /* last lines of a whole run that succeeded; may be NULL */
};

/* The run function of such a command: opts is a struct ph_opts. A whole run begins, greets, selects and runs; a
 * single phase (call->phase) is selected before anything is read (spec init 2.3). */
int cli_flow_run(const struct cli_call *call, const struct cli_flow *flow, struct cu_err *err);

#endif
