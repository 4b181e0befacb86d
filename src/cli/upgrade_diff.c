/* `kubeadm upgrade diff`: flags, and which lines are shown round a change (spec operations 9.10). */
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/upgrade.h"
#include "config/types.h"
#include "phases/upgrade.h"
#include "phases/upgrade_diff.h"

static const struct cli_flag flags[] = {
    CLI_UPGRADE_CONFIG,
    { .name = "context-lines",
      .shorthand = 'c',
      .type = CLI_INT32,
      CLI_UPGRADE_AT(context_lines),
      .dflt = "3",
      .usage = "equal lines shown round a change; without this flag none, as upstream does" },
    CLI_UPGRADE_KUBECONFIG,
};

static int diff(struct ph_ctx *c, struct cu_err *err)
{
    int64_t context = ph_opts_given(c->opts, "context-lines") ? c->opts->context_lines
                                                              : c->upgrade->config->diff.context_lines;
    if (context < 0)
        return cu_fail(err, CU_E_INVALID, "a negative number of context lines: %lld", (long long)context);
    return ph_upgrade_diff(c, (size_t)context, err);
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = { .flow = PH_UPGRADE, .begin = ph_upgrade_diff_begin, .work = diff };
    if (call->args->n == 1) /* of several none counts: upstream's rule */
        cli_upgrade_take_version(call);
    return cli_flow_run(call, &flow, err);
}

const struct cli_command cli_upgrade_diff = {
    .name = "diff",
    .args = "[version]",
    .brief = "Show what an upgrade would change in the static Pod manifests",
    .doc =
        "Shows the difference between the manifests of this control plane and those of another version, as "
        "diff(1) does.\n"
        "Nothing is changed. Without a version it is that of the cluster; patches are not applied.",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct ph_opts),
    .max_args = CLI_ARGS_ANY,
    .run = run,
};
