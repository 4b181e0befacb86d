/* Compact JWS with RSA and ECDSA keys, and the key set that verifies them.
 * Must not know what the claims mean. */
#include "pki/jwt.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "pki/hash.h"
#include "pki/internal.h"
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <string.h>

#define TOKEN_MAX (256 * 1024) /* bytes; far above any token, far below what hurts */

/* Bytes of one coordinate; 0 for RSA. */
static size_t coordinate_len(const struct pki_key *k)
{
    return EVP_PKEY_is_a(k->pkey, "EC") ? ((size_t)EVP_PKEY_get_bits(k->pkey) + 7) / 8 : 0;
}

const char *pki_jwt_alg(const struct pki_key *k)
{
    switch (coordinate_len(k)) {
    case 0: return "RS256";
    case 32: return "ES256";
    case 48: return "ES384";
    default: return "ES512";
    }
}

char *pki_jwt_kid(const struct pki_key *k)
{
    uint8_t hash[PKI_SHA256_LEN];
    size_t n;
    cu_autofree uint8_t *der = pki_key_spki(k, &n);

    pki_sha256(der, n, hash);
    return cu_base64url(hash, sizeof(hash));
}

/* The two numbers of an ECDSA signature as fixed-length bytes (RFC 7518 section 3.4). */
static bool ec_to_raw(uint8_t *sig, size_t *n, size_t len)
{
    const uint8_t *p = sig;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)*n);
    bool ok = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, (int)len) >= 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + len, (int)len) >= 0;

    ECDSA_SIG_free(s);
    *n = 2 * len;
    return ok;
}

static uint8_t *raw_to_ec(const uint8_t *raw, size_t len, size_t *n)
{
    ECDSA_SIG *s = ECDSA_SIG_new();
    uint8_t *der = NULL, *out = NULL;
    BIGNUM *r = BN_bin2bn(raw, (int)len, NULL), *t = BN_bin2bn(raw + len, (int)len, NULL);

    if (!s || !r || !t || ECDSA_SIG_set0(s, r, t) != 1) {
        abort();
    }
    int der_n = i2d_ECDSA_SIG(s, &der);
    if (der_n > 0) {
        out = cu_memdup(der, (size_t)der_n);
        *n = (size_t)der_n;
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(s);
    return out;
}

int pki_jwt_sign(const struct pki_key *k, const char *claims, char **out, struct cu_err *err)
{
    if (!k->has_private) {
        return cu_fail(err, CU_E_INVALID, "the token signing key has no private half");
    }
    cu_autofree char *kid = pki_jwt_kid(k);
    cu_autofree char *header = cu_asprintf("{\"alg\":\"%s\",\"kid\":\"%s\"}", pki_jwt_alg(k), kid);
    cu_autofree char *h = cu_base64url(header, strlen(header));
    cu_autofree char *p = cu_base64url(claims, strlen(claims));
    cu_autofree char *input = cu_asprintf("%s.%s", h, p);
    size_t n = (size_t)EVP_PKEY_get_size(k->pkey), len = coordinate_len(k);
    cu_autofree uint8_t *sig = cu_malloc(n + 2 * len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    union {
        char *in;
        const unsigned char *out;
    } u = { input };

    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, pki_key_digest(k->pkey), NULL, k->pkey) == 1 &&
              EVP_DigestSign(ctx, sig, &n, u.out, strlen(input)) == 1 &&
              (len == 0 || ec_to_raw(sig, &n, len));
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return pki_fail(err, CU_E_INVALID, "the token cannot be signed");
    }
    cu_autofree char *s = cu_base64url(sig, n);
    *out = cu_asprintf("%s.%s", input, s);
    return 0;
}

static bool verifies(const struct pki_key *k, const void *input, size_t input_n, const uint8_t *sig, size_t n)
{
    cu_autofree uint8_t *der = NULL;
    size_t len = coordinate_len(k);

    if (len) {
        if (n != 2 * len || !(der = raw_to_ec(sig, len, &n))) {
            return false;
        }
        sig = der;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, pki_key_digest(k->pkey), NULL, k->pkey) == 1 &&
              EVP_DigestVerify(ctx, sig, n, input, input_n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

/* base64url text that must be free of NUL bytes. */
static int decode_text(const char *s, size_t n, char **out, struct cu_err *err)
{
    uint8_t *raw = NULL;
    size_t raw_n = 0;
    int r = cu_unbase64url(s, n, &raw, &raw_n, err);

    if (r < 0) {
        return r;
    }
    union {
        uint8_t *in;
        char *out;
    } u = { raw };
    if (memchr(raw, '\0', raw_n)) {
        free(raw);
        return cu_fail(err, CU_E_INVALID, "the token holds a NUL byte");
    }
    *out = u.out;
    return 0;
}

void pki_jwt_clear(struct pki_jwt *t)
{
    free(t->header);
    free(t->claims);
    *t = (struct pki_jwt)PKI_JWT_INIT;
}

int pki_jwt_verify(const char *token, struct pki_key *const *keys, size_t n, struct pki_jwt *out,
                   struct cu_err *err)
{
    cu_autofree uint8_t *sig = NULL;
    cu_autofree char *h = NULL, *c = NULL;
    const char *dot1 = strchr(token, '.'), *dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
    size_t sig_n, i;

    if (!dot2 || strchr(dot2 + 1, '.') || strlen(token) > TOKEN_MAX) {
        return cu_fail(err, CU_E_INVALID, "the token does not have three parts");
    }
    if (decode_text(token, (size_t)(dot1 - token), &h, err) < 0 ||
        decode_text(dot1 + 1, (size_t)(dot2 - dot1 - 1), &c, err) < 0 ||
        cu_unbase64url(dot2 + 1, strlen(dot2 + 1), &sig, &sig_n, err) < 0) {
        return cu_wrap(err, "token");
    }
    for (i = 0; i < n && !verifies(keys[i], token, (size_t)(dot2 - token), sig, sig_n); i++) {
    }
    if (i == n) {
        return cu_fail(err, CU_E_AUTH, "the token is not signed by a known key");
    }
    *out = (struct pki_jwt){ cu_steal(&h), cu_steal(&c), i };
    return 0;
}

/* A number of the key, base64url, padded to `len` bytes (0: as short as it is). */
static void add_number(struct cu_buf *b, const struct pki_key *k, const char *json, const char *param,
                       size_t len)
{
    BIGNUM *bn = NULL;

    if (EVP_PKEY_get_bn_param(k->pkey, param, &bn) != 1) {
        abort(); /* every key we wrap has its numbers */
    }
    size_t n = len ? len : (size_t)BN_num_bytes(bn);
    cu_autofree uint8_t *bytes = cu_malloc(n + 1);
    if (BN_bn2binpad(bn, bytes, (int)n) < 0) {
        abort();
    }
    BN_free(bn);
    cu_autofree char *text = cu_base64url(bytes, n);
    cu_buf_addf(b, ",\"%s\":\"%s\"", json, text);
}

char *pki_jwks(struct pki_key *const *keys, size_t n)
{
    struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *out = NULL;

    cu_buf_add(&b, "{\"keys\":[");
    for (size_t i = 0; i < n; i++) {
        size_t len = coordinate_len(keys[i]);
        cu_autofree char *kid = pki_jwt_kid(keys[i]);

        cu_buf_addf(&b, "%s{\"use\":\"sig\",\"kty\":\"%s\",\"kid\":\"%s\"", i ? "," : "", len ? "EC" : "RSA",
                    kid);
        if (len) {
            cu_buf_addf(&b, ",\"crv\":\"P-%d\"", EVP_PKEY_get_bits(keys[i]->pkey));
        }
        cu_buf_addf(&b, ",\"alg\":\"%s\"", pki_jwt_alg(keys[i]));
        add_number(&b, keys[i], len ? "x" : "n", len ? OSSL_PKEY_PARAM_EC_PUB_X : OSSL_PKEY_PARAM_RSA_N, len);
        add_number(&b, keys[i], len ? "y" : "e", len ? OSSL_PKEY_PARAM_EC_PUB_Y : OSSL_PKEY_PARAM_RSA_E, len);
        cu_buf_addc(&b, '}');
    }
    cu_buf_add(&b, "]}");
    if (cu_buf_take(&b, &out, NULL) < 0) {
        abort();
    }
    return out;
}
