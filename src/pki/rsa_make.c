/* RSA key pairs: made by nettle's hogweed with GMP, checked and kept by OpenSSL.
 * Must not know about files or certificates. */
#include "pki/internal.h"
#include "base/random.h"
#include <nettle/rsa.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#define PUBLIC_EXPONENT 65537

static void random_bytes(void *ctx, size_t n, uint8_t *out)
{
    (void)ctx;
    cu_random(out, n);
}

static void mpz_wipe(mpz_t z)
{
    size_t n = mpz_size(z);

    if (n > 0) {
        cu_wipe(mpz_limbs_modify(z, (mp_size_t)n), n * sizeof(mp_limb_t));
    }
}

static BIGNUM *to_bn(const mpz_t z)
{
    uint8_t bytes[4096 / 8];
    size_t n = 0;

    mpz_export(bytes, &n, 1, 1, 1, 0, z); /* at most 4096 bits by the sizes we ask for */
    BIGNUM *bn = BN_secure_new();
    if (!bn || !BN_bin2bn(bytes, (int)n, bn)) {
        abort();
    }
    cu_wipe(bytes, sizeof(bytes));
    return bn;
}

/* The RSA key pair as OpenSSL sees it; NULL when it refuses. */
static EVP_PKEY *import(const struct rsa_public_key *pub, const struct rsa_private_key *key)
{
    const struct {
        const char *name;
        const __mpz_struct *value;
    } parts[] = {
        { OSSL_PKEY_PARAM_RSA_N, pub->n },         { OSSL_PKEY_PARAM_RSA_E, pub->e },
        { OSSL_PKEY_PARAM_RSA_D, key->d },         { OSSL_PKEY_PARAM_RSA_FACTOR1, key->p },
        { OSSL_PKEY_PARAM_RSA_FACTOR2, key->q },   { OSSL_PKEY_PARAM_RSA_EXPONENT1, key->a },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2, key->b }, { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key->c },
    };
    BIGNUM *bns[CU_LEN(parts)];
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool ok = bld && ctx;

    for (size_t i = 0; i < CU_LEN(parts); i++) {
        bns[i] = to_bn(parts[i].value);
        ok = ok && OSSL_PARAM_BLD_push_BN(bld, parts[i].name, bns[i]);
    }
    OSSL_PARAM *params = ok ? OSSL_PARAM_BLD_to_param(bld) : NULL;
    if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        pkey = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    for (size_t i = 0; i < CU_LEN(parts); i++) {
        BN_clear_free(bns[i]);
    }
    return pkey;
}

/* Pairwise consistency: signing goes through p, q and the CRT values, verifying through n and e, so a factor
 * that is no prime shows. (EVP_PKEY_pairwise_check tests the primes once more and would cost as much as
 * making them.) */
static bool signs_and_verifies(EVP_PKEY *pkey, unsigned bits)
{
    static const uint8_t text[] = "pairwise consistency test";
    uint8_t sig[4096 / 8];
    size_t n = sizeof(sig);
    EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
    bool ok = EVP_PKEY_get_bits(pkey) == (int)bits && sign && verify &&
              EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, pkey) == 1 &&
              EVP_DigestSign(sign, sig, &n, text, sizeof(text)) == 1 &&
              EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, pkey) == 1 &&
              EVP_DigestVerify(verify, sig, n, text, sizeof(text)) == 1;

    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);
    return ok;
}

int pki_rsa_make(unsigned bits, EVP_PKEY **out, struct cu_err *err)
{
    struct rsa_public_key pub;
    struct rsa_private_key key;
    EVP_PKEY *pkey = NULL;

    rsa_public_key_init(&pub);
    rsa_private_key_init(&key);
    mpz_set_ui(pub.e, PUBLIC_EXPONENT);
    if (rsa_generate_keypair(&pub, &key, NULL, random_bytes, NULL, NULL, bits, 0) == 1) {
        pkey = import(&pub, &key);
    }
    mpz_wipe(key.d);
    mpz_wipe(key.p);
    mpz_wipe(key.q);
    mpz_wipe(key.a);
    mpz_wipe(key.b);
    mpz_wipe(key.c);
    rsa_private_key_clear(&key);
    rsa_public_key_clear(&pub);
    if (!pkey) {
        return pki_fail(err, CU_E_IO, "make an RSA key of %u bits", bits);
    }
    if (!signs_and_verifies(pkey, bits)) {
        EVP_PKEY_free(pkey);
        return pki_fail(err, CU_E_IO, "the new RSA key of %u bits fails its check", bits);
    }
    *out = pkey;
    return 0;
}
