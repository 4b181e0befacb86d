/* cli/token.h - the options of `kubeadm token` and what its sub-commands share. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include "cli/command.h"
#include "cli/output.h"
#include "kube/client.h"

struct cli_token_opts { /* owned by the command engine */
    char *kubeconfig;
    bool dry_run;
    /* create */
    char *config, *description, *certificate_key;
    struct cu_strlist usages, groups;
    int64_t ttl; /* nanoseconds */
    bool print_join_command;
    /* list */
    struct cli_output output;
};

/* The kubeconfig of the token commands: --kubeconfig, else the first that exists of $KUBECONFIG's entries (or
 * $HOME/.kube/config) and /etc/kubernetes/admin.conf (spec operations 2). *out: free with kube_config_free. */
int cli_token_kubeconfig(const struct cli_call *c, struct kube_config **out, struct cu_err *err);
/* A client for it, or with --dry-run one that only announces writes, on c->out. */
int cli_token_client(const struct cli_call *c, const struct kube_config *config, struct kube_client **out,
                     struct cu_err *err);

int cli_token_create(const struct cli_call *c, struct cu_err *err);
int cli_token_list(const struct cli_call *c, struct cu_err *err);

#endif
