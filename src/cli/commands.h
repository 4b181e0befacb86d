/* cli/commands.h - what the commands of kubeadm share: version text, options, and one run function per command. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"
#include "config/constants.h"

/* What `kubeadm version` says: the upstream version it behaves as, and whose build it is. */
#define CLI_VERSION CFG_KUBERNETES_VERSION "+cubeadm." CUBEADM_VERSION

extern const struct cli_command cli_root, cli_certs, cli_completion, cli_config, cli_embedded, cli_help,
    cli_init, cli_join, cli_kubeconfig, cli_reset, cli_token, cli_upgrade, cli_version;

/* Values of flags for completion (cli_flag.offers): formats of preflight's -o, feature gates, checks. */
void cli_offer_preflight_formats(struct cu_strlist *out);
void cli_offer_gates(struct cu_strlist *out);
void cli_offer_checks(struct cu_strlist *out);

#endif
