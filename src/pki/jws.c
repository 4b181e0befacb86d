/* Detached signature of cluster-info by a bootstrap token.
 * Must not know what the content says. */
#include "pki/jws.h"
#include "base/encode.h"
#include "base/str.h"
#include "pki/hash.h"
#include <string.h>

char *pki_jws_sign(const char *token_id, const char *token_secret, const char *content, size_t n)
{
    cu_autofree char *header = cu_asprintf("{\"alg\":\"HS256\",\"kid\":\"%s\"}", token_id);
    cu_autofree char *h = cu_base64url(header, strlen(header));
    cu_autofree char *p = cu_base64url(content, n);
    cu_autofree char *input = cu_asprintf("%s.%s", h, p);
    uint8_t mac[PKI_SHA256_LEN];

    pki_hmac_sha256(token_secret, strlen(token_secret), input, strlen(input), mac);
    cu_autofree char *s = cu_base64url(mac, sizeof(mac));
    return cu_asprintf("%s..%s", h, s);
}

int pki_jws_verify(const char *jws, const char *token_id, const char *token_secret, const char *content,
                   size_t n, struct cu_err *err)
{
    cu_autofree char *want = pki_jws_sign(token_id, token_secret, content, n);

    return cu_equal_secret(jws, want)
               ? 0
               : cu_fail(err, CU_E_AUTH,
                         "the signature of token id \"%s\" does not fit the content: the "
                         "token's secret is wrong or the content was changed",
                         token_id);
}
