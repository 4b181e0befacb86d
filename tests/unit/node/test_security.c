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

static void test_ufw_rules(void **state)
{
    static const struct {
        const char *rule;
        int port;
        bool in;
    } rules[] = {
        { "### tuple ### allow tcp 6443 0.0.0.0/0 any 0.0.0.0/0 in", 6443, true },
        { "### tuple ### allow any 6443 0.0.0.0/0 any 0.0.0.0/0 in comment=41", 6443, true },
        { "### tuple ### allow tcp 2379:2380 0.0.0.0/0 any 0.0.0.0/0 in", 2380, true },
        { "### tuple ### allow tcp 2379:2380 0.0.0.0/0 any 0.0.0.0/0 in", 2381, false },
        { "### tuple ### allow tcp 22,10250 ::/0 any ::/0 in", 10250, true },
        { "### tuple ### allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0", 1, true },
        { "### tuple ### allow udp 6443 0.0.0.0/0 any 0.0.0.0/0 in", 6443, false },
        { "### tuple ### deny tcp 6443 0.0.0.0/0 any 0.0.0.0/0 in", 6443, false },
        { "### tuple ### allow tcp 6443 0.0.0.0/0 any 192.0.2.0/24 in", 6443, false },
        { "### tuple ### allow tcp 6443 0.0.0.0/0 any 0.0.0.0/0 out", 6443, false },
        { "### tuple ### allow tcp", 6443, false },
        { "### tuple ### allow tcp x:y 0.0.0.0/0 any 0.0.0.0/0 in", 6443, false },
    };
    struct fake f;
    fake_init(&f, *state);
    assert_false(node_ufw_lets_in(&f.sys, 6443)); /* no rules at all */
    for (size_t i = 0; i < CU_LEN(rules); i++) {
        cu_autofree char *text = cu_asprintf("*filter\n%s\n-A ufw-user-input -j ACCEPT\n", rules[i].rule);
        fake_file(&f, "/etc/ufw/user.rules", text);
        if (node_ufw_lets_in(&f.sys, rules[i].port) != rules[i].in)
            fail_msg("%d: %s", rules[i].port, rules[i].rule);
    }
    fake_file(&f, "/etc/default/ufw", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"ACCEPT\"\n");
    assert_true(node_ufw_lets_in(&f.sys, 4));
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_selinux), SCRATCH_TEST(test_firewalls),
                                        SCRATCH_TEST(test_ufw_rules) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
