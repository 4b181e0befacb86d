/* `kubeadm upgrade`: the group. The commands in it lie in files of their own. */
#include "cli/upgrade.h"
#include "base/str.h"
#include "cli/commands.h"

void cli_upgrade_take_version(const struct cli_call *call)
{
    struct ph_opts *o = call->opts;
    o->version = call->args->n && *call->args->v[0] ? call->args->v[0] : NULL;
}

static const struct cli_command *const children[] = { &cli_upgrade_apply, &cli_upgrade_diff,
                                                      &cli_upgrade_node, &cli_upgrade_plan, NULL };

const struct cli_command cli_upgrade = {
    .name = "upgrade",
    .brief = "Bring a cluster to a newer version of Kubernetes",
    .doc = "Brings a cluster to a newer version of Kubernetes: `kubeadm upgrade plan` shows which there are, "
           "`kubeadm "
           "upgrade\n"
           "apply` on the first control plane changes the cluster, `kubeadm upgrade node` on every other "
           "machine "
           "brings\n"
           "that one after.",
    .children = children,
    .strict = true,
};
