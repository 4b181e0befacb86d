/* Hashes, pins, sealed files, signatures of cluster-info and of tokens. */
#include "help.h"
#include "base/encode.h"
#include "base/random.h"
#include "pki/hash.h"
#include "pki/jws.h"
#include "pki/jwt.h"
#include "pki/pin.h"
#include "pki/seal.h"

static void test_hash(void **state)
{
    uint8_t mac[PKI_SHA256_LEN];
    cu_autofree char *hex = pki_sha256_hex("abc", 3); /* FIPS 180-2, appendix B.1 */

    (void)state;
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    pki_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac); /* RFC 4231, case 2 */
    cu_autofree char *m = cu_hex(mac, sizeof(mac));
    assert_string_equal(m, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_pin(void **state)
{
    static const char *const malformed[] = { "",          "sha256",       "sha256:",    "md5:00",
                                             "sha256:zz", "sha256:00:11", "sha256:0011" };
    pki_autoca struct pki_ca ca = new_ca("x", PKI_RSA_2048), other = new_ca("y", PKI_ECDSA_P256);
    cu_autofree char *pin = pki_pin(ca.cert);
    cu_autofree char *dir = scratch();
    cu_autofree char *key = pki_key_path(dir, "ca");
    cu_autofree char *pub = cu_path_join(dir, "pub");
    cu_autostrlist struct cu_strlist pins = CU_STRLIST_INIT;
    pki_autocerts struct pki_certs certs = PKI_CERTS_INIT;
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_int_equal(pki_pair_save(dir, "ca", ca.cert, ca.key, NULL), 0);
    free(OPENSSL("pkey", "-in", key, "-pubout", "-outform", "DER", "-out", pub));
    cu_autofree char *theirs = OPENSSL("dgst", "-sha256", "-r", pub);
    assert_true(cu_has_prefix(theirs, pin + strlen("sha256:")));
    scratch_free(cu_steal(&dir));

    pki_certs_add(&certs, other.cert);
    cu_strlist_add(&pins, pin);
    assert_int_equal(pki_pins_match(&pins, &certs, &err), -CU_E_AUTH);
    pki_certs_add(&certs, ca.cert);
    assert_int_equal(pki_pins_match(&pins, &certs, &err), 0);
    for (char *p = pins.v[0]; *p; p++) {
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    }
    assert_int_equal(pki_pins_match(&pins, &certs, &err), 0);
    for (size_t i = 0; i < CU_LEN(malformed); i++) {
        assert_int_equal(pki_pin_check(malformed[i], &err), -CU_E_INVALID);
    }
    cu_strlist_add(&pins, "md5:00");
    assert_int_equal(pki_pins_match(&pins, &certs, &err), -CU_E_INVALID);
    cu_err_clear(&err);
}

static void test_seal(void **state)
{
    cu_autowipe char *key = pki_certificate_key_new(), *wrong = pki_certificate_key_new();
    uint8_t text[1000];
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_int_equal(strlen(key), 64);
    assert_int_equal(pki_certificate_key_check(key, NULL), 0);
    cu_random(text, sizeof(text));
    for (size_t n = 0; n <= sizeof(text); n += 125) {
        cu_autofree uint8_t *sealed = NULL, *plain = NULL, *none = NULL;
        size_t sealed_n, plain_n;

        assert_int_equal(pki_seal(key, text, n, &sealed, &sealed_n, NULL), 0);
        assert_int_equal(sealed_n, n + PKI_SEAL_OVERHEAD);
        assert_int_equal(pki_open(key, sealed, sealed_n, &plain, &plain_n, NULL), 0);
        assert_int_equal(plain_n, n);
        assert_memory_equal(plain, text, n);
        assert_int_equal(plain[n], 0);
        assert_int_equal(pki_open(wrong, sealed, sealed_n, &none, &plain_n, &err), -CU_E_AUTH);
        assert_null(strstr(err.msg, wrong));
        for (size_t i = 0; i < sealed_n; i += 7) {
            sealed[i] ^= 0x40;
            assert_int_equal(pki_open(key, sealed, sealed_n, &none, &plain_n, &err), -CU_E_AUTH);
            sealed[i] ^= 0x40;
        }
        assert_int_equal(pki_open(key, sealed, PKI_SEAL_OVERHEAD - 1, &none, &plain_n, &err), -CU_E_INVALID);
        assert_int_equal(pki_seal("00ff", text, n, &none, &plain_n, &err), -CU_E_INVALID);
        assert_null(none);
    }
    assert_int_equal(pki_certificate_key_check("nothex", &err), -CU_E_INVALID);
    assert_null(strstr(err.msg, "nothex"));
    cu_err_clear(&err);
}

/* NIST's AES-256-GCM test case 14: zero key, nonce and block; our form puts the nonce in front. */
static void test_seal_vector(void **state)
{
    const char *key = "0000000000000000000000000000000000000000000000000000000000000000";
    const char *hex = "000000000000000000000000"
                      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
    cu_autofree uint8_t *sealed = NULL, *plain = NULL;
    size_t n, plain_n;
    static const uint8_t zero[16];

    (void)state;
    assert_int_equal(cu_unhex(hex, &sealed, &n, NULL), 0);
    assert_int_equal(pki_open(key, sealed, n, &plain, &plain_n, NULL), 0);
    assert_int_equal(plain_n, 16);
    assert_memory_equal(plain, zero, 16);
}

static void test_jws(void **state)
{
    const char *content = "apiVersion: v1\nkind: Config\n", *id = "abcdef", *secret = "0123456789abcdef";
    cu_autofree char *jws = pki_jws_sign(id, secret, content, strlen(content));
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_string_equal(
        jws, "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..vH_kT4yiol-nrAWgjfCYqvum5wsKETXe0S7OOp1VgnE");
    assert_int_equal(pki_jws_verify(jws, id, secret, content, strlen(content), NULL), 0);
    assert_int_equal(pki_jws_verify(jws, id, "0123456789abcdee", content, strlen(content), &err), -CU_E_AUTH);
    assert_null(strstr(err.msg, "0123456789abcde"));
    assert_int_equal(pki_jws_verify(jws, "abcdeg", secret, content, strlen(content), &err), -CU_E_AUTH);
    assert_int_equal(pki_jws_verify(jws, id, secret, content, strlen(content) - 1, &err), -CU_E_AUTH);
    assert_int_equal(pki_jws_verify("", id, secret, content, strlen(content), &err), -CU_E_AUTH);
    jws[3] ^= 1;
    assert_int_equal(pki_jws_verify(jws, id, secret, content, strlen(content), &err), -CU_E_AUTH);
    cu_err_clear(&err);
}

static void test_jwt(void **state)
{
    static const enum pki_alg algs[] = { PKI_RSA_2048, PKI_ECDSA_P256, PKI_ECDSA_P384 };
    static const char *const names[] = { "RS256", "ES256", "ES384" };
    const char *claims = "{\"iss\":\"https://kubernetes.default.svc\"}";
    struct pki_key *keys[CU_LEN(algs)] = { NULL };
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        keys[i] = new_key(algs[i]);
    }
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        cu_autofree char *token = NULL;
        pki_autojwt struct pki_jwt got = PKI_JWT_INIT, none = PKI_JWT_INIT;
        cu_autofree char *kid = pki_jwt_kid(keys[i]);
        cu_autofree char *want = cu_asprintf("{\"alg\":\"%s\",\"kid\":\"%s\"}", names[i], kid);

        assert_int_equal(strlen(kid), 43);
        assert_int_equal(pki_jwt_sign(keys[i], claims, &token, NULL), 0);
        assert_int_equal(pki_jwt_verify(token, keys, CU_LEN(algs), &got, NULL), 0);
        assert_int_equal(got.key, i);
        assert_string_equal(got.claims, claims);
        assert_string_equal(got.header, want);
        struct pki_key *others[] = { keys[(i + 1) % 3], keys[(i + 2) % 3] };
        assert_int_equal(pki_jwt_verify(token, others, 2, &none, &err), -CU_E_AUTH);
        assert_null(strstr(err.msg, token));
        char *dot = strchr(token, '.');
        dot[3] = dot[3] == 'A' ? 'B' : 'A'; /* other claims under the same signature */
        assert_int_equal(pki_jwt_verify(token, keys, CU_LEN(algs), &none, &err), -CU_E_AUTH);
        assert_null(none.claims);
    }
    cu_autofree char *jwks = pki_jwks(keys, CU_LEN(keys));
    assert_non_null(strstr(jwks, "\"kty\":\"RSA\""));
    assert_non_null(strstr(jwks, "\"e\":\"AQAB\""));
    assert_non_null(strstr(jwks, "\"crv\":\"P-384\",\"alg\":\"ES384\""));
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        pki_key_free(keys[i]);
    }
    cu_err_clear(&err);
}

static void test_jwt_bad_input(void **state)
{
    static const char *const bad[] = { "",         "a",         "a.b", "a.b.c.d",  "!.e30.AA",
                                       "e30.!.AA", "e30.e30.!", "..",  "AA.e30.AA" };
    pki_autokey struct pki_key *rsa = new_key(PKI_RSA_2048), *ec = new_key(PKI_ECDSA_P256), *pub = NULL;
    struct pki_key *keys[] = { rsa, ec };
    struct cu_err err = CU_ERR_INIT;
    struct pki_jwt claims = PKI_JWT_INIT;
    char *token = NULL;

    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        assert_true(pki_jwt_verify(bad[i], keys, 2, &claims, &err) < 0);
    }
    /* an unsigned token, and one signed with a public key as HMAC secret, find no key */
    assert_int_equal(pki_jwt_verify("eyJhbGciOiJub25lIn0.e30.", keys, 2, &claims, &err), -CU_E_AUTH);
    assert_null(claims.claims);
    cu_autofree char *pem = pki_key_public_pem(rsa);
    assert_int_equal(pki_key_parse_public(pem, strlen(pem), &pub, NULL), 0);
    assert_int_equal(pki_jwt_sign(pub, "{}", &token, &err), -CU_E_INVALID);
    assert_null(token);
    cu_err_clear(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash),          cmocka_unit_test(test_pin), cmocka_unit_test(test_seal),
        cmocka_unit_test(test_seal_vector),   cmocka_unit_test(test_jws), cmocka_unit_test(test_jwt),
        cmocka_unit_test(test_jwt_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
