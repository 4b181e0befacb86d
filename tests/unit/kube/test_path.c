/* Paths of API objects. */
#include "tests.h"
#include "kube/client.h"

static void check(const char *version, const char *resource, const char *ns, const char *name,
                  const char *want)
{
    cu_autofree char *got = kube_path(version, resource, ns, name);
    assert_string_equal(got, want);
}

static void test_paths(void **state)
{
    (void)state;
    check("v1", "nodes", NULL, NULL, "/api/v1/nodes");
    check("v1", "configmaps", "kube-system", "kubeadm-config",
          "/api/v1/namespaces/kube-system/configmaps/kubeadm-config");
    check("rbac.authorization.k8s.io/v1", "roles", "kube-system", "kubeadm:nodes-kubeadm-config",
          "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles/kubeadm:nodes-kubeadm-config");
    check("v1", "secrets", "a/b", "c?d%e", "/api/v1/namespaces/a%2Fb/secrets/c%3Fd%25e");
}

static void test_object_paths(void **state)
{
    (void)state;
    struct cu_err err = CU_ERR_INIT;
    static const char text[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"namespace\":\"ignored\"}}";
    cu_autoval struct val *node = NULL;
    assert_int_equal(val_parse_json(text, sizeof(text) - 1, &node, &err), 0);
    cu_autofree char *path = kube_object_path(node, true), *list = kube_object_path(node, false);
    assert_string_equal(path, "/api/v1/nodes/n");
    assert_string_equal(list, "/api/v1/nodes");
    val_set_str(node, "kind", "Nonsense");
    assert_null(kube_object_path(node, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths), cmocka_unit_test(test_object_paths) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
