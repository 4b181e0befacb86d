/* phases/upgrade_begin.c - from flags and configuration file to what the commands of upgrade work on (spec operations
 * 9.2 and 9.5). It must not change anything but the dry-run folder. */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/gates.h"
#include "config/load.h"
#include "config/validate.h"
#include "config/version.h"
#include "kube/client.h"
#include "manifests/pod.h"
#include "phases/causes.h"
#include "phases/cluster_config.h"
#include "phases/dry_run.h"
#include "phases/host.h"
#include "phases/kubelet.h"
#include "phases/upgrade.h"
#include "phases/upgrade_pods.h"
#include "pki/ca.h"
#include <string.h>

#define ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF
#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define SERVER_MS 500
#define API_SERVER_MANIFEST CFG_MANIFESTS_DIR "/kube-apiserver.yaml"

void ph_upgrade_free(struct ph_upgrade *u)
{
    if (!u)
        return;
    cfg_upgrade_free(u->config);
    free(u->version);
    cu_strlist_clear(&u->ignored);
    free(u);
}

static const struct cfg_upgrade_step *step_of(const struct ph_upgrade *u)
{
    const struct cfg_upgrade *k = u->config;
    return u->step == PH_UPGRADE_PLAN    ? &k->plan
           : u->step == PH_UPGRADE_DIFF  ? &k->diff
           : u->step == PH_UPGRADE_APPLY ? &k->apply
                                         : &k->node;
}

/* A flag on the command line, else the file, else no. */
static bool pick(const struct ph_opts *o, const char *flag, bool value, enum cfg_tri configured)
{
    return ph_opts_given(o, flag) ? value : cfg_is_yes(configured);
}

static void settle_switches(struct ph_ctx *c)
{
    const struct ph_opts *o = c->opts;
    struct ph_upgrade *u = c->upgrade;
    const struct cfg_upgrade_step *s = step_of(u);
    u->allow_experimental = pick(o, "allow-experimental-upgrades", o->allow_experimental_upgrades,
                                 s->allow_experimental_upgrades);
    u->allow_rc = pick(o, "allow-release-candidate-upgrades", o->allow_release_candidate_upgrades,
                       s->allow_rc_upgrades);
    u->certificate_renewal = pick(o, "certificate-renewal", o->certificate_renewal, s->certificate_renewal);
    u->etcd_upgrade = pick(o, "etcd-upgrade", o->etcd_upgrade, s->etcd_upgrade);
    u->force = pick(o, "force", o->force, s->force_upgrade);
    u->print_config = pick(o, "print-config", o->print_config, s->print_config);
    bool changes = u->step == PH_UPGRADE_APPLY || u->step == PH_UPGRADE_NODE;
    c->dry_run = changes && pick(o, "dry-run", o->dry_run, s->dry_run);
    u->interactive = !o->yes && !u->force && !c->dry_run;
    u->control_plane = cu_exists(API_SERVER_MANIFEST);
    cu_strlist_copy(&c->skip_phases, o->skip_phases.n ? &o->skip_phases : &s->skip_phases);
    if (!cu_is_empty(o->patches))
        c->patches_dir = cu_strdup(o->patches);
    else if (s->patches && !cu_is_empty(s->patches->directory))
        c->patches_dir = cu_strdup(s->patches->directory);
}

/* Flags beside --config are checked by the four commands, not by their phases (spec operations 9.1). */
static int load(struct ph_ctx *c, enum ph_upgrade_step step, struct cu_err *err)
{
    const struct ph_opts *o = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    bool phase =
        step == PH_UPGRADE_APPLY || step == PH_UPGRADE_NODE ? !ph_opts_known(o, "skip-phases") : false;
    struct ph_upgrade *u = c->upgrade = cu_calloc(1, sizeof(*u));
    u->step = step;
    int r = phase ? 0 : ph_opts_check_mixed(o, err);
    if (r < 0)
        return r;
    const struct cfg_load_options lo = { .warnings = &warnings };
    r = cfg_load_upgrade(cu_is_empty(o->config) ? NULL : o->config, &lo, &u->config, err);
    ph_warn_all(&warnings);
    if (r == 0)
        r = cfg_ignored_preflight(&o->ignore_preflight_errors, &step_of(u)->ignore_preflight_errors,
                                  &u->ignored, err);
    if (r < 0)
        return r;
    settle_switches(c);
    const char *version = cu_or(o->version, step_of(u)->kubernetes_version);
    u->version = cu_is_empty(version) ? NULL : cu_strdup(version);
    return 0;
}

static int settle_paths(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_paths *p = &c->paths;
    bool node = c->upgrade->step == PH_UPGRADE_NODE;
    if (c->dry_run) {
        int r = ph_dry_run_dir("KUBEADM_UPGRADE_DRYRUN_DIR",
                               node ? "kubeadm-upgrade-node-dryrun" : "kubeadm-upgrade-apply-dryrun",
                               &p->dry_run_dir, err);
        if (r < 0)
            return r;
    }
    bool own = node && !c->upgrade->control_plane && !ph_opts_given(c->opts, "kubeconfig");
    p->kubeconfig = cu_strdup(own ? KUBELET_CONF : cu_or(c->opts->kubeconfig, ADMIN_CONF));
    p->kubeconfig_dir = cu_strdup(CFG_KUBERNETES_DIR);
    p->manifests = cu_strdup(CFG_MANIFESTS_DIR);
    p->kubelet = cu_strdup(p->dry_run_dir ? p->dry_run_dir : CFG_KUBELET_DIR);
    c->embedded = cu_exists(PH_KUBELET_PID); /* the cluster's configuration may say so too, once it is read */
    return 0;
}

static int begin(struct ph_ctx *c, enum ph_upgrade_step step, struct cu_err *err)
{
    int r = load(c, step, err);
    return r < 0 ? r : settle_paths(c, err);
}

int ph_upgrade_plan_begin(struct ph_ctx *c, struct cu_err *err)
{
    return begin(c, PH_UPGRADE_PLAN, err);
}

int ph_upgrade_diff_begin(struct ph_ctx *c, struct cu_err *err)
{
    return begin(c, PH_UPGRADE_DIFF, err);
}

/* An upgrade that was killed may have left the API server restarting: it is given time before it is asked. One that
 * ended again and again will not come. */
struct server_wait {
    struct ph_ctx *c;
    const char *
        past; /* hash of a manifest that is no longer there: what its process did does not count; may be NULL */
};

static enum cu_wait_state probe_server(void *arg, char **missing, struct cu_err *err)
{
    const struct server_wait *w = arg;
    struct ph_ctx *c = w->c;
    const char *name = mf_component_name(MF_API_SERVER);
    struct kube_client *kube = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = ph_ctx_kube(c, &kube, &e);
    if (r == 0)
        r = kube_get_raw(kube, "/readyz", NULL, NULL, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    cu_autofree char *now = ph_cause_hash(c, name);
    if (w->past && cu_streq(now, w->past))
        return CU_WAIT_PENDING;
    return ph_cause_pod(c, name, missing, err);
}

static int wait_for_server(struct server_wait *w, struct cu_err *err)
{
    const struct cfg_timeouts *t = &w->c->upgrade->config->timeouts;
    return ph_wait(w->c,
                   &(struct ph_waiting){ "the API server to answer", cfg_ms(t->kubernetes_api_call),
                                         SERVER_MS, probe_server, w },
                   err);
}

/* What an earlier upgrade left is gone on with. When it is what keeps the API server down it is taken back first. */
static int find_server(struct ph_ctx *c, struct cu_err *err)
{
    if (c->dry_run || !c->upgrade->control_plane || !ph_pods_interrupted())
        return 0;
    ph_say(c, "[upgrade] An earlier upgrade was interrupted or failed: going on with what it left");
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    struct server_wait w = { .c = c };
    int r = wait_for_server(&w, &e);
    if (r == 0 || r == -CU_E_CANCELED) {
        cu_err_move(err, &e);
        return r;
    }
    bool any = false;
    cu_autofree char *past = ph_cause_hash(c, mf_component_name(MF_API_SERVER));
    ph_say(c, "[upgrade] The API server does not come up: %s", cu_err_text(&e));
    r = ph_pods_take_back(c, &any, err);
    w.past = past;
    if (r < 0 || any)
        return r < 0 ? r : wait_for_server(&w, err);
    r = -(int)e.code;
    cu_err_move(err, &e);
    cu_wrap(
        err,
        "the API server does not answer since an upgrade was interrupted; the manifests from before are in "
        "%s/kubeadm-backup-manifests-*, copy the latest back to %s",
        CFG_TMP_DIR, CFG_MANIFESTS_DIR);
    return r;
}

/* The registry upstream left has no images of the versions that are deployed here. */
static void leave_old_registry(struct cfg_cluster *k)
{
    if (cu_streq(k->image_repository, CFG_OLD_IMAGE_REPOSITORY))
        cfg_set_str(&k->image_repository, CFG_IMAGE_REPOSITORY);
}

static void settle_cluster(struct ph_ctx *c)
{
    const struct cfg_upgrade_step *s = step_of(c->upgrade);
    leave_old_registry(&c->init->cluster);
    if (s->image_pull_policy)
        cfg_set_str(&c->init->node.image_pull_policy, s->image_pull_policy);
    c->init->node.image_pull_serial = s->image_pull_serial;
    c->embedded |= cfg_is_embedded_store(&c->init->cluster);
    cfg_set_str(&c->paths.certs_real, c->init->cluster.certificates_dir);
    cfg_set_str(&c->paths.certs, c->init->cluster.certificates_dir);
    c->external_ca = pki_ca_is_external(c->paths.certs_real, "ca");
}

int ph_upgrade_read_cluster(struct ph_ctx *c, const char *prefix, bool components, const char *version,
                            struct cu_err *err)
{
    const struct ph_cluster_read read = { .components = components,
                                          .endpoint = c->upgrade->step != PH_UPGRADE_NODE ||
                                                      c->upgrade->control_plane,
                                          .version = version,
                                          .timeouts = &c->upgrade->config->timeouts };
    struct kube_client *kube = NULL;
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = find_server(c, err);
    if (r < 0)
        return r;
    if (c->no_cluster && c->upgrade->step == PH_UPGRADE_APPLY)
        c->upgrade->control_plane = true; /* as invented as its cluster */
    ph_cluster_config_say(c, prefix);
    r = ph_cluster_config_parts(c, &read, err);
    if (r == -CU_E_NOTFOUND)
        cu_wrap(err,
                "the cluster's configuration is not there; it can be uploaded again with  kubeadm init phase "
                "upload-config kubeadm --config your-config-file");
    else if (r < 0)
        cu_wrap(err, "cannot read the cluster's configuration");
    if (r < 0)
        return r;
    settle_cluster(c);
    return 0;
}

void ph_upgrade_tell_gates(struct ph_ctx *c, int minor)
{
    cu_autostrlist struct cu_strlist notes = CU_STRLIST_INIT;
    cfg_gates_notes(&c->init->cluster.feature_gates, minor, &notes);
    for (size_t i = 0; i < notes.n; i++)
        ph_say(c, "[upgrade/config] %s", notes.v[i]);
}

void ph_upgrade_print_config(struct ph_ctx *c)
{
    if (!c->upgrade->print_config)
        return;
    cu_autoval struct val *doc = cfg_encode_cluster(&c->init->cluster, CFG_V1BETA4);
    cu_autofree char *text = cfg_yaml(&doc, 1);
    ph_say(c, "[upgrade/config] Configuration used:");
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        ph_say(c, "\t%.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* An exact version, from one such or a label. */
static int settle_version(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct ph_upgrade *u = c->upgrade;
    struct cfg_host host;
    char *version = NULL;
    if (!u->version)
        return cu_fail(
            err, CU_E_INVALID,
            "no version to upgrade to: name one, such as  kubeadm upgrade apply %s  or set "
            "apply.kubernetesVersion in the configuration; `kubeadm upgrade plan` shows which there are",
            CFG_KUBERNETES_VERSION);
    ph_host_options(c, &host);
    int r = cfg_resolve_version(u->version, &host, &warnings, &version, err);
    ph_warn_all(&warnings);
    if (r == 0)
        r = cfg_check_version(version, false, err);
    if (r < 0) {
        free(version);
        return r;
    }
    free(u->version);
    u->version = version;
    return 0;
}

int ph_upgrade_apply_begin(struct ph_ctx *c, struct cu_err *err)
{
    int r = begin(c, PH_UPGRADE_APPLY, err);
    if (r == 0)
        r = settle_version(c, err);
    if (r == 0)
        r = ph_upgrade_read_cluster(c, "upgrade", true, c->upgrade->version, err);
    if (r == 0)
        ph_upgrade_print_config(c);
    return r;
}

int ph_upgrade_node_begin(struct ph_ctx *c, struct cu_err *err)
{
    int r = begin(c, PH_UPGRADE_NODE, err);
    return r < 0 ? r : ph_upgrade_read_cluster(c, "upgrade", true, NULL, err);
}
