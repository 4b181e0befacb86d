/* The root of the command tree and the flags every command has. Each command's own table lies in its own file. */
#include "cli/commands.h"

static const struct cli_flag global_flags[] = {
    { .name = "v",
      .shorthand = 'v',
      .type = CLI_LEVEL,
      .offset = offsetof(struct cli_globals, v),
      .dflt = "0",
      .persistent = true,
      .usage = "how much to log, from 0; 6 tells every request to the API server" },
    { .name = "vmodule",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_globals, vmodule),
      .persistent = true,
      .usage = "log levels of single source files, as `pattern=N,...`" },
    { .name = "rootfs",
      .type = CLI_STRING,
      .offset = offsetof(struct cli_globals, rootfs),
      .persistent = true,
      .usage = "`path` that becomes the root folder before anything else is done" },
};

/* Upstream has it, empty: a script that names it is not refused (recorded exit code 0). */
static const struct cli_command alpha = {
    .name = "alpha",
    .brief = "Commands that are tried out; there are none at present",
    .doc = "Commands that are tried out; there are none at present.",
};

static const struct cli_command *const children[] = {
    &alpha,    &cli_certs,      &cli_completion, &cli_config, &cli_embedded, &cli_help,    &cli_init,
    &cli_join, &cli_kubeconfig, &cli_reset,      &cli_token,  &cli_upgrade,  &cli_version, NULL,
};

const struct cli_command cli_root = {
    .name = "kubeadm",
    .brief = "kubeadm: set up a Kubernetes cluster with two commands",
    .doc = "Sets up Kubernetes clusters: `kubeadm init` makes the first control plane, `kubeadm join` adds "
           "machines.\n"
           "\n"
           "With --embedded both need nothing but this program and its companion cubeplane: no container "
           "runtime,\n"
           "no images, no etcd.",
    .example = "  Make a cluster, on the first machine:\n"
               "    kubeadm init\n"
               "  Add a machine to it, with the line that init printed:\n"
               "    kubeadm join <host:port> --token <token> --discovery-token-ca-cert-hash sha256:<hash>",
    .flags = global_flags,
    .n_flags = CU_LEN(global_flags),
    .opts_size = sizeof(struct cli_globals),
    .children = children,
};
