/* The flags of kube-apiserver. */
#include "apiserver/options.h"
#include "base/str.h"
#include "test_util.h"

static int parse(const char *const *args, struct api_options *o, struct cu_err *err)
{
    char *argv[64] = { cu_strdup("kube-apiserver") };
    int argc = 1;
    for (; args[argc - 1]; argc++)
        argv[argc] = cu_strdup(args[argc - 1]);
    int result = api_options_parse(argc, argv, o, err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return result;
}

#define TLS "--tls-cert-file=/c", "--tls-private-key-file", "/k"

static void test_manifest(void **state)
{
    (void)state;
    const char *const args[] = { "--advertise-address=10.0.0.1",
                                 "--allow-privileged=true",
                                 TLS,
                                 "--authorization-mode=Node,RBAC",
                                 "--enable-bootstrap-token-auth=true",
                                 "--service-account-issuer=https://a,b",
                                 "--service-account-issuer=https://c",
                                 "--service-cluster-ip-range=10.96.0.0/12,fd00::/108",
                                 "--secure-port=7443",
                                 "--etcd-servers=sqlite:///x",
                                 "--some-new-flag",
                                 "value",
                                 "--another=1",
                                 "--event-ttl=30m",
                                 "--anonymous-auth=false",
                                 NULL };
    struct api_options o;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (parse(args, &o, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(o.advertise_address, "10.0.0.1");
    assert_int_equal(o.secure_port, 7443);
    assert_string_equal(o.tls_private_key_file, "/k");
    assert_int_equal(o.authorization_mode.n, 2);
    assert_true(o.enable_bootstrap_token_auth);
    assert_false(o.anonymous_auth);
    assert_int_equal(o.service_account_issuer.n, 2);
    assert_string_equal(o.service_account_issuer.v[0], "https://a,b");
    assert_string_equal(o.api_audiences.v[1], "https://c");
    assert_int_equal(o.n_service_cidrs, 2);
    assert_true(o.service_cidrs[1].ip.v6);
    assert_int_equal(o.event_ttl_s, 1800);
    assert_string_equal(o.etcd_prefix, "/registry");
    assert_int_equal(o.ready_fd, -1);
    api_options_clear(&o);
}

static void refuse(const char *const *args, const char *text)
{
    struct api_options o;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(parse(args, &o, &err), -CU_E_INVALID);
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" lacks \"%s\"", err.msg, text);
}

static void test_refused(void **state)
{
    (void)state;
    refuse((const char *const[]){ TLS, "--secure-port=x", NULL }, "--secure-port");
    refuse((const char *const[]){ TLS, "--secure-port=70000", NULL }, "65535");
    refuse((const char *const[]){ TLS, "--secure-port", NULL }, "flag needs an argument: --secure-port");
    refuse((const char *const[]){ TLS, "--anonymous-auth=maybe", NULL }, "--anonymous-auth");
    refuse((const char *const[]){ TLS, "--service-cluster-ip-range=10.0.0.0/99", NULL }, "10.0.0.0/99");
    refuse((const char *const[]){ TLS, "--advertise-address=host", NULL }, "host");
    refuse((const char *const[]){ TLS, "stray", NULL }, "stray");
    refuse((const char *const[]){ TLS, "--encryption-provider-config=/x", NULL }, "encryption at rest");
    refuse((const char *const[]){ TLS, "--oidc-issuer-url=https://x", NULL }, "OIDC");
    refuse((const char *const[]){ "--tls-cert-file=/c", NULL }, "--tls-private-key-file");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_manifest), cmocka_unit_test(test_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
