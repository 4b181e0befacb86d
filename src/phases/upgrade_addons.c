/* Phases addon and bootstrap-token of upgrade: objects of the cluster that come with a version (spec operations 9.8). */
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "manifests/objects.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "phases/upgrade.h"

/* Image of the container kube-apiserver. */
static const char *api_server_image(const struct val *pod)
{
    const struct val *containers = val_find(pod, "spec", "containers", NULL);
    for (size_t i = 0; i < val_len(containers); i++)
        if (cu_streq(val_get_str(val_at(containers, i), "name"), "kube-apiserver"))
            return val_get_str(val_at(containers, i), "image");
    return NULL;
}

/* Control planes whose API server is not of this one's version yet, appended. */
static int find_others(struct ph_ctx *c, struct cu_strlist *behind, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autoval struct val *list = NULL;
    cu_autofree char *path = kube_path("v1", "pods", CFG_NS_SYSTEM, NULL);
    const char *ours = NULL;
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = kube_get(kube, path, "labelSelector=component%3Dkube-apiserver", &list, err);
    if (r < 0)
        return cu_wrap(err, "cannot list the API servers");
    const struct val *pods = val_get(list, "items");
    for (size_t i = 0; i < val_len(pods); i++)
        if (cu_streq(val_find_str(val_at(pods, i), "spec", "nodeName", NULL), c->init->node.name))
            ours = api_server_image(val_at(pods, i));
    for (size_t i = 0; i < val_len(pods); i++)
        if (!cu_streq(api_server_image(val_at(pods, i)), ours))
            cu_strlist_add(behind, cu_or(val_find_str(val_at(pods, i), "spec", "nodeName", NULL), "?"));
    return 0;
}

/* The addons must not be newer than an API server. *yes: this is the last control plane. */
static int may_upgrade(struct ph_ctx *c, bool disabled, bool *yes, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist behind = CU_STRLIST_INIT;
    *yes = false;
    if (!c->upgrade->control_plane || disabled) {
        ph_say(c, "[upgrade/addon] Skipping %s: %s", c->phase->name,
               disabled ? "the configuration disables it" : "this node has no control plane");
        return 0;
    }
    int r = find_others(c, &behind, err);
    cu_autofree char *names = cu_strlist_join(&behind, ", ");
    if (r == 0 && behind.n)
        ph_say(c, "[upgrade/addon] Skipping %s until the last control plane is upgraded; not yet are: %s",
               c->phase->name, names);
    *yes = r == 0 && behind.n == 0;
    return r;
}

int ph_upgrade_coredns(struct ph_ctx *c, struct cu_err *err)
{
    bool yes = false;
    int r = may_upgrade(c, c->init->cluster.dns.disabled, &yes, err);
    return r == 0 && yes ? ph_addon_coredns(c, err) : r;
}

int ph_upgrade_kube_proxy(struct ph_ctx *c, struct cu_err *err)
{
    bool yes = false;
    int r = may_upgrade(c, c->init->cluster.proxy.disabled, &yes, err);
    return r == 0 && yes ? ph_addon_kube_proxy(c, err) : r;
}

/* All rights are tried; what failed is one error. */
static void store_each(struct ph_ctx *c, const struct val *objects, struct cu_strlist *failed)
{
    for (size_t i = 0; i < val_len(objects); i++) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        const struct val *o = val_at(objects, i);
        if (!cu_streq(val_get_str(o, "kind"), "ConfigMap") && ph_store(c, o, &e) < 0)
            cu_strlist_addf(failed, "%s %s: %s", val_get_str(o, "kind"),
                            val_find_str(o, "metadata", "name", NULL), cu_err_text(&e));
    }
}

int ph_upgrade_bootstrap_token(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist failed = CU_STRLIST_INIT;
    cu_autoval struct val *rights = mf_bootstrap_rbac(),
                          *info = mf_cluster_info("", ""); /* of it only the rights */
    ph_say(c, "[bootstrap-token] Letting tokens read nodes and request certificates, and having those "
              "approved and renewed by rule");
    store_each(c, rights, &failed);
    store_each(c, info, &failed);
    cu_autofree char *all = cu_strlist_join(&failed, "; ");
    return failed.n ? cu_fail(err, CU_E_SERVER, "error giving bootstrap tokens their rights: %s", all) : 0;
}

int ph_upgrade_post(struct ph_ctx *c, struct cu_err *err)
{
    (void)c;
    (void)
        err; /* of this version nothing has to be cleaned up: the kubelet takes all flags that were ever written */
    return 0;
}
