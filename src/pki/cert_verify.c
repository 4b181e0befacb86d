/* Trust: chains to a set of roots, and names a certificate is good for.
 * Must not know where roots come from. */
#include "pki/internal.h"
#include "base/timefmt.h"
#include <openssl/err.h>

/* May this certificate be used for all of `ekus`? One without the extension may be used for anything. */
static bool ekus_allow(X509 *x, unsigned ekus)
{
    const struct {
        unsigned eku;
        uint32_t bit;
    } map[] = { { PKI_EKU_SERVER_AUTH, XKU_SSL_SERVER }, { PKI_EKU_CLIENT_AUTH, XKU_SSL_CLIENT } };

    if (!(X509_get_extension_flags(x) & EXFLAG_XKUSAGE) || (ekus & PKI_EKU_ANY)) {
        return true;
    }
    uint32_t have = X509_get_extended_key_usage(x);
    if (have & XKU_ANYEKU) {
        return true;
    }
    for (size_t i = 0; i < CU_LEN(map); i++) {
        if ((ekus & map[i].eku) && !(have & map[i].bit)) {
            return false;
        }
    }
    return true;
}

/* Why OpenSSL refused, as our code and text. */
static int refused(X509_STORE_CTX *ctx, const struct pki_cert *leaf, int64_t now_ms, struct cu_err *err)
{
    int e = X509_STORE_CTX_get_error(ctx);
    char now[CU_RFC3339_MAX], limit[CU_RFC3339_MAX];

    if (e == X509_V_ERR_CERT_HAS_EXPIRED || e == X509_V_ERR_CERT_NOT_YET_VALID) {
        bool expired = e == X509_V_ERR_CERT_HAS_EXPIRED;
        pki_autocert struct pki_cert *bad = NULL;
        X509 *x = X509_STORE_CTX_get_current_cert(ctx);

        if (x && X509_up_ref(x) == 1 && pki_cert_wrap(x, &bad, NULL) == 0) {
            leaf = bad; /* it may be a link further up */
        }
        cu_rfc3339(now_ms, now);
        cu_rfc3339(expired ? pki_cert_not_after(leaf) : pki_cert_not_before(leaf), limit);
        return cu_fail(err, CU_E_EXPIRED, "certificate \"%s\" %s %s (the clock says %s)", pki_cert_cn(leaf),
                       expired ? "expired on" : "is not valid before", limit, now);
    }
    return cu_fail(err, CU_E_AUTH, "certificate \"%s\" issued by \"%s\" is not trusted: %s",
                   pki_cert_cn(leaf), pki_cert_issuer_cn(leaf), X509_verify_cert_error_string(e));
}

int pki_certs_verify(const struct pki_certs *chain, const struct pki_certs *roots, unsigned ekus,
                     int64_t now_ms, struct cu_err *err)
{
    if (chain->n == 0) {
        return cu_fail(err, CU_E_AUTH, "there is no certificate to verify");
    }
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    int r = 0;

    if (!store || !ctx || !between) {
        abort();
    }
    for (size_t i = 0; i < roots->n; i++) {
        X509_STORE_add_cert(store, pki_cert_x509(roots->v[i]));
    }
    for (size_t i = 1; i < chain->n; i++) {
        sk_X509_push(between, pki_cert_x509(chain->v[i])); /* borrowed */
    }
    if (X509_STORE_CTX_init(ctx, store, pki_cert_x509(chain->v[0]), between) != 1) {
        abort();
    }
    /* Any certificate of the set is an anchor, self-signed or not. */
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)(now_ms / 1000));
    if (X509_verify_cert(ctx) != 1) {
        r = refused(ctx, chain->v[0], now_ms, err);
    }
    STACK_OF(X509) *links = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 0; r == 0 && i < sk_X509_num(links); i++) {
        if (!ekus_allow(sk_X509_value(links, i), ekus)) {
            r = cu_fail(err, CU_E_AUTH, "certificate \"%s\" may not be used as a TLS %s (extended key usage)",
                        pki_cert_cn(chain->v[0]), ekus & PKI_EKU_CLIENT_AUTH ? "client" : "server");
        }
    }
    sk_X509_free(between);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return r;
}

int pki_cert_verify(const struct pki_cert *c, const struct pki_certs *roots, unsigned ekus, int64_t now_ms,
                    struct cu_err *err)
{
    struct pki_cert *one[] = { NULL };
    struct pki_certs chain = { one, 1, 1 };
    int r;

    one[0] = pki_cert_ref(c);
    r = pki_certs_verify(&chain, roots, ekus, now_ms, err);
    pki_cert_free(one[0]);
    return r;
}

bool pki_cert_covers(const struct pki_cert *c, const char *host)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    bool ok = X509_check_ip_asc(pki_cert_x509(c), host, flags) == 1 ||
              X509_check_host(pki_cert_x509(c), host, 0, flags, NULL) == 1;

    ERR_clear_error();
    return ok;
}
