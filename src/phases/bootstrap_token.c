/* Phase bootstrap-token: the tokens that nodes join with, what they may do, and cluster-info, by which nodes recognise
 * the cluster (spec init 10.6). */
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "manifests/objects.h"
#include "phases/bootstrap_secret.h"
#include "phases/objects.h"
#include "phases/phases.h"

static void say_tokens(struct ph_ctx *c)
{
    const struct cfg_tokens *tokens = &c->init->bootstrap_tokens;
    cu_autostrlist struct cu_strlist texts = CU_STRLIST_INIT;
    for (size_t i = 0; i < tokens->n; i++)
        cu_strlist_add(&texts, tokens->v[i].token);
    cu_autowipe char *text = cu_strlist_join(&texts, " ");
    if (tokens->n == 1)
        ph_say(c, "[bootstrap-token] Using token: %s", text);
    else
        ph_say(c, "[bootstrap-token] Using tokens: [%s]", text);
}

/* cluster-info names the server that the client kubeconfig names, not this machine's own. */
static struct val *cluster_info(struct ph_ctx *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autofree char *ca = NULL;
    int r = kube_config_load(c->paths.kubeconfig, &config, err);
    if (r == 0 && cu_is_empty(kube_config_server(config)))
        r = cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" has no current context with a server",
                    c->paths.kubeconfig);
    if (r == 0)
        r = kube_config_ca(config, &ca, err);
    return r < 0 ? NULL : mf_cluster_info(kube_config_server(config), ca);
}

int ph_bootstrap_token(struct ph_ctx *c, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    if (!c->opts->skip_token_print)
        say_tokens(c);
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = ph_tokens_store(kube, &c->init->bootstrap_tokens, false, ph_api_timeout(c), err);
    if (r < 0)
        return r;
    ph_say(c, "[bootstrap-token] Letting tokens read nodes and request certificates, and having those "
              "approved and renewed by rule");
    if (ph_store_all(c, mf_bootstrap_rbac(), err) < 0)
        return cu_wrap(err, "error giving bootstrap tokens their rights");
    ph_say(c, "[bootstrap-token] Publishing \"cluster-info\" in the \"kube-public\" namespace");
    struct val *info = cluster_info(c, err);
    if (!info || ph_store_all(c, info, err) < 0)
        return cu_wrap(err, "error publishing cluster-info");
    return 0;
}
