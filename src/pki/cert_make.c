/* Making certificates: the fields and extensions of spec init 5.3 in their order, signed.
 * Must not know about files or requests. */
#include "pki/internal.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/str.h"
#include "pki/hash.h"
#include <openssl/err.h>
#include <string.h>

#define SUBJECT_KEY_ID_LEN 20
#define KEY_USAGE_BITS 9
#define SUBJECT_MAX 4096 /* bytes of one name part; longer ones are a mistake */

#define KU_BIT_DIGITAL_SIGNATURE (1u << 0)
#define KU_BIT_KEY_ENCIPHERMENT (1u << 2)
#define KU_BIT_KEY_CERT_SIGN (1u << 5)

static void set_serial(X509 *x, unsigned bits)
{
    uint8_t b[16];
    size_t n = bits / 8 + (bits % 8 != 0);
    bool good;

    do {
        bool zero = true, ones = true;
        cu_random(b, n);
        if (bits % 8) {
            b[0] &= (uint8_t)((1u << (bits % 8)) - 1);
        }
        for (size_t i = 0; i < n; i++) {
            zero = zero && b[i] == 0;
            ones = ones && b[i] == (i == 0 && bits % 8 ? (1u << (bits % 8)) - 1 : 0xff);
        }
        good = !zero && !ones; /* leaves [1, 2^bits - 2] */
    } while (!good);
    BIGNUM *bn = BN_bin2bn(b, (int)n, NULL);
    if (!bn || !BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x))) {
        abort();
    }
    BN_free(bn);
}

static void add_ext(X509 *x, int nid, void *value, bool critical)
{
    if (X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) != 1) {
        abort(); /* no memory: the values are our own */
    }
}

static void add_key_usage(X509 *x, unsigned usage)
{
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

    for (int i = 0; bits && i < KEY_USAGE_BITS; i++) {
        if (usage & (1u << i)) {
            ASN1_BIT_STRING_set_bit(bits, i, 1);
        }
    }
    add_ext(x, NID_key_usage, bits, true);
    ASN1_BIT_STRING_free(bits);
}

static void add_ekus(X509 *x, const int *nids, size_t n)
{
    EXTENDED_KEY_USAGE *list = sk_ASN1_OBJECT_new_null();

    for (size_t i = 0; i < n; i++) {
        sk_ASN1_OBJECT_push(list, OBJ_nid2obj(nids[i]));
    }
    add_ext(x, NID_ext_key_usage, list, false);
    sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
}

static void add_key_ids(X509 *x, const struct pki_draft *d)
{
    if (d->ca) {
        const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(x);
        uint8_t hash[PKI_SHA256_LEN];
        ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

        pki_sha256(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), hash);
        if (!id || !ASN1_OCTET_STRING_set(id, hash, SUBJECT_KEY_ID_LEN)) {
            abort();
        }
        add_ext(x, NID_subject_key_identifier, id, false);
        ASN1_OCTET_STRING_free(id);
    }
    const ASN1_OCTET_STRING *ski = d->issuer ? X509_get0_subject_key_id(pki_cert_x509(d->issuer)) : NULL;
    if (ski) {
        AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();

        if (!akid || !(akid->keyid = ASN1_OCTET_STRING_dup(ski))) {
            abort();
        }
        add_ext(x, NID_authority_key_identifier, akid, false);
        AUTHORITY_KEYID_free(akid);
    }
}

static void add_extensions(X509 *x, const struct pki_draft *d)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    union {
        const GENERAL_NAMES *in;
        void *out;
    } sans = { d->sans };

    if (d->key_usage) {
        add_key_usage(x, d->key_usage);
    }
    if (d->n_ekus) {
        add_ekus(x, d->eku_nids, d->n_ekus);
    }
    if (!bc) {
        abort();
    }
    bc->ca = d->ca ? 0xff : 0;
    add_ext(x, NID_basic_constraints, bc, true);
    BASIC_CONSTRAINTS_free(bc);
    add_key_ids(x, d);
    if (d->sans) {
        add_ext(x, NID_subject_alt_name, sans.out, X509_NAME_entry_count(d->subject) == 0);
    }
}

int pki_draft_sign(const struct pki_draft *d, struct pki_cert **out, struct cu_err *err)
{
    if (!d->signer->has_private) {
        return cu_fail(err, CU_E_INVALID, "the signing key has no private half");
    }
    if (d->issuer && !pki_cert_matches_key(d->issuer, d->signer)) {
        return cu_fail(err, CU_E_INVALID, "the CA key does not belong to the CA certificate \"%s\"",
                       pki_cert_cn(d->issuer));
    }
    if (d->not_after_ms < d->not_before_ms) {
        return cu_fail(err, CU_E_INVALID, "the certificate would end before it starts");
    }
    X509 *x = X509_new();
    if (!x) {
        abort();
    }
    set_serial(x, d->serial_bits);
    const X509_NAME *issuer = d->issuer ? X509_get_subject_name(pki_cert_x509(d->issuer)) : d->subject;
    bool ok = X509_set_version(x, X509_VERSION_3) == 1 && X509_set_subject_name(x, d->subject) == 1 &&
              X509_set_issuer_name(x, issuer) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(d->not_before_ms / 1000)) &&
              ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(d->not_after_ms / 1000)) &&
              X509_set_pubkey(x, d->pubkey) == 1;
    if (ok) {
        add_extensions(x, d);
    }
    /* Verifying at once shows a damaged private key before a useless certificate gets out. */
    if (!ok || X509_sign(x, d->signer->pkey, pki_key_digest(d->signer->pkey)) <= 0 ||
        X509_verify(x, d->signer->pkey) != 1) {
        X509_free(x);
        return pki_fail(err, CU_E_INVALID, "the certificate cannot be signed");
    }
    return pki_cert_wrap(x, out, err);
}

static int check_spec(const struct pki_cert_spec *spec, struct cu_err *err)
{
    size_t n_orgs = spec->orgs ? spec->orgs->n : 0;

    if (cu_is_empty(spec->cn) && n_orgs == 0) {
        return cu_fail(err, CU_E_INVALID, "a certificate needs a common name or an organization");
    }
    for (size_t i = 0; i < n_orgs; i++) {
        if (strlen(spec->orgs->v[i]) > SUBJECT_MAX || spec->orgs->v[i][0] == '\0') {
            return cu_fail(err, CU_E_INVALID, "organization %zu of the certificate is empty or too long",
                           i + 1);
        }
    }
    if (spec->cn && strlen(spec->cn) > SUBJECT_MAX) {
        return cu_fail(err, CU_E_INVALID, "the common name of the certificate is too long");
    }
    return 0;
}

static int make(const struct pki_cert_spec *spec, const struct pki_key *key, const struct pki_cert *issuer,
                const struct pki_key *signer, struct pki_cert **out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist own_name = CU_STRLIST_INIT;
    const struct cu_strlist *dns = spec->dns;
    GENERAL_NAMES *sans = NULL;
    int ekus[2];
    size_t n_ekus = 0;
    int r = check_spec(spec, err);

    if (r < 0) {
        return r;
    }
    if (spec->ca && !dns && !cu_is_empty(spec->cn)) {
        cu_strlist_add(&own_name, spec->cn);
        dns = &own_name;
    }
    r = pki_sans_make(dns, spec->ips, &sans, err);
    if (r < 0) {
        return r;
    }
    if (spec->ekus & PKI_EKU_SERVER_AUTH) {
        ekus[n_ekus++] = NID_server_auth;
    }
    if (spec->ekus & PKI_EKU_CLIENT_AUTH) {
        ekus[n_ekus++] = NID_client_auth;
    }
    X509_NAME *subject = pki_name_make(spec->cn, spec->orgs);
    struct pki_draft d = {
        .subject = subject,
        .sans = sans,
        .pubkey = key->pkey,
        .key_usage =
            KU_BIT_DIGITAL_SIGNATURE | KU_BIT_KEY_ENCIPHERMENT | (spec->ca ? KU_BIT_KEY_CERT_SIGN : 0),
        .eku_nids = ekus,
        .n_ekus = n_ekus,
        .ca = spec->ca,
        .serial_bits = 63,
        .not_before_ms = spec->not_before_ms,
        .not_after_ms = spec->not_after_ms,
        .issuer = issuer,
        .signer = signer,
    };
    r = pki_draft_sign(&d, out, err);
    X509_NAME_free(subject);
    GENERAL_NAMES_free(sans);
    return r < 0 ? cu_wrap(err, "certificate for \"%s\"", cu_or(spec->cn, "")) : 0;
}

int pki_cert_self_sign(const struct pki_cert_spec *spec, const struct pki_key *key, struct pki_cert **out,
                       struct cu_err *err)
{
    return make(spec, key, NULL, key, out, err);
}

int pki_cert_issue(const struct pki_cert_spec *spec, const struct pki_key *key,
                   const struct pki_cert *ca_cert, const struct pki_key *ca_key, struct pki_cert **out,
                   struct cu_err *err)
{
    return make(spec, key, ca_cert, ca_key, out, err);
}
