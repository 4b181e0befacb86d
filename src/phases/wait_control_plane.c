/* Phase wait-control-plane of init (spec init 10.1); a dry run shows what was written instead (13.4). */
#include "config/constants.h"
#include "kube/kubeconfig.h"
#include "phases/dry_run.h"
#include "phases/phases.h"
#include "phases/wait.h"

static int show_files(struct ph_ctx *c, struct cu_err *err)
{
    static const struct ph_dry_file files[] = {
        { "kube-apiserver.yaml", CFG_MANIFESTS_DIR "/kube-apiserver.yaml" },
        { "kube-controller-manager.yaml", CFG_MANIFESTS_DIR "/kube-controller-manager.yaml" },
        { "kube-scheduler.yaml", CFG_MANIFESTS_DIR "/kube-scheduler.yaml" },
        { CFG_KUBELET_CONFIG_FILE, CFG_KUBELET_DIR "/" CFG_KUBELET_CONFIG_FILE },
        { CFG_KUBELET_FLAGS_FILE, CFG_KUBELET_DIR "/" CFG_KUBELET_FLAGS_FILE },
    };
    ph_say(c, "[dryrun] Certificates, kubeconfig files and manifests were written to \"%s\"",
           c->paths.dry_run_dir);
    ph_say(c, "[dryrun] Certificates and kubeconfig files are not shown: they hold secrets");
    ph_say(c, "[dryrun] Look at them there; these are the other files:");
    return ph_dry_run_show(c, files, CU_LEN(files), err);
}

/* The kubelet is not waited for when nobody could ask the API server afterwards. */
static int check_kubeconfig(const struct ph_ctx *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    int r = kube_config_load(c->paths.kubeconfig, &config, err);
    return r < 0 ? cu_wrap(err, "the control plane cannot be asked whether it runs") : 0;
}

int ph_wait_control_plane(struct ph_ctx *c, struct cu_err *err)
{
    int r = c->dry_run ? show_files(c, err) : check_kubeconfig(c, err);
    if (r < 0)
        return r;
    ph_say(c,
           "[wait-control-plane] Waiting for the kubelet to start the control plane from the manifests in "
           "\"%s\"",
           c->paths.manifests);
    r = ph_wait_kubelet(c, err);
    if (r == 0 && !c->dry_run)
        r = ph_wait_api_port(c, err);
    return r == 0 ? ph_wait_components(c, err) : r;
}
