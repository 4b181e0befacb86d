/* Keys: kinds, PEM forms, what OpenSSL's own command thinks of them, many at once. */
#include "help.h"
#include "base/random.h"
#include "pki/pem.h"

static const char *const pem_first[] = {
    "-----BEGIN RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\n", NULL,
    "-----BEGIN EC PRIVATE KEY-----\n",  "-----BEGIN EC PRIVATE KEY-----\n",
};

static void test_kinds(void **state)
{
    static const enum pki_alg algs[] = { PKI_RSA_2048, PKI_RSA_3072, PKI_ECDSA_P256, PKI_ECDSA_P384 };
    cu_autofree char *dir = scratch();
    cu_autofree char *path = cu_path_join(dir, "sub/k.key");

    (void)state;
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        pki_autokey struct pki_key *k = new_key(algs[i]), *again = NULL, *pub = NULL;
        cu_autowipe char *pem = pki_key_pem(k);
        cu_autofree char *pub_pem = pki_key_public_pem(k);
        struct stat st;

        assert_string_equal(pki_key_type(k), pki_alg_name(algs[i]));
        assert_true(cu_has_prefix(pem, pem_first[algs[i]]));
        assert_true(cu_has_prefix(pub_pem, "-----BEGIN PUBLIC KEY-----\n"));
        assert_int_equal(pki_key_save(path, k, NULL), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(pki_key_load(path, &again, NULL), 0);
        assert_true(pki_key_same_public(k, again));
        assert_true(pki_key_has_private(again));
        cu_autofree char *check = OPENSSL("pkey", "-in", path, "-check", "-noout");
        assert_non_null(strstr(check, "valid"));
        cu_autofree char *theirs = OPENSSL("pkey", "-in", path, "-pubout");
        assert_string_equal(theirs, pub_pem);
        cu_autofree char *p8 = OPENSSL("pkey", "-in", path);
        assert_true(cu_has_prefix(p8, "-----BEGIN PRIVATE KEY-----\n"));
        pki_key_free(again);
        again = NULL;
        assert_int_equal(pki_key_parse(p8, strlen(p8), &again, NULL), 0);
        cu_autowipe char *back = pki_key_pem(again);
        assert_string_equal(back, pem);
        assert_int_equal(pki_key_parse_public(pem, strlen(pem), &pub, NULL), 0);
        assert_false(pki_key_has_private(pub));
        assert_null(pki_key_pem(pub));
        assert_true(pki_key_same_public(k, pub));
    }
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
}

static void test_alg_names(void **state)
{
    enum pki_alg a = PKI_ECDSA_P384;
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_int_equal(pki_alg_parse("", &a, NULL), 0);
    assert_int_equal(a, PKI_RSA_2048);
    assert_int_equal(pki_alg_parse("ECDSA-P256", &a, NULL), 0);
    assert_int_equal(a, PKI_ECDSA_P256);
    assert_int_equal(pki_alg_parse("rsa-2048", &a, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "rsa-2048"));
    cu_err_clear(&err);
}

static void test_many(void **state)
{
    enum pki_alg algs[11];
    struct pki_key *keys[11] = { NULL };

    (void)state;
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        algs[i] = i == 5 ? PKI_ECDSA_P256 : PKI_RSA_2048;
    }
    assert_int_equal(pki_keys_generate(algs, CU_LEN(algs), keys, NULL), 0);
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        assert_string_equal(pki_key_type(keys[i]), pki_alg_name(algs[i]));
        for (size_t k = 0; k < i; k++) {
            assert_false(pki_key_same_public(keys[i], keys[k]));
        }
    }
    for (size_t i = 0; i < CU_LEN(algs); i++) {
        pki_key_free(keys[i]);
    }
    assert_int_equal(pki_keys_generate(algs, 0, keys, NULL), 0);
}

static void test_pool(void **state)
{
    struct pki_keypool *p = pki_keypool_start(PKI_RSA_2048, 3);
    struct pki_key *keys[6] = { NULL };

    (void)state;
    for (size_t i = 0; i < 4; i++) { /* one more than the pool makes */
        assert_int_equal(pki_keypool_take(p, PKI_RSA_2048, &keys[i], NULL), 0);
    }
    assert_int_equal(pki_keypool_take(p, PKI_ECDSA_P256, &keys[4], NULL), 0);
    assert_string_equal(pki_key_type(keys[4]), "ECDSA-P256");
    assert_int_equal(pki_keypool_take(NULL, PKI_ECDSA_P384, &keys[5], NULL), 0);
    for (size_t i = 0; i < CU_LEN(keys); i++) {
        for (size_t k = 0; k < i; k++) {
            assert_false(pki_key_same_public(keys[i], keys[k]));
        }
    }
    for (size_t i = 0; i < CU_LEN(keys); i++) {
        pki_key_free(keys[i]);
    }
    pki_keypool_free(p);
    pki_keypool_free(pki_keypool_start(PKI_RSA_2048, 2)); /* thrown away while at work */
    pki_keypool_free(NULL);
}

static void test_bad_input(void **state)
{
    static const char *const bad[] = {
        "",
        "no key here",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nMAA=\n",
    };
    cu_autofree char *ed = OPENSSL("genpkey", "-algorithm", "ed25519");
    cu_autofree char *weak = OPENSSL("genrsa", "-traditional", "512");
    struct pki_key *k = NULL;
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        assert_int_equal(pki_key_parse(bad[i], strlen(bad[i]), &k, &err), -CU_E_INVALID);
        assert_int_equal(pki_key_parse_public(bad[i], strlen(bad[i]), &k, NULL), -CU_E_INVALID);
    }
    assert_int_equal(pki_key_parse(ed, strlen(ed), &k, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "not supported"));
    assert_int_equal(pki_key_parse(weak, strlen(weak), &k, &err), -CU_E_INVALID);
    assert_int_equal(pki_key_load("/nonexistent/x.key", &k, &err), -CU_E_NOTFOUND);
    assert_null(k);
    cu_err_clear(&err);
}

/* The first usable key of a file counts; what stands around it does not. */
static void test_mixed_file(void **state)
{
    pki_autokey struct pki_key *a = new_key(PKI_ECDSA_P256), *got = NULL;
    cu_autowipe char *pem = pki_key_pem(a);
    cu_autofree char *params = OPENSSL("ecparam", "-name", "prime256v1");
    cu_autofree char *text = cu_asprintf("hello\n%s\r\n%s\ntrailer", params, pem);

    (void)state;
    assert_int_equal(pki_key_parse(text, strlen(text), &got, NULL), 0);
    assert_true(pki_key_same_public(a, got));
}

static void test_pem_blocks(void **state)
{
    uint8_t bytes[200];
    struct pki_pem b = PKI_PEM_INIT;

    (void)state;
    for (size_t n = 0; n < sizeof(bytes); n++) {
        size_t pos = 0;
        cu_random(bytes, n);
        cu_autofree char *pem = pki_pem_dump("SOME THING", bytes, n);
        assert_int_equal(pki_pem_next(pem, strlen(pem), &pos, &b), 1);
        assert_string_equal(b.type, "SOME THING");
        assert_false(b.has_headers);
        assert_int_equal(b.n, n);
        assert_memory_equal(b.der, bytes, n);
        assert_int_equal(pki_pem_next(pem, strlen(pem), &pos, &b), 0);
    }
    pki_pem_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_alg_names),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_pool),
        cmocka_unit_test(test_bad_input),  cmocka_unit_test(test_mixed_file),
        cmocka_unit_test(test_pem_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
