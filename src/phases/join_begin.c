/* phases/join_begin.c - from flags and configuration file to what the phases of join work on (spec join 1.2).
 * It must not change anything but the dry-run folder. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/validate.h"
#include "phases/dry_run.h"
#include "phases/host.h"
#include "phases/phases.h"

static void set_if_given(char **field, const char *value)
{
    if (!cu_is_empty(value))
        cfg_set_str(field, value);
}

/* What the flags say, as the configuration they stand for. */
static void config_from_flags(const struct ph_opts *o, struct cfg_join *f)
{
    set_if_given(&f->node.name, o->node_name);
    set_if_given(&f->node.cri_socket, o->cri_socket);
    set_if_given(&f->discovery.tls_bootstrap_token,
                 *o->tls_bootstrap_token ? o->tls_bootstrap_token : o->token);
    if (*o->discovery_file) {
        f->discovery.file = cu_calloc(1, sizeof(*f->discovery.file));
        f->discovery.file->kube_config_path = cu_strdup(o->discovery_file);
    }
    if (!*o->api_server_endpoint) /* without it the discovery flags of tokens mean nothing (upstream's rule) */
        return;
    struct cfg_discovery_token *t = f->discovery.bootstrap_token = cu_calloc(1, sizeof(*t));
    t->token = cu_strdup(*o->discovery_token ? o->discovery_token : o->token);
    t->api_server_endpoint = cu_strdup(o->api_server_endpoint);
    cu_strlist_copy(&t->ca_cert_hashes, &o->discovery_token_ca_cert_hash);
    t->unsafe_skip_ca_verification = o->discovery_token_unsafe_skip_ca_verification;
}

static int load(struct ph_ctx *c, struct cu_err *err)
{
    const struct ph_opts *o = c->opts;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    int r = ph_opts_check_mixed(o, err);
    if (r < 0)
        return r;
    struct cfg_join *flags = cfg_join_new();
    config_from_flags(o, flags);
    struct cfg_load_options lo = { .join_flags = flags,
                                   .detect_cri = ph_opts_known(o, "cri-socket") && !o->embedded,
                                   .warnings = &warnings };
    ph_host_options(c, &lo.host);
    r = cfg_load_join(*o->config ? o->config : NULL, &lo, &c->join, err);
    ph_warn_all(&warnings);
    cfg_join_free(flags);
    return r;
}

static int settle_node(struct ph_ctx *c, struct cu_err *err)
{
    struct cfg_node *node = &c->join->node;
    cu_autostrlist struct cu_strlist ignored = CU_STRLIST_INIT;
    int r = cfg_ignored_preflight(&c->opts->ignore_preflight_errors, &node->ignore_preflight_errors, &ignored,
                                  err);
    if (r < 0)
        return r;
    cu_strlist_clear(&node->ignore_preflight_errors);
    cu_strlist_copy(&node->ignore_preflight_errors, &ignored);
    set_if_given(&node->name, c->opts->node_name);
    set_if_given(&node->cri_socket, c->opts->cri_socket);
    if (!c->join->control_plane && !c->opts->control_plane)
        return 0;
    return cu_fail(err, CU_E_INVALID,
                   "this version joins workers only: leave out --control-plane (and controlPlane: in the "
                   "configuration)");
}

static int settle_paths(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_paths *p = &c->paths;
    c->dry_run = ph_opts_given(c->opts, "dry-run") ? c->opts->dry_run : c->join->dry_run;
    if (c->dry_run) {
        int r = ph_dry_run_dir("KUBEADM_JOIN_DRYRUN_DIR", "kubeadm-join-dryrun", &p->dry_run_dir, err);
        if (r < 0)
            return r;
    }
    const char *dir = p->dry_run_dir;
    p->certs_real = cu_path_dir(c->join->ca_cert_path);
    p->certs = cu_strdup(dir ? dir : p->certs_real);
    p->kubeconfig_dir = cu_strdup(dir ? dir : CFG_KUBERNETES_DIR);
    p->kubeconfig = cu_path_join(p->kubeconfig_dir, CFG_ADMIN_CONF);
    p->manifests = cu_strdup(dir ? dir : CFG_MANIFESTS_DIR);
    p->kubelet = cu_strdup(dir ? dir : CFG_KUBELET_DIR);
    return 0;
}

int ph_join_begin(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_patches *patches = NULL;
    int r = load(c, err);
    if (r == 0)
        r = settle_node(c, err);
    if (r == 0)
        r = settle_paths(c, err);
    if (r < 0)
        return r;
    patches = c->join->patches;
    if (*c->opts->patches)
        c->patches_dir = cu_strdup(c->opts->patches);
    else if (patches && !cu_is_empty(patches->directory))
        c->patches_dir = cu_strdup(patches->directory);
    cu_strlist_copy(&c->skip_phases, c->opts->skip_phases.n ? &c->opts->skip_phases : &c->join->skip_phases);
    c->embedded = c->opts->embedded;
    return c->embedded ? ph_host_component_dir(c, err) : 0;
}
