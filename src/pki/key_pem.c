/* Keys as PEM text and files.
 * Must not know how keys are made nor what they sign. */
#include "pki/internal.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "pki/pem.h"
#include <openssl/err.h>
#include <string.h>

char *pki_key_pem(const struct pki_key *k)
{
    uint8_t *der = NULL;

    if (!k->has_private) {
        return NULL;
    }
    int n = i2d_PrivateKey(k->pkey, &der); /* the traditional form: PKCS#1 or SEC1 */
    if (n <= 0) {
        abort();
    }
    char *pem =
        pki_pem_dump(EVP_PKEY_is_a(k->pkey, "RSA") ? "RSA PRIVATE KEY" : "EC PRIVATE KEY", der, (size_t)n);
    OPENSSL_clear_free(der, (size_t)n);
    return pem;
}

uint8_t *pki_key_spki(const struct pki_key *k, size_t *n)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(k->pkey, &der);

    if (len <= 0) {
        abort();
    }
    uint8_t *copy = cu_memdup(der, (size_t)len);
    OPENSSL_free(der);
    *n = (size_t)len;
    return copy;
}

char *pki_key_public_pem(const struct pki_key *k)
{
    size_t n;
    cu_autofree uint8_t *der = pki_key_spki(k, &n);

    return pki_pem_dump("PUBLIC KEY", der, n);
}

/* Private key of one PEM block; NULL when the block holds none that OpenSSL can read. */
static EVP_PKEY *private_of(const struct pki_pem *b)
{
    const uint8_t *p = b->der;

    if (cu_streq(b->type, "RSA PRIVATE KEY")) {
        return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)b->n);
    }
    if (cu_streq(b->type, "EC PRIVATE KEY")) {
        return d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)b->n);
    }
    if (cu_streq(b->type, "PRIVATE KEY")) {
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)b->n);
        EVP_PKEY *pkey = info ? EVP_PKCS82PKEY(info) : NULL;

        PKCS8_PRIV_KEY_INFO_free(info);
        return pkey;
    }
    return NULL;
}

static EVP_PKEY *public_of(const struct pki_pem *b)
{
    const uint8_t *p = b->der;

    if (cu_streq(b->type, "PUBLIC KEY")) {
        return d2i_PUBKEY(NULL, &p, (long)b->n);
    }
    if (cu_streq(b->type, "RSA PUBLIC KEY")) {
        return d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)b->n);
    }
    if (cu_streq(b->type, "CERTIFICATE")) {
        X509 *x = d2i_X509(NULL, &p, (long)b->n);
        EVP_PKEY *pkey = x ? X509_get_pubkey(x) : NULL;

        X509_free(x);
        return pkey;
    }
    EVP_PKEY *pair = private_of(b), *pkey = NULL;
    uint8_t *der = NULL;
    int n = pair ? i2d_PUBKEY(pair, &der) : -1;
    if (n > 0) { /* a copy without the private half */
        p = der;
        pkey = d2i_PUBKEY(NULL, &p, n);
    }
    OPENSSL_free(der);
    EVP_PKEY_free(pair);
    return pkey;
}

/* First block from which `read` gets an acceptable key. The error is that of the last block tried. */
static int parse(const char *pem, size_t n, EVP_PKEY *(*read)(const struct pki_pem *), bool has_private,
                 struct pki_key **out, struct cu_err *err)
{
    cu_autoerr struct cu_err last = CU_ERR_INIT;
    struct pki_pem b = PKI_PEM_INIT;
    size_t pos = 0;
    int r = -CU_E_INVALID;

    while (r < 0 && pki_pem_next(pem, n, &pos, &b) > 0) {
        EVP_PKEY *pkey = b.has_headers ? NULL : read(&b);

        if (b.has_headers) {
            cu_fail(&last, CU_E_INVALID, "the \"%s\" block is encrypted; decrypt it first", b.type);
        } else if (pkey) {
            cu_err_clear(&last);
            r = pki_key_wrap(pkey, has_private, out, &last);
        }
    }
    pki_pem_clear(&b);
    ERR_clear_error();
    if (r == 0) {
        return 0;
    }
    return last.msg ? cu_fail(err, CU_E_INVALID, "%s", last.msg)
                    : cu_fail(err, CU_E_INVALID, "no %s key in PEM form found",
                              has_private ? "private" : "public");
}

int pki_key_parse(const char *pem, size_t n, struct pki_key **out, struct cu_err *err)
{
    return parse(pem, n, private_of, true, out, err);
}

int pki_key_parse_public(const char *pem, size_t n, struct pki_key **out, struct cu_err *err)
{
    return parse(pem, n, public_of, false, out, err);
}

int pki_key_load(const char *path, struct pki_key **out, struct cu_err *err)
{
    char *text = NULL;
    size_t n;
    int r = cu_file_read(path, LIM_PEM_FILE, &text, &n, err);

    if (r < 0) {
        return r;
    }
    r = pki_key_parse(text, n, out, err);
    cu_wipe(text, n);
    free(text);
    return r < 0 ? cu_wrap(err, "private key file \"%s\"", path) : 0;
}

int pki_key_save(const char *path, const struct pki_key *k, struct cu_err *err)
{
    cu_autofree char *dir = cu_path_dir(path);
    cu_autowipe char *pem = pki_key_pem(k);

    if (!pem) {
        return cu_fail(err, CU_E_INVALID, "write \"%s\": the key has no private half", path);
    }
    int r = cu_mkdir_p(dir, 0755, err);
    return r < 0 ? r : cu_file_write_str(path, pem, 0600, err);
}
