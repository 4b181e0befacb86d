/* tests/unit/node/test_sys.c - the real door answers, and reading below a root stays there. */
#include "fake.h"

static void test_host(void **state)
{
    (void)state;
    const struct node_sys *sys = node_sys_host();
    struct node_addr *addrs = NULL;
    size_t n = 0;
    cu_autofree char *sh = sys->which(sys->arg, "sh"),
                     *line = node_read_line(NULL, "/proc/sys/kernel/ostype");
    assert_non_null(sh);
    assert_string_equal(line, "Linux");
    assert_int_equal(sys->addresses(sys->arg, &addrs, &n, NULL), 0);
    for (size_t i = 0; i < n; i++)
        assert_true(addrs[i].ifname[0] != '\0');
    free(addrs);
    assert_in_range(sys->clock_synced(sys->arg) + 100, 0, 101);
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    const char *const argv[] = { "echo", "hello", NULL };
    assert_int_equal(sys->exec(sys->arg, argv, 5000, &r, NULL), 0);
    assert_string_equal(r.out, "hello\n");
    assert_int_equal(sys->unmount(sys->arg, "/no/such/mount", 0, NULL), 0); /* nothing to do */
}

static void test_root(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    fake_file(&f, "/etc/x", "  first \nsecond\n");
    fake_file(&f, "/etc/empty", "\nsecond\n");
    cu_autofree char *line = node_read_line(&f.sys, "/etc/x"), *text = NULL;
    assert_string_equal(line, "first");
    assert_null(node_read_line(&f.sys, "/etc/empty"));
    assert_null(node_read_line(&f.sys, "/etc/passwd"));
    assert_true(node_exists(&f.sys, "/etc/x"));
    assert_false(node_exists(&f.sys, "/etc/passwd"));
    assert_int_equal(node_read(&f.sys, "/etc/passwd", &text, NULL), -CU_E_NOTFOUND);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_host), SCRATCH_TEST(test_root) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
