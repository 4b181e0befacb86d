/* phases/client.c - the API client of the online phases, and the administrator's first rights (spec init 2.6, 6.4):
 * admin.conf belongs to group kubeadm:cluster-admins, which super-admin.conf binds to cluster-admin.
 * Must not know what the phases store. */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "http/listens.h"
#include "kube/client.h"
#include "kube/dry_run.h"
#include "kube/kubeconfig.h"
#include "manifests/objects.h"
#include "phases/causes.h"
#include "phases/dry_run_cluster.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "pki/ca.h"

#define ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF
#define SUPER_ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_SUPER_ADMIN_CONF
#define INTERVAL_MS 500
#define LISTENS_MS 1000

/* A client from a file that talks to this machine's own API server, whatever server the file names. */
static int local_client(struct ph_ctx *c, const char *path, struct kube_client **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autofree char *endpoint = cfg_local_endpoint(&c->init->local_api_endpoint);
    cu_autofree char *url = cu_asprintf("https://%s", endpoint);
    int r = kube_config_load(path, &config, err);
    if (r < 0)
        return r;
    kube_config_set_server(config, url);
    return kube_client_new(config, NULL, out, err);
}

struct binding {
    struct ph_ctx *ctx;
    struct kube_client *client;
    const struct val *object;
    bool forbidden;
};

static enum cu_wait_state bind_once(void *arg, char **missing, struct cu_err *err)
{
    struct binding *b = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *path = kube_object_path(b->object, false);
    int r = kube_create(b->client, path, b->object, NULL, &e);
    b->forbidden = r == -CU_E_FORBIDDEN;
    if (r == 0 || r == -CU_E_EXISTS || b->forbidden)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    if (ph_cause_kubelet(b->ctx, missing, err) == CU_WAIT_FINAL)
        return CU_WAIT_FINAL;
    return ph_cause_pod(b->ctx, "kube-apiserver", missing, err);
}

static int bind(struct binding *b, struct cu_err *err)
{
    cu_autofree char *what = cu_asprintf("the API server at %s", kube_client_server(b->client));
    return ph_wait(b->ctx, &(struct ph_waiting){ what, ph_api_timeout(b->ctx), INTERVAL_MS, bind_once, b },
                   err);
}

/* Makes sure that the admin may do everything, with the super-admin's help where needed. */
static int bind_admins(struct ph_ctx *c, struct kube_client *admin, struct cu_err *err)
{
    cu_autoval struct val *objects = mf_cluster_admins();
    struct binding b = { .ctx = c, .client = admin, .object = val_at(objects, 0) };
    int r = bind(&b, err);
    if (r < 0 || !b.forbidden)
        return r;
    struct kube_client *super = NULL;
    if (!cu_exists(SUPER_ADMIN_CONF))
        return cu_fail(err, CU_E_FORBIDDEN,
                       "%s may not bind group \"kubeadm:cluster-admins\" to cluster-admin and there is no %s "
                       "to do it; make it with  "
                       "kubeadm init phase kubeconfig super-admin",
                       ADMIN_CONF, SUPER_ADMIN_CONF);
    r = local_client(c, SUPER_ADMIN_CONF, &super, err);
    if (r < 0)
        return r;
    b.client = super;
    r = bind(&b, err);
    kube_client_free(super);
    if (r == 0 && b.forbidden)
        r = cu_fail(err, CU_E_FORBIDDEN,
                    "even %s may not bind group \"kubeadm:cluster-admins\" to cluster-admin",
                    SUPER_ADMIN_CONF);
    return r;
}

/* An authority that this dry run made for itself signed for no server: there is no cluster to ask. */
static bool is_new_cluster(const struct ph_ctx *c)
{
    cu_autofree char *ca = pki_crt_path(c->paths.certs_real, "ca");
    return c->flow == PH_INIT && !cu_exists(ca);
}

/* Upgrades an invented cluster where no kubeconfig leads to a real one (spec operations 9.11). */
static int upgrade_dry_run_client(struct ph_ctx *c, struct kube_client **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    struct kube_dry_run_options o = { .out = c->out };
    c->no_cluster = !cu_exists(c->paths.kubeconfig);
    if (c->no_cluster) {
        ph_say(c, "[dryrun] There is no %s: going on with an invented cluster", c->paths.kubeconfig);
        return ph_dry_run_cluster(c, NULL, out, err);
    }
    int r = kube_config_load(c->paths.kubeconfig, &config, err);
    const char *server = r == 0 ? kube_config_server(config) : NULL;
    if (server && !http_listens(server, LISTENS_MS))
        r = cu_fail(err, CU_E_REFUSED, "nothing listens at %s", server);
    if (r == 0)
        r = kube_client_new(config, NULL, &o.real, err);
    if (r == 0)
        *out = kube_client_new_dry_run(&o);
    return r;
}

static int dry_run_client(struct ph_ctx *c, struct kube_client **out, struct cu_err *err)
{
    if (c->flow == PH_UPGRADE)
        return upgrade_dry_run_client(c, out, err);
    struct kube_dry_run_options o = { .out = c->out, .node_name = c->init->node.name };
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    kube_autoconfig struct kube_config *config = NULL;
    if (!c->no_cluster && !is_new_cluster(c) && kube_config_load(c->paths.kubeconfig, &config, &ignored) == 0)
        o.real = ph_dry_run_real(c, config, NULL);
    *out = kube_client_new_dry_run(&o);
    return 0;
}

static int make(struct ph_ctx *c, struct kube_client **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    int r;
    if (c->dry_run)
        return dry_run_client(c, out, err);
    if (c->flow != PH_INIT || !cu_streq(c->paths.kubeconfig, ADMIN_CONF)) {
        r = kube_config_load(c->paths.kubeconfig, &config, err);
        return r < 0 ? r : kube_client_new(config, NULL, out, err);
    }
    struct kube_client *admin = NULL;
    r = local_client(c, ADMIN_CONF, &admin, err);
    if (r == 0)
        r = bind_admins(c, admin, err);
    if (r < 0)
        kube_client_free(admin);
    else
        *out = admin;
    return r;
}

int ph_ctx_kube(struct ph_ctx *c, struct kube_client **client, struct cu_err *err)
{
    struct kube_client **made = c->flow == PH_JOIN ? &c->admin : &c->kube;
    int r = *made ? 0 : make(c, made, err);
    if (r == -CU_E_NOTFOUND && c->flow == PH_UPGRADE)
        return cu_wrap(err,
                       "this machine is no part of a cluster, or the kubeconfig is elsewhere (--kubeconfig)");
    if (r < 0 && c->flow == PH_UPGRADE)
        return cu_wrap(err, "cannot ask the cluster with kubeconfig \"%s\"", c->paths.kubeconfig);
    if (r < 0)
        return cu_wrap(err, "could not become the cluster's administrator (`kubeadm init` makes admin.conf; "
                            "--kubeconfig names another)");
    *client = *made;
    return 0;
}

int ph_ctx_kube_own(struct ph_ctx *c, struct kube_client **client, struct cu_err *err)
{
    return local_client(c, c->paths.kubeconfig, client, err);
}
