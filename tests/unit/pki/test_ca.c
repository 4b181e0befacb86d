/* The certificates folder: what is used again and what is refused. */
#include "help.h"

struct world {
    char *dir;
    struct pki_ca ca, other;
    struct pki_key *key;
    struct pki_cert *leaf;
    struct cu_strlist dns, ips;
    struct pki_cert_spec spec;
};

static int setup(void **state)
{
    struct world *w = cu_calloc(1, sizeof(*w));
    int64_t now = cu_now_ms();

    w->dir = scratch();
    w->ca = new_ca("kubernetes", PKI_ECDSA_P256);
    w->other = new_ca("kubernetes", PKI_ECDSA_P256);
    w->key = new_key(PKI_ECDSA_P256);
    cu_strlist_add(&w->dns, "n1");
    cu_strlist_add(&w->ips, "10.0.0.1");
    w->spec = (struct pki_cert_spec){ .cn = "kube-apiserver",
                                      .ekus = PKI_EKU_SERVER_AUTH,
                                      .dns = &w->dns,
                                      .ips = &w->ips,
                                      .not_before_ms = now - HOUR,
                                      .not_after_ms = now + HOUR };
    assert_int_equal(pki_cert_issue(&w->spec, w->key, w->ca.cert, w->ca.key, &w->leaf, NULL), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    scratch_free(w->dir);
    pki_ca_clear(&w->ca);
    pki_ca_clear(&w->other);
    pki_key_free(w->key);
    pki_cert_free(w->leaf);
    cu_strlist_clear(&w->dns);
    cu_strlist_clear(&w->ips);
    free(w);
    return 0;
}

static void test_load(void **state)
{
    struct world *w = *state;
    struct pki_ca got = PKI_CA_INIT;
    struct cu_err err = CU_ERR_INIT;
    cu_autofree char *key_path = pki_key_path(w->dir, "ca");

    assert_int_equal(pki_ca_load(w->dir, "ca", &got, &err), -CU_E_NOTFOUND);
    assert_false(pki_ca_is_external(w->dir, "ca"));
    assert_int_equal(pki_pair_save(w->dir, "ca", w->ca.cert, w->ca.key, NULL), 0);
    assert_int_equal(pki_ca_load_signer(w->dir, "ca", &got, NULL), 0);
    assert_non_null(got.key);
    pki_ca_clear(&got);
    assert_false(pki_ca_is_external(w->dir, "ca"));
    assert_int_equal(pki_key_save(key_path, w->other.key, NULL), 0);
    assert_int_equal(pki_ca_load(w->dir, "ca", &got, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "does not belong"));
    assert_int_equal(unlink(key_path), 0);
    assert_true(pki_ca_is_external(w->dir, "ca"));
    assert_int_equal(pki_ca_load(w->dir, "ca", &got, NULL), 0);
    assert_null(got.key);
    pki_ca_clear(&got);
    assert_int_equal(pki_ca_load_signer(w->dir, "ca", &got, &err), -CU_E_NOTFOUND);
    assert_int_equal(pki_pair_save(w->dir, "ca", w->leaf, w->key, NULL), 0);
    assert_int_equal(pki_ca_load(w->dir, "ca", &got, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "not a certificate authority"));
    cu_err_clear(&err);
}

static void test_reuse_ca(void **state)
{
    struct world *w = *state;
    struct cu_err err = CU_ERR_INIT;
    cu_autofree char *crt = pki_crt_path(w->dir, "ca");
    int64_t now = cu_now_ms();

    assert_int_equal(pki_pair_check(w->dir, "ca", NULL, NULL, now, &err), 0);
    assert_int_equal(pki_pair_save(w->dir, "ca", w->ca.cert, w->ca.key, NULL), 0);
    assert_int_equal(pki_pair_check(w->dir, "ca", NULL, NULL, now, &err), 1);
    assert_int_equal(unlink(crt), 0); /* a lone key */
    assert_int_equal(pki_pair_check(w->dir, "ca", NULL, NULL, now, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "ca.crt"));
    assert_int_equal(pki_pair_save(w->dir, "ca", w->leaf, w->key, NULL), 0);
    assert_int_equal(pki_pair_check(w->dir, "ca", NULL, NULL, now, &err), -CU_E_INVALID);
    cu_err_clear(&err);
}

static void test_reuse_leaf(void **state)
{
    struct world *w = *state;
    struct cu_err err = CU_ERR_INIT;
    int64_t now = cu_now_ms();

    assert_int_equal(pki_leaf_check(w->dir, "apiserver", w->ca.cert, now, &err), -CU_E_NOTFOUND);
    assert_int_equal(pki_pair_save(w->dir, "apiserver", w->leaf, w->key, NULL), 0);
    assert_int_equal(pki_leaf_check(w->dir, "apiserver", w->ca.cert, now, &err), 0);
    assert_int_equal(pki_leaf_check(w->dir, "apiserver", w->other.cert, now, &err), -CU_E_AUTH);
    assert_int_equal(pki_leaf_check(w->dir, "apiserver", w->ca.cert, now + 2 * HOUR, &err), -CU_E_EXPIRED);
    assert_int_equal(pki_pair_check(w->dir, "apiserver", w->ca.cert, &w->spec, now, &err), 1);
    assert_int_equal(pki_pair_check(w->dir, "apiserver", w->other.cert, &w->spec, now, &err), -CU_E_INVALID);
    cu_strlist_add(&w->ips, "10.0.0.2");
    assert_int_equal(pki_pair_check(w->dir, "apiserver", w->ca.cert, &w->spec, now, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "10.0.0.2"));
    assert_int_equal(pki_pair_save(w->dir, "apiserver", w->leaf, w->other.key, NULL), 0);
    assert_int_equal(pki_pair_check(w->dir, "apiserver", w->ca.cert, NULL, now, &err), -CU_E_INVALID);
    cu_err_clear(&err);
}

/* An unwritable folder: an error that names the file, nothing half-written. */
static void test_save_fails(void **state)
{
    struct world *w = *state;
    struct cu_err err = CU_ERR_INIT;
    cu_autofree char *file = cu_path_join(w->dir, "notadir");

    assert_int_equal(cu_file_write_str(file, "x", 0600, NULL), 0);
    assert_true(pki_pair_save(file, "ca", w->ca.cert, w->ca.key, &err) < 0);
    assert_non_null(strstr(err.msg, "notadir"));
    cu_err_clear(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_load, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reuse_ca, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reuse_leaf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_save_fails, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
