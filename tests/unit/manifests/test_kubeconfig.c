/* Kubeconfig files and their text. */
#include "common.h"
#include "manifests/kubeconfig.h"

static void files_by_version(void **state)
{
    struct mf_kubeconfig_file f[5];
    (void)state;
    assert_int_equal(mf_kubeconfig_files(36, f), 5);
    assert_string_equal(f[0].group, "kubeadm:cluster-admins");
    assert_string_equal(f[1].file, "super-admin.conf");
    assert_false(f[2].control_plane_url);
    assert_string_equal(f[4].phase, "scheduler");
    assert_int_equal(mf_kubeconfig_files(28, f), 4);
    assert_string_equal(f[0].group, "system:masters");
    assert_string_equal(f[1].phase, "kubelet");
    assert_true(f[1].control_plane_url);
}

static void servers_and_users(void **state)
{
    struct mf_kubeconfig_file f[5];
    (void)state;
    struct cfg_init *c =
        configured("kubernetesVersion: v1.36.2\ncontrolPlaneEndpoint: lb.example.org:8443\n", NULL);
    mf_kubeconfig_files(36, f);
    cu_autofree char *admin = mf_kubeconfig_server(&f[0], c), *kubelet = mf_kubeconfig_server(&f[2], c);
    cu_autofree char *user = mf_kubeconfig_user(&f[2], c);
    assert_string_equal(admin, "https://lb.example.org:8443");
    assert_string_equal(kubelet, "https://192.0.2.10:6443");
    assert_string_equal(user, "system:node:node1");
    cfg_init_free(c);
}

static void text(void **state)
{
    static const char ca[] = "junk\n-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"
                             "-----BEGIN CERTIFICATE-----\nBB\n-----END CERTIFICATE-----\n";
    struct mf_kubeconfig k = { .cluster = "kubernetes",
                               .server = "https://192.0.2.10:6443",
                               .user = "kubernetes-admin",
                               .ca_pem = ca,
                               .cert_pem = "cert\n",
                               .key_pem = "key\n" };
    (void)state;
    char *got = mf_kubeconfig_text(&k);
    assert_string_equal(got, "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: "
                             "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K\n"
                             "    server: https://192.0.2.10:6443\n  name: kubernetes\ncontexts:\n- "
                             "context:\n    cluster: kubernetes\n"
                             "    user: kubernetes-admin\n  name: kubernetes-admin@kubernetes\n"
                             "current-context: kubernetes-admin@kubernetes\nkind: Config\nusers:\n- name: "
                             "kubernetes-admin\n  user:\n"
                             "    client-certificate-data: Y2VydAo=\n    client-key-data: a2V5Cg==\n");
    cu_free_secret(got);

    struct mf_kubeconfig t = {
        .cluster = "yes", .server = "https://x", .user = "u", .token = "abcdef.0123456789abcdef"
    };
    got = mf_kubeconfig_text(&t);
    assert_non_null(strstr(got, "    token: abcdef.0123456789abcdef\n"));
    assert_non_null(strstr(got, "name: \"yes\"\n"));
    assert_null(strstr(got, "certificate-authority-data"));
    cu_free_secret(got);

    struct mf_kubeconfig files = {
        .cluster = "c", .server = "s", .user = "u", .cert_file = "/x.pem", .key_file = "/x.pem"
    };
    got = mf_kubeconfig_text(&files);
    assert_non_null(strstr(got, "    client-certificate: /x.pem\n    client-key: /x.pem\n"));
    cu_free_secret(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_by_version),
                                        cmocka_unit_test(servers_and_users), cmocka_unit_test(text) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
