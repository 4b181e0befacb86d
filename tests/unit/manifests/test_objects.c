/* Objects of the API phases. */
#include "common.h"
#include "base/encode.h"
#include "manifests/objects.h"

static char *data_of(const struct val *secret, const char *key)
{
    const char *encoded = val_find_str(secret, "data", key, NULL);
    uint8_t *bytes = NULL;
    size_t n;
    return encoded && cu_unbase64(encoded, &bytes, &n, NULL) == 0 ? (char *)bytes : NULL;
}

static void token(void **state)
{
    (void)state;
    char *usages[] = { (char[]){ "signing" }, (char[]){ "authentication" }, NULL };
    char *groups[] = { (char[]){ "system:bootstrappers:a" }, (char[]){ "system:bootstrappers:b" }, NULL };
    struct cfg_token t = { .token = (char[]){ "abcdef.0123456789abcdef" },
                           .description = (char[]){ "d" },
                           .ttl = { .ns = 3600LL * 1000000000, .set = true },
                           .usages = { usages, 2, 2 },
                           .groups = { groups, 2, 2 } };
    cu_autoval struct val *s = NULL;
    assert_int_equal(mf_bootstrap_token(&t, 0, &s, NULL), 0);
    assert_string_equal(val_find_str(s, "metadata", "name", NULL), "bootstrap-token-abcdef");
    assert_string_equal(val_get_str(s, "type"), "bootstrap.kubernetes.io/token");
    static const char *const want[][2] = {
        { "token-id", "abcdef" },
        { "token-secret", "0123456789abcdef" },
        { "description", "d" },
        { "expiration", "1970-01-01T01:00:00Z" },
        { "usage-bootstrap-signing", "true" },
        { "usage-bootstrap-authentication", "true" },
        { "auth-extra-groups", "system:bootstrappers:a,system:bootstrappers:b" },
    };
    assert_int_equal(val_len(val_get(s, "data")), CU_LEN(want));
    for (size_t i = 0; i < CU_LEN(want); i++) {
        cu_autofree char *got = data_of(s, want[i][0]);
        assert_string_equal(got, want[i][1]);
    }
    struct cfg_token bare = { .token = (char[]){ "abcdef.0123456789abcdef" },
                              .expires = (char[]){ "2030-01-01T00:00:00Z" } };
    cu_autoval struct val *b = NULL;
    assert_int_equal(mf_bootstrap_token(&bare, 0, &b, NULL), 0);
    assert_int_equal(val_len(val_get(b, "data")), 3);
}

static void bad_tokens(void **state)
{
    static const char *const bad[] = { "", "abc", ".x", "x." };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *text = cu_strdup(bad[i]);
        struct cfg_token t = { .token = text };
        struct val *s = NULL;
        assert_int_equal(mf_bootstrap_token(&t, 0, &s, &err), -CU_E_INVALID);
        assert_null(s);
    }
}

static void names_by_version(void **state)
{
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.23.0\n", NULL);
    cu_autoval struct val *old = mf_kubelet_config(&c->cluster), *kubeadm = mf_kubeadm_config(&c->cluster);
    assert_string_equal(val_find_str(val_at(old, 0), "metadata", "name", NULL), "kubelet-config-1.23");
    assert_string_equal(val_find_str(val_at(old, 1), "metadata", "name", NULL),
                        "kubeadm:kubelet-config-1.23");
    assert_string_equal(
        val_str(val_at(val_get(val_at(val_get(val_at(old, 1), "rules"), 0), "resourceNames"), 0)),
        "kubelet-config-1.23");
    assert_non_null(
        strstr(val_find_str(val_at(kubeadm, 0), "data", "ClusterConfiguration", NULL), "v1beta3"));
    cfg_init_free(c);
}

static void certs_and_cluster_info(void **state)
{
    (void)state;
    cu_autoval struct val *data = val_new_map();
    val_set_str(data, "ca.crt", "eA==");
    cu_autoval struct val *certs = mf_kubeadm_certs("abcdef", "uid-1", data);
    const struct val *owner = val_at(val_find(val_at(certs, 0), "metadata", "ownerReferences", NULL), 0);
    assert_string_equal(val_get_str(owner, "name"), "bootstrap-token-abcdef");
    assert_string_equal(val_get_str(owner, "uid"), "uid-1");
    assert_string_equal(val_find_str(val_at(certs, 0), "data", "ca.crt", NULL), "eA==");
    assert_int_equal(val_len(certs), 3);

    cu_autoval struct val *info = mf_cluster_info("https://192.0.2.10:6443", "CA");
    assert_string_equal(
        val_find_str(val_at(info, 0), "data", "kubeconfig", NULL),
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n"
        "    server: https://192.0.2.10:6443\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\n"
        "kind: Config\nusers: null\n");
    assert_string_equal(val_find_str(val_at(info, 1), "metadata", "namespace", NULL), "kube-public");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(token), cmocka_unit_test(bad_tokens),
                                        cmocka_unit_test(names_by_version),
                                        cmocka_unit_test(certs_and_cluster_info) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
