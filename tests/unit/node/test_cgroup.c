/* tests/unit/node/test_cgroup.c - which hierarchy each kind of mount table means (spec init 3.3). */
#include "fake.h"

#include "node/cgroup.h"

static void check(struct fake *f, const char *mounts, int version, const char *mount)
{
    struct node_cgroup c = { 0 };
    fake_file(f, "/proc/mounts", mounts);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = node_cgroup_read(&f->sys, &c, &err);
    assert_int_equal(r, version ? 0 : -CU_E_NOTFOUND);
    assert_int_equal(c.version, version);
    if (version)
        assert_string_equal(c.mount, mount);
    node_cgroup_clear(&c);
}

static void test_detection(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    fake_file(&f, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
    fake_file(&f, "/mnt/u/cgroup.controllers", "cpu\n");
    fake_file(&f, "/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
    check(&f, "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", 2, "/sys/fs/cgroup");
    check(&f, "cgroup /sys/fs/cgroup cgroup rw 0 0\n", 1, "/sys/fs/cgroup");
    check(&f, "tmpfs /sys/fs/cgroup tmpfs ro 0 0\n", 2, "/sys/fs/cgroup");
    check(&f, "x /a cgroup rw 0 0\ncg /mnt/u cgroup2 rw 0 0\nx /b cgroup2 rw 0 0\n", 2, "/mnt/u");
    check(&f, "x /a cgroup rw 0 0\nx /b cgroup rw 0 0\n", 1, "/a");
    check(&f, "x /cgroup ext4 rw 0 0\ncgroup short\n", 0, NULL);
    check(&f, "", 0, NULL);
    fake_file(&f, "/sys/fs/cgroup/memory/tasks", "");
    check(&f, "tmpfs /sys/fs/cgroup tmpfs ro 0 0\n", 1, "/sys/fs/cgroup");
    fake_clear(&f);
}

static void test_controllers(void **state)
{
    struct fake f;
    struct node_cgroup c;
    fake_init(&f, *state);
    fake_file(&f, "/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
    fake_file(&f, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    assert_int_equal(node_cgroup_read(&f.sys, &c, NULL), 0);
    cu_autofree char *v2 = cu_strlist_join(&c.available, " ");
    assert_string_equal(v2,
                        "devices cpuset cpu io memory pids"); /* no cgroup.freeze appears in a plain folder */
    assert_null(c.warning);
    node_cgroup_clear(&c);
    cu_autofree char *top = node_path(&f.sys, "/sys/fs/cgroup");
    assert_int_equal(cu_rm_rf(top, false, NULL), 0);
    assert_true(node_cgroup_read(&f.sys, &c, NULL) < 0);

    fake_file(&f, "/proc/mounts", "x /a cgroup rw 0 0\n");
    fake_file(&f, "/proc/cgroups",
              "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t1\t1\t1\nmemory\t2\t1\t0\n"
              "pids 3 1 1\nshort 1\n");
    assert_int_equal(node_cgroup_read(&f.sys, &c, NULL), 0);
    cu_autofree char *v1 = cu_strlist_join(&c.available, " ");
    assert_string_equal(v1, "cpuset pids");
    node_cgroup_clear(&c);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_detection), SCRATCH_TEST(test_controllers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
