/* Certificates as immutable facts: read once, asked often.
 * Must not know how they are made (cert_make.c) or trusted (cert_verify.c). */
#include "pki/internal.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include <openssl/err.h>
#include <string.h>
#include <time.h>

struct pki_cert {
    X509 *x;
    atomic_int refs;
    uint8_t *der;
    size_t der_n;
    struct pki_names names;
    char *issuer_cn, *serial, *sha256;
    int64_t not_before_ms, not_after_ms;
    bool ca;
    unsigned ekus;
};

static int time_ms(const ASN1_TIME *t, int64_t *ms, struct cu_err *err)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(t, &tm) != 1) {
        return pki_fail(err, CU_E_INVALID, "bad time in the certificate");
    }
    *ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

static void read_ekus(struct pki_cert *c)
{
    static const struct {
        int nid;
        enum pki_eku eku;
    } known[] = {
        { NID_server_auth, PKI_EKU_SERVER_AUTH },
        { NID_client_auth, PKI_EKU_CLIENT_AUTH },
        { NID_anyExtendedKeyUsage, PKI_EKU_ANY },
    };
    EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(c->x, NID_ext_key_usage, NULL, NULL);

    for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
        for (size_t k = 0; k < CU_LEN(known); k++) {
            if (OBJ_obj2nid(sk_ASN1_OBJECT_value(list, i)) == known[k].nid) {
                c->ekus |= known[k].eku;
            }
        }
    }
    sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
}

static int read_facts(struct pki_cert *c, struct cu_err *err)
{
    int crit = 0, r = pki_name_read(X509_get_subject_name(c->x), &c->names.cn, &c->names.orgs, err);

    if (r == 0) {
        r = pki_name_read(X509_get_issuer_name(c->x), &c->issuer_cn, NULL, err);
    }
    if (r == 0) {
        r = time_ms(X509_get0_notBefore(c->x), &c->not_before_ms, err);
    }
    if (r == 0) {
        r = time_ms(X509_get0_notAfter(c->x), &c->not_after_ms, err);
    }
    if (r < 0) {
        return r;
    }
    GENERAL_NAMES *sans = X509_get_ext_d2i(c->x, NID_subject_alt_name, &crit, NULL);
    if (!sans && crit != -1) {
        return pki_fail(err, CU_E_INVALID, "the alternative names cannot be read");
    }
    r = pki_sans_read(sans, &c->names, err);
    GENERAL_NAMES_free(sans);
    if (r < 0) {
        return r;
    }
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x), NULL);
    char *dec = serial ? BN_bn2dec(serial) : NULL;
    c->serial = cu_strdup(dec ? dec : "");
    OPENSSL_free(dec);
    BN_free(serial);
    BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(c->x, NID_basic_constraints, NULL, NULL);
    c->ca = bc && bc->ca;
    BASIC_CONSTRAINTS_free(bc);
    read_ekus(c);
    return 0;
}

int pki_cert_wrap(X509 *x, struct pki_cert **out, struct cu_err *err)
{
    pki_autocert struct pki_cert *c = cu_calloc(1, sizeof(*c));
    unsigned char *der = NULL;

    c->x = x;
    atomic_init(&c->refs, 1);
    int n = i2d_X509(x, &der);
    if (n <= 0) {
        return pki_fail(err, CU_E_INVALID, "the certificate cannot be encoded");
    }
    c->der = cu_memdup(der, (size_t)n);
    c->der_n = (size_t)n;
    OPENSSL_free(der);
    c->sha256 = pki_sha256_hex(c->der, c->der_n);
    int r = read_facts(c, err);
    ERR_clear_error();
    if (r < 0) {
        return r;
    }
    *out = cu_steal(&c);
    return 0;
}

X509 *pki_cert_x509(const struct pki_cert *c)
{
    return c->x;
}

struct pki_cert *pki_cert_ref(const struct pki_cert *c)
{
    union {
        const struct pki_cert *in;
        struct pki_cert *out;
    } u = { c };

    atomic_fetch_add_explicit(&u.out->refs, 1, memory_order_relaxed);
    return u.out;
}

void pki_cert_free(struct pki_cert *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    X509_free(c->x);
    pki_names_clear(&c->names);
    free(c->der);
    free(c->issuer_cn);
    free(c->serial);
    free(c->sha256);
    free(c);
}

void pki_cert_cleanup(struct pki_cert **c)
{
    pki_cert_free(*c);
}

void pki_certs_add(struct pki_certs *l, const struct pki_cert *c)
{
    cu_grow(&l->v, &l->cap, l->n + 1, sizeof(struct pki_cert *));
    l->v[l->n++] = pki_cert_ref(c);
}

void pki_certs_clear(struct pki_certs *l)
{
    for (size_t i = 0; i < l->n; i++) {
        pki_cert_free(l->v[i]);
    }
    free(l->v);
    *l = (struct pki_certs)PKI_CERTS_INIT;
}

int pki_cert_parse_der(const uint8_t *der, size_t n, struct pki_cert **out, struct cu_err *err)
{
    const uint8_t *p = der;
    X509 *x = n <= LIM_PEM_FILE ? d2i_X509(NULL, &p, (long)n) : NULL;

    if (!x || p != der + n) {
        X509_free(x);
        return pki_fail(err, CU_E_INVALID, "not an X.509 certificate");
    }
    return pki_cert_wrap(x, out, err);
}

int pki_certs_parse(const char *pem, size_t n, struct pki_certs *out, struct cu_err *err)
{
    pki_autocerts struct pki_certs found = PKI_CERTS_INIT;
    struct pki_pem b = PKI_PEM_INIT;
    size_t pos = 0;
    int r = 0;

    while (r == 0 && pki_pem_next(pem, n, &pos, &b) > 0) {
        pki_autocert struct pki_cert *c = NULL;

        if (!cu_streq(b.type, "CERTIFICATE") || b.has_headers) {
            continue;
        }
        r = pki_cert_parse_der(b.der, b.n, &c, err);
        if (r == 0) {
            pki_certs_add(&found, c);
        }
    }
    pki_pem_clear(&b);
    if (r < 0) {
        return cu_wrap(err, "certificate %zu", found.n + 1);
    }
    if (found.n == 0) {
        return cu_fail(err, CU_E_INVALID, "no certificate in PEM form found");
    }
    for (size_t i = 0; i < found.n; i++) {
        pki_certs_add(out, found.v[i]);
    }
    return 0;
}

int pki_cert_parse(const char *pem, size_t n, struct pki_cert **out, struct cu_err *err)
{
    pki_autocerts struct pki_certs l = PKI_CERTS_INIT;
    int r = pki_certs_parse(pem, n, &l, err);

    if (r == 0) {
        *out = pki_cert_ref(l.v[0]);
    }
    return r;
}

char *pki_cert_pem(const struct pki_cert *c)
{
    return pki_pem_dump("CERTIFICATE", c->der, c->der_n);
}

char *pki_certs_pem(const struct pki_certs *l)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *out = NULL;

    for (size_t i = 0; i < l->n; i++) {
        cu_autofree char *pem = pki_cert_pem(l->v[i]);
        cu_buf_add(&b, pem);
    }
    if (cu_buf_take(&b, &out, NULL) < 0) {
        abort();
    }
    return out;
}

const uint8_t *pki_cert_der(const struct pki_cert *c, size_t *n)
{
    *n = c->der_n;
    return c->der;
}

int pki_certs_load(const char *path, struct pki_certs *out, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    size_t n;
    int r = cu_file_read(path, LIM_PEM_FILE, &text, &n, err);

    if (r < 0) {
        return r;
    }
    r = pki_certs_parse(text, n, out, err);
    return r < 0 ? cu_wrap(err, "certificate file \"%s\"", path) : 0;
}

int pki_cert_load(const char *path, struct pki_cert **out, struct cu_err *err)
{
    pki_autocerts struct pki_certs l = PKI_CERTS_INIT;
    int r = pki_certs_load(path, &l, err);

    if (r < 0 || l.n == 0) {
        return r; /* an empty list is an error of the reader already */
    }
    *out = pki_cert_ref(l.v[0]);
    return 0;
}

int pki_cert_save(const char *path, const struct pki_cert *c, struct cu_err *err)
{
    cu_autofree char *dir = cu_path_dir(path);
    cu_autofree char *pem = pki_cert_pem(c);
    int r = cu_mkdir_p(dir, 0755, err);

    return r < 0 ? r : cu_file_write_str(path, pem, 0644, err);
}

const char *pki_cert_cn(const struct pki_cert *c)
{
    return c->names.cn;
}

const char *pki_cert_issuer_cn(const struct pki_cert *c)
{
    return c->issuer_cn;
}

const char *pki_cert_serial(const struct pki_cert *c)
{
    return c->serial;
}

const char *pki_cert_sha256(const struct pki_cert *c)
{
    return c->sha256;
}

const struct cu_strlist *pki_cert_orgs(const struct pki_cert *c)
{
    return &c->names.orgs;
}

const struct cu_strlist *pki_cert_dns(const struct pki_cert *c)
{
    return &c->names.dns;
}

const struct cu_strlist *pki_cert_ips(const struct pki_cert *c)
{
    return &c->names.ips;
}

int64_t pki_cert_not_before(const struct pki_cert *c)
{
    return c->not_before_ms;
}

int64_t pki_cert_not_after(const struct pki_cert *c)
{
    return c->not_after_ms;
}

bool pki_cert_is_ca(const struct pki_cert *c)
{
    return c->ca;
}

unsigned pki_cert_ekus(const struct pki_cert *c)
{
    return c->ekus;
}

struct pki_key *pki_cert_key(const struct pki_cert *c)
{
    EVP_PKEY *pkey = X509_get_pubkey(c->x);
    struct pki_key *k = NULL;

    if (!pkey || pki_key_wrap(pkey, false, &k, NULL) < 0) {
        ERR_clear_error();
    }
    return k;
}

bool pki_cert_matches_key(const struct pki_cert *c, const struct pki_key *k)
{
    EVP_PKEY *pkey = X509_get0_pubkey(c->x);
    bool same = pkey && EVP_PKEY_eq(pkey, k->pkey) == 1;

    ERR_clear_error();
    return same;
}

enum pki_period pki_cert_period(const struct pki_cert *c, int64_t now_ms)
{
    return now_ms < c->not_before_ms                ? PKI_PERIOD_NOT_YET
           : now_ms / 1000 * 1000 > c->not_after_ms ? PKI_PERIOD_EXPIRED
                                                    : PKI_PERIOD_OK;
}
