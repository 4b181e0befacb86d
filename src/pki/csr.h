/* pki/csr.h - certificate signing requests (PKCS#10): make, read, sign as the cluster signer does. */
#ifndef PKI_CSR_H
#define PKI_CSR_H

#include "pki/cert.h"

struct pki_csr; /* opaque */

/* spec->cn, orgs, dns and ips are used, the rest is not. */
int pki_csr_create(const struct pki_cert_spec *spec, const struct pki_key *key, struct pki_csr **out,
                   struct cu_err *err);
/* The first PEM block must be a "CERTIFICATE REQUEST" whose self-signature verifies. CU_E_INVALID. */
int pki_csr_parse(const char *pem, size_t n, struct pki_csr **out, struct cu_err *err);
void pki_csr_free(struct pki_csr *r); /* NULL is fine */
#define pki_autocsr __attribute__((cleanup(pki_csr_cleanup)))
void pki_csr_cleanup(struct pki_csr **r);

char *pki_csr_pem(const struct pki_csr *r);      /* caller frees */
const char *pki_csr_cn(const struct pki_csr *r); /* "" when there is none */
const struct cu_strlist *pki_csr_orgs(const struct pki_csr *r);
const struct cu_strlist *pki_csr_dns(const struct pki_csr *r);
const struct cu_strlist *pki_csr_ips(const struct pki_csr *r);
const struct cu_strlist *pki_csr_emails(const struct pki_csr *r);
const struct cu_strlist *pki_csr_uris(const struct pki_csr *r);
bool pki_csr_matches_key(const struct pki_csr *r, const struct pki_key *k);

/* Is `usage` one of the names of spec apiserver 6.2 ("digital signature", "client auth", ...)? */
bool pki_usage_known(const char *usage);
/* Appends all of those names, sorted. */
void pki_usage_names(struct cu_strlist *out);

struct pki_csr_terms {
    const struct cu_strlist *usages; /* names as above */
    int64_t now_ms, ttl_ms;
};
/* Certificate for the request: subject and SANs from it, key usages mapped from t->usages, serial of 128 random bits,
 * notBefore = now - 5 min, notAfter by ttl and cut to the CA's (spec apiserver 6.2). CU_E_INVALID: unknown usage, CA
 * key that is not the CA's; CU_E_EXPIRED: the CA has ended. */
int pki_csr_sign(const struct pki_csr *r, const struct pki_csr_terms *t, const struct pki_cert *ca_cert,
                 const struct pki_key *ca_key, struct pki_cert **out, struct cu_err *err);

#endif
