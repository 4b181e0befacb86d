/* cli/config.h - the commands below `kubeadm config` (spec config 16.3, 17). */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/commands.h"
#include "config/load.h"

extern const struct cli_command cli_config_print, cli_config_validate, cli_config_migrate, cli_config_images;

/* Loading as these commands do it: this machine answers, warnings are collected. */
void cli_config_options(struct cfg_load_options *o, struct cu_strlist *warnings);
/* Writes them to the log. */
void cli_config_warn(const struct cu_strlist *warnings);

#endif
