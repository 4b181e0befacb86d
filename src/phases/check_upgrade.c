/* Checks of a cluster that is to be upgraded: CoreDNS, a Job, nodes, manifests (spec operations 9.6.2, 9.6.3). They ask
 * through ph_ctx_kube; nothing is changed but the Job, which the cluster removes by itself. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/types.h"
#include "kube/client.h"
#include "manifests/addons.h"
#include "manifests/pod.h"
#include "phases/preflight.h"
#include "phases/upgrade.h"
#include <string.h>

#define JOB_NAME "upgrade-health-check"
#define JOB_MS 60000
#define JOB_INTERVAL_MS 1000
#define JOB_LIFE_S 65
#define NOBODY 999
#define SCHEDULABLE "fieldSelector=spec.unschedulable%3Dfalse"
#define NOT_EMBEDDED "&labelSelector=cubeadm.io%2Fruntime%21%3Dprocess"
#define NO_DNS_FIX                                                                                           \
    "kubeadm init phase addon coredns, or where another DNS is meant to be used "                            \
    "--ignore-preflight-errors=CoreDNSUnsupportedPlugins,CoreDNSMigration"
#define NODE_EMBEDDED_LABEL "cubeadm.io/runtime"

static int get(struct ph_checks *k, const char *path, const char *query, struct val **out, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    int r = ph_ctx_kube(ph_checks_ctx(k), &kube, err);
    return r < 0 ? r : kube_get(kube, path, query, out, err);
}

/* ---- CoreDNS ---- */

/* Version of the image's tag without "v"; "" where there is none. Caller frees. */
static char *installed_version(const struct val *deployments)
{
    const struct val *spec =
        val_find(val_at(val_get(deployments, "items"), 0), "spec", "template", "spec", NULL);
    const char *image = cu_or(val_get_str(val_at(val_get(spec, "containers"), 0), "image"), "");
    const char *tag = strrchr(image, ':');
    return cu_strdup(tag ? tag + 1 + (tag[1] == 'v') : "");
}

/* The Corefile and the version it is for: both "" when there is none. Caller frees both. */
static int find_corefile(struct ph_checks *k, char **corefile, char **version, struct cu_err *err)
{
    cu_autofree char *map_path = kube_path("v1", "configmaps", CFG_NS_SYSTEM, "coredns"),
                     *list_path = kube_path("apps/v1", "deployments", CFG_NS_SYSTEM, NULL);
    cu_autoval struct val *map = NULL, *deployments = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = get(k, map_path, NULL, &map, &e);
    if (r == -CU_E_NOTFOUND) {
        *corefile = cu_strdup("");
        *version = cu_strdup("");
        return 0;
    }
    if (r < 0) {
        cu_err_move(err, &e);
        return r;
    }
    const char *text = val_find_str(map, "data", "Corefile", NULL);
    if (!text)
        return cu_fail(err, CU_E_INVALID, "ConfigMap \"coredns\" in %s has no key \"Corefile\"",
                       CFG_NS_SYSTEM);
    r = get(k, list_path, "labelSelector=k8s-app%3Dkube-dns", &deployments, err);
    if (r < 0)
        return r;
    *corefile = cu_strdup(text);
    *version = installed_version(deployments);
    return 0;
}

static const char *wanted_dns(const struct ph_ctx *c)
{
    const char *tag = c->init ? cfg_coredns_tag(&c->init->cluster) : CFG_COREDNS_TAG;
    return tag + (*tag == 'v');
}

static int look_at_corefile(struct ph_checks *k, bool *same, struct cu_strlist *notices, struct cu_err *err)
{
    cu_autofree char *corefile = NULL, *version = NULL;
    const char *target = wanted_dns(ph_checks_ctx(k));
    int r = find_corefile(k, &corefile, &version, err);
    if (r < 0)
        return r;
    if (!version || !*version)
        return cu_fail(err, CU_E_NOTFOUND,
                       "the version of CoreDNS is not known: no Deployment with label k8s-app=kube-dns in %s "
                       "tells it",
                       CFG_NS_SYSTEM);
    *same = cu_streq(version, target);
    return mf_corefile_check(corefile, version, target, notices, err);
}

void ph_check_corefile_plugins(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist notices = CU_STRLIST_INIT;
    bool same = false;
    int r = look_at_corefile(k, &same, &notices, &err);
    if (r < 0) {
        ph_check_fail(k, NULL, "%s", cu_err_text(&err));
        if (r == -CU_E_NOTFOUND)
            ph_check_fix(k, NO_DNS_FIX);
        return;
    }
    cu_autofree char *all = cu_strlist_join(&notices, ", ");
    if (!same && notices.n)
        ph_check_fail(k, NULL, "the Corefile holds what CoreDNS %s is not known to read: %s",
                      wanted_dns(ph_checks_ctx(k)), all);
}

void ph_check_corefile_migration(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist ignored = CU_STRLIST_INIT;
    bool same;
    int r = look_at_corefile(k, &same, &ignored, &err);
    if (r < 0)
        ph_check_fail(k, NULL, "the Corefile cannot be carried over: %s", cu_err_text(&err));
    if (r == -CU_E_NOTFOUND)
        ph_check_fix(k, NO_DNS_FIX);
}

/* ---- a Job ---- */

static struct val *parse(const char *json)
{
    struct val *v = NULL;
    if (val_parse_json(json, strlen(json), &v, NULL) < 0)
        abort(); /* the text is ours */
    return v;
}

static struct val *new_job(const struct cfg_cluster *cluster)
{
    cu_autofree char *image = cfg_image_pause(cluster);
    cu_autofree char *text = cu_asprintf(
        "{\"kind\":\"Job\",\"apiVersion\":\"batch/v1\",\"metadata\":{\"namespace\":\"" CFG_NS_SYSTEM "\"},"
        "\"spec\":{\"activeDeadlineSeconds\":%d,\"backoffLimit\":0,\"ttlSecondsAfterFinished\":%d,"
        "\"template\":{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"" JOB_NAME
        "\",\"args\":[\"-v\"]}],"
        "\"restartPolicy\":\"Never\",\"securityContext\":{\"runAsUser\":%d,\"runAsGroup\":%d,"
        "\"runAsNonRoot\":true},\"tolerations\":[{\"key\":\"" CFG_LABEL_CONTROL_PLANE
        "\",\"effect\":\"NoSchedule\"}]}}}}",
        JOB_LIFE_S, JOB_LIFE_S, NOBODY, NOBODY);
    struct val *job = parse(text);
    val_set_strf(val_get(job, "metadata"), "name", JOB_NAME "-%lld", (long long)cu_now_ms());
    val_set_str(val_at(val_find(job, "spec", "template", "spec", "containers", NULL), 0), "image", image);
    return job;
}

struct job_wait {
    struct ph_checks *k;
    struct kube_client *kube;
    struct val *job; /* owned */
    char *path;      /* owned: of all jobs until it is made, then of this one */
    const char *query;
    struct val *found; /* owned: the answer to a list */
};

/* Asks again whatever the failure was, as upstream does. */
static enum cu_wait_state again(int r, struct cu_err *e, char **missing)
{
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(e));
    return CU_WAIT_PENDING;
}

static enum cu_wait_state list_once(void *arg, char **missing, struct cu_err *err)
{
    struct job_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    (void)err;
    return again(kube_get(w->kube, w->path, w->query, &w->found, &e), &e, missing);
}

static enum cu_wait_state create_once(void *arg, char **missing, struct cu_err *err)
{
    struct job_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    (void)err;
    int r = kube_create(w->kube, w->path, w->job, NULL, &e);
    return again(r == -CU_E_EXISTS ? 0 : r, &e, missing);
}

static enum cu_wait_state complete_once(void *arg, char **missing, struct cu_err *err)
{
    struct job_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autoval struct val *job = NULL;
    int r = kube_get(w->kube, w->path, NULL, &job, &e);
    if (r < 0)
        return again(r, &e, missing);
    const struct val *conditions = val_find(job, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(conditions); i++) {
        const struct val *one = val_at(conditions, i);
        if (cu_streq(val_get_str(one, "type"), "Complete"))
            return CU_WAIT_DONE;
        if (cu_streq(val_get_str(one, "type"), "Failed") && cu_streq(val_get_str(one, "status"), "True")) {
            cu_fail(err, CU_E_FINAL, "it failed: %s: %s", cu_or(val_get_str(one, "reason"), "no reason"),
                    cu_or(val_get_str(one, "message"), "no message"));
            return CU_WAIT_FINAL;
        }
    }
    *missing = cu_strdup("it has not completed");
    return CU_WAIT_PENDING;
}

static int wait_for(struct job_wait *w, const char *what,
                    enum cu_wait_state (*probe)(void *arg, char **missing, struct cu_err *err),
                    struct cu_err *err)
{
    return ph_wait(ph_checks_ctx(w->k), &(struct ph_waiting){ what, JOB_MS, JOB_INTERVAL_MS, probe, w }, err);
}

/* The schedulable nodes that match; 0 or 1, as no more is asked for. */
static int count_nodes(struct job_wait *w, const char *query, size_t *n, bool *embedded, struct cu_err *err)
{
    val_unref(w->found);
    w->found = NULL;
    free(w->path);
    w->path = kube_path("v1", "nodes", NULL, NULL);
    w->query = query;
    int r = wait_for(w, "the list of nodes", list_once, err);
    const struct val *items = val_get(w->found, "items");
    *n = val_len(items);
    *embedded =
        cu_streq(val_find_str(val_at(items, 0), "metadata", "labels", NODE_EMBEDDED_LABEL, NULL), "process");
    return r;
}

static int run_job(struct job_wait *w, struct cu_err *err)
{
    size_t n = 0;
    bool embedded = false;
    int r = count_nodes(w, SCHEDULABLE "&limit=1", &n, &embedded, err);
    if (r == 0 && n && embedded)
        r = count_nodes(w, SCHEDULABLE NOT_EMBEDDED "&limit=1", &n, &embedded, err);
    if (r < 0)
        return r;
    if (n == 0) {
        cu_log_warning("no node of the cluster runs workloads: not trying whether a Job can run");
        return 0;
    }
    free(w->path);
    w->path = kube_path("batch/v1", "jobs", CFG_NS_SYSTEM, NULL);
    r = wait_for(w, "Job \"" JOB_NAME "\" to be created", create_once, err);
    free(w->path);
    w->path = kube_path("batch/v1", "jobs", CFG_NS_SYSTEM, val_find_str(w->job, "metadata", "name", NULL));
    return r < 0 ? r : wait_for(w, "Job \"" JOB_NAME "\" to complete", complete_once, err);
}

void ph_check_job(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct ph_ctx *c = ph_checks_ctx(k);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct job_wait w = { .k = k };
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would create Job \"" JOB_NAME "\" in %s and wait for it to complete",
               CFG_NS_SYSTEM);
        return;
    }
    int r = ph_ctx_kube(c, &w.kube, &err);
    if (r == 0) {
        w.job = new_job(&c->init->cluster);
        r = run_job(&w, &err);
    }
    if (r < 0)
        ph_check_fail(k, NULL, "a Job cannot run in the cluster: %s", cu_err_text(&err));
    val_unref(w.job);
    val_unref(w.found);
    free(w.path);
}

/* ---- nodes and manifests ---- */

static bool is_ready(const struct val *node)
{
    const struct val *conditions = val_find(node, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(conditions); i++)
        if (cu_streq(val_get_str(val_at(conditions, i), "type"), "Ready"))
            return cu_streq(val_get_str(val_at(conditions, i), "status"), "True");
    return false;
}

void ph_check_control_nodes(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = kube_path("v1", "nodes", NULL, NULL);
    cu_autoval struct val *nodes = NULL;
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    if (get(k, path, "labelSelector=node-role.kubernetes.io%2Fcontrol-plane%3D", &nodes, &err) < 0) {
        ph_check_fail(k, NULL, "cannot list the control planes: %s", cu_err_text(&err));
        return;
    }
    const struct val *items = val_get(nodes, "items");
    for (size_t i = 0; i < val_len(items); i++)
        if (!is_ready(val_at(items, i)))
            cu_strlist_add(&names, cu_or(val_find_str(val_at(items, i), "metadata", "name", NULL), "?"));
    cu_autofree char *all = cu_strlist_join(&names, ", ");
    if (names.n)
        ph_check_fail(k, NULL, "there are control planes that are not Ready: %s", all);
}

void ph_check_manifests(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct ph_ctx *c = ph_checks_ctx(k);
    cu_autostrlist struct cu_strlist missing = CU_STRLIST_INIT;
    for (int i = 0; i < MF_COMPONENTS; i++) {
        cu_autofree char *path =
            cu_asprintf("%s/%s.yaml", CFG_MANIFESTS_DIR, mf_component_name((enum mf_component)i));
        if (i != MF_ETCD && c->dry_run)
            ph_say(c, "[dryrun] Would look for %s", path);
        else if (i != MF_ETCD && !cu_exists(path))
            cu_strlist_add(&missing, path);
    }
    cu_autofree char *all = cu_strlist_join(&missing, ", ");
    if (missing.n)
        ph_check_fail(k, NULL, "manifests are missing: %s", all);
}
