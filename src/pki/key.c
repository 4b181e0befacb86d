/* Keys: kinds, making, sharing, comparing.
 * Must not know PEM or files (key_pem.c) nor certificates. */
#include "pki/internal.h"
#include "base/str.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <string.h>

#define RSA_MIN_BITS 1024
#define RSA_MAX_BITS 16384

static const struct {
    const char *name;
    unsigned rsa_bits;
    const char *curve; /* OpenSSL's name */
} kinds[] = {
    [PKI_RSA_2048] = { "RSA-2048", 2048, NULL },     [PKI_RSA_3072] = { "RSA-3072", 3072, NULL },
    [PKI_RSA_4096] = { "RSA-4096", 4096, NULL },     [PKI_ECDSA_P256] = { "ECDSA-P256", 0, "P-256" },
    [PKI_ECDSA_P384] = { "ECDSA-P384", 0, "P-384" },
};

/* Curves we read; the last one is never made here. */
static const struct {
    const char *group, *type;
    int bits;
} curves[] = {
    { "prime256v1", "ECDSA-P256", 256 },
    { "secp384r1", "ECDSA-P384", 384 },
    { "secp521r1", "ECDSA-P521", 521 },
};

int pki_fail(struct cu_err *err, enum cu_code code, const char *fmt, ...)
{
    unsigned long e = ERR_peek_last_error();
    const char *why = e ? ERR_reason_error_string(e) : NULL;
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ERR_clear_error();
    return why ? cu_fail(err, code, "%s: %s", text, why) : cu_fail(err, code, "%s", text);
}

int pki_alg_parse(const char *name, enum pki_alg *out, struct cu_err *err)
{
    if (cu_is_empty(name)) {
        *out = PKI_RSA_2048;
        return 0;
    }
    for (size_t i = 0; i < CU_LEN(kinds); i++) {
        if (cu_streq(name, kinds[i].name)) {
            *out = (enum pki_alg)i;
            return 0;
        }
    }
    return cu_fail(err, CU_E_INVALID,
                   "unknown key algorithm \"%s\"; use RSA-2048, RSA-3072, RSA-4096, ECDSA-P256 or ECDSA-P384",
                   name);
}

const char *pki_alg_name(enum pki_alg alg)
{
    return kinds[alg].name;
}

int pki_key_wrap(EVP_PKEY *pkey, bool has_private, struct pki_key **out, struct cu_err *err)
{
    char type[24] = "", group[64] = "";
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        if (bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS) {
            snprintf(type, sizeof(type), "RSA-%d", bits);
        }
    } else if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1) {
        for (size_t i = 0; i < CU_LEN(curves); i++) {
            if (cu_streq(group, curves[i].group)) {
                snprintf(type, sizeof(type), "%s", curves[i].type);
            }
        }
    }
    if (type[0] == '\0') {
        int r =
            pki_fail(err, CU_E_INVALID, "a %s key of %d bits is not supported; use RSA or ECDSA P-256/P-384",
                     cu_or(EVP_PKEY_get0_type_name(pkey), "foreign"), bits);
        EVP_PKEY_free(pkey);
        return r;
    }
    struct pki_key *k = cu_calloc(1, sizeof(*k));
    k->pkey = pkey;
    k->has_private = has_private;
    memcpy(k->type, type, sizeof(type));
    atomic_init(&k->refs, 1);
    *out = k;
    return 0;
}

int pki_key_generate(enum pki_alg alg, struct pki_key **out, struct cu_err *err)
{
    EVP_PKEY *pkey = NULL;

    if (kinds[alg].rsa_bits) {
        int r = pki_rsa_make(kinds[alg].rsa_bits, &pkey, err);
        if (r < 0) {
            return r;
        }
    } else {
        pkey = EVP_EC_gen(kinds[alg].curve);
        if (!pkey) {
            return pki_fail(err, CU_E_IO, "make a %s key", kinds[alg].name);
        }
    }
    return pki_key_wrap(pkey, true, out, err);
}

struct pki_key *pki_key_ref(const struct pki_key *k)
{
    union {
        const struct pki_key *in;
        struct pki_key *out;
    } u = { k };

    atomic_fetch_add_explicit(&u.out->refs, 1, memory_order_relaxed);
    return u.out;
}

void pki_key_free(struct pki_key *k)
{
    if (k && atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) == 1) {
        EVP_PKEY_free(k->pkey); /* wipes private parts */
        free(k);
    }
}

void pki_key_cleanup(struct pki_key **k)
{
    pki_key_free(*k);
}

bool pki_key_has_private(const struct pki_key *k)
{
    return k->has_private;
}

bool pki_key_same_public(const struct pki_key *a, const struct pki_key *b)
{
    return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

const char *pki_key_type(const struct pki_key *k)
{
    return k->type;
}

const EVP_MD *pki_key_digest(const EVP_PKEY *pkey)
{
    int bits = EVP_PKEY_get_bits(pkey);

    if (!EVP_PKEY_is_a(pkey, "EC")) {
        return EVP_sha256();
    }
    return bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
}
