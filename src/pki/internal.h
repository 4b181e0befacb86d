/* pki/internal.h - what the files of this folder share and nobody else sees: OpenSSL objects inside ours. */
#ifndef PKI_INTERNAL_H
#define PKI_INTERNAL_H

#include "pki/csr.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

struct pki_key {
    EVP_PKEY *pkey;
    atomic_int refs;
    bool has_private;
    char type[24];
};

/* What subject, subjectAltName and CSR attributes say. */
struct pki_names {
    char *cn; /* never NULL */
    struct cu_strlist orgs, dns, ips, emails, uris;
};
void pki_names_clear(struct pki_names *n);

/* cu_fail with OpenSSL's newest reason behind the text; empties OpenSSL's queue. */
int pki_fail(struct cu_err *err, enum cu_code code, const char *fmt, ...) CU_PRINTF(3, 4);

/* Takes over pkey also on failure. CU_E_INVALID for kinds and sizes we do not accept. */
int pki_key_wrap(EVP_PKEY *pkey, bool has_private, struct pki_key **out, struct cu_err *err);
/* RSA key pair of 2048, 3072 or 4096 bits by hogweed, checked by a signature made and verified. */
int pki_rsa_make(unsigned bits, EVP_PKEY **out, struct cu_err *err);
/* SHA-256 or, for P-384 and P-521, the digest of the curve's strength. */
const EVP_MD *pki_key_digest(const EVP_PKEY *pkey);

/* Subject in the form upstream writes (spec init 5.3): all O in one set, then CN. Caller frees. */
X509_NAME *pki_name_make(const char *cn, const struct cu_strlist *orgs);
int pki_name_read(const X509_NAME *name, char **cn, struct cu_strlist *orgs, struct cu_err *err);
/* NULL when there is no name at all. dns is sorted and made unique. CU_E_INVALID for a bad address. */
int pki_sans_make(const struct cu_strlist *dns, const struct cu_strlist *ips, GENERAL_NAMES **out,
                  struct cu_err *err);
int pki_sans_read(const GENERAL_NAMES *sans, struct pki_names *out, struct cu_err *err);

/* Takes over x also on failure. */
int pki_cert_wrap(X509 *x, struct pki_cert **out, struct cu_err *err);
X509 *pki_cert_x509(const struct pki_cert *c);

/* A certificate on its way: both kinds of signer fill the fields in the same order. */
struct pki_draft {
    const X509_NAME *subject;
    const GENERAL_NAMES *sans; /* may be NULL */
    EVP_PKEY *pubkey;
    unsigned key_usage; /* bit n = bit n of the KeyUsage bit string (RFC 5280 4.2.1.3); 0: no extension */
    const int *eku_nids;
    size_t n_ekus;
    bool ca;
    unsigned serial_bits; /* 63: uniform in [1, 2^63 - 2]; 128: that many random bits */
    int64_t not_before_ms, not_after_ms;
    const struct pki_cert *issuer; /* NULL: self-signed */
    const struct pki_key *signer;
};
int pki_draft_sign(const struct pki_draft *d, struct pki_cert **out, struct cu_err *err);

#endif
