/* Certificate signing requests: make, read, and sign as the cluster's signer.
 * Must not know who may have what signed. */
#include "pki/internal.h"
#include "base/str.h"
#include "pki/pem.h"
#include <openssl/err.h>
#include <string.h>

#define HOUR_MS (3600 * INT64_C(1000))

struct pki_csr {
    X509_REQ *req;
    struct pki_names names;
};

/* Usage names of spec apiserver 6.2: a bit of KeyUsage, or an extended usage. */
static const struct {
    const char *name;
    int ku_bit; /* -1: none */
    int eku_nid;
} usages_known[] = {
    { "signing", 0, 0 },
    { "digital signature", 0, 0 },
    { "content commitment", 1, 0 },
    { "key encipherment", 2, 0 },
    { "data encipherment", 3, 0 },
    { "key agreement", 4, 0 },
    { "cert sign", 5, 0 },
    { "crl sign", 6, 0 },
    { "encipher only", 7, 0 },
    { "decipher only", 8, 0 },
    { "any", -1, NID_anyExtendedKeyUsage },
    { "server auth", -1, NID_server_auth },
    { "client auth", -1, NID_client_auth },
    { "code signing", -1, NID_code_sign },
    { "email protection", -1, NID_email_protect },
    { "s/mime", -1, NID_email_protect },
    { "ipsec end system", -1, NID_ipsecEndSystem },
    { "ipsec tunnel", -1, NID_ipsecTunnel },
    { "ipsec user", -1, NID_ipsecUser },
    { "timestamping", -1, NID_time_stamp },
    { "ocsp signing", -1, NID_OCSP_sign },
    { "microsoft sgc", -1, NID_ms_sgc },
    { "netscape sgc", -1, NID_ns_sgc },
};

static int usage_index(const char *usage)
{
    for (size_t i = 0; i < CU_LEN(usages_known); i++) {
        if (cu_streq(usage, usages_known[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

bool pki_usage_known(const char *usage)
{
    return usage_index(usage) >= 0;
}

void pki_usage_names(struct cu_strlist *out)
{
    for (size_t i = 0; i < CU_LEN(usages_known); i++)
        cu_strlist_add(out, usages_known[i].name);
    cu_strlist_sort(out);
}

/* Takes over req also on failure. */
static int wrap(X509_REQ *req, struct pki_csr **out, struct cu_err *err)
{
    pki_autocsr struct pki_csr *r = cu_calloc(1, sizeof(*r));
    GENERAL_NAMES *sans = NULL;
    int n = 0;

    r->req = req;
    STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
    int at = X509v3_get_ext_by_NID(exts, NID_subject_alt_name, -1);
    if (at >= 0) {
        sans = X509V3_EXT_d2i(X509v3_get_ext(exts, at));
        n = sans ? 0 : pki_fail(err, CU_E_INVALID, "the alternative names of the request cannot be read");
    }
    if (n == 0) {
        n = pki_name_read(X509_REQ_get_subject_name(req), &r->names.cn, &r->names.orgs, err);
    }
    if (n == 0) {
        n = pki_sans_read(sans, &r->names, err);
    }
    GENERAL_NAMES_free(sans);
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    ERR_clear_error();
    if (n == 0) {
        *out = cu_steal(&r);
    }
    return n;
}

int pki_csr_create(const struct pki_cert_spec *spec, const struct pki_key *key, struct pki_csr **out,
                   struct cu_err *err)
{
    GENERAL_NAMES *sans = NULL;
    int r = pki_sans_make(spec->dns, spec->ips, &sans, err);

    if (r < 0) {
        return r;
    }
    X509_REQ *req = X509_REQ_new();
    X509_NAME *subject = pki_name_make(spec->cn, spec->orgs);
    bool ok = req && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
              X509_REQ_set_subject_name(req, subject) == 1 && X509_REQ_set_pubkey(req, key->pkey) == 1;
    if (ok && sans) {
        STACK_OF(X509_EXTENSION) *exts = NULL;

        ok = X509V3_add1_i2d(&exts, NID_subject_alt_name, sans, 0, X509V3_ADD_APPEND) == 1 &&
             X509_REQ_add_extensions(req, exts) == 1;
        sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    }
    X509_NAME_free(subject);
    GENERAL_NAMES_free(sans);
    if (!ok || !key->has_private || X509_REQ_sign(req, key->pkey, pki_key_digest(key->pkey)) <= 0) {
        X509_REQ_free(req);
        return pki_fail(err, CU_E_INVALID, "the request for \"%s\" cannot be signed", cu_or(spec->cn, ""));
    }
    return wrap(req, out, err);
}

int pki_csr_parse(const char *pem, size_t n, struct pki_csr **out, struct cu_err *err)
{
    struct pki_pem b = PKI_PEM_INIT;
    size_t pos = 0;
    X509_REQ *req = NULL;

    if (pki_pem_next(pem, n, &pos, &b) <= 0 || !cu_streq(b.type, "CERTIFICATE REQUEST")) {
        pki_pem_clear(&b);
        return cu_fail(err, CU_E_INVALID, "PEM block type must be CERTIFICATE REQUEST");
    }
    const uint8_t *p = b.der;
    req = d2i_X509_REQ(NULL, &p, (long)b.n);
    bool whole = req && p == b.der + b.n;
    pki_pem_clear(&b);
    EVP_PKEY *pkey = whole ? X509_REQ_get0_pubkey(req) : NULL;
    if (!pkey || X509_REQ_verify(req, pkey) != 1) {
        X509_REQ_free(req);
        return pki_fail(err, CU_E_INVALID,
                        whole ? "the signature of the certificate request does not verify"
                              : "the certificate request is not PKCS#10");
    }
    return wrap(req, out, err);
}

void pki_csr_free(struct pki_csr *r)
{
    if (r) {
        X509_REQ_free(r->req);
        pki_names_clear(&r->names);
        free(r);
    }
}

void pki_csr_cleanup(struct pki_csr **r)
{
    pki_csr_free(*r);
}

char *pki_csr_pem(const struct pki_csr *r)
{
    uint8_t *der = NULL;
    int n = i2d_X509_REQ(r->req, &der);

    if (n <= 0) {
        abort();
    }
    char *pem = pki_pem_dump("CERTIFICATE REQUEST", der, (size_t)n);
    OPENSSL_free(der);
    return pem;
}

const char *pki_csr_cn(const struct pki_csr *r)
{
    return r->names.cn;
}

const struct cu_strlist *pki_csr_orgs(const struct pki_csr *r)
{
    return &r->names.orgs;
}

const struct cu_strlist *pki_csr_dns(const struct pki_csr *r)
{
    return &r->names.dns;
}

const struct cu_strlist *pki_csr_ips(const struct pki_csr *r)
{
    return &r->names.ips;
}

const struct cu_strlist *pki_csr_emails(const struct pki_csr *r)
{
    return &r->names.emails;
}

const struct cu_strlist *pki_csr_uris(const struct pki_csr *r)
{
    return &r->names.uris;
}

bool pki_csr_matches_key(const struct pki_csr *r, const struct pki_key *k)
{
    EVP_PKEY *pkey = X509_REQ_get0_pubkey(r->req);

    return pkey && EVP_PKEY_eq(pkey, k->pkey) == 1;
}

/* Fills key usage bits and extended usages, each once, in the table's order. */
static int map_usages(const struct cu_strlist *usages, struct pki_draft *d, int ekus[CU_LEN(usages_known)],
                      struct cu_err *err)
{
    bool wanted[CU_LEN(usages_known)] = { false };

    for (size_t i = 0; i < usages->n; i++) {
        int at = usage_index(usages->v[i]);
        if (at < 0) {
            return cu_fail(err, CU_E_INVALID, "unknown key usage \"%s\"", usages->v[i]);
        }
        wanted[at] = true;
    }
    for (size_t i = 0; i < CU_LEN(usages_known); i++) {
        int nid = usages_known[i].eku_nid;

        if (wanted[i] && usages_known[i].ku_bit >= 0) {
            d->key_usage |= 1u << usages_known[i].ku_bit;
        } else if (wanted[i] && (d->n_ekus == 0 || ekus[d->n_ekus - 1] != nid)) {
            ekus[d->n_ekus++] = nid;
        }
    }
    d->eku_nids = ekus;
    return 0;
}

int pki_csr_sign(const struct pki_csr *r, const struct pki_csr_terms *t, const struct pki_cert *ca_cert,
                 const struct pki_key *ca_key, struct pki_cert **out, struct cu_err *err)
{
    int ekus[CU_LEN(usages_known)];
    struct pki_draft d = {
        .subject = X509_REQ_get_subject_name(r->req),
        .pubkey = X509_REQ_get0_pubkey(r->req),
        .serial_bits = 128,
        .not_before_ms = t->now_ms - PKI_BACKDATE_MS,
        .not_after_ms =
            t->ttl_ms < 8 * HOUR_MS ? t->now_ms + t->ttl_ms : t->now_ms + t->ttl_ms - PKI_BACKDATE_MS,
        .issuer = ca_cert,
        .signer = ca_key,
    };
    int n = map_usages(t->usages, &d, ekus, err);

    if (n < 0) {
        return n;
    }
    if (pki_cert_period(ca_cert, t->now_ms) != PKI_PERIOD_OK) {
        return cu_fail(err, CU_E_EXPIRED, "the CA certificate \"%s\" is not valid now", pki_cert_cn(ca_cert));
    }
    if (d.not_after_ms > pki_cert_not_after(ca_cert)) {
        d.not_after_ms = pki_cert_not_after(ca_cert);
    }
    STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(r->req);
    int at = X509v3_get_ext_by_NID(exts, NID_subject_alt_name, -1);
    GENERAL_NAMES *sans = at >= 0 ? X509V3_EXT_d2i(X509v3_get_ext(exts, at)) : NULL;
    d.sans = sans;
    n = pki_draft_sign(&d, out, err);
    GENERAL_NAMES_free(sans);
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    ERR_clear_error();
    return n;
}
