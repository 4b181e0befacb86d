/* pki/hash.h - SHA-256 and HMAC-SHA256. */
#ifndef PKI_HASH_H
#define PKI_HASH_H

#include <stddef.h>
#include <stdint.h>

#define PKI_SHA256_LEN 32

void pki_sha256(const void *data, size_t n, uint8_t out[PKI_SHA256_LEN]);
char *pki_sha256_hex(const void *data, size_t n); /* lower case; caller frees */
void pki_hmac_sha256(const void *key, size_t key_n, const void *data, size_t n, uint8_t out[PKI_SHA256_LEN]);

#endif
