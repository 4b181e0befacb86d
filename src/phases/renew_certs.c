/* Renewal of certificates in files and in kubeconfigs. It must not know which of them there are, nor restart anything. */
#include "phases/renew_certs.h"
#include "base/encode.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/kubeconfig.h"
#include "phases/keys.h"
#include "phases/phases.h"
#include "pki/ca.h"
#include <string.h>

static void put_base64(struct val *map, const char *key, const char *pem)
{
    cu_autowipe char *coded = cu_base64(pem, strlen(pem));
    val_set_str(map, key, coded);
}

/* Everything else in the file stays; the authority is that of today. */
static int put_in_kubeconfig(const struct ph_ctx *c, const struct ph_held *h, const struct pki_cert *ca,
                             const struct pki_cert *cert, const struct pki_key *key, struct cu_err *err)
{
    cu_autofree char *path = ph_held_path(c, h), *ca_pem = pki_cert_pem(ca), *cert_pem = pki_cert_pem(cert);
    cu_autowipe char *key_pem = pki_key_pem(key);
    kube_autoconfig struct kube_config *config = NULL;
    int r = kube_config_load(path, &config, err);
    if (r < 0)
        return r;
    put_base64(kube_config_default_cluster(config), "certificate-authority-data", ca_pem);
    struct val *user = kube_config_current_user(config);
    put_base64(user, "client-certificate-data", cert_pem);
    put_base64(user, "client-key-data", key_pem);
    return kube_config_save(config, path, err);
}

static int replace(struct ph_ctx *c, const struct ph_held *h, const struct pki_cert *old, struct cu_err *err)
{
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    const struct pki_cert_spec spec = {
        .cn = pki_cert_cn(old),
        .orgs = pki_cert_orgs(old)->n ? pki_cert_orgs(old) : NULL,
        .ekus = pki_cert_ekus(old),
        .dns = pki_cert_dns(old)->n ? pki_cert_dns(old) : NULL,
        .ips = pki_cert_ips(old)->n ? pki_cert_ips(old) : NULL,
        .not_before_ms = c->start_ms - PKI_BACKDATE_MS,
        .not_after_ms = c->start_ms + cfg_ms(c->init->cluster.certificate_validity_period)
    };
    int r = pki_ca_load_signer(c->paths.certs, h->ca, &ca, err);
    if (r == 0)
        r = ph_key_take(c, &key, err);
    if (r == 0)
        r = pki_cert_issue(&spec, key, ca.cert, ca.key, &cert, err);
    if (r == 0)
        r = h->base ? pki_pair_save(c->paths.certs, h->base, cert, key, err)
                    : put_in_kubeconfig(c, h, ca.cert, cert, key, err);
    return r;
}

int ph_renew(struct ph_ctx *c, const struct ph_held *h, struct ph_renewed *done, struct cu_err *err)
{
    pki_autocert struct pki_cert *old = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    bool external = false;
    int r = ph_held_applies(h, c->init) ? ph_held_load(c, h, &old, &e) : -CU_E_NOTFOUND;
    if (r == -CU_E_NOTFOUND) {
        ph_say(c, "MISSING! %s", h->title);
        done->n_missing++;
        return 0;
    }
    if (r == 0)
        r = ph_held_is_external(c, h, &external, &e);
    if (r == 0 && external) {
        ph_say(c, "External %s detected: the %s cannot be renewed without %s/%s.key", h->ca, h->title,
               c->paths.certs, h->ca);
        done->n_external++;
        return 0;
    }
    if (r == 0)
        r = replace(c, h, old, &e);
    if (r < 0) {
        if (err)
            cu_err_move(err, &e);
        return cu_wrap(err, "failed to renew the %s", h->title);
    }
    ph_say(c, "%s renewed", h->title);
    if (h->used_by)
        cu_strlist_add_unique(&done->used_by, h->used_by);
    return 0;
}
