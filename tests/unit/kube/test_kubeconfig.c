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

/* The whole file is checked: each row is a file that differs from the first, good one in one place. */
static void test_validate(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *context, *user, *says; /* says NULL: good */
    } rows[] = {
        { "server: https://a", "cluster: c, user: u", "token: t", NULL },
        { "server: https://a", "cluster: c, user: u", "", NULL },
        { "server: https://a", "cluster: c, user: u", "exec: {command: x, apiVersion: v}", NULL },
        { "server: https://a, certificate-authority: /dev/null", "cluster: c, user: u", "", NULL },
        { "proxy-url: x", "cluster: c, user: u", "", "cluster \"c\" has no server" },
        { "server: https://a, certificate-authority: /none/ca.crt", "cluster: c, user: u", "",
          "\"/none/ca.crt\" cannot be read" },
        { "server: https://a, certificate-authority: /dev/null, certificate-authority-data: QQ==",
          "cluster: c, user: u", "", "both certificate-authority and certificate-authority-data" },
        { "server: https://a", "cluster: d, user: u", "", "names cluster \"d\", which is not there" },
        { "server: https://a", "cluster: c, user: v", "", "names user \"v\", which is not there" },
        { "server: https://a", "cluster: c", "", "names no user" },
        { "server: https://a", "user: u", "", "names no cluster" },
        { "server: https://a", "cluster: c, user: u", "token: t, username: joe",
          "both a token and a user name" },
        { "server: https://a", "cluster: c, user: u", "client-certificate-data: QQ==", "without its key" },
        { "server: https://a", "cluster: c, user: u",
          "client-certificate: /dev/null, client-certificate-data: QQ==, client-key-data: QQ==",
          "both client-certificate and client-certificate-data" },
        { "server: https://a", "cluster: c, user: u", "exec: {command: x}", "exec needs" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        kube_autoconfig struct kube_config *c = NULL;
        cu_autofree char *text = cu_asprintf(
            "kind: Config\nclusters: [{name: c, cluster: {%s}}]\ncontexts: [{name: x, context: {%s}}]\n"
            "current-context: x\nusers: [{name: u, user: {%s}}]\n",
            rows[i].cluster, rows[i].context, rows[i].user);
        assert_int_equal(kube_config_parse(text, strlen(text), &c, &err), 0);
        int r = kube_config_validate(c, &err);
        if (rows[i].says ? r != -CU_E_INVALID || !strstr(cu_err_text(&err), rows[i].says) : r != 0)
            fail_msg("row %zu: %d, \"%s\"", i, r, cu_err_text(&err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_build_is_upstreams_text),
                                        cmocka_unit_test(test_unnamed_cluster_comes_first),
                                        cmocka_unit_test(test_validate), cmocka_unit_test(test_bad_files) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
