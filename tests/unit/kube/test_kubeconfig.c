/* Kubeconfig files: what is built is what upstream writes, lookups follow its rules, bad files are refused. */
#include "tests.h"
#include "kube/kubeconfig.h"
#include "base/str.h"

static void test_build_is_upstreams_text(void **state)
{
    (void)state;
    struct kube_config_spec s = { .cluster = "kubernetes",
                                  .server = "https://192.0.2.10:6443",
                                  .ca_pem = "CA",
                                  .user = "kubernetes-admin",
                                  .cert_pem = "CERT",
                                  .key_pem = "KEY" };
    kube_autoconfig struct kube_config *c = kube_config_build(&s);
    cu_autofree char *text = kube_config_dump(c);
    assert_string_equal(text, "apiVersion: v1\n"
                              "clusters:\n"
                              "- cluster:\n"
                              "    certificate-authority-data: Q0E=\n"
                              "    server: https://192.0.2.10:6443\n"
                              "  name: kubernetes\n"
                              "contexts:\n"
                              "- context:\n"
                              "    cluster: kubernetes\n"
                              "    user: kubernetes-admin\n"
                              "  name: kubernetes-admin@kubernetes\n"
                              "current-context: kubernetes-admin@kubernetes\n"
                              "kind: Config\n"
                              "users:\n"
                              "- name: kubernetes-admin\n"
                              "  user:\n"
                              "    client-certificate-data: Q0VSVA==\n"
                              "    client-key-data: S0VZ\n");
}

static void test_unnamed_cluster_comes_first(void **state)
{
    (void)state;
    static const char text[] = "kind: Config\nclusters:\n- name: a\n  cluster: {server: 'https://a'}\n- "
                               "name: ''\n  cluster: {server: "
                               "'https://b'}\ncontexts:\n- name: x\n  context: {cluster: a, user: "
                               "u}\ncurrent-context: x\nusers: null\n";
    struct cu_err err = CU_ERR_INIT;
    kube_autoconfig struct kube_config *c = NULL;
    assert_int_equal(kube_config_parse(text, sizeof(text) - 1, &c, &err), 0);
    assert_string_equal(kube_config_server(c), "https://b");
    assert_false(kube_config_has_credentials(c));
    cu_autofree char *pem = NULL;
    assert_int_equal(kube_config_ca(c, &pem, &err), -CU_E_NOTFOUND);
    cu_err_clear(&err);
    kube_config_set_server(c, "https://c");
    assert_string_equal(kube_config_server(c), "https://c");
}

static void test_bad_files(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "a: [",
                                       "- 1\n",
                                       "kind: Pod\n",
                                       "kind: Config\nclusters: 3\n",
                                       "kind: Config\nclusters:\n- 3\n",
                                       "kind: Config\nusers:\n- name: u\n  user: 3\n" };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct cu_err err = CU_ERR_INIT;
        struct kube_config *c = NULL;
        assert_int_equal(kube_config_parse(bad[i], strlen(bad[i]), &c, &err), -CU_E_INVALID);
        assert_null(c);
        cu_err_clear(&err);
    }
    struct cu_err err = CU_ERR_INIT;
    struct kube_config *c = NULL;
    assert_int_equal(kube_config_load("/nonexistent/admin.conf", &c, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(err.msg, "/nonexistent/admin.conf"));
    cu_err_clear(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_build_is_upstreams_text),
                                        cmocka_unit_test(test_unnamed_cluster_comes_first),
                                        cmocka_unit_test(test_bad_files) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
