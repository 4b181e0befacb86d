/* Phase kubelet-finalize: kubelet.conf names the certificate file that the kubelet renews, instead of holding the one
 * init made (spec init 10.7). */
#include "base/file.h"
#include "base/log.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/kubeconfig.h"
#include "phases/kubelet.h"
#include "phases/phases.h"

#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define CURRENT_PEM "kubelet-client-current.pem"

int ph_kubelet_finalize(struct ph_ctx *c, struct cu_err *err)
{
    const char *given = cfg_args_last(&c->init->node.kubelet_extra_args, "cert-dir");
    cu_autofree char *dir = given ? cu_strdup(given) : cu_path_join(c->paths.kubelet, "pki");
    cu_autofree char *pem = cu_path_join(dir, CURRENT_PEM);
    kube_autoconfig struct kube_config *config = NULL;
    if (!cu_exists(pem)) {
        cu_log_debug(1, "no %s: the kubelet does not rotate its client certificate", pem);
        return 0;
    }
    ph_say(c, "[kubelet-finalize] Updating \"%s\" to point to a rotatable kubelet client certificate and key",
           KUBELET_CONF);
    if (c->dry_run)
        return 0;
    int r = kube_config_load(KUBELET_CONF, &config, err);
    if (r < 0)
        return r;
    struct val *user = kube_config_current_user(config);
    if (!user)
        return cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" has no user in its current context",
                       KUBELET_CONF);
    val_del(user, "client-certificate-data");
    val_del(user, "client-key-data");
    val_set_str(user, "client-certificate", pem);
    val_set_str(user, "client-key", pem);
    if ((r = kube_config_save(config, KUBELET_CONF, err)) < 0)
        return r;
    ph_kubelet_reload(c);
    return 0;
}
