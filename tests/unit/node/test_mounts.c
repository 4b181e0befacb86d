/* tests/unit/node/test_mounts.c - mounts below a folder, escapes decoded, unmounted from the last. */
#include "fake.h"

#include <sys/mount.h>

#include "node/mounts.h"

static void test_mounts(void **state)
{
    struct fake f;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist out = CU_STRLIST_INIT;
    fake_init(&f, *state);
    assert_int_equal(node_mounts_below(&f.sys, "/var/lib/kubelet", &out, NULL), -CU_E_NOTFOUND);
    fake_file(&f, "/proc/mounts",
              "tmpfs /var/lib/kubelet tmpfs rw 0 0\n"
              "tmpfs /var/lib/kubelet/pods/a tmpfs rw 0 0\n"
              "tmpfs /var/lib/kubelet-other tmpfs rw 0 0\n"
              "tmpfs /var/lib/kubelet/pods/a/b\\040c\\9 tmpfs rw 0 0\n"
              "broken\n");
    assert_int_equal(node_mounts_below(&f.sys, "/var/lib/kubelet", &out, NULL), 0);
    cu_autofree char *all = cu_strlist_join(&out, "|");
    assert_string_equal(all, "/var/lib/kubelet/pods/a|/var/lib/kubelet/pods/a/b c\\9");
    assert_int_equal(node_unmount_below(&f.sys, "/var/lib/kubelet", MNT_DETACH, NULL), 0);
    cu_autofree char *log = cu_strlist_join(&f.log, "|");
    assert_string_equal(log, "umount 2 /var/lib/kubelet/pods/a/b c\\9|umount 2 /var/lib/kubelet/pods/a");
    f.busy = "/var/lib/kubelet/pods/a/b c\\9";
    cu_strlist_clear(&f.log);
    assert_int_equal(node_unmount_below(&f.sys, "/var/lib/kubelet", 0, &err), -CU_E_IO);
    assert_int_equal(f.log.n, 2); /* went on */
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_mounts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
