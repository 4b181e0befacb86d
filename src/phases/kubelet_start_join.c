/* Phase kubelet-start of join: what the kubelet needs to ask for its certificate, its configuration, and its start
 * (spec join 10). */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/certificate_request.h"
#include "phases/dry_run.h"
#include "phases/join_config.h"
#include "phases/kubelet.h"
#include "phases/phases.h"

/* The CA as the kubelet reads it; one that is there already stays. */
static int write_ca(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *pem = NULL, *dir = NULL, *path = NULL;
    path = c->dry_run ? cu_path_join(c->paths.certs, "ca.crt") : cu_strdup(c->join->ca_cert_path);
    dir = cu_path_dir(path);
    if (cu_exists(path))
        return 0;
    int r = kube_config_ca(c->bootstrap, &pem, err);
    if (r == 0)
        r = cu_mkdir_p(dir, 0755, err);
    return r < 0 ? r : cu_file_write_str(path, pem, 0644, err);
}

static const struct val *ready_condition(const struct val *node)
{
    const struct val *conditions = val_find(node, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(conditions); i++)
        if (cu_streq(val_get_str(val_at(conditions, i), "type"), "Ready"))
            return val_at(conditions, i);
    return NULL;
}

/* Two machines of one name would take turns at one Node. */
static int check_name(struct ph_ctx *c, struct cu_err *err)
{
    const char *override = cfg_args_last(&c->init->node.kubelet_extra_args, "hostname-override");
    const char *name = override ? override : c->init->node.name;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, name);
    cu_autoval struct val *node = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(c->kube, path, NULL, &node, &e);
    if (r == -CU_E_NOTFOUND)
        return 0;
    if (r < 0) {
        cu_err_move(err, &e);
        return cu_wrap(err, "cannot get Node \"%s\"", name);
    }
    if (!cu_streq(val_get_str(ready_condition(node), "status"), "True"))
        return 0;
    if (c->resumed && cu_exists(CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF))
        return 0; /* it is this machine */
    return cu_fail(err, CU_E_EXISTS,
                   "a node with name \"%s\" is already in the cluster and Ready; give this machine another "
                   "name (--node-name) or "
                   "delete the old one with  kubectl delete node %s",
                   name, name);
}

/* The kubelet of a control plane talks to its own API server (spec join 10 step 2). */
static void use_own_server(struct ph_ctx *c)
{
    cu_autofree char *at = cfg_local_endpoint(&c->init->local_api_endpoint);
    cu_autofree char *url = cu_asprintf("https://%s", at);
    kube_config_set_server(c->bootstrap, url);
    val_del(kube_config_default_cluster(c->bootstrap), "tls-server-name"); /* of the server it had */
}

static int write_files(struct ph_ctx *c, struct cu_err *err)
{
    if (c->join->control_plane)
        use_own_server(c);
    cu_autofree char *conf = cu_path_join(c->paths.kubeconfig_dir, CFG_BOOTSTRAP_KUBELET_CONF);
    int r = cu_mkdir_p(c->paths.kubeconfig_dir, 0755, err);
    if (r == 0)
        r = kube_config_save(c->bootstrap, conf, err);
    return r < 0 ? r : write_ca(c, err);
}

static int show_files(struct ph_ctx *c, struct cu_err *err)
{
    static const struct ph_dry_file manifests[] = {
        { "kube-apiserver.yaml", CFG_MANIFESTS_DIR "/kube-apiserver.yaml" },
        { "kube-controller-manager.yaml", CFG_MANIFESTS_DIR "/kube-controller-manager.yaml" },
        { "kube-scheduler.yaml", CFG_MANIFESTS_DIR "/kube-scheduler.yaml" },
    };
    static const struct ph_dry_file files[] = {
        { CFG_KUBELET_CONFIG_FILE, CFG_KUBELET_DIR "/" CFG_KUBELET_CONFIG_FILE },
        { CFG_KUBELET_FLAGS_FILE, CFG_KUBELET_DIR "/" CFG_KUBELET_FLAGS_FILE },
    };
    bool written =
        c->join->control_plane && c->plan && wf_plan_selected(c->plan, "control-plane-prepare/control-plane");
    int r = written ? ph_dry_run_show(c, manifests, CU_LEN(manifests), err) : 0;
    return r == 0 ? ph_dry_run_show(c, files, CU_LEN(files), err) : r;
}

int ph_kubelet_start_join(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_join_control_plane *control = c->join->control_plane;
    int r = ph_join_config(c, err);
    if (r == 0)
        r = check_name(c, err); /* before anything is written: a refused join leaves nothing behind */
    if (r == 0)
        r = write_files(c, err);
    if (r < 0)
        return r;
    ph_kubelet_stop(c);
    r = ph_kubelet_write_instance_config(c, err);
    if (r == 0)
        r = ph_kubelet_write_config(c, err);
    if (r == 0)
        r = ph_kubelet_write_flags(c, !control, err);
    if (r < 0)
        return r;
    if (c->dry_run)
        return show_files(c, err);
    ph_certificate_request_remember(c);
    ph_say(c, "[kubelet-start] Starting the kubelet");
    ph_kubelet_restart(c);
    return 0;
}
