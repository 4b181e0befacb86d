/* cli/certs.h - the options of `kubeadm certs` and what its sub-commands share with `kubeadm kubeconfig`. */
#ifndef CLI_CERTS_H
#define CLI_CERTS_H

#include "cli/commands.h"
#include "cli/output.h"
#include "phases/context.h"

struct cli_certs_opts { /* owned by the command engine */
    char *cert_dir, *config, *kubeconfig, *kubeconfig_dir;
    struct cli_output output;
};

extern const struct cli_command cli_certs_check, cli_certs_csr, cli_certs_renew;

/* --cert-dir, --config and --kubeconfig of the commands that work on a cluster's certificates. */
#define CLI_CERTS_FLAGS                                                                                      \
    { .name = "cert-dir",                                                                                    \
      .type = CLI_STRING,                                                                                    \
      .offset = offsetof(struct cli_certs_opts, cert_dir),                                                   \
      .dflt = CFG_PKI_DIR,                                                                                   \
      .usage = "`folder` of the certificates; with --config that of the file counts" },                      \
        { .name = "config",                                                                                  \
          .type = CLI_STRING,                                                                                \
          .offset = offsetof(struct cli_certs_opts, config),                                                 \
          .usage = "configuration `file`; without it the configuration is read from the cluster" },          \
    {                                                                                                        \
        .name = "kubeconfig", .type = CLI_STRING, .offset = offsetof(struct cli_certs_opts, kubeconfig),     \
        .dflt = CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,                                                       \
        .usage = "kubeconfig `file` to reach the cluster with"                                               \
    }

/* A context for work on certificates: machine, output, clock; no configuration yet. End with cli_certs_end(). */
int cli_certs_begin(const struct cli_call *call, struct ph_ctx *c, struct cu_err *err);
void cli_certs_end(struct ph_ctx *c);

/* c->init from the file, or the defaults when `path` is ""; this machine's address is looked for only with `address`.
 * Sets the paths: certificates in `cert_dir` without a file (and NULL: as configured), kubeconfigs in
 * /etc/kubernetes. */
int cli_certs_load(struct ph_ctx *c, const char *path, const char *cert_dir, bool address,
                   struct cu_err *err);

/* The same from --config, else from the cluster, else the defaults (spec operations 6.2). prefix: told before the lines
 * that say so; NULL: they are not printed. */
int cli_certs_find_config(const struct cli_call *call, const char *prefix, struct ph_ctx *c,
                          struct cu_err *err);

#endif
