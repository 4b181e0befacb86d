/* pki/key.h - private and public keys: make, read, write. RSA keys are made with nettle's hogweed and GMP
 * (three times faster than OpenSSL 3.0) and checked in OpenSSL; everything else is OpenSSL. Never logs. */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct pki_key; /* opaque; reference counted and immutable, so it may be shared between threads */

/* Values of encryptionAlgorithm (spec init 5.3). */
enum pki_alg { PKI_RSA_2048, PKI_RSA_3072, PKI_RSA_4096, PKI_ECDSA_P256, PKI_ECDSA_P384 };

/* "RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384"; NULL and "" mean RSA-2048. CU_E_INVALID. */
int pki_alg_parse(const char *name, enum pki_alg *out, struct cu_err *err);
const char *pki_alg_name(enum pki_alg alg);

int pki_key_generate(enum pki_alg alg, struct pki_key **out, struct cu_err *err);
/* Makes n keys on all cores; out[i] belongs to algs[i] and is owned by the caller. All or nothing. */
int pki_keys_generate(const enum pki_alg *algs, size_t n, struct pki_key **out, struct cu_err *err);

/* Keys made in the background while other work goes on: start early, take one when it is needed. */
struct pki_keypool;                                                /* opaque */
struct pki_keypool *pki_keypool_start(enum pki_alg alg, size_t n); /* n keys of one kind; never fails */
/* Hands over one key, waiting for it when none is ready; makes one on the spot when all n were taken or when
 * `alg` is not the pool's. pool may be NULL: then this is pki_key_generate. */
int pki_keypool_take(struct pki_keypool *pool, enum pki_alg alg, struct pki_key **out, struct cu_err *err);
void pki_keypool_free(struct pki_keypool *pool); /* stops after the keys being made; NULL is fine */

struct pki_key *pki_key_ref(const struct pki_key *k);
void pki_key_free(struct pki_key *k); /* drops one reference, wipes with the last; NULL is fine */
#define pki_autokey __attribute__((cleanup(pki_key_cleanup)))
void pki_key_cleanup(struct pki_key **k);

bool pki_key_has_private(const struct pki_key *k);
bool pki_key_same_public(const struct pki_key *a, const struct pki_key *b);
/* "RSA-2048", "ECDSA-P256", or for sizes we do not make "RSA-<bits>"; valid as long as the key. */
const char *pki_key_type(const struct pki_key *k);

/* PEM as upstream writes it: "RSA PRIVATE KEY" (PKCS#1) or "EC PRIVATE KEY" (SEC1). NULL for a public key.
 * Caller frees with cu_free_secret(). */
char *pki_key_pem(const struct pki_key *k);
char *pki_key_public_pem(const struct pki_key *k); /* "PUBLIC KEY"; caller frees */
/* DER SubjectPublicKeyInfo, owned by the caller. */
uint8_t *pki_key_spki(const struct pki_key *k, size_t *n);

/* First usable block of "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"; others are skipped. Ed25519 and
 * encrypted keys are refused. CU_E_INVALID. */
int pki_key_parse(const char *pem, size_t n, struct pki_key **out, struct cu_err *err);
/* First block that is a public key, a private key (its public half) or a certificate (its key): the files
 * that
 * --service-account-key-file takes. */
int pki_key_parse_public(const char *pem, size_t n, struct pki_key **out, struct cu_err *err);

/* Files. Loading: as pki_key_parse, or the code of cu_file_read. Saving: mode 0600, parent folders 0755. */
int pki_key_load(const char *path, struct pki_key **out, struct cu_err *err);
int pki_key_save(const char *path, const struct pki_key *k, struct cu_err *err);

#endif
