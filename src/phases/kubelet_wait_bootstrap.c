/* Phase kubelet-wait-bootstrap of join: the kubelet answers and has its certificate (spec join 12). */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/causes.h"
#include "phases/certificate_request.h"
#include "phases/join_config.h"
#include "phases/phases.h"
#include "phases/wait.h"

#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define BOOTSTRAP_CONF CFG_KUBERNETES_DIR "/" CFG_BOOTSTRAP_KUBELET_CONF
#define INTERVAL_MS 1000

struct bootstrap {
    struct ph_ctx *ctx;
    char *node;
};

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
    *missing = ph_certificate_request_state(b->ctx, &denied);
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
