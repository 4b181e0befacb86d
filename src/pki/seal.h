/* pki/seal.h - AES-256-GCM for uploaded certificates (spec operations 14): nonce (12 bytes) || ciphertext ||
 * tag (16), no additional data. The key is the 64 hex digits of "certificate key". */
#ifndef PKI_SEAL_H
#define PKI_SEAL_H

#include "base/err.h"
#include <stdint.h>

#define PKI_SEAL_OVERHEAD 28

/* 64 lower-case hex digits; caller frees with cu_free_secret(). */
char *pki_certificate_key_new(void);
int pki_certificate_key_check(const char *hex_key, struct cu_err *err); /* CU_E_INVALID */

/* *out owned by the caller. CU_E_INVALID: bad key. */
int pki_seal(const char *hex_key, const void *plain, size_t n, uint8_t **out, size_t *out_n,
             struct cu_err *err);
/* *out is NUL-terminated behind out_n bytes. CU_E_INVALID: bad key, too short; CU_E_AUTH: wrong key or
 * altered data. */
int pki_open(const char *hex_key, const void *sealed, size_t n, uint8_t **out, size_t *out_n,
             struct cu_err *err);

#endif
