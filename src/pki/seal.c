/* AES-256-GCM of uploaded files by the certificate key.
 * Must not know which files these are. */
#include "pki/seal.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "pki/internal.h"
#include <string.h>

#define KEY_LEN 32
#define NONCE_LEN 12
#define TAG_LEN 16

char *pki_certificate_key_new(void)
{
    uint8_t key[KEY_LEN];

    cu_random(key, sizeof(key));
    char *hex = cu_hex(key, sizeof(key));
    cu_wipe(key, sizeof(key));
    return hex;
}

static int decode_key(const char *hex, uint8_t key[KEY_LEN], struct cu_err *err)
{
    uint8_t *raw = NULL;
    size_t n = 0;
    bool ok =
        cu_unhex(hex, &raw, &n, NULL) == 0 && n == KEY_LEN; /* no text of ours may show a part of the key */

    if (ok) {
        memcpy(key, raw, KEY_LEN);
    }
    if (raw) {
        cu_wipe(raw, n);
    }
    free(raw);
    return ok ? 0 : cu_fail(err, CU_E_INVALID, "the certificate key must be %d hex digits", 2 * KEY_LEN);
}

int pki_certificate_key_check(const char *hex_key, struct cu_err *err)
{
    uint8_t key[KEY_LEN];
    int r = decode_key(hex_key, key, err);

    cu_wipe(key, sizeof(key));
    return r;
}

int pki_seal(const char *hex_key, const void *plain, size_t n, uint8_t **out, size_t *out_n,
             struct cu_err *err)
{
    uint8_t key[KEY_LEN];
    int len = 0, tail = 0, r = decode_key(hex_key, key, err);

    if (r < 0) {
        return r;
    }
    if (n > LIM_TEXT) {
        cu_wipe(key, sizeof(key));
        return cu_fail(err, CU_E_INVALID, "%zu bytes are too much to encrypt", n);
    }
    uint8_t *buf = cu_malloc(n + PKI_SEAL_OVERHEAD), *body = buf + NONCE_LEN;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    cu_random(buf, NONCE_LEN);
    bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, buf) == 1 &&
              EVP_EncryptUpdate(ctx, body, &len, plain, (int)n) == 1 &&
              EVP_EncryptFinal_ex(ctx, body + len, &tail) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, body + n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    cu_wipe(key, sizeof(key));
    if (!ok) {
        free(buf);
        return pki_fail(err, CU_E_IO, "encrypt");
    }
    *out = buf;
    *out_n = n + PKI_SEAL_OVERHEAD;
    return 0;
}

int pki_open(const char *hex_key, const void *sealed, size_t n, uint8_t **out, size_t *out_n,
             struct cu_err *err)
{
    const uint8_t *in = sealed;
    uint8_t key[KEY_LEN], tag[TAG_LEN];
    int len = 0, tail = 0, r = decode_key(hex_key, key, err);

    if (r < 0) {
        return r;
    }
    if (n < PKI_SEAL_OVERHEAD || n > LIM_TEXT) {
        cu_wipe(key, sizeof(key));
        return cu_fail(err, CU_E_INVALID, "%zu bytes cannot be an encrypted file", n);
    }
    size_t plain_n = n - PKI_SEAL_OVERHEAD;
    uint8_t *buf = cu_malloc(plain_n + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    memcpy(tag, in + n - TAG_LEN, TAG_LEN);
    bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in) == 1 &&
              EVP_DecryptUpdate(ctx, buf, &len, in + NONCE_LEN, (int)plain_n) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, buf + len, &tail) == 1;
    EVP_CIPHER_CTX_free(ctx);
    cu_wipe(key, sizeof(key));
    if (!ok) {
        cu_wipe(buf, plain_n);
        free(buf);
        return pki_fail(err, CU_E_AUTH, "decrypt: wrong certificate key or damaged data");
    }
    buf[plain_n] = '\0';
    *out = buf;
    *out_n = plain_n;
    return 0;
}
