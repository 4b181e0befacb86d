/* `kubeadm upgrade apply` and `kubeadm upgrade node`: flags, and how they end (spec operations 9.1, 9.5). The phases are in
 * src/phases. */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/flow.h"
#include "cli/upgrade.h"
#include "config/types.h"
#include "phases/upgrade.h"
#include "phases/upgrade_tree.h"

static const struct cli_flag apply_flags[] = {
    CLI_UPGRADE_UNSTABLE,
    CLI_UPGRADE_CONFIG,
    CLI_UPGRADE_CHANGES,
    CLI_UPGRADE_ETCD,
    { .name = "force",
      .shorthand = 'f',
      .type = CLI_BOOL,
      CLI_UPGRADE_AT(force),
      .usage = "go on where the versions speak against it, and do not ask" },
    CLI_UPGRADE_IGNORE,
    CLI_UPGRADE_KUBECONFIG,
    CLI_UPGRADE_PRINT,
    { .name = "yes", .shorthand = 'y', .type = CLI_BOOL, CLI_UPGRADE_AT(yes), .usage = "do not ask" },
};

static const struct cli_flag node_flags[] = {
    CLI_UPGRADE_CONFIG, CLI_UPGRADE_CHANGES, CLI_UPGRADE_ETCD, CLI_UPGRADE_IGNORE, CLI_UPGRADE_KUBECONFIG,
};

static void goodbye(struct ph_ctx *c)
{
    if (c->dry_run) {
        ph_say(c, "[upgrade/successful] Finished dryrunning successfully!");
        return;
    }
    ph_say(c, "\n[upgrade] SUCCESS! A control plane node of your cluster was upgraded to \"%s\".\n",
           c->init->cluster.kubernetes_version);
    ph_say(c, "[upgrade] Now bring the other machines after it, one at a time: 'kubeadm upgrade node' on "
              "each, then a new "
              "kubelet");
}

/* One version, or none; empty arguments do not count. */
static int take_version(const struct cli_call *call, struct cu_err *err)
{
    struct ph_opts *o = call->opts;
    for (size_t i = 0; i < call->args->n; i++) {
        if (!*call->args->v[i])
            continue;
        if (o->version)
            return cu_fail(err, CU_E_INVALID, "several versions to upgrade to: \"%s\" and \"%s\"; name one",
                           o->version, call->args->v[i]);
        o->version = call->args->v[i];
    }
    return 0;
}

static int run_apply(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = { .flow = PH_UPGRADE,
                                          .phases = &ph_upgrade_apply_tree,
                                          .begin = ph_upgrade_apply_begin,
                                          .goodbye = goodbye };
    int r = take_version(call, err);
    return r < 0 ? r : cli_flow_run(call, &flow, err);
}

static int run_node(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = { .flow = PH_UPGRADE,
                                          .phases = &ph_upgrade_node_tree,
                                          .begin = ph_upgrade_node_begin };
    return cli_flow_run(call, &flow, err);
}

const struct cli_command cli_upgrade_apply = {
    .name = "apply",
    .args = "[version]",
    .use_without_flags = true,
    .brief = "Upgrade the cluster, on its first control plane",
    .doc = "Upgrades this control plane and what belongs to the whole cluster to another version: static "
           "Pods one by "
           "one,\n"
           "configuration, addons. A component that does not come up is put back. Run again after an "
           "interruption it "
           "goes on.",
    .flags = apply_flags,
    .n_flags = CU_LEN(apply_flags),
    .opts_size = sizeof(struct ph_opts),
    .max_args = CLI_ARGS_ANY,
    .phases = &ph_upgrade_apply_tree,
    .run = run_apply,
};

const struct cli_command cli_upgrade_node = {
    .name = "node",
    .brief = "Upgrade another machine of a cluster that was upgraded",
    .doc = "Brings this machine to the version the cluster has after `kubeadm upgrade apply`: on a control "
           "plane its "
           "static\n"
           "Pods, everywhere the kubelet's configuration. The kubelet itself is upgraded by the package "
           "manager.",
    .flags = node_flags,
    .n_flags = CU_LEN(node_flags),
    .opts_size = sizeof(struct ph_opts),
    .phases = &ph_upgrade_node_tree,
    .run = run_node,
};
