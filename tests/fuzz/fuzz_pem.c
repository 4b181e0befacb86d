/* Certificates, keys and requests from hostile PEM: what is accepted must be written and read again as the same. */
#include "base/str.h"
#include "pki/csr.h"
#include "pki/pem.h"
#include "pki/pin.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void certs(const char *text, size_t n)
{
    pki_autocerts struct pki_certs l = PKI_CERTS_INIT, again = PKI_CERTS_INIT;
    if (pki_certs_parse(text, n, &l, NULL) < 0)
        return;
    cu_autofree char *pem = pki_certs_pem(&l);
    check(pki_certs_parse(pem, strlen(pem), &again, NULL) == 0 && again.n == l.n);
    for (size_t i = 0; i < l.n; i++) {
        cu_autofree char *pin = pki_pin(l.v[i]);
        check(pki_pin_check(pin, NULL) == 0);
        check(cu_streq(pki_cert_sha256(l.v[i]), pki_cert_sha256(again.v[i])));
        pki_cert_covers(l.v[i], "localhost");
        pki_key_free(pki_cert_key(l.v[i]));
    }
    pki_certs_verify(&l, &again, PKI_EKU_CLIENT_AUTH, 1800000000000, NULL);
}

static void keys(const char *text, size_t n)
{
    pki_autokey struct pki_key *k = NULL, *again = NULL, *pub = NULL;
    if (pki_key_parse(text, n, &k, NULL) == 0) {
        cu_autowipe char *pem = pki_key_pem(k);
        check(pki_key_parse(pem, strlen(pem), &again, NULL) == 0 && pki_key_same_public(k, again));
    }
    if (pki_key_parse_public(text, n, &pub, NULL) == 0) {
        cu_autofree char *pem = pki_key_public_pem(pub);
        pki_autokey struct pki_key *back = NULL;
        check(pki_key_parse_public(pem, strlen(pem), &back, NULL) == 0 && pki_key_same_public(pub, back));
    }
}

static void request(const char *text, size_t n)
{
    pki_autocsr struct pki_csr *r = NULL, *again = NULL;
    if (pki_csr_parse(text, n, &r, NULL) < 0)
        return;
    cu_autofree char *pem = pki_csr_pem(r);
    check(pki_csr_parse(pem, strlen(pem), &again, NULL) == 0 && cu_streq(pki_csr_cn(r), pki_csr_cn(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    union {
        const uint8_t *in;
        const char *out;
    } u = { data };
    struct pki_pem b = PKI_PEM_INIT;
    size_t pos = 0;

    while (pki_pem_next(u.out, n, &pos, &b) > 0) {
        struct pki_pem again = PKI_PEM_INIT;
        size_t at = 0;
        cu_autofree char *pem = pki_pem_dump(b.type, b.der, b.n);
        check(pki_pem_next(pem, strlen(pem), &at, &again) == 1 && again.n == b.n);
        check(cu_streq(again.type, b.type) && (b.n == 0 || memcmp(again.der, b.der, b.n) == 0));
        pki_pem_clear(&again);
    }
    pki_pem_clear(&b);
    certs(u.out, n);
    keys(u.out, n);
    request(u.out, n);
    return 0;
}
