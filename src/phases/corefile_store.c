/* Decides what becomes of a Corefile that is in the cluster. It must not know what is in one. */
#include "phases/corefile_store.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "codec/yaml.h"
#include "kube/client.h"
#include "manifests/addons.h"
#include "manifests/corefile.h"
#include "phases/objects.h"
#include <string.h>

/* Until the new Pods run, the old ones read the old text. */
static const char point_at_backup[] =
    "{\"spec\":{\"template\":{\"spec\":{\"volumes\":[{\"name\":\"config-volume\",\"configMap\":{\"name\":"
    "\"coredns\","
    "\"items\":[{\"key\":\"Corefile-backup\",\"path\":\"Corefile\"}]}}]}}}}";

/* Tag of the image of the CoreDNS that is there, "" when there is none; caller frees. */
static int installed_version(struct kube_client *kube, char **out, struct cu_err *err)
{
    cu_autoval struct val *list = NULL;
    cu_autofree char *path = kube_path("apps/v1", "deployments", CFG_NS_SYSTEM, NULL);
    int r = kube_get(kube, path, "labelSelector=k8s-app%3Dkube-dns", &list, err);
    if (r < 0)
        return cu_wrap(err, "could not look for the version of CoreDNS");
    const struct val *containers =
        val_find(val_at(val_get(list, "items"), 0), "spec", "template", "spec", "containers", NULL);
    const char *image = cu_or(val_get_str(val_at(containers, 0), "image"), "");
    cu_autofree char *plain = cu_strndup(image, strcspn(image, "@"));
    const char *slash = strrchr(plain, '/'), *colon = strrchr(slash ? slash : plain, ':');
    *out = cu_strdup(colon ? colon + 1 : "");
    return 0;
}

static int store_migrated(struct ph_ctx *c, struct kube_client *kube, const struct val *ours, const char *old,
                          const char *now, struct cu_err *err)
{
    cu_autoval struct val *map = val_copy(ours), *patch = NULL, *there = NULL;
    cu_autofree char *path = kube_object_path(map, true);
    cu_autofree char *deployment = kube_path("apps/v1", "deployments", CFG_NS_SYSTEM, "coredns");
    val_clear(val_need_map(map, "data"));
    val_set_str(val_get(map, "data"), "Corefile", now);
    val_set_str(val_get(map, "data"), "Corefile-backup", old);
    int r = kube_update(kube, path, map, NULL, err);
    if (r == 0)
        r = kube_get(kube, deployment, NULL, &there, err);
    if (r == 0)
        r = val_parse_json(point_at_backup, strlen(point_at_backup), &patch, err);
    if (r == 0)
        r = kube_patch(kube, deployment, KUBE_PATCH_STRATEGIC, patch, NULL, err);
    if (r == 0)
        ph_say(c, "[addons] Migrating CoreDNS Corefile");
    return r;
}

static int keep_or_migrate(struct ph_ctx *c, struct kube_client *kube, const struct val *ours,
                           const char *old, bool *keep_deployment, struct cu_err *err)
{
    cu_autofree char *from = NULL, *now = NULL;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    bool needs = false;
    int r = installed_version(kube, &from, err);
    if (r == 0)
        r = mf_corefile_needs_migration(old, from, CFG_COREDNS_TAG, &needs, err);
    if (r < 0)
        return r;
    if (needs) {
        if (mf_corefile_migrate(old, from, CFG_COREDNS_TAG, &now, &why) == 0 &&
            store_migrated(c, kube, ours, old, now, &why) == 0)
            return 0;
        cu_log_warning(
            "the Corefile of CoreDNS %s could not be migrated, so it and the Deployment stay as they are: %s",
            from, cu_err_text(&why));
        *keep_deployment = true;
    }
    return kube_create_or_retain(kube, ours, ph_api_timeout(c), err);
}

int ph_corefile_store(struct ph_ctx *c, struct kube_client *kube, const struct val *ours,
                      bool *keep_deployment, struct cu_err *err)
{
    cu_autoval struct val *there = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *path = kube_object_path(ours, true);
    int r = kube_get(kube, path, NULL, &there, &e);
    if (r < 0 && r != -CU_E_NOTFOUND) {
        cu_err_move(err, &e);
        return cu_wrap(err, "could not look for an existing Corefile");
    }
    const char *corefile = val_find_str(there, "data", "Corefile", NULL);
    if (r == 0 && !corefile)
        return cu_fail(err, CU_E_INVALID,
                       "ConfigMap \"coredns\" in %s has no key \"Corefile\"; add it or delete the ConfigMap",
                       CFG_NS_SYSTEM);
    if (r == -CU_E_NOTFOUND || mf_corefile_is_default(corefile))
        return ph_store(c, ours, err);
    return keep_or_migrate(c, kube, ours, corefile, keep_deployment, err);
}
