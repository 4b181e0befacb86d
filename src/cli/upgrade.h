/* cli/upgrade.h - the flags the commands of `kubeadm upgrade` share; all options land in struct ph_opts. */
#ifndef CLI_UPGRADE_H
#define CLI_UPGRADE_H

#include "cli/command.h"
#include "phases/options.h"

extern const struct cli_command cli_upgrade_apply, cli_upgrade_diff, cli_upgrade_node, cli_upgrade_plan;

#define CLI_UPGRADE_AT(member) .offset = offsetof(struct ph_opts, member)
#define CLI_UPGRADE_CONFIG                                                                                   \
    {                                                                                                        \
        .name = "config", .type = CLI_STRING, CLI_UPGRADE_AT(config), .usage = "configuration `file`"        \
    }
#define CLI_UPGRADE_KUBECONFIG                                                                               \
    {                                                                                                        \
        .name = "kubeconfig", .type = CLI_STRING, CLI_UPGRADE_AT(kubeconfig),                                \
        .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,                                                       \
        .usage = "kubeconfig `file` to reach the cluster with"                                               \
    }
#define CLI_UPGRADE_IGNORE                                                                                   \
    {                                                                                                        \
        .name = "ignore-preflight-errors", .type = CLI_STRINGS, CLI_UPGRADE_AT(ignore_preflight_errors),     \
        .usage = "`checks` whose errors become warnings; all for every one"                                  \
    }
#define CLI_UPGRADE_UNSTABLE                                                                                 \
    { .name = "allow-experimental-upgrades",                                                                 \
      .type = CLI_BOOL,                                                                                      \
      CLI_UPGRADE_AT(allow_experimental_upgrades),                                                           \
      .usage = "take pre-releases: alpha, beta and release candidate" },                                     \
    {                                                                                                        \
        .name = "allow-release-candidate-upgrades", .type = CLI_BOOL,                                        \
        CLI_UPGRADE_AT(allow_release_candidate_upgrades), .usage = "take release candidates"                 \
    }
#define CLI_UPGRADE_ETCD                                                                                     \
    {                                                                                                        \
        .name = "etcd-upgrade", .type = CLI_BOOL, CLI_UPGRADE_AT(etcd_upgrade), .dflt = "true",              \
        .usage = "upgrade etcd too, where it runs on the control planes"                                     \
    }
#define CLI_UPGRADE_PRINT                                                                                    \
    {                                                                                                        \
        .name = "print-config", .type = CLI_BOOL, CLI_UPGRADE_AT(print_config),                              \
        .usage = "show the cluster's configuration"                                                          \
    }
/* Flags of the commands that change a node. */
#define CLI_UPGRADE_CHANGES                                                                                  \
    { .name = "certificate-renewal",                                                                         \
      .type = CLI_BOOL,                                                                                      \
      CLI_UPGRADE_AT(certificate_renewal),                                                                   \
      .dflt = "true",                                                                                        \
      .usage = "renew the certificates of the components that are upgraded" },                               \
        { .name = "dry-run",                                                                                 \
          .type = CLI_BOOL,                                                                                  \
          CLI_UPGRADE_AT(dry_run),                                                                           \
          .usage = "change nothing; show what would be done" },                                              \
        { .name = "events",                                                                                  \
          .type = CLI_STRING,                                                                                \
          CLI_UPGRADE_AT(events),                                                                            \
          .usage = "`file` that gets one JSON object per step; - for the error stream" },                    \
        { .name = "patches",                                                                                 \
          .type = CLI_STRING,                                                                                \
          CLI_UPGRADE_AT(patches),                                                                           \
          .usage = "`folder` of patches, files named target[suffix][+type].yaml or .json" },                 \
    {                                                                                                        \
        .name = "skip-phases", .type = CLI_STRINGS, CLI_UPGRADE_AT(skip_phases),                             \
        .usage = "`phases` to leave out"                                                                     \
    }
/* The version among the arguments: the first. */
void cli_upgrade_take_version(const struct cli_call *call);

#endif
