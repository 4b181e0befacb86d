/* pki/jwt.h - signed tokens of service accounts (RFC 7515, 7517, 7519; spec apiserver 4.1). What the claims
 * say is the caller's business; this file sees them as JSON text. */
#ifndef PKI_JWT_H
#define PKI_JWT_H

#include "pki/key.h"

/* "RS256", "ES256" or "ES384", by the kind of key; borrowed. */
const char *pki_jwt_alg(const struct pki_key *k);
/* Unpadded base64url of SHA-256 over the DER SubjectPublicKeyInfo; caller frees. */
char *pki_jwt_kid(const struct pki_key *k);

/* Compact token with header {"alg":...,"kid":...} over `claims` (JSON text). Caller frees. CU_E_INVALID: no
 * private half. */
int pki_jwt_sign(const struct pki_key *k, const char *claims, char **out, struct cu_err *err);
/* A token that was verified. */
struct pki_jwt {
    char *header, *claims; /* JSON text, owned */
    size_t key;            /* index of the key that signed it */
};
#define PKI_JWT_INIT                                                                                         \
    {                                                                                                        \
        NULL, NULL, 0                                                                                        \
    }
#define pki_autojwt __attribute__((cleanup(pki_jwt_clear)))
void pki_jwt_clear(struct pki_jwt *t);

/* Finds the one of n keys that signed `token`, each tried with its own algorithm only. CU_E_INVALID: not a compact
 * JWS; CU_E_AUTH: signed by none of them. Times and audiences are not looked at. */
int pki_jwt_verify(const char *token, struct pki_key *const *keys, size_t n, struct pki_jwt *out,
                   struct cu_err *err);
/* {"keys":[...]} with kty, alg, use, kid, n and e (or crv, x, y); caller frees. */
char *pki_jwks(struct pki_key *const *keys, size_t n);

#endif
