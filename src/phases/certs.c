/* Phase certs: certificate authorities, certificates and the service account key pair; what is there and good is
 * kept (spec init 5.4, 5.5). It must not know where the keys come from. */
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/cert_table.h"
#include "phases/keys.h"
#include "phases/phases.h"
#include "config/types.h"
#include "pki/ca.h"

int ph_certs_header(struct ph_ctx *c, struct cu_err *err)
{
    (void)err;
    ph_say(c, "[certs] Using certificateDir folder \"%s\"", c->paths.certs);
    return 0;
}

static void warn_period(const struct pki_cert *cert, const char *base, int64_t now_ms)
{
    enum pki_period period = pki_cert_period(cert, now_ms);
    if (period != PKI_PERIOD_OK)
        cu_log_warning("[certs] the certificate %s %s; check the clock, or renew it", base,
                       period == PKI_PERIOD_EXPIRED ? "has expired" : "is not valid yet");
}

static int copy_file(const char *from, const char *to, struct cu_err *err)
{
    struct stat st;
    return cu_file_copy(from, to, stat(from, &st) == 0 ? st.st_mode & 07777 : 0600, err);
}

/* A dry run signs with copies. */
static int copy_ca(const struct ph_ctx *c, const char *base, bool with_key, struct cu_err *err)
{
    cu_autofree char *crt = pki_crt_path(c->paths.certs_real, base),
                     *crt_to = pki_crt_path(c->paths.certs, base);
    cu_autofree char *key = pki_key_path(c->paths.certs_real, base),
                     *key_to = pki_key_path(c->paths.certs, base);
    cu_autofree char *folder = cu_path_dir(crt_to);
    int r = cu_mkdir_p(folder, 0700, err);
    if (r == 0)
        r = copy_file(crt, crt_to, err);
    return r == 0 && with_key ? copy_file(key, key_to, err) : r;
}

static int keep_ca(struct ph_ctx *c, const char *base, const struct pki_cert *cert, struct cu_err *err)
{
    cu_autofree char *path = pki_key_path(c->paths.certs_real, base);
    pki_autokey struct pki_key *key = NULL;
    bool with_key = pki_key_load(path, &key, NULL) == 0;
    warn_period(cert, base, c->start_ms);
    ph_say(c, "[certs] Using existing %s %scertificate authority", base, with_key ? "" : "keyless ");
    return cu_streq(c->paths.certs, c->paths.certs_real) ? 0 : copy_ca(c, base, with_key, err);
}

static int make_ca(struct ph_ctx *c, const struct ph_cert_row *row, struct cu_err *err)
{
    int r = pki_pair_check(c->paths.certs, row->base, NULL, NULL, c->start_ms, err);
    if (r < 0)
        return r;
    if (r == 1) {
        ph_say(c, "[certs] Using the existing %s certificate and key", row->base);
        return 0;
    }
    ph_say(c, "[certs] Generating \"%s\" certificate and key", row->base);
    pki_autokey struct pki_key *key = NULL;
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    int64_t until = c->start_ms + cfg_ms(c->init->cluster.ca_certificate_validity_period);
    r = ph_key_take(c, &key, err);
    if (r == 0)
        r = pki_ca_create(row->cn, key, c->start_ms - PKI_BACKDATE_MS, until, &ca, err);
    return r == 0 ? pki_pair_save(c->paths.certs, row->base, ca.cert, ca.key, err) : r;
}

/* What all control planes share is never made by one that joins; a dry run may, for its own folder. */
static int refuse_new(const struct ph_ctx *c, const char *file, struct cu_err *err)
{
    if (c->flow != PH_JOIN || c->dry_run)
        return 0;
    return cu_fail(
        err, CU_E_NOTFOUND,
        "%s/%s is not there, and a joining control plane must have the cluster's: give "
        "--certificate-key after  kubeadm init phase upload-certs --upload-certs  on another control "
        "plane, or copy the files",
        c->paths.certs_real, file);
}

static int ca_phase(struct ph_ctx *c, const struct ph_cert_row *row, struct cu_err *err)
{
    cu_autofree char *path = pki_crt_path(c->paths.certs_real, row->base),
                     *file = cu_asprintf("%s.crt", row->base);
    pki_autocert struct pki_cert *cert = NULL;
    if (pki_cert_load(path, &cert, NULL) == 0)
        return keep_ca(c, row->base, cert, err);
    int r = refuse_new(c, file, err);
    return r == 0 ? make_ca(c, row, err) : r;
}

static int keep_leaf(struct ph_ctx *c, const struct ph_cert_row *row, const struct pki_cert *cert,
                     struct cu_err *err)
{
    cu_autofree char *ca_path = pki_crt_path(c->paths.certs, row->ca);
    pki_autocert struct pki_cert *ca = NULL;
    warn_period(cert, row->base, c->start_ms);
    int r = pki_cert_load(ca_path, &ca, err);
    if (r < 0)
        return cu_wrap(err, "cannot load the CA certificate %s", row->ca);
    if (pki_leaf_check(c->paths.certs_real, row->base, ca, c->start_ms, err) < 0)
        return cu_wrap(err, "[certs] certificate %s not signed by CA certificate %s", row->base, row->ca);
    ph_say(c, "[certs] Using existing %s certificate and key on disk", row->base);
    return 0;
}

static void say_sans(struct ph_ctx *c, const struct ph_cert_row *row, const struct pki_cert *cert)
{
    cu_autofree char *dns = cu_strlist_join(pki_cert_dns(cert), " "),
                     *ips = cu_strlist_join(pki_cert_ips(cert), " ");
    if (row->ekus & PKI_EKU_SERVER_AUTH)
        ph_say(c, "[certs] %s serving cert is signed for DNS names [%s] and IPs [%s]", row->base, dns, ips);
}

static int sign_leaf(struct ph_ctx *c, const struct ph_cert_row *row, const struct pki_ca *ca,
                     const struct pki_cert_spec *spec, struct cu_err *err)
{
    int r = pki_pair_check(c->paths.certs, row->base, ca->cert, spec, c->start_ms, err);
    if (r < 0)
        return r;
    if (r == 1) {
        ph_say(c, "[certs] Using the existing %s certificate and key", row->base);
        return 0;
    }
    ph_say(c, "[certs] Generating \"%s\" certificate and key", row->base);
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    r = ph_key_take(c, &key, err);
    if (r == 0)
        r = pki_cert_issue(spec, key, ca->cert, ca->key, &cert, err);
    if (r == 0)
        r = pki_pair_save(c->paths.certs, row->base, cert, key, err);
    if (r == 0)
        say_sans(c, row, cert);
    return r;
}

static int make_leaf(struct ph_ctx *c, const struct ph_cert_row *row, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT;
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    if (pki_ca_load_signer(c->paths.certs, row->ca, &ca, err) < 0)
        return cu_wrap(err,
                       "cannot sign %s: the certificate authority %s is not usable (`kubeadm init phase "
                       "certs %s` makes a "
                       "new one where there is none)",
                       row->base, row->ca, row->ca);
    int r = ph_cert_sans(c->init, row->sans, &dns, &ips, err);
    if (r < 0)
        return r;
    const struct pki_cert_spec spec = {
        .cn = row->cn ? row->cn : c->init->node.name,
        .ekus = row->ekus,
        .dns = dns.n ? &dns : NULL,
        .ips = ips.n ? &ips : NULL,
        .not_before_ms = c->start_ms - PKI_BACKDATE_MS,
        .not_after_ms = c->start_ms + cfg_ms(c->init->cluster.certificate_validity_period)
    };
    return sign_leaf(c, row, &ca, &spec, err);
}

int ph_certs_make(struct ph_ctx *c, const struct ph_cert_row *row, struct cu_err *err)
{
    if (c->init->cluster.etcd.external && ph_cert_is_etcd(row)) {
        ph_say(c, "[certs] External etcd: %s is not made here", row->base);
        return 0;
    }
    if (!row->ca)
        return ca_phase(c, row, err);
    cu_autofree char *path = pki_crt_path(c->paths.certs_real, row->base);
    pki_autocert struct pki_cert *cert = NULL;
    if (pki_cert_load(path, &cert, NULL) == 0)
        return keep_leaf(c, row, cert, err);
    return make_leaf(c, row, err);
}

int ph_certs_one(struct ph_ctx *c, struct cu_err *err)
{
    return ph_certs_make(c, ph_cert_find(c->phase->arg), err);
}

int ph_certs_sa(struct ph_ctx *c, struct cu_err *err)
{
    if (c->external_ca) {
        ph_say(c, "[certs] External CA: the existing sa keys are used");
        return 0;
    }
    cu_autofree char *found = pki_key_path(c->paths.certs_real, "sa");
    pki_autokey struct pki_key *key = NULL;
    int r = pki_key_load(found, &key, err);
    if (r == 0) {
        ph_say(c, "[certs] Using the existing \"sa\" key");
        return 0;
    }
    if (r != -CU_E_NOTFOUND)
        return cu_wrap(err, "the service account key is there but cannot be used; mend or remove it");
    if (err)
        cu_err_clear(err);
    r = refuse_new(c, "sa.key", err);
    if (r < 0)
        return r;
    ph_say(c, "[certs] Generating \"sa\" key and public key");
    cu_autofree char *to = pki_key_path(c->paths.certs, "sa"),
                     *pub = cu_asprintf("%s/sa.pub", c->paths.certs);
    r = ph_key_take(c, &key, err);
    if (r == 0)
        r = pki_key_save(to, key, err);
    cu_autofree char *pem = r == 0 ? pki_key_public_pem(key) : NULL;
    return r == 0 ? cu_file_write_str(pub, pem, 0600, err) : r;
}
