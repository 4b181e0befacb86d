/* Tokens and signatures: hostile text never verifies, and what is signed verifies only unchanged. */
#include "pki/jws.h"
#include "pki/jwt.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct pki_key *key; /* one for the run: making it costs more than the rest */
    const char *id = "abcdef", *secret = "0123456789abcdef";
    cu_autofree char *text = cu_memdup(data, n), *token = NULL;
    pki_autojwt struct pki_jwt claims = PKI_JWT_INIT, back = PKI_JWT_INIT;

    if (!key)
        check(pki_key_generate(PKI_ECDSA_P256, &key, NULL) == 0);
    check(pki_jwt_verify(text, &key, 1, &claims, NULL) < 0);
    check(pki_jws_verify(text, id, secret, "content", 7, NULL) < 0);

    cu_autofree char *jws = pki_jws_sign(id, secret, text, n);
    check(pki_jws_verify(jws, id, secret, text, n, NULL) == 0);
    if (n > 0) {
        text[n / 2] ^= 1;
        check(pki_jws_verify(jws, id, secret, text, n, NULL) < 0);
        text[n / 2] ^= 1;
    }
    if (n < 4096 && !memchr(text, '\0', n)) {
        check(pki_jwt_sign(key, text, &token, NULL) == 0);
        check(pki_jwt_verify(token, &key, 1, &back, NULL) == 0 && strcmp(back.claims, text) == 0);
    }
    return 0;
}
