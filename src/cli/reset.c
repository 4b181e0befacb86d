/* `kubeadm reset`: its flags (spec operations 8.1) and how it begins and ends. The phases are in src/phases. */
#include "cli/commands.h"
#include "cli/flow.h"
#include "config/types.h"
#include "phases/phases.h"
#include "phases/reset_tree.h"

#define AT(member) .offset = offsetof(struct ph_opts, member)

static const struct cli_flag flags[] = {
    { .name = "cert-dir",
      .type = CLI_STRING,
      AT(cert_dir),
      .dflt = CFG_PKI_DIR,
      .usage = "`folder` of the certificates, whose contents are deleted" },
    { .name = "cleanup-tmp-dir",
      .type = CLI_BOOL,
      AT(cleanup_tmp_dir),
      .usage = "delete the contents of " CFG_TMP_DIR " too" },
    { .name = "config", .type = CLI_STRING, AT(config), .usage = "configuration `file`" },
    { .name = "cri-socket",
      .type = CLI_STRING,
      AT(cri_socket),
      .usage = "`socket` of the container runtime; without it the one that answers" },
    { .name = "dry-run", .type = CLI_BOOL, AT(dry_run), .usage = "change nothing; show what would be done" },
    { .name = "events",
      .type = CLI_STRING,
      AT(events),
      .usage = "`file` that gets one JSON object per step; - for the error stream" },
    { .name = "force", .shorthand = 'f', .type = CLI_BOOL, AT(force), .usage = "do not ask" },
    { .name = "ignore-preflight-errors",
      .type = CLI_STRINGS,
      AT(ignore_preflight_errors),
      .offers = cli_offer_checks,
      .usage = "`checks` whose errors become warnings; all for every one" },
    { .name = "kubeconfig",
      .type = CLI_STRING,
      AT(kubeconfig),
      .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,
      .usage = "kubeconfig `file` to reach the cluster with" },
    { .name = "skip-phases", .type = CLI_STRINGS, AT(skip_phases), .usage = "`phases` to leave out" },
};

static void goodbye(struct ph_ctx *c)
{
    if (c->dry_run)
        return;
    ph_say(c, "\nLeft as they are, because others may have made them: network plug-in configuration "
              "(/etc/cni/net.d), iptables,\n"
              "nftables and IPVS rules, $HOME/.kube/config, container images, the data of an external etcd, "
              "and in the\n"
              "cluster the Node object, which 'kubectl delete node' removes, and bootstrap tokens.");
}

static int run(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = {
        .flow = PH_RESET, .phases = &ph_reset_tree, .begin = ph_reset_begin, .goodbye = goodbye
    };
    return cli_flow_run(call, &flow, err);
}

const struct cli_command cli_reset = {
    .name = "reset",
    .brief = "Undo what init or join did on this machine",
    .doc = "Ends the kubelet and what it runs, and deletes what `kubeadm init` or `kubeadm join` wrote on "
           "this machine: best\n"
           "effort, what cannot be deleted is told and left.",
    .flags = flags,
    .n_flags = CU_LEN(flags),
    .opts_size = sizeof(struct ph_opts),
    .phases = &ph_reset_tree,
    .max_args = CLI_ARGS_ANY, /* upstream accepts and passes over them */
    .run = run,
};
