/* Phase show-join-command: what to do next, and the commands that join other machines (spec init 12). */
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/kubeconfig.h"
#include "phases/bootstrap_secret.h"
#include "phases/phases.h"

#define WITHHELD "<value withheld>"

static int say_control_plane(struct ph_ctx *c, const struct kube_config *config, const char *token,
                             struct cu_err *err)
{
    const char *key = c->opts->skip_certificate_key_print ? WITHHELD
                      : c->upload_certs                   ? c->certificate_key
                                                          : NULL;
    struct ph_join_command o = {
        .token = token, .certificate_key = key, .control_plane = true, .multi_line = true
    };
    cu_autowipe char *line = NULL;
    if (cu_is_empty(c->init->cluster.control_plane_endpoint))
        return 0;
    int r = ph_join_command(config, &o, &line, err);
    if (r < 0)
        return r;
    if (!c->upload_certs) {
        ph_say(c,
               "You can now add control planes: copy the certificate authorities and the service account "
               "keys to each,\n"
               "then run there as root:\n\n  %s\n",
               line);
        return 0;
    }
    ph_say(c, "You can now add control planes with this command, run as root on each:\n\n  %s\n", line);
    ph_say(c, "The certificate key opens the cluster's certificates: keep it secret! The uploaded "
              "certificates are deleted\n"
              "after two hours; \"kubeadm init phase upload-certs --upload-certs\" uploads them anew.\n");
    return 0;
}

static int say_block(struct ph_ctx *c, const struct kube_config *config, const char *token,
                     struct cu_err *err)
{
    struct ph_join_command o = { .token = token, .multi_line = true };
    cu_autowipe char *line = NULL;
    ph_say(c,
           "\nYour Kubernetes control-plane has initialized successfully!\n\n"
           "To use the cluster as a regular user, take over the administrator's kubeconfig:\n\n"
           "  mkdir -p $HOME/.kube\n"
           "  sudo cp -i %s $HOME/.kube/config\n"
           "  sudo chown $(id -u):$(id -g) $HOME/.kube/config\n\n"
           "As root you can also just run:\n\n"
           "  export KUBECONFIG=" CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF "\n",
           c->paths.kubeconfig);
    if (c->embedded)
        ph_say(c, "This is an embedded control plane: nodes run static Pods as processes and no workload "
                  "containers, so it\n"
                  "needs no pod network.\n");
    else
        ph_say(c, "The cluster needs a pod network: run \"kubectl apply -f [podnetwork].yaml\" with one of "
                  "those listed at\n"
                  "  https://kubernetes.io/docs/concepts/cluster-administration/addons/\n");
    int r = say_control_plane(c, config, token, err);
    if (r == 0)
        r = ph_join_command(config, &o, &line, err);
    if (r == 0)
        ph_say(c, "Add worker nodes by running this on each as root%s:\n\n%s",
               c->embedded ? " (with --embedded)" : "", line);
    return r;
}

int ph_show_join_command(struct ph_ctx *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    const struct cfg_tokens *tokens = &c->init->bootstrap_tokens;
    int r = kube_config_load(c->paths.kubeconfig, &config, err);
    for (size_t i = 0; r == 0 && i < tokens->n; i++)
        r = say_block(c, config, c->opts->skip_token_print ? WITHHELD : tokens->v[i].token, err);
    return r < 0 ? cu_wrap(err, "could not make the join command") : 0;
}
