/* Phase kubelet-wait-bootstrap of join: the kubelet answers and has its certificate (spec join 12). */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/causes.h"
#include "phases/join_config.h"
#include "phases/phases.h"
#include "phases/wait.h"

#include <string.h>

#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define BOOTSTRAP_CONF CFG_KUBERNETES_DIR "/" CFG_BOOTSTRAP_KUBELET_CONF
#define INTERVAL_MS 1000
#define CSR_LIST "/apis/certificates.k8s.io/v1/certificatesigningrequests"

struct bootstrap {
    struct ph_ctx *ctx;
    char *node;
};

static const struct val *condition(const struct val *csr, const char *type)
{
    const struct val *conditions = val_find(csr, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(conditions); i++)
        if (cu_streq(val_get_str(val_at(conditions, i), "type"), type))
            return val_at(conditions, i);
    return NULL;
}

/* What became of this machine's request for a certificate; *denied when the answer is no. Caller frees. */
static char *request_state(struct bootstrap *b, bool *denied)
{
    cu_autoval struct val *list = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *user = NULL;
    const struct val *newest = NULL, *no;
    const char *token = b->ctx->join->discovery.tls_bootstrap_token;
    if (!b->ctx->kube || kube_get(b->ctx->kube, CSR_LIST, "limit=500", &list, &e) < 0)
        return cu_asprintf("the API server cannot be asked about the certificate request: %s",
                           cu_err_text(&e));
    user = cu_asprintf("system:bootstrap:%.6s", cu_or(token, ""));
    const struct val *items = val_get(list, "items");
    for (size_t i = 0; i < val_len(items); i++) {
        const struct val *csr = val_at(items, i);
        const char *made = val_find_str(csr, "metadata", "creationTimestamp", NULL);
        if (!cu_streq(val_find_str(csr, "spec", "username", NULL), user))
            continue;
        if (!newest || strcmp(cu_or(made, ""),
                              cu_or(val_find_str(newest, "metadata", "creationTimestamp", NULL), "")) >= 0)
            newest = csr;
    }
    if (!newest)
        return cu_strdup("the kubelet has not requested a certificate yet");
    const char *name = val_find_str(newest, "metadata", "name", NULL);
    no = condition(newest, "Denied") ? condition(newest, "Denied") : condition(newest, "Failed");
    *denied = no != NULL;
    if (no)
        return cu_asprintf("certificate request \"%s\" was refused: %s", name,
                           cu_or(val_get_str(no, "message"), "no reason given"));
    if (!condition(newest, "Approved"))
        return cu_asprintf("certificate request \"%s\" is pending; approve it on a control plane with  "
                           "kubectl certificate approve %s",
                           name, name);
    if (!val_find_str(newest, "status", "certificate", NULL))
        return cu_asprintf("certificate request \"%s\" is approved but not signed; does "
                           "kube-controller-manager run and have the "
                           "CA key?",
                           name);
    return cu_asprintf("certificate request \"%s\" is signed; the kubelet has not stored it yet", name);
}

static enum cu_wait_state certificate_there(void *arg, char **missing, struct cu_err *err)
{
    struct bootstrap *b = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    kube_autoconfig struct kube_config *config = NULL;
    struct kube_client *client = NULL;
    bool denied = false;
    int r = kube_config_load(KUBELET_CONF, &config, &e);
    if (r == 0)
        r = kube_client_new(config, NULL, &client, &e); /* reads certificate and key; no request is made */
    kube_client_free(client);
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = request_state(b, &denied);
    if (!denied)
        return ph_cause_kubelet(b->ctx, missing, err);
    cu_fail(err, CU_E_FINAL, "%s", *missing);
    return CU_WAIT_FINAL;
}

static int wait_certificate(struct ph_ctx *c, struct cu_err *err)
{
    struct bootstrap b = { .ctx = c };
    cu_autofree char *what = cu_asprintf("the kubelet's client certificate (%s)", KUBELET_CONF);
    ph_say(c, "[kubelet-wait] Waiting for the kubelet to have its client certificate");
    return ph_wait(c,
                   &(struct ph_waiting){ what, cfg_ms(c->join->timeouts.tls_bootstrap), INTERVAL_MS,
                                         certificate_there, &b },
                   err);
}

int ph_kubelet_wait_bootstrap(struct ph_ctx *c, struct cu_err *err)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would wait for the kubelet to answer and to have its client certificate");
        return 0;
    }
    int r = ph_join_config(c, err);
    if (r == 0)
        r = ph_wait_kubelet(c, err);
    if (r == 0)
        r = wait_certificate(c, err);
    cu_unlink(BOOTSTRAP_CONF, &ignored); /* it holds the token; in all cases (spec join 12 step 4) */
    return r;
}
