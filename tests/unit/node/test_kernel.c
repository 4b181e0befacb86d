/* tests/unit/node/test_kernel.c - kernel options from each kind of place, modules, sysctls. */
#include "fake.h"

#include "node/kernel.h"

static void test_config_file(void **state)
{
    struct fake f;
    struct node_kconfig *k = NULL;
    fake_init(&f, *state);
    fake_file(&f, "/proc/sys/kernel/osrelease", "6.1.0\n");
    fake_file(&f, "/boot/config-6.1.0",
              "# CONFIG_OFF is not set\nCONFIG_NAMESPACES=y\n  CONFIG_OVERLAY_FS=m  \n"
              "CONFIG_NO=n\nCONFIG_TEXT=\"y\"\nCONFIG_HZ=250\nCONFIG_=y\nCONFIG_lower=y\n"
              "XCONFIG_A=y\nCONFIG_EMPTY=\nCONFIG_NAMESPACES_X=n");
    assert_int_equal(node_kconfig_load(&f.sys, &k, NULL), 0);
    assert_int_equal(node_kconfig_get(k, "NAMESPACES"), 'y');
    assert_int_equal(node_kconfig_get(k, "OVERLAY_FS"), 'm');
    assert_int_equal(node_kconfig_get(k, "NO"), 'n');
    assert_int_equal(node_kconfig_get(k, "NAMESPACES_X"), 'n');
    static const char *const absent[] = { "OFF", "TEXT", "HZ", "", "lower", "A", "EMPTY" };
    for (size_t i = 0; i < CU_LEN(absent); i++)
        assert_int_equal(node_kconfig_get(k, absent[i]), 0);
    node_kconfig_free(k);
    assert_int_equal(f.log.n, 0); /* no modprobe where a file is there */
    fake_clear(&f);
}

static void test_config_gz(void **state)
{
    struct fake f;
    struct node_kconfig *k = NULL;
    fake_init(&f, *state);
    fake_file(&f, "/proc/sys/kernel/osrelease", "6.1.0\n");
    fake_file(&f, "/proc/config.gz", "not really packed");
    cu_autofree char *command = cu_asprintf("gzip -dc %s/proc/config.gz", (char *)*state);
    struct fake_run runs[] = { { command, 0, "CONFIG_MEMCG=y\n", NULL }, { NULL, 0, NULL, NULL } };
    f.runs = runs;
    assert_int_equal(node_kconfig_load(&f.sys, &k, NULL), 0);
    assert_int_equal(node_kconfig_get(k, "MEMCG"), 'y');
    node_kconfig_free(k);
    k = NULL;
    runs[0].status = 1;
    runs[0].errout = "not in gzip format";
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(node_kconfig_load(&f.sys, &k, &err), -CU_E_IO);
    assert_non_null(strstr(cu_err_text(&err), "not in gzip format"));
    assert_null(k);
    fake_clear(&f);
}

static void test_no_config(void **state)
{
    struct fake f;
    struct node_kconfig *k = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    fake_init(&f, *state);
    assert_int_equal(node_kconfig_load(&f.sys, &k, &err), -CU_E_IO); /* not even a release */
    fake_file(&f, "/proc/sys/kernel/osrelease", "6.1.0\n");
    static const struct fake_run fails[] = { { "modprobe configs", 1, NULL, "module configs not found" },
                                             { NULL, 0, NULL, NULL } };
    static const struct fake_run works[] = { { "modprobe configs", 0, NULL, NULL },
                                             { "modprobe -r configs", 0, NULL, NULL },
                                             { NULL, 0, NULL, NULL } };
    f.runs = fails;
    assert_int_equal(node_kconfig_load(&f.sys, &k, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "module configs not found"));
    f.runs = works;
    assert_int_equal(node_kconfig_load(&f.sys, &k, &err), -CU_E_NOTFOUND);
    assert_string_equal(f.log.v[f.log.n - 1], "modprobe -r configs");
    assert_null(k);
    node_kconfig_free(NULL);
    fake_clear(&f);
}

static void test_modules_and_sysctls(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    assert_false(node_module_present(&f.sys, "br_netfilter"));
    fake_file(&f, "/proc/sys/kernel/osrelease", "6.1.0\n");
    fake_file(&f, "/lib/modules/6.1.0/modules.builtin", "kernel/net/bridge/br-netfilter.ko\nkernel/x.ko\n");
    fake_file(&f, "/sys/module/overlay/refcnt", "1");
    assert_true(node_module_present(&f.sys, "br_netfilter"));
    assert_true(node_module_present(&f.sys, "br-netfilter"));
    assert_true(node_module_present(&f.sys, "overlay"));
    assert_false(node_module_present(&f.sys, "netfilter"));
    fake_file(&f, "/proc/sys/net/ipv4/ip_forward", "1\n");
    cu_autofree char *on = node_sysctl(&f.sys, "net.ipv4.ip_forward"), *name = NULL;
    assert_string_equal(on, "1");
    assert_null(node_sysctl(&f.sys, "net.ipv4.none"));
    assert_true(node_kernel_name(&f.sys, &name, NULL) < 0);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_config_file), SCRATCH_TEST(test_config_gz),
                                        SCRATCH_TEST(test_no_config),
                                        SCRATCH_TEST(test_modules_and_sysctls) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
