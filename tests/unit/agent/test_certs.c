/* tests/unit/agent/test_certs.c - the certificate folder: stored, switched, repaired, refused; the request. */
#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"
#include "agent/certs.h"
#include "base/encode.h"
#include "base/str.h"

#define NOW 1795471010000
#define DAY (24 * 3600 * 1000LL)

static void make(const char *cn, char **cert_pem, char **key_pem)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    const struct pki_cert_spec spec = {
        .cn = cn, .ekus = PKI_EKU_CLIENT_AUTH, .not_before_ms = NOW, .not_after_ms = NOW + 100 * DAY
    };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_cert_self_sign(&spec, key, &cert, NULL), 0);
    *cert_pem = pki_cert_pem(cert);
    *key_pem = pki_key_pem(key);
}

static void assert_current(const char *dir, const char *cn)
{
    pki_autocert struct pki_cert *c = NULL;
    assert_int_equal(agent_certs_load(dir, &c, NULL), 0);
    assert_string_equal(pki_cert_cn(c), cn);
}

static void test_store(void **state)
{
    cu_autofree char *c1 = NULL, *k1 = NULL, *c2 = NULL, *k2 = NULL, *dir = cu_path_join(*state, "pki");
    cu_autofree char *current = agent_certs_current(dir),
                     *updated = cu_path_join(dir, "kubelet-client-updated.pem");
    pki_autocert struct pki_cert *none = NULL;
    struct stat st;
    make("one", &c1, &k1);
    make("two", &c2, &k2);
    assert_int_equal(agent_certs_load(dir, &none, NULL), -CU_E_NOTFOUND);
    assert_int_equal(agent_certs_store(dir, c1, k1, NOW, NULL), 0);
    assert_current(dir, "one");
    assert_int_equal(stat(current, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(agent_certs_store(dir, c2, k2, NOW + 5000, NULL), 0);
    assert_current(dir, "two");
    assert_int_equal(agent_certs_store(dir, c1, k2, NOW + 9000, NULL), -CU_E_INVALID); /* not its key */
    assert_int_equal(agent_certs_store(dir, "junk", k2, NOW + 9000, NULL), -CU_E_INVALID);
    assert_current(dir, "two");
    /* Killed between removing and renaming. */
    assert_int_equal(rename(current, updated), 0);
    assert_int_equal(agent_certs_repair(dir, NULL), 0);
    assert_current(dir, "two");
    assert_int_equal(agent_certs_repair(dir, NULL), 0);
    assert_int_equal(agent_certs_store(dir, c1, k1, NOW + 12000, NULL), 0);
    assert_current(dir, "one");
}

static void test_refusals(void **state)
{
    cu_autofree char *c1 = NULL, *k1 = NULL, *current = agent_certs_current(*state);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    pki_autocert struct pki_cert *c = NULL;
    make("one", &c1, &k1);
    assert_int_equal(cu_file_write_str(current, "precious", 0600, NULL), 0);
    assert_int_equal(agent_certs_store(*state, c1, k1, NOW, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), "not a symbolic link"));
    assert_int_equal(agent_certs_load(*state, &c, &err), -CU_E_INVALID);
    assert_null(c);
}

static void test_rotation_time(void **state)
{
    cu_autofree char *pem = NULL, *key = NULL;
    pki_autocert struct pki_cert *c = NULL;
    (void)state;
    make("one", &pem, &key);
    assert_int_equal(pki_cert_parse(pem, strlen(pem), &c, NULL), 0);
    assert_in_range(agent_certs_rotation_ms(c, 0) - NOW, 70 * DAY - 1000, 70 * DAY + 1000);
    assert_in_range(agent_certs_rotation_ms(c, 0.999) - NOW, 89 * DAY, 90 * DAY);
}

static void test_request(void **state)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autocsr struct pki_csr *csr = NULL;
    cu_autoval struct val *obj = NULL;
    cu_autofree uint8_t *pem = NULL;
    size_t n;
    (void)state;
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(agent_csr_object("n1", key, &obj, NULL), 0);
    assert_string_equal(val_find_str(obj, "metadata", "generateName", NULL), "csr-");
    assert_string_equal(val_find_str(obj, "spec", "signerName", NULL),
                        "kubernetes.io/kube-apiserver-client-kubelet");
    cu_autofree char *usages = val_dump_json(val_find(obj, "spec", "usages", NULL), 0);
    assert_string_equal(usages, "[\"digital signature\",\"client auth\"]");
    assert_int_equal(cu_unbase64(val_find_str(obj, "spec", "request", NULL), &pem, &n, NULL), 0);
    assert_int_equal(pki_csr_parse((char *)pem, n, &csr, NULL), 0);
    assert_string_equal(pki_csr_cn(csr), "system:node:n1");
    assert_int_equal(pki_csr_orgs(csr)->n, 1);
    assert_string_equal(pki_csr_orgs(csr)->v[0], "system:nodes");
    assert_true(pki_csr_matches_key(csr, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_store), SCRATCH_TEST(test_refusals),
                                        cmocka_unit_test(test_rotation_time),
                                        cmocka_unit_test(test_request) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
