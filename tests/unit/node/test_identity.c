/* tests/unit/node/test_identity.c - host name and node info from files, with what to do when they lack. */
#include "fake.h"

#include "node/identity.h"

static void test_full(void **state)
{
    struct fake f;
    struct node_identity id;
    fake_init(&f, *state);
    fake_file(&f, "/proc/sys/kernel/hostname", "Node-One\n");
    fake_file(&f, "/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    fake_file(&f, "/proc/sys/kernel/random/boot_id", "b-1\n");
    fake_file(&f, "/etc/machine-id", "m-1\n");
    fake_file(&f, "/sys/class/dmi/id/product_uuid", "AB-CD\n");
    fake_file(&f, "/etc/os-release",
              "NAME=x\nPRETTY_NAME_X=no\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    cu_autofree char *name = NULL;
    assert_int_equal(node_hostname(&f.sys, &name, NULL), 0);
    assert_string_equal(name, "node-one");
    node_identity_read(&f.sys, &id);
    assert_string_equal(id.machine_id, "m-1");
    assert_string_equal(id.boot_id, "b-1");
    assert_string_equal(id.system_uuid, "ab-cd");
    assert_string_equal(id.kernel_version, "6.1.0-13-amd64");
    assert_string_equal(id.os_image, "Debian GNU/Linux 12 (bookworm)");
    assert_string_equal(id.architecture, node_arch());
    node_identity_clear(&id);
    fake_clear(&f);
}

static void test_bare(void **state)
{
    struct fake f;
    struct node_identity id;
    char *name = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    fake_init(&f, *state);
    assert_int_equal(node_hostname(&f.sys, &name, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), "--node-name"));
    fake_file(&f, "/var/lib/dbus/machine-id", "m-2\n");
    fake_file(&f, "/usr/lib/os-release", "PRETTY_NAME=Alpine\n");
    node_identity_read(&f.sys, &id);
    assert_string_equal(id.machine_id, "m-2");
    assert_string_equal(id.system_uuid, "m-2");
    assert_string_equal(id.boot_id, "");
    assert_string_equal(id.os_image, "Alpine");
    node_identity_clear(&id);
    fake_file(&f, "/usr/lib/os-release", "PRETTY_NAME=\"\n");
    node_identity_read(&f.sys, &id);
    assert_string_equal(id.os_image, "\"");
    node_identity_clear(&id);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_full), SCRATCH_TEST(test_bare) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
