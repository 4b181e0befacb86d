/* tests/unit/agent/test_config.c - the fields of KubeletConfiguration the agent reads. */
#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"
#include "agent/options.h"

#define HEAD "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

static int parse(const char *text, struct agent_config *out, struct cu_err *err)
{
    return agent_config_parse(text, strlen(text), out, err);
}

static void test_kubeadm_config(void **state)
{
    struct agent_config c;
    (void)state;
    assert_int_equal(
        parse(HEAD "staticPodPath: /m\nhealthzPort: 11248\nport: 0\nrotateCertificates: true\n"
                   "authentication:\n  x509:\n    clientCAFile: /ca\nfileCheckFrequency: 0s\n"
                   "nodeStatusUpdateFrequency: 2s\nnodeLeaseDurationSeconds: 20\nevictionHard: {a: b}\n"
                   "registerWithTaints:\n- {key: a, effect: NoSchedule}\nregisterNode: false\n",
              &c, NULL),
        0);
    assert_string_equal(c.static_pod_path, "/m");
    assert_string_equal(c.client_ca_file, "/ca");
    assert_string_equal(c.healthz_address, "127.0.0.1");
    assert_int_equal(c.healthz_port, 11248);
    assert_int_equal(c.port, 0);
    assert_true(c.rotate_certificates);
    assert_false(c.register_node);
    assert_int_equal(c.file_check_ms, 20000);
    assert_int_equal(c.status_update_ms, 2000);
    assert_int_equal(c.status_report_ms, 300000);
    assert_int_equal(c.lease_seconds, 20);
    assert_int_equal(val_len(c.taints), 1);
    agent_config_clear(&c);
}

static void test_defaults(void **state)
{
    struct agent_config a, b;
    (void)state;
    assert_int_equal(agent_config_load(NULL, &a, NULL), 0);
    assert_int_equal(parse(HEAD, &b, NULL), 0);
    assert_int_equal(a.port, 10250);
    assert_int_equal(a.healthz_port, 10248);
    assert_int_equal(a.lease_seconds, b.lease_seconds);
    assert_true(a.register_node && b.register_node);
    assert_null(a.static_pod_path);
    agent_config_clear(&a);
    agent_config_clear(&b);
}

static void test_bad(void **state)
{
    static const char *const bad[] = { "",
                                       "[]",
                                       "a: [",
                                       "kind: KubeletConfiguration\n",
                                       "apiVersion: v1\nkind: KubeletConfiguration\n",
                                       "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: Pod\n",
                                       HEAD "staticPodPath: 3\n",
                                       HEAD "healthzPort: 70000\n",
                                       HEAD "healthzPort: \"1\"\n",
                                       HEAD "port: -1\n",
                                       HEAD "rotateCertificates: 1\n",
                                       HEAD "fileCheckFrequency: 5\n",
                                       HEAD "fileCheckFrequency: -5s\n",
                                       HEAD "maxPods: many\n" };
    cu_autofree char *path = cu_path_join(*state, "c.yaml"), *none = cu_path_join(*state, "none");
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct agent_config c = { .port = 77 };
        assert_int_equal(parse(bad[i], &c, NULL), -CU_E_INVALID);
        assert_int_equal(c.port, 77);
    }
    struct agent_config c;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(agent_config_load(none, &c, &err), -CU_E_NOTFOUND);
    assert_int_equal(cu_file_write_str(path, HEAD "port: x\n", 0600, NULL), 0);
    assert_int_equal(agent_config_load(path, &c, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), path));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_kubeadm_config),
                                        cmocka_unit_test(test_defaults), SCRATCH_TEST(test_bad) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
