/* phases/discovery_dry.c - discovery by token in a dry run (spec join 20): as always where the cluster answers and has
 * signed for the token, else by what the invented cluster says of itself.
 * Must not know what the invented cluster is made of. */
#include "phases/discovery.h"

#include "base/log.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/dry_run.h"
#include "kube/kubeconfig.h"
#include "phases/dry_run_cluster.h"

#include <string.h>

/* What anybody at the endpoint says, trusted by nobody: only whether it is signed for the token matters. */
static struct val *read_real(struct ph_ctx *c, const struct cfg_discovery_token *t)
{
    cu_autofree char *server = cu_asprintf("https://%s", t->api_server_endpoint);
    const struct kube_config_spec spec = { .cluster = "kubernetes", .server = server, .user = "discovery" };
    const struct kube_options anybody = { .insecure = true, .no_credentials = true };
    kube_autoconfig struct kube_config *config = kube_config_build(&spec);
    struct kube_client *real = ph_dry_run_real(c, config, &anybody);
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    struct val *info = NULL;
    if (real && kube_get(real, PH_CLUSTER_INFO_PATH, NULL, &info, &e) < 0)
        ph_say(c, "[dryrun] The real API server could not answer (%s)", cu_err_text(&e));
    kube_client_free(real);
    return info;
}

int ph_discover_dry(struct ph_ctx *c, const struct cfg_discovery_token *t, struct kube_config **out,
                    struct cu_err *err)
{
    cu_autoval struct val *real = read_real(c, t), *info = NULL;
    cu_autofree char *key = cu_asprintf("jws-kubeconfig-%.6s", cu_or(t->token, ""));
    bool known = val_find(real, "data", key, NULL) != NULL;
    struct kube_client *client = NULL;
    if (!known)
        cu_log_warning("no cluster-info signed for this token was found at %s: the dry run goes on with an "
                       "invented cluster",
                       t->api_server_endpoint);
    int r = ph_dry_run_cluster(c, NULL, &client, err);
    if (r == 0 && known)
        kube_dry_run_seed(client, real);
    if (r == 0)
        r = kube_get(client, PH_CLUSTER_INFO_PATH, NULL, &info, err); /* announces it */
    kube_client_free(client);
    if (r < 0)
        return r;
    if (known)
        return ph_discover_token(c, t, out, err);
    c->no_cluster = true;
    const char *text = cu_or(val_find_str(info, "data", "kubeconfig", NULL), "");
    return kube_config_parse(text, strlen(text), out, err);
}
