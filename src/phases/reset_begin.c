/* phases/reset_begin.c - from flags and configuration file to what the phases of reset work on (spec operations 8.2).
 * It must not change anything. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/validate.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "phases/cluster_config.h"
#include "phases/host.h"
#include "phases/kubelet.h"
#include "phases/phases.h"
#include "phases/reset_store.h"

static void set_if_given(char **field, const char *value)
{
    if (!cu_is_empty(value))
        cfg_set_str(field, value);
}

static int load(struct ph_ctx *c, struct cu_err *err)
{
    const struct ph_opts *o = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    int r = ph_opts_check_mixed(o, err);
    if (r < 0)
        return r;
    struct cfg_reset *flags = cfg_reset_new();
    set_if_given(&flags->certificates_dir, o->cert_dir);
    set_if_given(&flags->cri_socket, o->cri_socket);
    flags->force = o->force;
    flags->cleanup_tmp_dir = o->cleanup_tmp_dir;
    struct cfg_load_options lo = { .reset_flags = flags,
                                   .detect_cri = ph_opts_known(o, "cri-socket") && !c->embedded,
                                   .warnings = &warnings };
    ph_host_options(c, &lo.host);
    r = cfg_load_reset(*o->config ? o->config : NULL, &lo, &c->reset, err);
    ph_warn_all(&warnings);
    cfg_reset_free(flags);
    return r;
}

static int settle_ignored(struct ph_ctx *c, struct cu_err *err)
{
    struct cu_strlist *list = &c->reset->ignore_preflight_errors;
    cu_autostrlist struct cu_strlist ignored = CU_STRLIST_INIT;
    int r = cfg_ignored_preflight(&c->opts->ignore_preflight_errors, list, &ignored, err);
    if (r < 0)
        return r;
    cu_strlist_clear(list);
    cu_strlist_copy(list, &ignored);
    return 0;
}

/* Its contents are deleted, so a slip such as "/" must not get further than this. */
static int check_certs_dir(const char *dir, struct cu_err *err)
{
    if (!cu_is_system_dir(dir))
        return 0;
    return cu_fail(
        err, CU_E_INVALID,
        "reset deletes all that is in the folder of the certificates, and \"%s\" is a folder of the system; "
        "give the one that holds the certificates alone (--cert-dir, or certificatesDir in the "
        "configuration), nothing was changed",
        dir);
}

/* What the cluster says of itself, to c->init. Without an administrator's kubeconfig, or where nobody answers, it stays
 * NULL, and the phases go by what lies on this machine. */
static void read_cluster(struct ph_ctx *c)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    struct cfg_load_options o = { .warnings = &warnings };
    if (kube_config_load(c->paths.kubeconfig, &config, &e) < 0) {
        cu_log_debug(1, "[reset] not an administrator here: %s", cu_err_text(&e));
        return;
    }
    ph_host_options(c, &o.host);
    ph_cluster_config_say(c, "reset");
    int r = kube_client_new(config, NULL, &c->kube, &e);
    if (r == 0)
        r = ph_cluster_config_remembered(c->kube, &o, &c->init, &e);
    if (r < 0)
        cu_log_warning("[reset] the cluster's configuration cannot be read: %s", cu_err_text(&e));
}

int ph_reset_begin(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_paths *p = &c->paths;
    c->embedded = cu_exists(PH_KUBELET_PID) || cu_exists(PH_EMBEDDED_DIR);
    int r = load(c, err);
    if (r == 0)
        r = check_certs_dir(c->reset->certificates_dir, err);
    if (r == 0)
        r = settle_ignored(c, err);
    if (r < 0)
        return r;
    c->dry_run = ph_opts_given(c->opts, "dry-run") ? c->opts->dry_run : c->reset->dry_run;
    p->certs = cu_strdup(c->reset->certificates_dir);
    p->certs_real = cu_strdup(p->certs);
    p->kubeconfig_dir = cu_strdup(CFG_KUBERNETES_DIR);
    p->kubeconfig = cu_strdup(cu_or(c->opts->kubeconfig, CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF));
    p->manifests = cu_strdup(CFG_MANIFESTS_DIR);
    p->kubelet = cu_strdup(CFG_KUBELET_DIR);
    cu_strlist_copy(&c->skip_phases, c->opts->skip_phases.n ? &c->opts->skip_phases : &c->reset->skip_phases);
    read_cluster(c);
    return 0;
}
