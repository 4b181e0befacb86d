/* Phases kubelet-config and kubeconfig of upgrade, and the annotation that older versions kept on the Node (spec operations
 * 9.8). The kubelet is restarted only when its kubeconfig changes. */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/load.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/dry_run.h"
#include "phases/kubelet.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "phases/upgrade.h"
#include <errno.h>
#include <string.h>
#include <time.h>

#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define INSTANCE_CONFIG CFG_KUBELET_DIR "/" CFG_KUBELET_INSTANCE_FILE
#define FLAGS_FILE CFG_KUBELET_DIR "/" CFG_KUBELET_FLAGS_FILE
#define CONFIG_FILE CFG_KUBELET_DIR "/" CFG_KUBELET_CONFIG_FILE
#define ENDPOINT_FLAG "--container-runtime-endpoint="
#define NODE_INTERVAL_MS 500

/* ---- the annotation ---- */

struct node_wait {
    struct kube_client *kube;
    char *path;
};

static enum cu_wait_state patch_once(void *arg, char **missing, struct cu_err *err)
{
    const struct node_wait *w = arg;
    cu_autoval struct val *node = NULL, *patch = val_new_map();
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(w->kube, w->path, NULL, &node, &e);
    if (r == 0 && !val_find(node, "metadata", "labels", "kubernetes.io/hostname", NULL))
        r = cu_fail(&e, CU_E_NOTFOUND, "the kubelet has not labelled its node");
    if (r == 0 && val_find(node, "metadata", "annotations", CFG_ANNOTATION_CRI_SOCKET, NULL))
        val_set(val_need_map(val_need_map(patch, "metadata"), "annotations"), CFG_ANNOTATION_CRI_SOCKET,
                val_new_null());
    if (r == 0)
        r = kube_patch(w->kube, w->path, KUBE_PATCH_STRATEGIC, patch, NULL, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    if (r == -CU_E_AUTH || r == -CU_E_FORBIDDEN) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

/* The socket is in a file of the kubelet now. */
static int remove_annotation(struct ph_ctx *c, struct cu_err *err)
{
    const char *name = c->init->node.name;
    struct node_wait w = { .path = kube_path("v1", "nodes", NULL, name) };
    cu_autofree char *what = cu_asprintf("node \"%s\" to be changed", name);
    int r = cfg_local_cri_socket(&c->init->cluster, 0) ? ph_ctx_kube(c, &w.kube, err) : 0;
    if (r == 0 && w.kube)
        r = ph_wait(c, &(struct ph_waiting){ what, ph_api_timeout(c), NODE_INTERVAL_MS, patch_once, &w },
                    err);
    free(w.path);
    return r < 0 ? cu_wrap(err, "cannot remove the annotation \"%s\"", CFG_ANNOTATION_CRI_SOCKET) : 0;
}

int ph_upgrade_upload_kubelet(struct ph_ctx *c, struct cu_err *err)
{
    int r = ph_upload_config_kubelet(c, err);
    return r < 0 ? r : remove_annotation(c, err);
}

/* ---- its configuration ---- */

static int back_up(struct ph_ctx *c, struct cu_err *err)
{
    char stamp[32];
    time_t now = (time_t)(cu_now_ms() / 1000);
    struct tm t;
    struct stat st;
    if (!localtime_r(&now, &t) || strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H-%M-%S", &t) == 0)
        return cu_fail(err, CU_E_IO, "cannot tell the time");
    cu_autofree char *dir = cu_asprintf(CFG_TMP_DIR "/kubeadm-kubelet-config-%s", stamp),
                     *to = cu_path_join(dir, CFG_KUBELET_CONFIG_FILE);
    ph_say(c,
           c->dry_run ? "[dryrun] Would back up kubelet config file to %s"
                      : "[upgrade] Backing up kubelet config file to %s",
           to);
    if (c->dry_run)
        return 0;
    if (stat(CONFIG_FILE, &st) < 0)
        return cu_fail_errno(err, errno, "%s", CONFIG_FILE);
    int r = cu_mkdir_p(CFG_TMP_DIR, 0700, err);
    if (r == 0)
        r = cu_mkdir_p(dir, 0700, err);
    return r < 0 ? r : cu_file_copy(CONFIG_FILE, to, st.st_mode & 0777, err);
}

/* Versions before 1.34 had the socket among the flags: it moves to a file of its own. That is written first, so that the
 * socket is never nowhere. */
static int move_socket(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist args = CU_STRLIST_INIT, kept = CU_STRLIST_INIT;
    int r = c->dry_run && !cu_exists(FLAGS_FILE) ? 0 : ph_kubelet_kept_args(FLAGS_FILE, &args, err);
    for (size_t i = 0; r == 0 && i < args.n; i++) {
        if (cu_has_prefix(args.v[i], ENDPOINT_FLAG))
            cfg_set_str(&c->init->node.cri_socket, args.v[i] + strlen(ENDPOINT_FLAG));
        else
            cu_strlist_add(&kept, args.v[i]);
    }
    if (r == 0)
        r = ph_kubelet_write_instance_config(c, err);
    if (r < 0 || kept.n == args.n)
        return r;
    cu_strlist_sort(&kept);
    cu_autofree char *text = cfg_kubelet_flags_env(&kept),
                     *to = cu_path_join(c->paths.kubelet, CFG_KUBELET_FLAGS_FILE);
    ph_say(c, "[upgrade] Moving \"container-runtime-endpoint\" from %s to %s", FLAGS_FILE, INSTANCE_CONFIG);
    return cu_file_write_str(to, text, cu_file_mode(to, 0644), err);
}

int ph_upgrade_kubelet_config(struct ph_ctx *c, struct cu_err *err)
{
    static const struct ph_dry_file file = { CFG_KUBELET_CONFIG_FILE, CONFIG_FILE };
    int r = back_up(c, err);
    if (r == 0 && !cu_exists(INSTANCE_CONFIG) && cfg_local_cri_socket(&c->init->cluster, 0))
        r = move_socket(c, err);
    if (r == 0)
        r = ph_kubelet_write_config(c, err);
    if (r == 0 && c->dry_run)
        r = ph_dry_run_show(c, &file, 1, err);
    return r < 0 ? r : remove_annotation(c, err);
}

/* ---- its kubeconfig ---- */

/* A kubelet of a control plane asks its own API server, not the common endpoint (versions before 1.33 did that). */
int ph_upgrade_kubeconfig(struct ph_ctx *c, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    if (!c->upgrade->control_plane) {
        ph_say(c, "[upgrade/kubeconfig] Skipping phase: this node has no control plane");
        return 0;
    }
    if (!cu_exists(KUBELET_CONF))
        return 0;
    cu_autofree char *common = cfg_endpoint(c->init),
                     *local = cfg_local_endpoint(&c->init->local_api_endpoint);
    cu_autofree char *common_url = cu_asprintf("https://%s", common),
                     *local_url = cu_asprintf("https://%s", local);
    int r = kube_config_load(KUBELET_CONF, &config, err);
    if (r < 0)
        return r;
    if (!cu_streq(kube_config_server(config), common_url) || cu_streq(common_url, local_url))
        return 0;
    ph_say(c, "[upgrade/kubeconfig] %s server of \"%s\" to %s", c->dry_run ? "Would set the" : "Setting the",
           KUBELET_CONF, local_url);
    if (c->dry_run)
        return 0;
    kube_config_set_server(config, local_url);
    r = kube_config_save(config, KUBELET_CONF, err);
    if (r == 0)
        ph_kubelet_reload(c);
    return r;
}
