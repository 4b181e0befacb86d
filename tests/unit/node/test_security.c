/* tests/unit/node/test_security.c - SELinux, firewalls and the clock. */
#include "fake.h"

#include "node/security.h"

static void test_selinux(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    assert_int_equal(node_selinux_mode(&f.sys), NODE_SELINUX_DISABLED);
    fake_file(&f, "/sys/fs/selinux/enforce", "1");
    assert_int_equal(node_selinux_mode(&f.sys), NODE_SELINUX_ENFORCING);
    fake_file(&f, "/sys/fs/selinux/enforce", "0");
    assert_int_equal(node_selinux_mode(&f.sys), NODE_SELINUX_PERMISSIVE);
    fake_clear(&f);
}

static void test_firewalls(void **state)
{
    static const struct fake_run on[] = { { "systemctl status firewalld", 0, "firewalld.service - x", NULL },
                                          { "systemctl is-active firewalld", 0, "active\n", NULL },
                                          { NULL, 0, NULL, NULL } };
    static const struct fake_run off[] = { { "systemctl status firewalld", 4, NULL,
                                             "Unit firewalld.service could not be found." },
                                           { "systemctl is-active firewalld", 0, "active\n", NULL },
                                           { NULL, 0, NULL, NULL } };
    struct fake f;
    fake_init(&f, *state);
    f.runs = on;
    assert_false(node_firewalld_active(&f.sys)); /* no init system to ask */
    f.programs = " systemctl ";
    fake_file(&f, "/run/systemd/system/x", "");
    assert_true(node_firewalld_active(&f.sys));
    f.runs = off;
    assert_false(node_firewalld_active(&f.sys));

    fake_file(&f, "/etc/ufw/ufw.conf", "# ENABLED=yes\nENABLED = yes\n");
    assert_false(node_ufw_active(&f.sys)); /* a left-over file without the program */
    f.programs = " ufw ";
    assert_true(node_ufw_active(&f.sys));
    fake_file(&f, "/etc/ufw/ufw.conf", "# ENABLED=yes\nENABLED=no\n");
    assert_false(node_ufw_active(&f.sys));
    f.synced = 1;
    assert_int_equal(node_clock_synced(&f.sys), 1);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_selinux), SCRATCH_TEST(test_firewalls) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
