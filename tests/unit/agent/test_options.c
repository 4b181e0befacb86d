/* tests/unit/agent/test_options.c - the kubelet's command line, known, unknown and wrong. */
#include "../cmocka_all.h"

#include <string.h>

#include "agent/options.h"
#include "base/str.h"

static int parse(const char *line, struct agent_options *out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_strlist_split(&argv, line, ' ');
    return agent_options_parse((int)argv.n, argv.v, out, err);
}

static void test_drop_in(void **state)
{
    struct agent_options o;
    (void)state;
    assert_int_equal(
        parse("kubelet --bootstrap-kubeconfig=/b --kubeconfig /k --config=/c "
              "--container-runtime-endpoint=unix:///x --hostname-override=N1 --node-ip fd00::1,10.0.0.1 "
              "--register-with-taints=a=b:NoSchedule,node-role.kubernetes.io/control-plane:NoExecute "
              "--node-labels=a=b,c.io/d= -v=4 --vmodule api=9 --component-dir=/bin",
              &o, NULL),
        0);
    assert_string_equal(o.bootstrap_kubeconfig, "/b");
    assert_string_equal(o.kubeconfig, "/k");
    assert_string_equal(o.config, "/c");
    assert_string_equal(o.hostname_override, "N1");
    assert_string_equal(o.node_ip, "fd00::1");
    assert_string_equal(o.component_dir, "/bin");
    assert_string_equal(o.root_dir, "/var/lib/kubelet");
    assert_string_equal(o.cert_dir, "/var/lib/kubelet/pki");
    assert_string_equal(o.log_dir, "/var/log/cubeadm");
    assert_string_equal(o.vmodule, "api=9");
    assert_int_equal(o.verbosity, 4);
    assert_int_equal(o.unknown.n, 0);
    cu_autofree char *taints = val_dump_json(o.taints, 0), *labels = val_dump_json(o.labels, 0);
    assert_string_equal(taints,
                        "[{\"key\":\"a\",\"value\":\"b\",\"effect\":\"NoSchedule\"},"
                        "{\"key\":\"node-role.kubernetes.io/control-plane\",\"effect\":\"NoExecute\"}]");
    assert_string_equal(labels, "{\"a\":\"b\",\"c.io/d\":\"\"}");
    agent_options_clear(&o);
}

static void test_unknown(void **state)
{
    struct agent_options o;
    (void)state;
    assert_int_equal(
        parse("kubelet --cgroup-driver systemd --fail-swap-on=false --exit -v 2 stray --root-dir=/r", &o,
              NULL),
        0);
    cu_autofree char *unknown = cu_strlist_join(&o.unknown, " ");
    assert_string_equal(unknown, "--cgroup-driver --fail-swap-on --exit stray");
    assert_int_equal(o.verbosity, 2);
    assert_string_equal(o.cert_dir, "/r/pki");
    agent_options_clear(&o);
    assert_int_equal(parse("kubelet --version --help --node-ip=0.0.0.0 --config=", &o, NULL), 0);
    assert_true(o.version && o.help);
    assert_null(o.node_ip);
    assert_null(o.config);
    agent_options_clear(&o);
}

static void test_bad(void **state)
{
    static const char *const bad[] = { "k --kubeconfig",
                                       "k --node-ip=x",
                                       "k --node-ip=1.2.3.4.5",
                                       "k -v=x",
                                       "k -v",
                                       "k --version=maybe",
                                       "k --node-labels=a",
                                       "k --node-labels=a=b/c",
                                       "k --node-labels==b",
                                       "k --register-with-taints=a=b",
                                       "k --register-with-taints=a=b:Sometimes",
                                       "k --register-with-taints=:NoSchedule",
                                       "k --register-with-taints=a=/:NoSchedule" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct agent_options o = { .verbosity = 77 };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(parse(bad[i], &o, &err), -CU_E_INVALID);
        assert_int_equal(o.verbosity, 77);
        assert_true(strlen(cu_err_text(&err)) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_drop_in), cmocka_unit_test(test_unknown),
                                        cmocka_unit_test(test_bad) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
