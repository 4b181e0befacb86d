/* tests/unit/node/test_init.c - the commands of each init system and what their answers mean. */
#include "fake.h"

#include "node/init.h"

static void test_detect(void **state)
{
    struct fake f;
    cu_autofree char *reason = NULL;
    fake_init(&f, *state);
    assert_null(node_init_detect(&f.sys, &reason));
    assert_non_null(reason);
    f.programs = " openrc rc-service ";
    assert_null(node_init_detect(&f.sys, NULL));
    f.programs = " openrc rc-service rc-update ";
    assert_string_equal(node_init_name(node_init_detect(&f.sys, NULL)), "openrc");
    assert_true(node_init_running(&f.sys, node_init_detect(&f.sys, NULL)));
    f.programs = " openrc rc-service rc-update systemctl ";
    const struct node_init *systemd = node_init_detect(&f.sys, NULL);
    assert_string_equal(node_init_name(systemd), "systemd"); /* as upstream: the program counts */
    assert_false(node_init_running(&f.sys, systemd));
    fake_file(&f, "/run/systemd/system/x", "");
    assert_true(node_init_running(&f.sys, systemd));
    fake_clear(&f);
}

static void test_systemd(void **state)
{
    static struct fake_run runs[] = { { "systemctl status kubelet", 3, "Loaded: loaded", NULL },
                                      { "systemctl is-enabled kubelet", 0, "enabled\n", NULL },
                                      { "systemctl is-active kubelet", 3, "activating\n", NULL },
                                      { "systemctl daemon-reload", 0, NULL, NULL },
                                      { "systemctl start kubelet", 0, NULL, NULL },
                                      { "systemctl restart kubelet", 5, NULL, "Unit not found.\n" },
                                      { "systemctl stop kubelet", 0, NULL, NULL },
                                      { "systemctl enable kubelet.service", 0, NULL, NULL },
                                      { NULL, 0, NULL, NULL } };
    struct fake f;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    fake_init(&f, *state);
    f.programs = " systemctl ";
    f.runs = runs;
    fake_file(&f, "/run/systemd/system/x", "");
    const struct node_init *init = node_init_detect(&f.sys, NULL);
    assert_true(node_service_exists(&f.sys, init, "kubelet"));
    assert_true(node_service_enabled(&f.sys, init, "kubelet"));
    assert_true(node_service_active(&f.sys, init, "kubelet"));
    runs[0].out = "Loaded: not-found (Reason: x)";
    runs[1].status = 1;
    runs[2].out = "inactive\n";
    assert_false(node_service_exists(&f.sys, init, "kubelet"));
    assert_false(node_service_enabled(&f.sys, init, "kubelet"));
    assert_false(node_service_active(&f.sys, init, "kubelet"));
    assert_false(node_service_exists(&f.sys, init, "other")); /* the program does not answer */
    cu_strlist_clear(&f.log);
    assert_int_equal(node_service_start(&f.sys, init, "kubelet", &err), 0);
    assert_int_equal(node_service_stop(&f.sys, init, "kubelet", &err), 0);
    assert_int_equal(node_service_enable(&f.sys, init, "kubelet", &err), 0);
    assert_int_equal(node_service_restart(&f.sys, init, "kubelet", &err), -CU_E_IO);
    assert_string_equal(cu_err_text(&err),
                        "\"systemctl restart kubelet\" ended with status 5: Unit not found.");
    cu_autofree char *log = cu_strlist_join(&f.log, "; "), *hint = node_service_enable_hint(init, "kubelet");
    assert_string_equal(
        log, "systemctl daemon-reload; systemctl start kubelet; systemctl stop kubelet; "
             "systemctl enable kubelet.service; systemctl daemon-reload; systemctl restart kubelet");
    assert_string_equal(hint, "systemctl enable kubelet.service");
    fake_clear(&f);
}

static void test_openrc(void **state)
{
    static struct fake_run runs[] = { { "rc-service kubelet status", 0, " * status: started\n", NULL },
                                      { "rc-update show default", 0, "  kubelet | default\n", NULL },
                                      { "rc-service kubelet start", 0, NULL, NULL },
                                      { NULL, 0, NULL, NULL } };
    struct fake f;
    fake_init(&f, *state);
    f.programs = " openrc rc-service rc-update ";
    f.runs = runs;
    const struct node_init *init = node_init_detect(&f.sys, NULL);
    assert_true(node_service_exists(&f.sys, init, "kubelet"));
    assert_true(node_service_enabled(&f.sys, init, "kubelet"));
    assert_true(node_service_active(&f.sys, init, "kubelet"));
    assert_false(node_service_enabled(&f.sys, init, "crio"));
    assert_int_equal(node_service_start(&f.sys, init, "kubelet", NULL), 0);
    runs[0].out = " * status: stopped\n";
    assert_true(node_service_exists(&f.sys, init, "kubelet"));
    assert_false(node_service_active(&f.sys, init, "kubelet"));
    runs[0].out = NULL;
    runs[0].errout = " * rc-service: service `kubelet' does not exist\n";
    assert_false(node_service_exists(&f.sys, init, "kubelet"));
    assert_false(node_service_active(&f.sys, init, "kubelet"));
    cu_autofree char *hint = node_service_enable_hint(init, "kubelet");
    assert_string_equal(hint, "rc-update add kubelet default");
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_detect), SCRATCH_TEST(test_systemd),
                                        SCRATCH_TEST(test_openrc) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
