/* Phase cleanup-node of reset: the kubelet and what it runs end, their files go (spec operations 8.5). */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/gates.h"
#include "config/types.h"
#include "cri/client.h"
#include "node/mounts.h"
#include "phases/run_mark.h"
#include "phases/kubelet.h"
#include "phases/phases.h"
#include "phases/rootless.h"
#include "phases/static_pods_stop.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

static const char *const kubeconfigs[] = {
    CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF,
    CFG_KUBERNETES_DIR "/" CFG_SUPER_ADMIN_CONF,
    CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF,
    CFG_KUBERNETES_DIR "/" CFG_BOOTSTRAP_KUBELET_CONF,
    CFG_KUBERNETES_DIR "/" CFG_CONTROLLER_MANAGER_CONF,
    CFG_KUBERNETES_DIR "/" CFG_SCHEDULER_CONF,
};

static int unmount_flags(const struct cu_strlist *names)
{
    static const struct {
        const char *name;
        int flag;
    } flags[] = { { "MNT_FORCE", MNT_FORCE },
                  { "MNT_DETACH", MNT_DETACH },
                  { "MNT_EXPIRE", MNT_EXPIRE },
                  { "UMOUNT_NOFOLLOW", UMOUNT_NOFOLLOW } };
    int all = 0;
    for (size_t i = 0; i < CU_LEN(flags); i++)
        if (cu_strlist_has(names, flags[i].name))
            all |= flags[i].flag;
    return all;
}

static void stop_kubelet(struct ph_ctx *c)
{
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would stop the kubelet service");
        return;
    }
    ph_say(c, "[reset] Stopping the kubelet");
    ph_kubelet_stop(c);
    ph_static_pods_stop();
}

/* "; its containers: etcd (running)", for a pod that could not be removed; "" when it has none. Caller frees. */
static char *containers_of(struct cri_client *client, const char *pod_id)
{
    static const char *const states[] = { [CRI_CREATED] = "created",
                                          [CRI_RUNNING] = "running",
                                          [CRI_EXITED] = "exited",
                                          [CRI_STATE_UNKNOWN] = "in an unknown state" };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    struct cri_container *v = NULL;
    size_t n = 0;
    if (cri_list_containers(client, &v, &n, NULL) < 0)
        return cu_strdup("");
    for (size_t i = 0; i < n; i++)
        if (cu_streq(v[i].pod_id, pod_id))
            cu_strlist_addf(&names, "%s (%s)", v[i].name, states[v[i].state]);
    cri_containers_free(v, n);
    cu_autofree char *joined = cu_strlist_join(&names, ", ");
    return names.n ? cu_asprintf("; its containers: %s", joined) : cu_strdup("");
}

/* Every pod of the runtime, whoever made it, as upstream does; what cannot be removed is told. */
static void remove_pods(struct ph_ctx *c)
{
    const char *endpoint = c->reset->cri_socket;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    struct cri_client *client = NULL;
    struct cri_pod *v = NULL;
    size_t n = 0, left = 0;
    if (c->embedded)
        return;
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would remove all Pods of the container runtime at %s", endpoint);
        return;
    }
    if (cri_connect(endpoint, &client, &e) < 0 || cri_list_pods(client, &v, &n, &e) < 0)
        cu_log_warning("Pods of the container runtime were not removed: %s", cu_err_text(&e));
    if (n)
        ph_say(c, "[reset] Removing the Pods of the container runtime at %s: %zu", endpoint, n);
    for (size_t i = 0; i < n; i++) {
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        if (cri_remove_pod(client, v[i].id, &one) == 0)
            continue;
        left++;
        cu_autofree char *containers = containers_of(client, v[i].id);
        cu_log_warning("could not remove Pod \"%s/%s\" (%s): %s%s", v[i].ns, v[i].name, v[i].id,
                       cu_err_text(&one), containers);
    }
    if (left)
        cu_log_warning("%zu Pods are left in the container runtime; restart it and end them with:  crictl "
                       "--runtime-endpoint %s rmp --all --force",
                       left, endpoint);
    cri_pods_free(v, n);
    cri_client_free(client);
}

/* Mounts are listed under the folder's real name, which a link may lead to. *real stays NULL where there is no such
 * folder. Caller frees. */
static int unmount_kubelet_dir(struct ph_ctx *c, char **real, struct cu_err *err)
{
    *real = realpath(CFG_KUBELET_DIR, NULL);
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would unmount mounted directories in \"%s\"", CFG_KUBELET_DIR);
        return 0;
    }
    if (!*real) {
        cu_log_warning("[reset] the kubelet's folder \"%s\" is not there, nothing is unmounted: %s",
                       CFG_KUBELET_DIR, strerror(errno));
        return 0;
    }
    ph_say(c, "[reset] Unmounting mounted directories in \"%s\"", *real);
    return node_unmount_below(c->sys, *real, unmount_flags(&c->reset->unmount_flags), err);
}

static void delete_contents(struct ph_ctx *c, const struct cu_strlist *dirs)
{
    cu_autofree char *names = cu_strlist_join(dirs, " ");
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would delete contents of directories: [%s]", names);
        return;
    }
    ph_say(c, "[reset] Deleting contents of directories: [%s]", names);
    for (size_t i = 0; i < dirs->n; i++) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        if (cu_is_dir(dirs->v[i]) && cu_rm_rf(dirs->v[i], true, &e) < 0)
            cu_log_warning("could not delete the contents of \"%s\": %s", dirs->v[i], cu_err_text(&e));
    }
}

static void delete_files(struct ph_ctx *c)
{
    cu_autobuf struct cu_buf names = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < CU_LEN(kubeconfigs); i++)
        cu_buf_addf(&names, "%s%s", i ? " " : "", kubeconfigs[i]);
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would delete files: [%s]", cu_buf_str(&names));
        return;
    }
    ph_say(c, "[reset] Deleting files: [%s]", cu_buf_str(&names));
    for (size_t i = 0; i < CU_LEN(kubeconfigs); i++) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        if (cu_rm_rf(kubeconfigs[i], false, &e) < 0)
            cu_log_warning("could not delete \"%s\": %s", kubeconfigs[i], cu_err_text(&e));
    }
}

static void remove_users(struct ph_ctx *c)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (!c->init || !cfg_gate_on(&c->init->cluster.feature_gates, "RootlessControlPlane"))
        return;
    ph_say(c, c->dry_run ? "[dryrun] Would remove the users and groups of the control plane"
                         : "[reset] Removing the users and groups of the control plane");
    if (!c->dry_run && ph_rootless_remove(c, &e) < 0)
        cu_log_warning("[reset] %s", cu_err_text(&e));
}

int ph_cleanup_node(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist dirs = CU_STRLIST_INIT;
    cu_autofree char *kubelet = NULL;
    stop_kubelet(c);
    int r = unmount_kubelet_dir(c, &kubelet, err);
    if (r < 0)
        return cu_wrap(err, "failed to unmount what lies below \"%s\", so nothing was deleted",
                       CFG_KUBELET_DIR);
    remove_pods(c);
    if (!cu_streq(c->paths.certs, CFG_PKI_DIR))
        cu_log_warning("deleting the contents of \"%s\", which is not the usual folder of certificates",
                       c->paths.certs);
    const char *stored = c->init ? c->init->cluster.certificates_dir : c->paths.certs;
    if (!cu_streq(stored, c->paths.certs) && cu_is_dir(stored))
        cu_log_warning(
            "the certificates and keys of this cluster in \"%s\" are left; to delete them too, give  "
            "--cert-dir %s",
            stored, stored);
    cu_strlist_add(&dirs, CFG_MANIFESTS_DIR);
    if (kubelet)
        cu_strlist_add(&dirs, kubelet);
    cu_strlist_add(&dirs, c->paths.certs);
    if (c->reset->cleanup_tmp_dir)
        cu_strlist_add(&dirs, CFG_TMP_DIR);
    delete_contents(c, &dirs);
    delete_files(c);
    remove_users(c);
    if (!c->dry_run)
        ph_run_mark_remove();
    return 0;
}
