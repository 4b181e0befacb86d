/* SHA-256 and HMAC-SHA256 by OpenSSL.
 * Must not know what is hashed. */
#include "pki/hash.h"
#include "base/encode.h"
#include <openssl/evp.h>
#include <stdlib.h>

void pki_sha256(const void *data, size_t n, uint8_t out[PKI_SHA256_LEN])
{
    if (EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) != 1) {
        abort(); /* OpenSSL without SHA-256 cannot be worked with */
    }
}

char *pki_sha256_hex(const void *data, size_t n)
{
    uint8_t h[PKI_SHA256_LEN];

    pki_sha256(data, n, h);
    return cu_hex(h, sizeof(h));
}

void pki_hmac_sha256(const void *key, size_t key_n, const void *data, size_t n, uint8_t out[PKI_SHA256_LEN])
{
    size_t len = 0;

    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_n, data, n, out, PKI_SHA256_LEN, &len) ||
        len != PKI_SHA256_LEN) {
        abort();
    }
}
