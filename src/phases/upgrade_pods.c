/* Replaces static Pods one by one. A manifest is never absent: the old one is copied away, then the new one renamed over it,
 * so that an upgrade killed at any point is finished by the next. It must not know etcd. */
#include "phases/upgrade_pods.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "phases/causes.h"
#include "phases/renew_certs.h"
#include "phases/static_pod.h"
#include "phases/upgrade.h"
#include <dirent.h>
#include <errno.h>
#include <time.h>

#define FRESH_PREFIX "kubeadm-upgraded-manifests"
#define BACKUP_LINK "backup" /* in a folder of new manifests: where the old ones are */
#define HASH_ANNOTATION "kubernetes.io/config.hash"
#define INTERVAL_MS 500

/* What is renewed with a component; names as in phases/held_certs.h. */
static const struct {
    enum mf_component component;
    const char *names[4];
} certificates[] = {
    { MF_ETCD, { "etcd-server", "etcd-peer", "etcd-healthcheck-client" } },
    { MF_API_SERVER,
      { "apiserver", "apiserver-kubelet-client", "front-proxy-client", "apiserver-etcd-client" } },
    { MF_CONTROLLER_MANAGER, { CFG_CONTROLLER_MANAGER_CONF } },
    { MF_SCHEDULER, { CFG_SCHEDULER_CONF } },
};

static char *file_in(const char *dir, enum mf_component component)
{
    return cu_asprintf("%s/%s.yaml", dir, mf_component_name(component));
}

static int64_t limit_ms(const struct ph_pods *p)
{
    return cfg_ms(p->c->upgrade->config->timeouts.upgrade_manifests);
}

/* ---- folders ---- */

/* A folder of new manifests that an earlier upgrade left; NULL: none. Caller frees. */
static char *left_folder(void)
{
    DIR *dir = opendir(CFG_TMP_DIR);
    char *found = NULL;
    for (struct dirent *e; dir && !found && (e = readdir(dir));)
        if (cu_has_prefix(e->d_name, FRESH_PREFIX))
            found = cu_path_join(CFG_TMP_DIR, e->d_name);
    if (dir)
        closedir(dir);
    return found;
}

bool ph_pods_interrupted(void)
{
    cu_autofree char *left = left_folder();
    return left;
}

static bool remove_left(const char *path)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (cu_rm_rf(path, false, &e) == 0)
        return true;
    cu_log_warning("could not remove %s: %s", path, cu_err_text(&e));
    return false;
}

static void remove_all_left(void)
{
    for (bool gone = true; gone;) {
        cu_autofree char *left = left_folder();
        gone = left && remove_left(left);
    }
}

static int make_folders(struct ph_pods *p, struct cu_err *err)
{
    char stamp[32];
    time_t now = (time_t)(cu_now_ms() / 1000);
    struct tm t;
    if (!localtime_r(&now, &t) || strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H-%M-%S", &t) == 0)
        return cu_fail(err, CU_E_IO, "cannot tell the time");
    remove_all_left();
    int r = cu_mkdir_p(CFG_TMP_DIR, 0700, err);
    if (r < 0)
        return r;
    p->backup = cu_asprintf(CFG_TMP_DIR "/kubeadm-backup-manifests-%s", stamp);
    p->etcd_backup = cu_asprintf(CFG_TMP_DIR "/kubeadm-backup-etcd-%s", stamp);
    cu_autofree char *fresh = cu_strdup(CFG_TMP_DIR "/" FRESH_PREFIX "XXXXXX");
    if (!mkdtemp(fresh))
        return cu_fail_errno(err, errno, "cannot make the folder %s", fresh);
    p->fresh = cu_steal(&fresh);
    r = cu_mkdir_p(p->backup, 0700, err);
    if (r == 0)
        r = cu_mkdir_p(p->etcd_backup, 0700, err);
    if (r < 0)
        return r;
    cu_autofree char *link = cu_path_join(p->fresh, BACKUP_LINK);
    return symlink(p->backup, link) < 0 ? cu_fail_errno(err, errno, "cannot make %s", link) : 0;
}

/* ---- what runs ---- */

struct pod_wait {
    struct ph_pods *p;
    enum mf_component component;
    char *path; /* owned */
    char *hash; /* owned: the answer */
};

/* A probe that failed to ask; why the component itself is not there is known only once the node agent has taken the new
 * manifest up. */
static enum cu_wait_state not_yet(const struct pod_wait *w, char **missing, struct cu_err *err)
{
    const char *name = mf_component_name(w->component), *before = w->p->hash[w->component];
    cu_autofree char *now = ph_cause_hash(w->p->c, name);
    if (!w->p->replaced[w->component] || !now || cu_streq(now, before))
        return CU_WAIT_PENDING;
    return ph_cause_pod(w->p->c, name, missing, err);
}

static int get_hash(struct pod_wait *w, char **hash, struct cu_err *err)
{
    cu_autoval struct val *pod = NULL;
    int r = kube_get(w->p->kube, w->path, NULL, &pod, err);
    if (r == 0)
        *hash = cu_strdup(cu_or(val_find_str(pod, "metadata", "annotations", HASH_ANNOTATION, NULL), ""));
    return r;
}

static enum cu_wait_state probe_first(void *arg, char **missing, struct cu_err *err)
{
    struct pod_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = get_hash(w, &w->hash, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    if (r == -CU_E_AUTH || r == -CU_E_FORBIDDEN) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

static enum cu_wait_state probe_changed(void *arg, char **missing, struct cu_err *err)
{
    struct pod_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *hash = NULL;
    int r = get_hash(w, &hash, &e);
    if (r == 0 && !cu_streq(hash, w->p->hash[w->component]))
        return CU_WAIT_DONE;
    *missing = cu_strdup(r < 0 ? cu_err_text(&e) : "the kubelet has not started the new one");
    return not_yet(w, missing, err);
}

/* Those of all nodes: with one that does not run the upgrade must not go on. */
static enum cu_wait_state probe_running(void *arg, char **missing, struct cu_err *err)
{
    struct pod_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autoval struct val *list = NULL;
    cu_autofree char *query = cu_asprintf("labelSelector=component%%3D%s", mf_component_name(w->component)),
                     *path = kube_path("v1", "pods", CFG_NS_SYSTEM, NULL);
    int r = kube_get(w->p->kube, path, query, &list, &e);
    const struct val *items = val_get(list, "items");
    cu_autofree char *sick = r < 0 ? cu_strdup(cu_err_text(&e)) : NULL;
    for (size_t i = 0; !sick && i < val_len(items); i++) {
        const char *phase = cu_or(val_find_str(val_at(items, i), "status", "phase", NULL), "Unknown");
        if (!cu_streq(phase, "Running"))
            sick = cu_asprintf("Pod %s is %s",
                               cu_or(val_find_str(val_at(items, i), "metadata", "name", NULL), ""), phase);
    }
    if (!sick && val_len(items))
        return CU_WAIT_DONE;
    *missing = sick ? cu_steal(&sick) : cu_strdup("there is no such Pod");
    return not_yet(w, missing, err);
}

static int wait_for(struct ph_pods *p, struct pod_wait *w, const char *state,
                    enum cu_wait_state (*probe)(void *arg, char **missing, struct cu_err *err),
                    struct cu_err *err)
{
    cu_autofree char *pod = cu_asprintf("%s-%s", mf_component_name(w->component), p->c->init->node.name);
    cu_autofree char *what = cu_asprintf("Pod %s to %s", pod, state);
    w->path = kube_path("v1", "pods", CFG_NS_SYSTEM, pod);
    int r = ph_wait(p->c, &(struct ph_waiting){ what, limit_ms(p), INTERVAL_MS, probe, w }, err);
    free(w->path);
    w->path = NULL;
    return r;
}

int ph_pods_ask_hash(struct ph_pods *p, enum mf_component component, struct cu_err *err)
{
    struct pod_wait w = { .p = p, .component = component };
    int r = wait_for(p, &w, "be known to the API server", probe_first, err);
    p->hash[component] = w.hash;
    return r;
}

static int wait_new(struct ph_pods *p, enum mf_component component, bool changed, struct cu_err *err)
{
    struct pod_wait w = { .p = p, .component = component };
    int r = changed ? wait_for(p, &w, "be replaced", probe_changed, err) : 0;
    return r < 0 ? r : wait_for(p, &w, "run", probe_running, err);
}

int ph_pods_begin(struct ph_pods *p, struct ph_ctx *c, struct cu_err *err)
{
    *p = (struct ph_pods){ .c = c };
    int r = ph_ctx_kube(c, &p->kube, err);
    if (r == 0)
        r = make_folders(p, err);
    for (int i = 0; r == 0 && i < MF_COMPONENTS; i++)
        if (i != MF_ETCD)
            r = ph_pods_ask_hash(p, (enum mf_component)i, err);
    return r;
}

int ph_pods_prepare(struct ph_pods *p, enum mf_component component, struct cu_err *err)
{
    return ph_manifest_write(p->c, component, NULL, p->fresh, err);
}

void ph_pods_end(struct ph_pods *p, bool good)
{
    if (good && p->fresh)
        remove_left(p->fresh);
    free(p->fresh);
    free(p->backup);
    free(p->etcd_backup);
    for (int i = 0; i < MF_COMPONENTS; i++)
        free(p->hash[i]);
    *p = (struct ph_pods){ 0 };
}

/* ---- one component ---- */

static int read_pod(const char *dir, enum mf_component component, struct val **out, struct cu_err *err)
{
    cu_autofree char *path = file_in(dir, component), *text = NULL;
    size_t n = 0;
    int r = cu_file_read(path, LIM_MANIFEST, &text, &n, err);
    if (r == 0 && (r = codec_yaml_parse(text, n, out, err)) < 0)
        cu_wrap(err, "%s", path);
    return r;
}

int ph_pods_differ(const struct ph_pods *p, enum mf_component component, bool *differ, struct cu_err *err)
{
    cu_autoval struct val *there = NULL, *fresh = NULL;
    int r = read_pod(p->c->paths.manifests, component, &there, err);
    if (r == 0)
        r = read_pod(p->fresh, component, &fresh, err);
    if (r == 0)
        *differ = !val_equal(there, fresh);
    return r;
}

/* One that was replaced is in both folders, and the new one in place. */
static int take_back(struct ph_ctx *c, const char *fresh, enum mf_component component, bool *done,
                     struct cu_err *err)
{
    cu_autofree char *link = cu_path_join(fresh, BACKUP_LINK), *backup = realpath(link, NULL),
                     *kept = backup ? file_in(backup, component) : NULL,
                     *there = file_in(c->paths.manifests, component);
    cu_autoval struct val *old = NULL, *mine = NULL, *now = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (!kept || !cu_exists(kept))
        return 0;
    if (read_pod(backup, component, &old, &e) < 0 || read_pod(fresh, component, &mine, &e) < 0 ||
        read_pod(c->paths.manifests, component, &now, &e) < 0) {
        cu_log_warning("%s is left as it is: %s", there, cu_err_text(&e));
        return 0;
    }
    if (!val_equal(now, mine) || val_equal(now, old))
        return 0;
    ph_say(c, "[upgrade/staticpods] Moving the old manifest \"%s\" back to \"%s\"", kept, there);
    *done = true;
    return cu_file_copy(kept, there, 0600, err);
}

int ph_pods_take_back(struct ph_ctx *c, bool *any, struct cu_err *err)
{
    cu_autofree char *fresh = left_folder();
    *any = false;
    int r = 0;
    for (int i = 0; fresh && r == 0 && i < MF_COMPONENTS; i++)
        r = take_back(c, fresh, (enum mf_component)i, any, err);
    return r;
}

static int renew(struct ph_ctx *c, const char *name, struct cu_err *err)
{
    struct ph_held all[PH_HELD_MAX];
    size_t n = ph_held_list(false, all);
    struct ph_renewed done = PH_RENEWED_INIT;
    int r = 0;
    for (size_t i = 0; i < n; i++)
        if (cu_streq(all[i].name, name) && ph_held_applies(&all[i], c->init))
            r = ph_renew(c, &all[i], &done, err);
    cu_strlist_clear(&done.used_by);
    return r;
}

static int renew_all(struct ph_pods *p, enum mf_component component, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; p->c->upgrade->certificate_renewal && i < CU_LEN(certificates); i++)
        for (size_t k = 0;
             r == 0 && certificates[i].component == component && k < CU_LEN(certificates[i].names); k++)
            if (certificates[i].names[k])
                r = renew(p->c, certificates[i].names[k], err);
    return r;
}

/* The old one is copied away first, so that it can be put back whatever happens next. */
static int replace(struct ph_pods *p, enum mf_component component, struct cu_err *err)
{
    cu_autofree char *there = file_in(p->c->paths.manifests, component),
                     *kept = file_in(p->backup, component), *fresh = file_in(p->fresh, component);
    struct stat st;
    if (stat(there, &st) < 0)
        return cu_fail_errno(err, errno, "%s", there);
    int r = cu_file_copy(there, kept, st.st_mode & 0777, err);
    if (r < 0)
        return cu_wrap(err, "cannot keep the old manifest of %s", mf_component_name(component));
    r = cu_file_copy(fresh, there, 0600, err);
    if (r == 0)
        p->replaced[component] = true;
    return r;
}

int ph_pods_roll_back(struct ph_pods *p, bool etcd, struct cu_err *err)
{
    bool any = false, all = true;
    int code = -(int)err->code;
    for (int i = 0; i < MF_COMPONENTS; i++) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        if (!p->replaced[i] || (i == MF_ETCD && !etcd))
            continue;
        cu_autofree char *there = file_in(p->c->paths.manifests, (enum mf_component)i),
                         *kept = file_in(p->backup, (enum mf_component)i);
        any = true;
        if (cu_file_copy(kept, there, 0600, &e) == 0) {
            p->replaced[i] = false;
            continue;
        }
        all = false;
        cu_wrap(err, "the old manifest %s could not be put back: %s; the cause of this", kept,
                cu_err_text(&e));
    }
    if (any && all)
        cu_wrap(err, "the old manifests are in place again, and kept in %s", p->backup);
    return code;
}

static int run_new(struct ph_pods *p, enum mf_component component, bool differ, struct cu_err *err)
{
    const char *name = mf_component_name(component);
    int r = renew_all(p, component, err);
    if (r == 0)
        r = replace(p, component, err);
    if (r < 0)
        return r;
    ph_say(p->c,
           "[upgrade/staticpods] Moving new manifest to \"%s/%s.yaml\" and backing up old manifest to "
           "\"%s/%s.yaml\"",
           p->c->paths.manifests, name, p->backup, name);
    if (differ)
        ph_say(p->c, "[upgrade/staticpods] Waiting for the kubelet to restart the component; at most %lld s",
               (long long)limit_ms(p) / 1000);
    return wait_new(p, component, differ, err);
}

int ph_pods_upgrade(struct ph_pods *p, enum mf_component component, bool also_same, struct cu_err *err)
{
    const char *name = mf_component_name(component);
    bool differ = false;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    ph_say(p->c, "[upgrade/staticpods] Preparing for \"%s\" upgrade", name);
    int r = ph_pods_differ(p, component, &differ, &e);
    if (r == 0 && !differ && !also_same) {
        ph_say(p->c, "[upgrade/staticpods] Current and new manifests of %s are equal, skipping upgrade",
               name);
        return 0;
    }
    if (r == 0)
        r = run_new(p, component, differ, &e);
    if (r < 0) {
        r = ph_pods_roll_back(p, component == MF_ETCD, &e);
        cu_wrap(&e, "%s was not upgraded", name);
        cu_err_move(err, &e);
        return r;
    }
    ph_say(p->c, "[upgrade/staticpods] Component \"%s\" upgraded successfully!", name);
    return 0;
}
