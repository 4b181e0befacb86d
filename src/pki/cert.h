/* pki/cert.h - X.509 certificates: make, read, ask, verify. Facts: spec init 5.3. Times are milliseconds
 * since 1970, cut to whole seconds in certificates. */
#ifndef PKI_CERT_H
#define PKI_CERT_H

#include "base/strlist.h"
#include "pki/key.h"

struct pki_cert; /* opaque; reference counted, immutable */

/* Extended key usages; a bit mask. */
enum pki_eku {
    PKI_EKU_SERVER_AUTH = 1 << 0,
    PKI_EKU_CLIENT_AUTH = 1 << 1,
    PKI_EKU_ANY = 1 << 2, /* for pki_cert_verify: do not look at usages */
};

#define PKI_BACKDATE_MS (5 * 60 * 1000) /* notBefore lies this much before the making (spec init 5.3) */

struct pki_cert_spec {
    const char *cn;
    const struct cu_strlist *orgs; /* O values in this order; NULL: none */
    bool ca;       /* keyCertSign, CA:TRUE, subject key id, and its CN as DNS SAN when dns is NULL */
    unsigned ekus; /* enum pki_eku */
    const struct cu_strlist *dns; /* SAN names: sorted and made unique here; NULL: none */
    const struct cu_strlist *ips; /* SAN addresses: order kept, duplicates dropped; NULL: none */
    int64_t not_before_ms, not_after_ms;
};

/* Self-signed. CU_E_INVALID: an address that is none, an end before the start, no CN and no O. */
int pki_cert_self_sign(const struct pki_cert_spec *spec, const struct pki_key *key, struct pki_cert **out,
                       struct cu_err *err);
/* Certificate for `key` (its public half counts), signed by ca_cert and ca_key. CU_E_INVALID also when ca_key
 * does not belong to ca_cert. notAfter is not cut to the CA's (upstream does not either). */
int pki_cert_issue(const struct pki_cert_spec *spec, const struct pki_key *key,
                   const struct pki_cert *ca_cert, const struct pki_key *ca_key, struct pki_cert **out,
                   struct cu_err *err);

struct pki_cert *pki_cert_ref(const struct pki_cert *c);
void pki_cert_free(struct pki_cert *c); /* drops one reference; NULL is fine */
#define pki_autocert __attribute__((cleanup(pki_cert_cleanup)))
void pki_cert_cleanup(struct pki_cert **c);

/* A file or bundle of certificates, in order; v[0] is the certificate, the rest are intermediates. */
struct pki_certs {
    struct pki_cert **v;
    size_t n, cap;
};
#define PKI_CERTS_INIT                                                                                       \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }
#define pki_autocerts __attribute__((cleanup(pki_certs_clear)))
void pki_certs_add(struct pki_certs *l, const struct pki_cert *c); /* takes a reference of its own */
void pki_certs_clear(struct pki_certs *l);

int pki_cert_parse_der(const uint8_t *der, size_t n, struct pki_cert **out, struct cu_err *err);
/* Every "CERTIFICATE" block without headers; other blocks are skipped. At least one, else CU_E_INVALID.
 * Appends. */
int pki_certs_parse(const char *pem, size_t n, struct pki_certs *out, struct cu_err *err);
int pki_cert_parse(const char *pem, size_t n, struct pki_cert **out, struct cu_err *err); /* the first one */

char *pki_cert_pem(const struct pki_cert *c);                     /* caller frees */
char *pki_certs_pem(const struct pki_certs *l);                   /* concatenated; caller frees */
const uint8_t *pki_cert_der(const struct pki_cert *c, size_t *n); /* borrowed */
/* Files: as the parsers, or the code of cu_file_read. Saved with mode 0644, parent folders 0755. */
int pki_certs_load(const char *path, struct pki_certs *out, struct cu_err *err);
int pki_cert_load(const char *path, struct pki_cert **out, struct cu_err *err);
int pki_cert_save(const char *path, const struct pki_cert *c, struct cu_err *err);

/* Borrowed texts live as long as the certificate. */
const char *pki_cert_cn(const struct pki_cert *c); /* "" when there is none */
const char *pki_cert_issuer_cn(const struct pki_cert *c);
const char *pki_cert_serial(const struct pki_cert *c); /* decimal */
const char *pki_cert_sha256(const struct pki_cert *c); /* lower-case hex of the DER */
const struct cu_strlist *pki_cert_orgs(const struct pki_cert *c);
const struct cu_strlist *pki_cert_dns(const struct pki_cert *c);
const struct cu_strlist *pki_cert_ips(const struct pki_cert *c); /* in cu_ip_format's form */
int64_t pki_cert_not_before(const struct pki_cert *c);
int64_t pki_cert_not_after(const struct pki_cert *c);
bool pki_cert_is_ca(const struct pki_cert *c);
unsigned pki_cert_ekus(const struct pki_cert *c);       /* the known ones */
struct pki_key *pki_cert_key(const struct pki_cert *c); /* public key; new reference, caller frees */
bool pki_cert_matches_key(const struct pki_cert *c, const struct pki_key *k);

enum pki_period { PKI_PERIOD_OK, PKI_PERIOD_NOT_YET, PKI_PERIOD_EXPIRED };
enum pki_period pki_cert_period(const struct pki_cert *c, int64_t now_ms);

/* Chain from chain->v[0] over the other entries to one of `roots`, at now_ms, every one of `ekus` allowed all
 * the way (PKI_EKU_ANY: usages do not matter). 0, or CU_E_EXPIRED (some link not valid now), CU_E_AUTH
 * (anything else). */
int pki_certs_verify(const struct pki_certs *chain, const struct pki_certs *roots, unsigned ekus,
                     int64_t now_ms, struct cu_err *err);
int pki_cert_verify(const struct pki_cert *c, const struct pki_certs *roots, unsigned ekus, int64_t now_ms,
                    struct cu_err *err);
/* Is the certificate good for this server name or address? Wildcards as RFC 6125; the CN never counts. */
bool pki_cert_covers(const struct pki_cert *c, const char *host);

#endif
