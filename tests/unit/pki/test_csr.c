/* Certificate signing requests, by us and by openssl req, and the cluster signer's certificates. */
#include "help.h"
#include "pki/csr.h"

static void list(struct cu_strlist *l, const char *text)
{
    cu_strlist_clear(l);
    cu_strlist_split(l, text, ',');
}

static void test_create_and_read(void **state)
{
    pki_autokey struct pki_key *key = new_key(PKI_ECDSA_P256), *other = new_key(PKI_ECDSA_P256);
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT, dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT;
    pki_autocsr struct pki_csr *r = NULL, *again = NULL;
    cu_autofree char *dir = scratch();
    cu_autofree char *path = cu_path_join(dir, "x.csr");

    (void)state;
    list(&orgs, "system:nodes");
    list(&dns, "n1");
    list(&ips, "10.0.0.1,fd00::1");
    struct pki_cert_spec spec = { .cn = "system:node:n1", .orgs = &orgs, .dns = &dns, .ips = &ips };
    assert_int_equal(pki_csr_create(&spec, key, &r, NULL), 0);
    cu_autofree char *pem = pki_csr_pem(r);
    assert_int_equal(cu_file_write_str(path, pem, 0600, NULL), 0);
    cu_autofree char *text = OPENSSL("req", "-in", path, "-noout", "-verify", "-text");
    assert_non_null(strstr(text, "Subject: O = system:nodes, CN = system:node:n1"));
    assert_non_null(strstr(text, "DNS:n1, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1"));
    assert_int_equal(pki_csr_parse(pem, strlen(pem), &again, NULL), 0);
    assert_string_equal(pki_csr_cn(again), "system:node:n1");
    assert_int_equal(pki_csr_orgs(again)->n, 1);
    assert_string_equal(pki_csr_ips(again)->v[1], "fd00::1");
    assert_true(pki_csr_matches_key(again, key));
    assert_false(pki_csr_matches_key(again, other));
    scratch_free(cu_steal(&dir));
}

static void test_openssl_request(void **state)
{
    cu_autofree char *dir = scratch();
    cu_autofree char *key = cu_path_join(dir, "k");
    cu_autofree char *pem =
        OPENSSL("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/O=b/O=a/CN=me",
                "-addext", "subjectAltName=DNS:x.y,email:a@b.c,URI:spiffe://x,IP:1.2.3.4");
    pki_autocsr struct pki_csr *r = NULL;

    (void)state;
    assert_int_equal(pki_csr_parse(pem, strlen(pem), &r, NULL), 0);
    assert_string_equal(pki_csr_cn(r), "me");
    assert_int_equal(pki_csr_orgs(r)->n, 2);
    assert_string_equal(pki_csr_dns(r)->v[0], "x.y");
    assert_string_equal(pki_csr_emails(r)->v[0], "a@b.c");
    assert_string_equal(pki_csr_uris(r)->v[0], "spiffe://x");
    assert_string_equal(pki_csr_ips(r)->v[0], "1.2.3.4");
    scratch_free(cu_steal(&dir));
}

static void test_bad_input(void **state)
{
    pki_autoca struct pki_ca ca = new_ca("x", PKI_ECDSA_P256);
    cu_autofree char *cert = pki_cert_pem(ca.cert);
    struct pki_cert_spec spec = { .cn = "c" };
    pki_autocsr struct pki_csr *r = NULL, *bad = NULL;
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_int_equal(pki_csr_create(&spec, ca.key, &r, NULL), 0);
    cu_autofree char *pem = pki_csr_pem(r);
    assert_int_equal(pki_csr_parse("", 0, &bad, &err), -CU_E_INVALID);
    assert_int_equal(pki_csr_parse(cert, strlen(cert), &bad, &err), -CU_E_INVALID);
    char *body = strchr(pem, '\n') + 20; /* inside the base64 text: structure or signature breaks */
    *body = *body == 'A' ? 'B' : 'A';
    assert_int_equal(pki_csr_parse(pem, strlen(pem), &bad, &err), -CU_E_INVALID);
    assert_null(bad);
    pki_autokey struct pki_key *pub = pki_cert_key(ca.cert);
    assert_int_equal(pki_csr_create(&spec, pub, &bad, &err), -CU_E_INVALID);
    cu_err_clear(&err);
}

static void test_sign(void **state)
{
    pki_autoca struct pki_ca ca = new_ca("kubernetes", PKI_RSA_2048), other = new_ca("o", PKI_ECDSA_P256);
    pki_autokey struct pki_key *key = new_key(PKI_ECDSA_P256);
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT, dns = CU_STRLIST_INIT, usages = CU_STRLIST_INIT;
    pki_autocsr struct pki_csr *r = NULL;
    struct pki_cert *c = NULL;
    struct cu_err err = CU_ERR_INIT;
    cu_autofree char *dir = scratch();
    cu_autofree char *crt = pki_crt_path(dir, "c");
    int64_t now = cu_now_ms() / 1000 * 1000;

    (void)state;
    list(&orgs, "system:nodes");
    list(&dns, "n1");
    list(&usages, "client auth,digital signature,key encipherment,client auth");
    struct pki_cert_spec spec = { .cn = "system:node:n1", .orgs = &orgs, .dns = &dns };
    assert_int_equal(pki_csr_create(&spec, key, &r, NULL), 0);
    assert_int_equal(
        pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now, 8760 * HOUR }, ca.cert, ca.key, &c, NULL), 0);
    assert_int_equal(pki_cert_not_before(c), now - PKI_BACKDATE_MS);
    assert_int_equal(pki_cert_not_after(c), now + 8760 * HOUR - PKI_BACKDATE_MS);
    assert_int_equal(pki_cert_ekus(c), PKI_EKU_CLIENT_AUTH);
    assert_string_equal(pki_cert_cn(c), "system:node:n1");
    assert_string_equal(pki_cert_dns(c)->v[0], "n1");
    assert_true(strlen(pki_cert_serial(c)) > 20); /* 128 random bits; shorter once in 2^60 */
    assert_true(pki_cert_matches_key(c, key));
    assert_int_equal(pki_cert_save(crt, c, NULL), 0);
    cu_autofree char *text = OPENSSL("x509", "-in", crt, "-noout", "-text");
    assert_non_null(strstr(text, "Digital Signature, Key Encipherment\n"));
    assert_non_null(strstr(text, "CA:FALSE"));
    assert_non_null(strstr(text, "Authority Key Identifier"));
    assert_null(strstr(text, "Subject Key Identifier"));
    pki_cert_free(c);
    assert_int_equal(
        pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now, HOUR }, ca.cert, ca.key, &c, NULL),
        0); /* short ones start early only */
    assert_int_equal(pki_cert_not_after(c), now + HOUR);
    pki_cert_free(c);
    assert_int_equal(
        pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now, 500000 * HOUR }, ca.cert, ca.key, &c, NULL),
        0);
    assert_int_equal(pki_cert_not_after(c), pki_cert_not_after(ca.cert));
    pki_cert_free(c);
    c = NULL;
    assert_int_equal(
        pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now, HOUR }, ca.cert, other.key, &c, &err),
        -CU_E_INVALID);
    assert_int_equal(pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now + 90000 * HOUR, HOUR }, ca.cert,
                                  ca.key, &c, &err),
                     -CU_E_EXPIRED);
    list(&usages, "client auth,world domination");
    assert_int_equal(
        pki_csr_sign(r, &(struct pki_csr_terms){ &usages, now, HOUR }, ca.cert, ca.key, &c, &err),
        -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "world domination"));
    assert_null(c);
    assert_true(pki_usage_known("netscape sgc"));
    assert_false(pki_usage_known("Client Auth"));
    cu_err_clear(&err);
    scratch_free(cu_steal(&dir));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_and_read),
        cmocka_unit_test(test_openssl_request),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
