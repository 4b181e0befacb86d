/* Certificates: every fact of spec init 5.3, trust, and what OpenSSL's own command thinks of them. */
#include "help.h"

static void list(struct cu_strlist *l, const char *text)
{
    cu_strlist_clear(l);
    cu_strlist_split(l, text, ',');
}

/* Names of the extensions in the order in which they stand in `openssl x509 -text`. */
static void check_order(const char *text, const char *const names[])
{
    const char *at = strstr(text, "X509v3 extensions:");
    assert_non_null(at);
    for (size_t i = 0; names[i]; i++) {
        const char *found = strstr(at, names[i]);
        if (!found) {
            fail_msg("%s is missing or too early in:\n%s", names[i], text);
        }
        at = found;
    }
}

static void test_ca(void **state)
{
    static const char *const order[] = { "X509v3 Key Usage: critical",
                                         "Digital Signature, Key Encipherment, Certificate Sign",
                                         "X509v3 Basic Constraints: critical",
                                         "CA:TRUE",
                                         "X509v3 Subject Key Identifier:",
                                         "X509v3 Subject Alternative Name:",
                                         "DNS:kubernetes",
                                         NULL };
    pki_autoca struct pki_ca ca = new_ca("kubernetes", PKI_RSA_2048);
    cu_autofree char *dir = scratch();
    cu_autofree char *crt = pki_crt_path(dir, "etcd/ca");
    struct stat st;

    (void)state;
    assert_int_equal(pki_pair_save(dir, "etcd/ca", ca.cert, ca.key, NULL), 0);
    assert_int_equal(stat(crt, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    cu_autofree char *text = OPENSSL("x509", "-in", crt, "-noout", "-text");
    check_order(text, order);
    assert_null(strstr(text, "pathlen"));
    assert_null(strstr(text, "Authority Key"));
    assert_null(strstr(text, "Extended Key Usage"));
    assert_non_null(strstr(text, "Version: 3"));
    assert_non_null(strstr(text, "Signature Algorithm: sha256WithRSAEncryption"));
    cu_autofree char *ok = OPENSSL("verify", "-CAfile", crt, crt);
    assert_non_null(strstr(ok, ": OK"));
    assert_true(pki_cert_is_ca(ca.cert));
    assert_string_equal(pki_cert_cn(ca.cert), "kubernetes");
    assert_string_equal(pki_cert_issuer_cn(ca.cert), "kubernetes");
    assert_int_equal(pki_cert_ekus(ca.cert), 0);
    assert_string_equal(pki_cert_dns(ca.cert)->v[0], "kubernetes");
    scratch_free(cu_steal(&dir));
}

static struct pki_cert *leaf(const struct pki_ca *ca, const struct pki_key *key,
                             const struct pki_cert_spec *spec)
{
    struct pki_cert *c = NULL;
    struct cu_err err = CU_ERR_INIT;
    if (pki_cert_issue(spec, key, ca->cert, ca->key, &c, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return c;
}

static void test_leaf(void **state)
{
    static const char *const order[] = { "X509v3 Key Usage: critical",
                                         "Digital Signature, Key Encipherment\n",
                                         "X509v3 Extended Key Usage:",
                                         "TLS Web Server Authentication, TLS Web Client Authentication",
                                         "X509v3 Basic Constraints: critical",
                                         "CA:FALSE",
                                         "X509v3 Authority Key Identifier:",
                                         "X509v3 Subject Alternative Name:",
                                         "DNS:a, DNS:b.c, IP Address:10.0.0.9, IP Address:10.0.0.1, "
                                         "IP Address:0:0:0:0:0:0:0:1",
                                         NULL };
    pki_autoca struct pki_ca ca = new_ca("kubernetes", PKI_ECDSA_P256);
    pki_autokey struct pki_key *key = new_key(PKI_ECDSA_P384);
    cu_autostrlist struct cu_strlist dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT, orgs = CU_STRLIST_INIT;
    cu_autofree char *dir = scratch();
    cu_autofree char *crt = pki_crt_path(dir, "leaf");
    cu_autofree char *ca_crt = pki_crt_path(dir, "ca");
    int64_t now = cu_now_ms() / 1000 * 1000;

    (void)state;
    list(&dns, "b.c,a,a");
    list(&ips, "10.0.0.9,10.0.0.1,::1,10.0.0.9");
    list(&orgs, "system:nodes,x&y");
    struct pki_cert_spec spec = { .cn = "system:node:n1",
                                  .orgs = &orgs,
                                  .ekus = PKI_EKU_SERVER_AUTH | PKI_EKU_CLIENT_AUTH,
                                  .dns = &dns,
                                  .ips = &ips,
                                  .not_before_ms = now - PKI_BACKDATE_MS,
                                  .not_after_ms = now + 8760 * HOUR };
    pki_autocert struct pki_cert *c = leaf(&ca, key, &spec);
    assert_int_equal(pki_pair_save(dir, "leaf", c, key, NULL), 0);
    assert_int_equal(pki_pair_save(dir, "ca", ca.cert, ca.key, NULL), 0);
    cu_autofree char *text =
        OPENSSL("x509", "-in", crt, "-noout", "-text", "-nameopt", "multiline,show_type");
    check_order(text, order);
    assert_null(strstr(text, "Subject Key Identifier"));
    assert_non_null(strstr(text, "Signature Algorithm: ecdsa-with-SHA256"));
    assert_non_null(strstr(text, "organizationName          = PRINTABLESTRING:system:nodes"));
    assert_non_null(strstr(text, "UTF8STRING:x&y"));
    assert_true(strstr(text, "organizationName") <
                strstr(text, "commonName                = PRINTABLESTRING:system"));
    cu_autofree char *subject = OPENSSL("x509", "-in", crt, "-noout", "-subject", "-nameopt", "RFC2253");
    assert_non_null(strstr(subject, "CN=system:node:n1,O=")); /* read backwards: the set of O, then CN */
    assert_non_null(strchr(subject, '+'));                    /* both O in one set */
    cu_autofree char *ok = OPENSSL("verify", "-CAfile", ca_crt, "-purpose", "sslserver", crt);
    assert_non_null(strstr(ok, ": OK"));
    assert_int_equal(pki_cert_not_before(c), now - PKI_BACKDATE_MS);
    assert_int_equal(pki_cert_not_after(c), now + 8760 * HOUR);
    assert_int_equal(pki_cert_orgs(c)->n, 2);
    assert_int_equal(pki_cert_dns(c)->n, 2);
    assert_int_equal(pki_cert_ips(c)->n, 3);
    assert_string_equal(pki_cert_ips(c)->v[2], "::1");
    assert_int_equal(pki_cert_ekus(c), PKI_EKU_SERVER_AUTH | PKI_EKU_CLIENT_AUTH);
    assert_false(pki_cert_is_ca(c));
    assert_true(pki_cert_matches_key(c, key));
    assert_false(pki_cert_matches_key(c, ca.key));
    assert_true(strlen(pki_cert_serial(c)) > 0 && strlen(pki_cert_serial(c)) <= 19);
    assert_true(pki_cert_covers(c, "b.c") && pki_cert_covers(c, "10.0.0.1") && pki_cert_covers(c, "::1"));
    assert_false(pki_cert_covers(c, "b") || pki_cert_covers(c, "10.0.0.2") ||
                 pki_cert_covers(c, "system:node:n1"));
    scratch_free(cu_steal(&dir));
}

static void test_signature_algorithms(void **state)
{
    static const struct {
        enum pki_alg alg;
        const char *name;
    } want[] = {
        { PKI_RSA_2048, "sha256WithRSAEncryption" },
        { PKI_ECDSA_P256, "ecdsa-with-SHA256" },
        { PKI_ECDSA_P384, "ecdsa-with-SHA384" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(want); i++) {
        pki_autoca struct pki_ca ca = new_ca("x", want[i].alg);
        cu_autofree char *dir = scratch();
        cu_autofree char *crt = pki_crt_path(dir, "x");

        assert_int_equal(pki_cert_save(crt, ca.cert, NULL), 0);
        cu_autofree char *text = OPENSSL("x509", "-in", crt, "-noout", "-text");
        assert_non_null(strstr(text, want[i].name));
        scratch_free(cu_steal(&dir));
    }
}

static void test_trust(void **state)
{
    pki_autoca struct pki_ca ca = new_ca("kubernetes", PKI_ECDSA_P256),
                             other = new_ca("kubernetes", PKI_ECDSA_P256);
    pki_autokey struct pki_key *key = new_key(PKI_ECDSA_P256);
    pki_autocerts struct pki_certs roots = PKI_CERTS_INIT, foreign = PKI_CERTS_INIT, none = PKI_CERTS_INIT;
    struct cu_err err = CU_ERR_INIT;
    int64_t now = cu_now_ms();
    struct pki_cert_spec spec = {
        .cn = "c", .ekus = PKI_EKU_CLIENT_AUTH, .not_before_ms = now - HOUR, .not_after_ms = now + HOUR
    };
    pki_autocert struct pki_cert *c = leaf(&ca, key, &spec);

    (void)state;
    pki_certs_add(&roots, other.cert);
    pki_certs_add(&roots, ca.cert);
    pki_certs_add(&foreign, other.cert);
    assert_int_equal(pki_cert_verify(c, &roots, PKI_EKU_CLIENT_AUTH, now, &err), 0);
    assert_int_equal(pki_cert_verify(c, &roots, PKI_EKU_ANY, now, &err), 0);
    assert_int_equal(pki_cert_verify(c, &roots, PKI_EKU_SERVER_AUTH, now, &err), -CU_E_AUTH);
    assert_int_equal(pki_cert_verify(c, &foreign, PKI_EKU_CLIENT_AUTH, now, &err), -CU_E_AUTH);
    assert_int_equal(pki_cert_verify(c, &none, PKI_EKU_CLIENT_AUTH, now, &err), -CU_E_AUTH);
    assert_int_equal(pki_cert_verify(c, &roots, PKI_EKU_CLIENT_AUTH, now + 2 * HOUR, &err), -CU_E_EXPIRED);
    assert_non_null(strstr(err.msg, "expired on"));
    assert_int_equal(pki_cert_verify(c, &roots, PKI_EKU_CLIENT_AUTH, now - 2 * HOUR, &err), -CU_E_EXPIRED);
    assert_non_null(strstr(err.msg, "not valid before"));
    assert_int_equal(pki_cert_period(c, now), PKI_PERIOD_OK);
    assert_int_equal(pki_cert_period(c, now + 2 * HOUR), PKI_PERIOD_EXPIRED);
    assert_int_equal(pki_cert_period(c, now - 2 * HOUR), PKI_PERIOD_NOT_YET);
    pki_certs_clear(&none);
    assert_int_equal(pki_certs_verify(&none, &roots, PKI_EKU_ANY, now, &err), -CU_E_AUTH);
    cu_err_clear(&err);
}

/* A leaf cannot sign for others, an intermediate in the file can. */
static void test_intermediates(void **state)
{
    pki_autoca struct pki_ca root = new_ca("root", PKI_ECDSA_P256);
    pki_autokey struct pki_key *k1 = new_key(PKI_ECDSA_P256), *k2 = new_key(PKI_ECDSA_P256);
    pki_autocerts struct pki_certs roots = PKI_CERTS_INIT, chain = PKI_CERTS_INIT, bad = PKI_CERTS_INIT;
    int64_t now = cu_now_ms();
    struct pki_cert_spec mid_spec = {
        .cn = "mid", .ca = true, .not_before_ms = now - HOUR, .not_after_ms = now + HOUR
    };
    struct pki_cert_spec spec = { .cn = "c", .not_before_ms = now - HOUR, .not_after_ms = now + HOUR };
    pki_autocert struct pki_cert *mid = leaf(&root, k1, &mid_spec), *no_ca = leaf(&root, k1, &spec);
    struct pki_ca mid_ca = { mid, k1 }, fake_ca = { no_ca, k1 };
    pki_autocert struct pki_cert *c = leaf(&mid_ca, k2, &spec), *f = leaf(&fake_ca, k2, &spec);

    (void)state;
    pki_certs_add(&roots, root.cert);
    pki_certs_add(&chain, c);
    assert_int_equal(pki_certs_verify(&chain, &roots, PKI_EKU_ANY, now, NULL), -CU_E_AUTH);
    pki_certs_add(&chain, mid);
    assert_int_equal(pki_certs_verify(&chain, &roots, PKI_EKU_ANY, now, NULL), 0);
    pki_certs_add(&bad, f);
    pki_certs_add(&bad, no_ca);
    assert_int_equal(pki_certs_verify(&bad, &roots, PKI_EKU_ANY, now, NULL), -CU_E_AUTH);

    cu_autofree char *pem = pki_certs_pem(&chain);
    pki_autocerts struct pki_certs again = PKI_CERTS_INIT;
    assert_int_equal(pki_certs_parse(pem, strlen(pem), &again, NULL), 0);
    assert_int_equal(again.n, 2);
    assert_string_equal(pki_cert_sha256(again.v[1]), pki_cert_sha256(mid));
    /* an intermediate is an anchor too when it is in the set of roots */
    pki_autocerts struct pki_certs mid_root = PKI_CERTS_INIT;
    pki_certs_add(&mid_root, mid);
    assert_int_equal(pki_cert_verify(c, &mid_root, PKI_EKU_ANY, now, NULL), 0);
}

static void test_bad_specs(void **state)
{
    pki_autoca struct pki_ca ca = new_ca("x", PKI_ECDSA_P256), other = new_ca("y", PKI_ECDSA_P256);
    pki_autokey struct pki_key *pub = pki_cert_key(ca.cert);
    cu_autostrlist struct cu_strlist ips = CU_STRLIST_INIT, orgs = CU_STRLIST_INIT;
    struct pki_cert *c = NULL;
    struct cu_err err = CU_ERR_INIT;
    struct pki_cert_spec spec = { .cn = "c", .not_before_ms = 1000, .not_after_ms = 2000 };

    (void)state;
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, other.key, &c, &err), -CU_E_INVALID);
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, pub, &c, &err), -CU_E_INVALID);
    spec.not_after_ms = 0;
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, ca.key, &c, &err), -CU_E_INVALID);
    spec.not_after_ms = 2000;
    list(&ips, "10.0.0.300");
    spec.ips = &ips;
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, ca.key, &c, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "10.0.0.300"));
    spec.ips = NULL;
    spec.cn = "";
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, ca.key, &c, &err), -CU_E_INVALID);
    list(&orgs, "a,,b");
    spec.orgs = &orgs;
    assert_int_equal(pki_cert_issue(&spec, pub, ca.cert, ca.key, &c, &err), -CU_E_INVALID);
    assert_null(c);
    cu_err_clear(&err);
}

static void test_bad_input(void **state)
{
    pki_autoca struct pki_ca ca = new_ca("x", PKI_ECDSA_P256);
    cu_autowipe char *key_pem = pki_key_pem(ca.key);
    size_t n;
    const uint8_t *der = pki_cert_der(ca.cert, &n);
    cu_autofree uint8_t *copy = cu_memdup(der, n);
    pki_autocerts struct pki_certs l = PKI_CERTS_INIT;
    struct pki_cert *c = NULL;
    struct cu_err err = CU_ERR_INIT;

    (void)state;
    assert_int_equal(pki_certs_parse("", 0, &l, &err), -CU_E_INVALID);
    assert_int_equal(pki_certs_parse(key_pem, strlen(key_pem), &l, &err), -CU_E_INVALID);
    assert_int_equal(pki_cert_parse_der(copy, n + 1, &c, &err), -CU_E_INVALID); /* a byte too much */
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(pki_cert_parse_der(copy, cut, &c, &err), -CU_E_INVALID);
    }
    pki_autocerts struct pki_certs roots = PKI_CERTS_INIT;
    pki_certs_add(&roots, ca.cert);
    for (size_t i = 0; i < n; i += 3) { /* a changed byte is refused, or not trusted as this certificate */
        copy[i] ^= 1;
        pki_autocert struct pki_cert *odd = NULL;
        if (pki_cert_parse_der(copy, n, &odd, NULL) == 0) {
            assert_string_not_equal(pki_cert_sha256(odd), pki_cert_sha256(ca.cert));
            assert_true(pki_cert_verify(odd, &roots, PKI_EKU_ANY, cu_now_ms(), NULL) < 0);
        }
        copy[i] ^= 1;
    }
    assert_int_equal(pki_cert_load("/nonexistent/x.crt", &c, &err), -CU_E_NOTFOUND);
    assert_null(c);
    cu_err_clear(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ca),
        cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_signature_algorithms),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_intermediates),
        cmocka_unit_test(test_bad_specs),
        cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
