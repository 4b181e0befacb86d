/* phases/join_begin.c - from flags and configuration file to what the phases of join work on (spec join 1.2).
 * It must not change anything but the dry-run folder. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/validate.h"
#include "phases/dry_run.h"
#include "kube/kubeconfig.h"
#include "phases/host.h"
#include "phases/run_mark.h"
#include "phases/phases.h"

#define ADMIN_CONF CFG_KUBERNETES_DIR "/" CFG_ADMIN_CONF

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
    if (o->control_plane) {
        struct cfg_join_control_plane *p = f->control_plane = cu_calloc(1, sizeof(*p));
        set_if_given(&p->local_api_endpoint.advertise_address, o->apiserver_advertise_address);
        p->local_api_endpoint.bind_port = o->apiserver_bind_port;
        set_if_given(&p->certificate_key, o->certificate_key);
    }
    /* Without it the discovery flags of tokens mean nothing (upstream's rule); without those it does. */
    if (!*o->api_server_endpoint || !ph_opts_known(o, "discovery-token"))
        return;
    struct cfg_discovery_token *t = f->discovery.bootstrap_token = cu_calloc(1, sizeof(*t));
    t->token = cu_strdup(*o->discovery_token ? o->discovery_token : o->token);
    t->api_server_endpoint = cu_strdup(o->api_server_endpoint);
    cu_strlist_copy(&t->ca_cert_hashes, &o->discovery_token_ca_cert_hash);
    t->unsafe_skip_ca_verification = o->discovery_token_unsafe_skip_ca_verification;
}

/* Sub-commands without flags of discovery come after those that have them: the administrator's file is there by then, and
 * says where the cluster is (spec join 1.2 step 8). */
static int discover_from_admin(const struct ph_opts *o, struct cfg_join *f, struct cu_err *err)
{
    if (ph_opts_known(o, "discovery-file"))
        return 0;
    if (!cu_exists(ADMIN_CONF))
        return cu_fail(err, CU_E_NOTFOUND,
                       "there is no %s; on a control plane run the phase control-plane-prepare first",
                       ADMIN_CONF);
    f->discovery.file = cu_calloc(1, sizeof(*f->discovery.file));
    f->discovery.file->kube_config_path = cu_strdup(ADMIN_CONF);
    return 0;
}

static void warn_of_control_flags(const struct ph_opts *o)
{
    static const char *const flags[] = { "certificate-key", "apiserver-advertise-address",
                                         "apiserver-bind-port" };
    for (size_t i = 0; !o->control_plane && i < CU_LEN(flags); i++)
        if (ph_opts_given(o, flags[i]))
            cu_log_warning("--%s means nothing without --control-plane", flags[i]);
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
    warn_of_control_flags(o);
    r = discover_from_admin(o, flags, err);
    struct cfg_load_options lo = { .join_flags = flags,
                                   .detect_cri = ph_opts_known(o, "cri-socket") && !o->embedded,
                                   .warnings = &warnings };
    ph_host_options(c, &lo.host);
    if (r == 0)
        r = cfg_load_join(*o->config ? o->config : NULL, &lo, &c->join, err);
    ph_warn_all(&warnings);
    cfg_join_free(flags);
    return r;
}

/* The flag comes behind validation (spec join 1.2 step 11). The kubelet makes its name lower case; with another one join
 * would wait for a node that never comes. */
static int override_name(struct cfg_node *node, const char *given, struct cu_err *err)
{
    cu_autofree char *trimmed = cu_trim(given);
    if (!*trimmed)
        return 0;
    free(node->name);
    node->name = cu_lower(trimmed);
    if (cu_is_dns_subdomain(node->name))
        return 0;
    return cu_fail(
        err, CU_E_INVALID,
        "--node-name \"%s\": a node's name is made of lower-case letters, digits, \"-\" and \".\", and "
        "begins and ends with a letter or digit (RFC 1123)",
        given);
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
    r = override_name(node, c->opts->node_name, err);
    if (r < 0)
        return r;
    set_if_given(&node->cri_socket, c->opts->cri_socket);
    const struct cfg_join_control_plane *p = c->join->control_plane;
    if (!p)
        return 0;
    c->certificate_key = cu_is_empty(p->certificate_key) ? NULL : cu_strdup(p->certificate_key);
    return cfg_check_bind_address(p->local_api_endpoint.advertise_address, err);
}

/* A control plane that was prepared before knows the cluster already (spec join 1.2 step 7). */
static int settle_bootstrap(struct ph_ctx *c, struct cu_err *err)
{
    if (!c->opts->control_plane || !cu_exists(ADMIN_CONF))
        return 0;
    int r = kube_config_load(ADMIN_CONF, &c->bootstrap, err);
    if (r == 0 && (!kube_config_default_cluster(c->bootstrap) || !kube_config_current_context(c->bootstrap)))
        r = cu_fail(err, CU_E_INVALID, "%s names no cluster", ADMIN_CONF);
    return r < 0 ? cu_wrap(err, "%s is there, but cannot be used; `kubeadm reset` removes it", ADMIN_CONF)
                 : 0;
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
    if (r == 0)
        r = settle_bootstrap(c, err);
    if (r < 0)
        return r;
    c->resumed = ph_run_mark_look(c) == PH_MARK_SAME;
    patches = c->join->patches;
    if (*c->opts->patches)
        c->patches_dir = cu_strdup(c->opts->patches);
    else if (patches && !cu_is_empty(patches->directory))
        c->patches_dir = cu_strdup(patches->directory);
    cu_strlist_copy(&c->skip_phases, c->opts->skip_phases.n ? &c->opts->skip_phases : &c->join->skip_phases);
    c->embedded = c->opts->embedded;
    return c->embedded ? ph_host_component_dir(c, err) : 0;
}
