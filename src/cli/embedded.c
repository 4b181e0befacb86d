/* `kubeadm embedded`: what only the embedded control plane has. The steps of a migration are in src/phases. */
#include "cli/embedded.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/flow.h"
#include "config/types.h"
#include "phases/migrate.h"

#define AT(member) .offset = offsetof(struct ph_opts, member)

static const struct cli_flag migrate_flags[] = {
    { .name = "component-dir",
      .type = CLI_STRING,
      AT(component_dir),
      .usage = "`folder` of the embedded programs; without it beside kubeadm" },
    { .name = "etcd-cafile",
      .type = CLI_STRING,
      AT(etcd_cafile),
      .usage = "`file` with the certificate authority of an etcd that runs elsewhere" },
    { .name = "etcd-certfile",
      .type = CLI_STRING,
      AT(etcd_certfile),
      .usage = "`file` with the client certificate for that etcd" },
    { .name = "etcd-data-dir",
      .type = CLI_STRING,
      AT(etcd_data_dir),
      .dflt = CFG_ETCD_DATA_DIR,
      .usage = "data `folder` of the etcd that is set up on this machine" },
    { .name = "etcd-keyfile",
      .type = CLI_STRING,
      AT(etcd_keyfile),
      .usage = "`file` with the key of the client certificate" },
    { .name = "etcd-servers",
      .type = CLI_STRINGS,
      AT(etcd_servers),
      .usage = "`URLs` of an etcd that runs elsewhere; without them one is set up on this machine" },
    { .name = "events",
      .type = CLI_STRING,
      AT(events),
      .usage = "`file` that gets one JSON object per step; - for the error stream" },
    { .name = "to",
      .type = CLI_STRING,
      AT(to),
      .required = true,
      .usage = "`store` to move to: etcd; sqlite gives an interrupted move up" },
};

static void goodbye(struct ph_ctx *c)
{
    ph_say(c, "\nThe cluster is on etcd now. Clients that watch begin anew by themselves.");
    if (c->init->cluster.etcd.local)
        ph_say(c, "Other control planes can join it: `kubeadm token create --print-join-command`, with the "
                  "key that\n"
                  "`kubeadm init phase upload-certs --upload-certs` prints.");
}

static int migrate(const struct cli_call *call, struct cu_err *err)
{
    static const struct cli_flow flow = {
        .flow = PH_INIT, .phases = &ph_migrate_tree, .begin = ph_migrate_begin, .goodbye = goodbye
    };
    static const struct cli_flow undo = { .flow = PH_INIT,
                                          .phases = &ph_migrate_undo_tree,
                                          .begin = ph_migrate_begin };
    const struct ph_opts *o = call->opts;
    return cli_flow_run(call, cu_streq(o->to, "sqlite") ? &undo : &flow, err);
}

static const struct cli_command migrate_command = {
    .name = "migrate",
    .brief = "Move an embedded control plane from SQLite to etcd",
    .doc = "Moves every object of the embedded control plane on this machine from its SQLite file to etcd: "
           "one that is\n"
           "set up here as a static Pod, ready for other control planes to join, or with --etcd-servers one "
           "that runs\n"
           "elsewhere and holds no objects yet.\n"
           "\n"
           "The API server is away for some seconds while objects are copied. Names, UIDs and contents stay; "
           "every\n"
           "resourceVersion becomes a later one. When a step fails the API server goes on from SQLite. After "
           "an\n"
           "interruption the same command finishes the move, and --to sqlite gives it up. The SQLite file is "
           "kept as a "
           "backup.",
    .example = "  # set up etcd on this machine and move there\n"
               "  kubeadm embedded migrate --to etcd\n"
               "  # move to an etcd of three members\n"
               "  kubeadm embedded migrate --to etcd --etcd-servers "
               "https://e1:2379,https://e2:2379,https://e3:2379 \\\n"
               "    --etcd-cafile /etc/kubernetes/pki/etcd/ca.crt --etcd-certfile "
               "/etc/kubernetes/pki/etcd-client.crt \\\n"
               "    --etcd-keyfile /etc/kubernetes/pki/etcd-client.key",
    .flags = migrate_flags,
    .n_flags = CU_LEN(migrate_flags),
    .opts_size = sizeof(struct ph_opts),
    .run = migrate,
};

static const struct cli_command *const children[] = { &cli_embedded_export, &migrate_command, NULL };

const struct cli_command cli_embedded = {
    .name = "embedded",
    .brief = "Look after an embedded control plane: export its objects, move it to etcd",
    .doc = "What is special to control planes that were made with --embedded.",
    .children = children,
    .strict = true,
};
