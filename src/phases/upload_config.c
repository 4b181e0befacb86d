/* Phases upload-config/kubeadm and upload-config/kubelet: the cluster's configuration, where nodes that join and later
 * upgrades find it (spec init 10.2, 10.3). */
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "manifests/objects.h"
#include "phases/objects.h"
#include "phases/phases.h"

/* On an existing ConfigMap only our key changes. */
static int replace_key(void *arg, struct val *found, struct cu_err *err)
{
    (void)err;
    const struct val *ours = arg;
    val_set_str(val_need_map(found, "data"), CFG_CM_KUBEADM_KEY,
                val_find_str(ours, "data", CFG_CM_KUBEADM_KEY, NULL));
    return 0;
}

int ph_upload_config_kubeadm(struct ph_ctx *c, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autoval struct val *objects = mf_kubeadm_config(&c->init->cluster);
    ph_say(c, "[upload-config] Storing the configuration used in ConfigMap \"%s\" in the \"%s\" Namespace",
           CFG_CM_KUBEADM, CFG_NS_SYSTEM);
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = kube_create_or_mutate(kube, val_at(objects, 0), replace_key, val_at(objects, 0),
                                  ph_api_timeout(c), err);
    for (size_t i = 1; r == 0 && i < val_len(objects); i++)
        r = ph_store(c, val_at(objects, i), err);
    return r < 0 ? cu_wrap(err, "error uploading the kubeadm ClusterConfiguration") : 0;
}

int ph_upload_config_kubelet(struct ph_ctx *c, struct cu_err *err)
{
    ph_say(c, "[kubelet] Storing the kubelets' configuration in ConfigMap \"%s\" in the \"%s\" Namespace",
           CFG_CM_KUBELET, CFG_NS_SYSTEM);
    if (ph_store_all(c, mf_kubelet_config(&c->init->cluster), err) < 0)
        return cu_wrap(err, "error uploading the kubelet configuration");
    return 0;
}
