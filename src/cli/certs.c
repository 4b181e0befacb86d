/* `kubeadm certs`: its table, `certificate-key`, and where the configuration comes from (spec operations 6). Checking,
 * renewing and requesting have files of their own. */
#include "cli/certs.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/load.h"
#include "config/types.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "node/sys.h"
#include "phases/cluster_config.h"
#include "phases/host.h"
#include "pki/seal.h"

int cli_certs_begin(const struct cli_call *call, struct ph_ctx *c, struct cu_err *err)
{
    const struct wf_progress_opts po = { .out = call->err, .colour = isatty(fileno(call->err)) == 1 };
    setvbuf(call->out, NULL, _IOLBF, 0);
    *c = (struct ph_ctx){ .flow = PH_INIT,
                          .sys = node_sys_host(),
                          .out = call->out,
                          .result = call->out,
                          .errout = call->err,
                          .start_ms = cu_now_ms() };
    return wf_progress_new(&po, &c->progress, err);
}

void cli_certs_end(struct ph_ctx *c)
{
    struct wf_progress *progress = c->progress; /* only borrowed by the context */
    ph_ctx_clear(c);
    wf_progress_free(progress);
}

static void settle_paths(struct ph_ctx *c)
{
    cfg_set_str(&c->paths.certs, c->init->cluster.certificates_dir);
    cfg_set_str(&c->paths.certs_real, c->init->cluster.certificates_dir);
    cfg_set_str(&c->paths.kubeconfig_dir, CFG_KUBERNETES_DIR);
}

int cli_certs_load(struct ph_ctx *c, const char *path, const char *cert_dir, bool address, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_init *flags = cfg_init_new();
    struct cfg_load_options o = { .init_flags = flags, .warnings = &warnings };
    ph_host_options(c, &o.host);
    if (!address)
        o.host.choose_address = NULL;
    if (!cu_is_empty(cert_dir))
        cfg_set_str(&flags->cluster.certificates_dir, cert_dir);
    int r = cfg_load_init(*path ? path : NULL, &o, &c->init, err);
    ph_warn_all(&warnings);
    cfg_init_free(flags);
    if (r == 0)
        settle_paths(c);
    return r;
}

/* From the cluster. Then the flag's folder counts, given or not (spec operations 6.2). */
static int load_stored(const struct cli_call *call, const struct kube_config *kubeconfig, struct ph_ctx *c,
                       struct cu_err *err)
{
    const struct cli_certs_opts *o = call->opts;
    int r = kube_client_new(kubeconfig, NULL, &c->kube, err);
    if (r == 0)
        r = ph_cluster_config_read(c, err);
    if (r < 0) {
        cfg_init_free(c->init);
        c->init = NULL;
        return r;
    }
    const char *stored = c->init->cluster.certificates_dir;
    if (!cli_flagset_given(call->flags, "cert-dir") && !cu_streq(stored, o->cert_dir))
        cu_log_warning("this cluster's certificates are in \"%s\" and not in \"%s\": give  --cert-dir %s",
                       stored, o->cert_dir, stored);
    cfg_set_str(&c->init->cluster.certificates_dir, o->cert_dir);
    settle_paths(c);
    return 0;
}

int cli_certs_find_config(const struct cli_call *call, const char *prefix, struct ph_ctx *c,
                          struct cu_err *err)
{
    const struct cli_certs_opts *o = call->opts;
    kube_autoconfig struct kube_config *kubeconfig = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (*o->config || kube_config_load(o->kubeconfig, &kubeconfig, &e) < 0)
        return cli_certs_load(c, o->config, o->cert_dir, false, err);
    if (prefix)
        ph_cluster_config_say(c, prefix);
    int r = load_stored(call, kubeconfig, c, &e);
    if (r < 0 && prefix)
        ph_say(c,
               "[%s] The cluster's configuration cannot be read, the defaults are used (name a file with "
               "--config): %s",
               prefix, cu_err_text(&e));
    else if (r < 0)
        cu_log_warning("the cluster's configuration cannot be read, the defaults are used (name a file with "
                       "--config): %s",
                       cu_err_text(&e));
    if (prefix)
        ph_say(c, "%s", "");
    return r < 0 ? cli_certs_load(c, "", o->cert_dir, false, err) : 0;
}

static int certificate_key(const struct cli_call *c, struct cu_err *err)
{
    (void)err;
    cu_autowipe char *key = pki_certificate_key_new();
    fprintf(c->out, "%s\n", key);
    return 0;
}

static const struct cli_command certs_key = {
    .name = "certificate-key",
    .brief = "Print a key for sealing uploaded certificates",
    .doc =
        "Prints a random key for --certificate-key of `kubeadm init`: it seals the certificates that\n"
        "`kubeadm init --upload-certs` stores in the cluster, and opens them for control planes that join.",
    .run = certificate_key,
};

static const char *const aliases[] = { "certificates", NULL };
static const struct cli_command *const children[] = { &certs_key, &cli_certs_check, &cli_certs_csr,
                                                      &cli_certs_renew, NULL };

const struct cli_command cli_certs = {
    .name = "certs",
    .aliases = aliases,
    .brief = "Check, renew and request certificates",
    .doc = "Works on the certificates of a control plane: tells when they end, renews them, makes requests "
           "for them.",
    .opts_size = sizeof(struct cli_certs_opts),
    .strict = true,
    .children = children,
};
