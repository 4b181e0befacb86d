/* Requests of node agents, good and bad; when requests are removed. */
#include "tests.h"
#include "base/encode.h"
#include "base/timefmt.h"
#include "controllers/csr_rules.h"

#define KUBELET CTL_SIGNER_KUBELET_CLIENT
#define SERVING "kubernetes.io/kubelet-serving"
#define CLIENT "kubernetes.io/kube-apiserver-client"

static struct val *make(const char *org, const char *cn, const char *dns, const char *usages)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autocsr struct pki_csr *csr = NULL;
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT, names = CU_STRLIST_INIT, list = CU_STRLIST_INIT;
    if (org)
        cu_strlist_split(&orgs, org, '+');
    if (dns)
        cu_strlist_add(&names, dns);
    struct pki_cert_spec spec = { .cn = cn, .orgs = &orgs, .dns = dns ? &names : NULL };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_csr_create(&spec, key, &csr, NULL), 0);
    cu_autofree char *pem = pki_csr_pem(csr);
    cu_autofree char *text = cu_base64(pem, strlen(pem));
    struct val *obj = val_new_map(), *s = val_need_map(obj, "spec");
    val_set_str(s, "request", text);
    cu_strlist_split(&list, usages, ',');
    for (size_t i = 0; i < list.n; i++)
        val_append_str(val_need_list(s, "usages"), list.v[i]);
    return obj;
}

static void test_signers(void **state)
{
    (void)state;
    static const struct {
        const char *signer, *org, *cn, *dns, *usages;
        bool good;
    } rows[] = {
        { KUBELET, "system:nodes", "system:node:n", NULL, "digital signature,client auth", true },
        { KUBELET, "system:nodes", "system:node:n", NULL, "client auth,key encipherment,digital signature",
          true },
        { KUBELET, "system:nodes", "system:node:n", NULL, "client auth", false },
        { KUBELET, "system:nodes", "system:node:n", NULL, "digital signature,client auth,server auth",
          false },
        { KUBELET, "system:masters", "system:node:n", NULL, "digital signature,client auth", false },
        { KUBELET, "system:nodes+system:masters", "system:node:n", NULL, "digital signature,client auth",
          false },
        { KUBELET, NULL, "system:node:n", NULL, "digital signature,client auth", false },
        { KUBELET, "system:nodes", "admin", NULL, "digital signature,client auth", false },
        { KUBELET, "system:nodes", "system:node:n", "n", "digital signature,client auth", false },
        { SERVING, "system:nodes", "system:node:n", "n", "digital signature,server auth", true },
        { SERVING, "system:nodes", "system:node:n", NULL, "digital signature,server auth", false },
        { CLIENT, "anything", "me", NULL, "client auth", true },
        { CLIENT, "anything", "me", NULL, "digital signature", false },
        { CLIENT, "anything", "me", NULL, "client auth,server auth", false },
        { "example.com/own", "a", "b", NULL, "client auth", false },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *obj = make(rows[i].org, rows[i].cn, rows[i].dns, rows[i].usages);
        struct ctl_csr r;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(ctl_csr_read(obj, &r, &err), 0);
        int got = ctl_csr_check(rows[i].signer, &r, &err);
        if (got != (rows[i].good ? 0 : -CU_E_INVALID))
            fail_msg("row %zu: %s", i, cu_err_text(&err));
        ctl_csr_clear(&r);
    }
    assert_true(ctl_csr_signer_known(SERVING));
    assert_false(ctl_csr_signer_known("example.com/own"));
    assert_false(ctl_csr_signer_known(NULL));
}

static void test_unreadable(void **state)
{
    (void)state;
    static const char *const bad[] = { "{}", "{'spec':{'request':'!!'}}",
                                       "{'spec':{'request':'Z2FyYmFnZQ=='}}" };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoval struct val *obj = object(bad[i]);
        struct ctl_csr r;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(ctl_csr_read(obj, &r, &err), -CU_E_INVALID);
        ctl_csr_clear(&r);
    }
}

static void test_remaining(void **state)
{
    (void)state;
    static const struct {
        const char *obj;
        int64_t hours;
    } rows[] = {
        { "{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'}}", 24 },
        { "{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'},'status':{'conditions':[{'type':'"
          "Approved','status':"
          "'True','lastUpdateTime':'2026-01-01T02:00:00Z'}]}}",
          26 },
        { "{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'},'status':{'certificate':'x','conditions':"
          "[{'type':"
          "'Approved','status':'True','lastUpdateTime':'2026-01-01T02:00:00Z'}]}}",
          3 },
        { "{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'},'status':{'conditions':[{'type':'Denied'}"
          "]}}",
          1 },
    };
    int64_t start = 0;
    assert_int_equal(cu_parse_rfc3339("2026-01-01T00:00:00Z", &start, NULL), 0);
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *obj = object(rows[i].obj);
        assert_int_equal(ctl_csr_remaining(obj, start), rows[i].hours * 3600000);
        assert_int_equal(ctl_csr_remaining(obj, start + rows[i].hours * 3600000 + 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signers),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_remaining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
