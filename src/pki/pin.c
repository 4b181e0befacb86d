/* Public key pins of certificates.
 * Must not know where certificates or pins come from. */
#include "pki/pin.h"
#include "base/encode.h"
#include "base/str.h"
#include "pki/hash.h"
#include "pki/internal.h"
#include <string.h>

#define PREFIX "sha256:"

char *pki_pin(const struct pki_cert *c)
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pki_cert_x509(c)), &der); /* the bytes of the certificate */

    if (n <= 0) {
        abort();
    }
    cu_autofree char *hex = pki_sha256_hex(der, (size_t)n);
    OPENSSL_free(der);
    return cu_asprintf(PREFIX "%s", hex);
}

int pki_pin_check(const char *pin, struct cu_err *err)
{
    cu_autofree uint8_t *hash = NULL;
    const char *colon = strchr(pin, ':');
    size_t n = 0;

    if (!colon || strchr(colon + 1, ':')) {
        return cu_fail(err, CU_E_INVALID, "CA pin \"%s\" does not have the form sha256:<64 hex digits>", pin);
    }
    cu_autofree char *kind = cu_strndup(pin, (size_t)(colon - pin));
    if (!cu_strcaseeq(kind, "sha256")) {
        return cu_fail(err, CU_E_INVALID, "CA pin \"%s\" is of the unknown kind \"%s\"; only sha256 is known",
                       pin, kind);
    }
    if (cu_unhex(colon + 1, &hash, &n, NULL) < 0 || n != PKI_SHA256_LEN) {
        return cu_fail(err, CU_E_INVALID, "CA pin \"%s\" needs 64 hex digits behind the colon", pin);
    }
    return 0;
}

int pki_pins_match(const struct cu_strlist *pins, const struct pki_certs *certs, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;

    for (size_t i = 0; i < pins->n; i++) {
        int r = pki_pin_check(pins->v[i], err);
        if (r < 0) {
            return r;
        }
    }
    for (size_t i = 0; i < certs->n; i++) {
        char *pin = pki_pin(certs->v[i]);

        cu_strlist_take(&found, pin);
        for (size_t k = 0; k < pins->n; k++) {
            if (cu_strcaseeq(pins->v[k], pin)) {
                return 0;
            }
        }
    }
    cu_autofree char *list = cu_strlist_join(&found, ", ");
    return cu_fail(err, CU_E_AUTH, "none of the CA public keys the server gave (%s) matches a given pin",
                   found.n ? list : "none");
}
