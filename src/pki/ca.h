/* pki/ca.h - certificates and keys in a certificates folder: <dir>/<base>.crt and <dir>/<base>.key, where
 * base may hold a slash ("etcd/ca"). Rules of reuse: spec init 5.5 to 5.7. */
#ifndef PKI_CA_H
#define PKI_CA_H

#include "pki/cert.h"

struct pki_ca {
    struct pki_cert *cert; /* owned */
    struct pki_key *key;   /* owned; NULL: the key is kept elsewhere ("external CA") */
};
#define PKI_CA_INIT                                                                                          \
    {                                                                                                        \
        NULL, NULL                                                                                           \
    }
#define pki_autoca __attribute__((cleanup(pki_ca_clear)))
void pki_ca_clear(struct pki_ca *ca);

char *pki_crt_path(const char *dir, const char *base); /* caller frees */
char *pki_key_path(const char *dir, const char *base);

/* Loads the certificate and, where its file is there, the key. CU_E_NOTFOUND no certificate; CU_E_INVALID not
 * PEM, not a CA, key of another certificate; other codes of cu_file_read. */
int pki_ca_load(const char *dir, const char *base, struct pki_ca *out, struct cu_err *err);
/* As above, but a missing or unreadable key is an error: for signing. */
int pki_ca_load_signer(const char *dir, const char *base, struct pki_ca *out, struct cu_err *err);
/* <base>.crt is a CA and <base>.key is not there. */
bool pki_ca_is_external(const char *dir, const char *base);

/* Makes a self-signed CA named `cn` for `key`, which it keeps a reference of. */
int pki_ca_create(const char *cn, struct pki_key *key, int64_t not_before_ms, int64_t not_after_ms,
                  struct pki_ca *out, struct cu_err *err);

/* Writes the key (0600), then the certificate (0644); parent folders are made with 0755. A pair that is there is replaced
 * once both new files are on the disk, so that a full disk leaves it whole. */
int pki_pair_save(const char *dir, const char *base, const struct pki_cert *cert, const struct pki_key *key,
                  struct cu_err *err);
/* What is in the folder already? 0 neither file; 1 both are there, load and match, and the certificate is signed by
 * `ca` (NULL: is a CA itself) and covers every name and address of `want` (may be NULL); else CU_E_INVALID that says
 * what is wrong and that the files must be mended or removed. */
int pki_pair_check(const char *dir, const char *base, const struct pki_cert *ca,
                   const struct pki_cert_spec *want, int64_t now_ms, struct cu_err *err);
/* <base>.crt with its intermediates chains to `ca` at now_ms, any usage. */
int pki_leaf_check(const char *dir, const char *base, const struct pki_cert *ca, int64_t now_ms,
                   struct cu_err *err);

#endif
