/* Phase kubeconfig: a client certificate and a kubeconfig file for each who talks to the API server (spec init 6).
 * What is there and trusts the right authority is kept. */
#include "phases/kubeconfig.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "config/version.h"
#include "kube/kubeconfig.h"
#include "phases/keys.h"
#include "phases/phases.h"
#include "pki/ca.h"
#include <string.h>

const char *const ph_join_kubeconfigs[PH_JOIN_KUBECONFIGS] = { "admin", "controller-manager", "scheduler" };

/* The first certificate a kubeconfig trusts is one of the expected. */
static int check_ca(const struct kube_config *k, const char *path, const struct pki_certs *expected,
                    struct cu_err *err)
{
    cu_autofree char *pem = NULL;
    pki_autocerts struct pki_certs found = PKI_CERTS_INIT;
    int r = kube_config_ca(k, &pem, err);
    if (r == 0)
        r = pki_certs_parse(pem, strlen(pem), &found, err);
    if (r < 0)
        return cu_wrap(err, "the CA of the kubeconfig file %s cannot be read", path);
    if (!found.v)
        return cu_fail(err, CU_E_INVALID, "the kubeconfig file %s trusts no CA", path);
    for (size_t i = 0; i < expected->n; i++)
        if (cu_streq(pki_cert_sha256(found.v[0]), pki_cert_sha256(expected->v[i])))
            return 0;
    return cu_fail(err, CU_E_INVALID,
                   "the kubeconfig file %s is there already and trusts another CA (\"%s\"); move it away",
                   path, pki_cert_cn(found.v[0]));
}

int ph_kubeconfig_check(const char *dir, const char *file, const struct pki_certs *expected,
                        const char *server, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(dir, file);
    kube_autoconfig struct kube_config *k = NULL;
    int r = kube_config_load(path, &k, err);
    if (r < 0)
        return r;
    const struct val *context = kube_config_current_context(k);
    if (!context || !kube_config_default_cluster(k))
        return cu_fail(err, CU_E_INVALID,
                       "the kubeconfig file %s has no usable current-context; move it away", path);
    r = check_ca(k, path, expected, err);
    if (r == 0 && !cu_streq(kube_config_server(k), server))
        cu_log_warning("the kubeconfig file %s names the server %s, expected was %s", path,
                       cu_or(kube_config_server(k), "(none)"), server);
    return r;
}

int ph_kubeconfig_header(struct ph_ctx *c, struct cu_err *err)
{
    (void)err;
    ph_say(c, "[kubeconfig] Using kubeconfig folder \"%s\"", c->paths.kubeconfig_dir);
    return 0;
}

/* The file a phase makes; false when a control plane of this version has none of that name. */
static bool find_file(const struct ph_ctx *c, const char *phase, struct mf_kubeconfig_file *out)
{
    struct mf_kubeconfig_file files[5];
    size_t n = mf_kubeconfig_files(cfg_minor(c->init->cluster.kubernetes_version), files);
    for (size_t i = 0; i < n; i++) {
        *out = files[i];
        if (cu_streq(files[i].phase, phase))
            return true;
    }
    return false;
}

int ph_client_cert_make(struct ph_ctx *c, const struct pki_ca *ca, const struct ph_client *who,
                        struct ph_client_pem *out, struct cu_err *err)
{
    const struct pki_cert_spec spec = { .cn = who->name,
                                        .orgs = who->orgs->n ? who->orgs : NULL,
                                        .ekus = PKI_EKU_CLIENT_AUTH,
                                        .not_before_ms = pki_cert_not_before(ca->cert),
                                        .not_after_ms = c->start_ms + who->validity_ms };
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    int r = ph_key_take(c, &key, err);
    if (r == 0)
        r = pki_cert_issue(&spec, key, ca->cert, ca->key, &cert, err);
    if (r < 0)
        return cu_wrap(err, "cannot make the client certificate of %s", who->name);
    out->cert = pki_cert_pem(cert);
    out->key = pki_key_pem(key);
    return 0;
}

void ph_client_pem_clear(struct ph_client_pem *p)
{
    free(p->cert);
    cu_free_secret(p->key);
    *p = (struct ph_client_pem){ NULL, NULL };
}

static int write_file(struct ph_ctx *c, const struct mf_kubeconfig_file *f, const struct pki_ca *ca,
                      const char *path, struct cu_err *err)
{
    cu_autofree char *user = mf_kubeconfig_user(f, c->init);
    cu_autofree char *server = mf_kubeconfig_server(f, c->init), *ca_pem = pki_cert_pem(ca->cert);
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT;
    if (f->group)
        cu_strlist_add(&orgs, f->group);
    const struct ph_client who = { user, &orgs, cfg_ms(c->init->cluster.certificate_validity_period) };
    struct ph_client_pem client = { NULL, NULL };
    int r = ph_client_cert_make(c, ca, &who, &client, err);
    if (r < 0)
        return r;
    const struct mf_kubeconfig k = { .cluster = c->init->cluster.cluster_name,
                                     .server = server,
                                     .user = user,
                                     .ca_pem = ca_pem,
                                     .cert_pem = client.cert,
                                     .key_pem = client.key };
    cu_autowipe char *text = mf_kubeconfig_text(&k);
    ph_client_pem_clear(&client);
    ph_say(c, "[kubeconfig] Writing \"%s\" kubeconfig file", f->file);
    r = cu_mkdir_p(c->paths.kubeconfig_dir, 0755, err);
    return r == 0 ? cu_file_write_str(path, text, 0600, err) : r;
}

/* Files were checked when the run began; a dry run works on copies. */
static int external_ca(struct ph_ctx *c, const struct mf_kubeconfig_file *f, const char *path,
                       struct cu_err *err)
{
    ph_say(c, "[kubeconfig] External CA: the existing %s is used", f->file);
    cu_autofree char *real = cu_path_join(CFG_KUBERNETES_DIR, f->file);
    return c->dry_run ? cu_file_copy(real, path, 0600, err) : 0;
}

int ph_kubeconfig_make(struct ph_ctx *c, const char *phase, struct cu_err *err)
{
    struct mf_kubeconfig_file f;
    if (!find_file(c, phase, &f)) {
        ph_say(c, "[kubeconfig] Kubernetes %s has no %s.conf", c->init->cluster.kubernetes_version, phase);
        return 0;
    }
    cu_autofree char *path = cu_path_join(c->paths.kubeconfig_dir, f.file);
    if (c->external_ca)
        return external_ca(c, &f, path, err);
    for (int i = 0; f.control_plane_url && i < 2; i++) /* as often as upstream */
        ph_warn_endpoint_port(c->init);
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    if (pki_ca_load_signer(c->paths.certs, "ca", &ca, err) < 0)
        return cu_wrap(
            err,
            "cannot sign the client certificate in %s: the cluster's CA is not usable (`kubeadm init phase "
            "certs ca` makes a new one where there is none)",
            f.file);
    if (!cu_exists(path))
        return write_file(c, &f, &ca, path, err);
    pki_autocerts struct pki_certs expected = PKI_CERTS_INIT;
    cu_autofree char *server = mf_kubeconfig_server(&f, c->init);
    pki_certs_add(&expected, ca.cert);
    int r = ph_kubeconfig_check(c->paths.kubeconfig_dir, f.file, &expected, server, err);
    if (r == 0)
        ph_say(c, "[kubeconfig] Using existing kubeconfig file: \"%s\"", path);
    return r;
}

int ph_kubeconfig_one(struct ph_ctx *c, struct cu_err *err)
{
    return ph_kubeconfig_make(c, c->phase->arg, err);
}
