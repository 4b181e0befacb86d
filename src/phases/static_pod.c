/* Phases etcd and control-plane: static Pod manifests, always rewritten (spec init 7). It must not know what is in
 * one. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/gates.h"
#include "manifests/pod.h"
#include "node/sys.h"
#include "phases/dry_run.h"
#include "phases/patches.h"
#include "phases/phases.h"
#include "phases/rootless.h"
#include "phases/static_pod.h"

extern char **environ;

static bool exists(void *arg, const char *path)
{
    return node_exists(arg, path);
}

/* The raw value of the argument stands in the manifest; what the API server makes of it is told for every component, as
 * upstream does (spec init 7.5). */
static void warn_authorization(const struct cfg_cluster *cluster)
{
    static const char standard[] = "Node,RBAC";
    static const char *const known[] = { "Node", "RBAC", "Webhook", "ABAC", "AlwaysAllow", "AlwaysDeny" };
    const char *wanted = cfg_args_last(&cluster->api_server.extra_args, "authorization-mode");
    cu_autostrlist struct cu_strlist modes = CU_STRLIST_INIT, good = CU_STRLIST_INIT;
    cu_strlist_split(&modes, cu_or(wanted, ""), ',');
    for (size_t i = 0; wanted && i < modes.n; i++) {
        bool is_known = false;
        for (size_t k = 0; k < CU_LEN(known); k++)
            is_known = is_known || cu_streq(modes.v[i], known[k]);
        if (is_known)
            cu_strlist_add(&good, modes.v[i]);
        else
            cu_log_warning("the API server knows no authorization mode \"%s\"", modes.v[i]);
    }
    cu_autofree char *used = cu_strlist_join(&good, ",");
    if (good.n && !cu_streq(used, standard))
        cu_log_warning("the authorization modes of the API server are \"%s\" by default; used are \"%s\"",
                       standard, used);
}

int ph_manifest_text(struct ph_ctx *c, enum mf_component component, const struct mf_host *extra, char **out,
                     struct cu_err *err)
{
    struct node_sys sys = *c->sys;
    struct mf_host host = *extra;
    host.exists = exists;
    host.arg = &sys;
    host.environment = environ;
    host.external_ca = c->external_ca;
    cu_autoval struct val *pod = mf_pod(component, c->init, &host);
    int r = ph_patches_apply(c, mf_component_name(component), &pod, err);
    if (r == 0)
        *out = mf_pod_text(pod);
    return r;
}

int ph_manifest_write(struct ph_ctx *c, enum mf_component component, const char *initial_cluster,
                      const char *dir, struct cu_err *err)
{
    struct mf_ids ids = { 0 };
    bool rootless = cfg_gate_on(&c->init->cluster.feature_gates, "RootlessControlPlane");
    if (rootless && c->dry_run)
        ph_say(c, "[dryrun] Would make a user for %s, and give it the files it needs",
               mf_component_name(component));
    rootless = rootless && !c->dry_run;
    int r = rootless ? ph_rootless_ids(c, component, &ids, err) : 0;
    if (r == 0 && rootless)
        r = ph_rootless_give_files(c, component, &ids, err);
    if (r < 0)
        return r;
    const struct mf_host host = { .initial_cluster = initial_cluster, .ids = rootless ? &ids : NULL };
    if (component != MF_ETCD)
        warn_authorization(&c->init->cluster);
    cu_autofree char *text = NULL, *file = cu_asprintf("%s.yaml", mf_component_name(component));
    cu_autofree char *path = cu_path_join(dir, file);
    r = ph_manifest_text(c, component, &host, &text, err);
    if (r == 0)
        r = cu_mkdir_p(dir, 0700, err);
    return r < 0 ? r : cu_file_write_str(path, text, cu_file_mode(path, 0600), err);
}

int ph_etcd_local(struct ph_ctx *c, struct cu_err *err)
{
    if (!mf_wants(MF_ETCD, c->init)) {
        cu_log_debug(1, "[etcd] external etcd: no manifest is written");
        return 0;
    }
    const char *data = c->init->cluster.etcd.local->data_dir;
    if (c->dry_run) {
        ph_say(c, "[etcd] Would make the data folder \"%s\"", data);
    } else {
        int r = cu_mkdir_p(data, 0700, err);
        if (r < 0)
            return cu_wrap(err, "cannot make etcd's data folder");
    }
    ph_say(c, "[etcd] Creating static Pod manifest for local etcd in \"%s\"", c->paths.manifests);
    int r = ph_manifest_write(c, MF_ETCD, NULL, c->paths.manifests, err);
    if (r < 0 || !c->dry_run)
        return r;
    const struct ph_dry_file file = { "etcd.yaml", CFG_MANIFESTS_DIR "/etcd.yaml" };
    return ph_dry_run_show(c, &file, 1, err);
}

int ph_control_plane_header(struct ph_ctx *c, struct cu_err *err)
{
    (void)err;
    ph_say(c, "[control-plane] Using manifest folder \"%s\"", c->paths.manifests);
    return 0;
}

int ph_control_plane_one(struct ph_ctx *c, struct cu_err *err)
{
    ph_say(c, "[control-plane] Creating static Pod manifest for \"%s\"", c->phase->arg);
    for (int i = 0; i < MF_COMPONENTS; i++)
        if (cu_streq(mf_component_name((enum mf_component)i), c->phase->arg))
            return ph_manifest_write(c, (enum mf_component)i, NULL, c->paths.manifests, err);
    return cu_fail(err, CU_E_INVALID, "no component is named %s", c->phase->arg);
}
