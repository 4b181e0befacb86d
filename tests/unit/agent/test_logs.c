/* tests/unit/agent/test_logs.c - where logs are, their last lines, their cap. */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <string.h>

#include "../scratch.h"
#include "agent/launch.h"

static void test_paths(void **state)
{
    (void)state;
    cu_autofree char *a = agent_log_dir("/l", "kube-system", "etcd"), *b = agent_log_dir("/l", "x", "etcd");
    cu_autofree char *c = agent_log_path(a, "e"), *d = agent_log_previous_path(a, "e");
    assert_string_equal(a, "/l/etcd");
    assert_string_equal(b, "/l/x_etcd");
    assert_string_equal(c, "/l/etcd/e.log");
    assert_string_equal(d, "/l/etcd/e.previous.log");
}

static void test_tail(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        const char *want;
    } cases[] = { { "", 10, "" },
                  { "one\n", 10, "one" },
                  { "one\ntwo\n\n", 100, "one\ntwo" },
                  { "12345\n67\n", 5, "67" },
                  { "123456789", 4, "6789" },
                  { "\n\n\n", 10, "" } };
    cu_autofree char *path = cu_path_join(*state, "l"), *none = agent_log_tail(path, 100);
    assert_string_equal(none, "");
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        assert_int_equal(cu_file_write_str(path, cases[i].text, 0600, NULL), 0);
        cu_autofree char *got = agent_log_tail(path, cases[i].max);
        assert_string_equal(got, cases[i].want);
    }
}

static void test_cap(void **state)
{
    cu_autofree char *path = cu_path_join(*state, "l"), *old = cu_path_join(*state, "o"), *text = NULL,
                     *now = NULL;
    agent_log_cap(path, old, 5); /* no log: nothing to do */
    cu_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "12345", 5), 5);
    agent_log_cap(path, old, 5);
    assert_false(cu_exists(old));
    assert_int_equal(write(fd, "6", 1), 1);
    agent_log_cap(path, old, 5);
    assert_int_equal(cu_file_read(old, 100, &text, NULL, NULL), 0);
    assert_string_equal(text, "123456");
    assert_int_equal(write(fd, "7", 1), 1); /* who holds it open writes on at its new end */
    assert_int_equal(cu_file_read(path, 100, &now, NULL, NULL), 0);
    assert_string_equal(now, "7");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths), SCRATCH_TEST(test_tail),
                                        SCRATCH_TEST(test_cap) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
