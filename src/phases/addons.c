/* Phases addon/coredns and addon/kube-proxy: what every cluster needs besides its control plane (spec init 11). */
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "manifests/addons.h"
#include "phases/corefile_store.h"
#include "phases/objects.h"
#include "phases/patches.h"
#include "phases/phases.h"

#include <unistd.h>

#define DEFAULT_REPLICAS 2

enum { CONFIG_MAP, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, SERVICE_ACCOUNT, DEPLOYMENT, SERVICE, N_COREDNS };

/* Replicas of the CoreDNS that is there already. */
static int replicas_there(struct kube_client *kube, int64_t *replicas, struct cu_err *err)
{
    cu_autoval struct val *list = NULL;
    cu_autofree char *path = kube_path("apps/v1", "deployments", CFG_NS_SYSTEM, NULL);
    int r = kube_get(kube, path, "labelSelector=k8s-app%3Dkube-dns", &list, err);
    const struct val *items = val_get(list, "items");
    if (r < 0)
        return cu_wrap(err, "could not look for an existing DNS deployment");
    if (val_len(items) > 1)
        return cu_fail(err, CU_E_INVALID,
                       "there are %zu Deployments with label k8s-app=kube-dns in %s; keep one",
                       val_len(items), CFG_NS_SYSTEM);
    *replicas = DEFAULT_REPLICAS;
    if (val_len(items) == 1)
        *replicas = val_get_int(val_get(val_at(items, 0), "spec"), "replicas", DEFAULT_REPLICAS);
    return 0;
}

/* The Service has a fixed address: one try to create it, one to replace it, no more. */
static int store_service(struct kube_client *kube, const struct val *service, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *list = kube_object_path(service, false), *path = kube_object_path(service, true);
    int r = kube_create(kube, list, service, NULL, &e);
    if (r == -CU_E_EXISTS || r == -CU_E_INVALID)
        return kube_update(kube, path, service, NULL, err);
    cu_err_move(err, &e);
    return r;
}

static int coredns_objects(struct ph_ctx *c, int64_t replicas, struct val **objects, struct cu_err *err)
{
    const struct cfg_patch_set *patches = NULL;
    cu_autostrlist struct cu_strlist applied = CU_STRLIST_INIT;
    int r = ph_patches_get(c, &patches, err);
    if (r == 0)
        r = mf_coredns(&c->init->cluster, replicas, patches, &applied, objects, err);
    for (size_t i = 0; r == 0 && i < applied.n; i++)
        ph_say(c, "[patches] Applied patch of type \"%s\" to target \"corednsdeployment\"", applied.v[i]);
    return r;
}

static int print_objects(struct ph_ctx *c, const struct val *objects)
{
    cu_autofree char *text = mf_print_addon(objects);
    fputs(text, c->out);
    return 0;
}

int ph_addon_coredns(struct ph_ctx *c, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autoval struct val *objects = NULL;
    int64_t replicas = DEFAULT_REPLICAS;
    int r = c->opts->print_manifest ? 0 : ph_ctx_kube(c, &kube, err);
    if (r == 0 && kube)
        r = replicas_there(kube, &replicas, err);
    if (r == 0)
        r = coredns_objects(c, replicas, &objects, err);
    if (r < 0)
        return r;
    if (!kube)
        return print_objects(c, objects);
    bool keep = false; /* the Deployment, with a Corefile of its version */
    r = ph_corefile_store(c, kube, val_at(objects, CONFIG_MAP), &keep, err);
    for (size_t i = CLUSTER_ROLE; r == 0 && i <= DEPLOYMENT; i++)
        r = keep && i == DEPLOYMENT ? kube_create_or_retain(kube, val_at(objects, i), ph_api_timeout(c), err)
                                    : ph_store(c, val_at(objects, i), err);
    if (r == 0)
        r = store_service(kube, val_at(objects, SERVICE), err);
    if (r == 0)
        ph_say(c, "[addons] Applied essential addon: CoreDNS");
    return r;
}

int ph_addon_kube_proxy(struct ph_ctx *c, struct cu_err *err)
{
    ph_warn_endpoint_port(c->init);
    /* What is printed is to be applied elsewhere: this machine's proxies are not in it. */
    struct val *objects = mf_kube_proxy(c->init, c->opts->print_manifest ? NULL : environ);
    if (c->opts->print_manifest) {
        int r = print_objects(c, objects);
        val_unref(objects);
        return r;
    }
    int r = ph_store_all(c, objects, err);
    if (r == 0)
        ph_say(c, "[addons] Applied essential addon: kube-proxy");
    return r;
}
