/* `kubeadm config` and `kubeadm config print`: tables, and the texts of the defaults (spec config 17.1).
 * Must not know what a configuration holds. */
#include "cli/config.h"
#include "base/log.h"
#include "config/encode.h"
#include "config/host.h"
#include "node/identity.h"
#include <string.h>

void cli_config_options(struct cfg_load_options *o, struct cu_strlist *warnings)
{
    *o = (struct cfg_load_options){ .host = cfg_host_of(NULL), .warnings = warnings };
}

void cli_config_warn(const struct cu_strlist *warnings)
{
    for (size_t i = 0; i < warnings->n; i++)
        cu_log_warning("%s", warnings->v[i]);
}

struct print_options {
    struct cu_strlist components;
};

/* All four commands; the first word of the command's name says which defaults. */
static int print_defaults(const struct cli_call *c, struct cu_err *err)
{
    const struct print_options *o = c->opts;
    const char *name = c->command->name;
    cu_autofree char *what = cu_strndup(name, strcspn(name, "-"));
    cu_autofree char *host = NULL;
    cu_autofree char *text = NULL;
    int r = node_hostname(NULL, &host, err);

    if (r == 0)
        r = cfg_print_defaults(what, cli_call_has(c, "component-configs") ? &o->components : NULL, host,
                               &text, err);
    if (r == 0)
        fputs(text, c->out);
    return r;
}

static const struct cli_flag print_flags[] = {
    { .name = "component-configs",
      .type = CLI_STRINGS,
      .offset = offsetof(struct print_options, components),
      .usage = "print these kinds too: KubeProxyConfiguration, KubeletConfiguration" },
};

static const struct cli_command print_init = {
    .name = "init-defaults",
    .brief = "Print the configuration that `kubeadm init` uses by default",
    .doc = "Prints a configuration file for `kubeadm init` with all defaults. Values that are found out on "
           "the machine, or\n"
           "by chance, such as the token and the address, are placeholders.",
    .flags = print_flags,
    .n_flags = CU_LEN(print_flags),
    .opts_size = sizeof(struct print_options),
    .run = print_defaults,
};
static const struct cli_command print_join = {
    .name = "join-defaults",
    .brief = "Print the configuration that `kubeadm join` uses by default",
    .doc = "Prints a configuration file for `kubeadm join` with all defaults. Endpoint and token are "
           "placeholders.",
    .opts_size = sizeof(struct print_options),
    .run = print_defaults,
};
static const struct cli_command print_reset = {
    .name = "reset-defaults",
    .brief = "Print the configuration that `kubeadm reset` uses by default",
    .doc = "Prints a configuration file for `kubeadm reset` with all defaults.",
    .opts_size = sizeof(struct print_options),
    .run = print_defaults,
};
static const struct cli_command print_upgrade = {
    .name = "upgrade-defaults",
    .brief = "Print the configuration that `kubeadm upgrade` uses by default",
    .doc = "Prints a configuration file for the `kubeadm upgrade` commands with all defaults.",
    .opts_size = sizeof(struct print_options),
    .run = print_defaults,
};
static const struct cli_command *const print_children[] = { &print_init, &print_join, &print_reset,
                                                            &print_upgrade, NULL };

const struct cli_command cli_config_print = {
    .name = "print",
    .brief = "Print default configurations",
    .doc = "Prints configuration files with all defaults. docs/config.md describes every field.",
    .strict = true,
    .children = print_children,
};

struct config_options {
    char *kubeconfig;
};

static const struct cli_flag config_flags[] = {
    { .name = "kubeconfig",
      .type = CLI_STRING,
      .offset = offsetof(struct config_options, kubeconfig),
      .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,
      .persistent = true,
      .usage = "kubeconfig `file` for talking to the cluster" },
};
static const struct cli_command *const config_children[] = { &cli_config_images, &cli_config_migrate,
                                                             &cli_config_print, &cli_config_validate, NULL };

const struct cli_command cli_config = {
    .name = "config",
    .brief = "Print, check and migrate configuration files",
    .doc = "Works on configuration files: prints the defaults, checks a file, brings an old one to the "
           "newest API version,\n"
           "lists the images a cluster needs. The configuration of a running cluster is in the ConfigMap\n"
           "kubeadm-config of the namespace kube-system:\n"
           "\n"
           "    kubectl get cm -n kube-system kubeadm-config -o yaml",
    .flags = config_flags,
    .n_flags = CU_LEN(config_flags),
    .opts_size = sizeof(struct config_options),
    .strict = true,
    .children = config_children,
};
