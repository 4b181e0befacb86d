/* Finds authorities without keys and checks what they must have signed. It must not write anything. */
#include "phases/external_ca.h"
#include "base/str.h"
#include "config/version.h"
#include "phases/cert_table.h"
#include "phases/kubeconfig.h"
#include "pki/ca.h"

/* Certificate and key of a leaf load, and the certificate chains to the authority. */
static int check_leaf(const char *dir, const struct ph_cert_row *row, int64_t now_ms, struct cu_err *err)
{
    cu_autofree char *ca_path = pki_crt_path(dir, row->ca), *key_path = pki_key_path(dir, row->base);
    pki_autocert struct pki_cert *ca = NULL;
    pki_autokey struct pki_key *key = NULL;
    int r = pki_cert_load(ca_path, &ca, err);
    if (r == 0)
        r = pki_leaf_check(dir, row->base, ca, now_ms, err);
    if (r == 0)
        r = pki_key_load(key_path, &key, err);
    return r < 0 ? cu_wrap(err,
                           "%s has no key here (%s.key), so certificate and key of %s, which it signs, must "
                           "be in %s",
                           row->ca, row->ca, row->base, dir)
                 : 0;
}

int ph_external_ca_check(const char *dir, const char *ca, int64_t now_ms, struct cu_err *err)
{
    for (size_t i = 0; i < ph_cert_count; i++) {
        if (!cu_streq(ph_cert_table[i].ca, ca))
            continue;
        int r = check_leaf(dir, &ph_cert_table[i], now_ms, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_kubeconfigs(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *path = pki_crt_path(c->paths.certs_real, "ca");
    pki_autocerts struct pki_certs expected = PKI_CERTS_INIT;
    int r = pki_certs_load(path, &expected, err);
    struct mf_kubeconfig_file files[5];
    size_t n = mf_kubeconfig_files(cfg_minor(c->init->cluster.kubernetes_version), files);
    for (size_t i = 0; r == 0 && i < n; i++) {
        cu_autofree char *server = mf_kubeconfig_server(&files[i], c->init);
        r = ph_kubeconfig_check(c->opts->kubeconfig_dir, files[i].file, &expected, server, err);
        if (r < 0)
            return cu_wrap(err, "the CA has no key here (ca.key), so %s must be there already",
                           files[i].file);
    }
    return r;
}

int ph_external_ca_detect(struct ph_ctx *c, bool *cluster, bool *front_proxy, struct cu_err *err)
{
    int r = 0;
    *cluster = pki_ca_is_external(c->paths.certs_real, "ca");
    *front_proxy = pki_ca_is_external(c->paths.certs_real, "front-proxy-ca");
    if (*cluster)
        r = ph_external_ca_check(c->paths.certs_real, "ca", c->start_ms, err);
    if (r == 0 && *cluster)
        r = check_kubeconfigs(c, err);
    return r == 0 && *front_proxy
               ? ph_external_ca_check(c->paths.certs_real, "front-proxy-ca", c->start_ms, err)
               : r;
}
