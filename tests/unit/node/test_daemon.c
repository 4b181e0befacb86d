/* tests/unit/node/test_daemon.c - direct supervision: start once, status, crash, stale pid file, stop. */
#include "fake.h"

#include <signal.h>

#include "base/timefmt.h"
#include "node/daemon.h"

static void check_state(const struct node_daemon *d, enum node_daemon_state want, const char *log)
{
    struct node_daemon_status s;
    int64_t end = cu_mono_ms() + 5000;
    for (;;) {
        assert_int_equal(node_daemon_status(d, &s, NULL), 0);
        bool done = s.state == want && (!log || cu_streq(s.last_log, log));
        if (done || cu_mono_ms() > end)
            break;
        node_daemon_status_clear(&s);
        cu_sleep_ms(5);
    }
    assert_int_equal(s.state, want);
    if (log)
        assert_string_equal(s.last_log, log);
    node_daemon_status_clear(&s);
}

static void test_life(void **state)
{
    cu_autofree char *pid_file = cu_path_join(*state, "d.pid"), *log = cu_path_join(*state, "d.log"),
                     *text = NULL;
    const char *const argv[] = { "/bin/sh", "-c", "echo up; exec sleep 60", NULL };
    struct node_daemon d = {
        .name = "d", .pid_file = pid_file, .log_file = log, .argv = argv, .grace_ms = 3000
    };
    bool started = false;
    check_state(&d, NODE_DAEMON_STOPPED, "");
    assert_int_equal(node_daemon_stop(&d, NULL), 0);
    assert_int_equal(node_daemon_start(&d, &started, NULL), 0);
    assert_true(started);
    check_state(&d, NODE_DAEMON_RUNNING, "up");
    assert_int_equal(node_daemon_start(&d, &started, NULL), 0);
    assert_false(started);
    assert_int_equal(cu_file_read(pid_file, 100, &text, NULL, NULL), 0);
    pid_t pid = atoi(text);
    assert_true(cu_pid_alive(pid));
    assert_int_equal(node_daemon_stop(&d, NULL), 0);
    assert_false(cu_pid_alive(pid));
    check_state(&d, NODE_DAEMON_STOPPED, "up");
}

static void test_crash(void **state)
{
    cu_autofree char *pid_file = cu_path_join(*state, "d.pid"), *log = cu_path_join(*state, "d.log");
    const char *const argv[] = { "/bin/sh", "-c", "seq 30; echo no disk >&2; exit 7", NULL };
    struct node_daemon d = { .name = "d", .pid_file = pid_file, .log_file = log, .argv = argv };
    assert_int_equal(node_daemon_start(&d, NULL, NULL), 0);
    check_state(&d, NODE_DAEMON_DEAD, NULL);
    for (int i = 0; i < 2; i++) { /* asking does not use the answer up */
        struct node_daemon_status s;
        assert_int_equal(node_daemon_status(&d, &s, NULL), 0);
        assert_int_equal(s.exit_status, 7);
        assert_true(cu_has_prefix(s.last_log, "12\n13\n")); /* the last 20 lines */
        assert_true(cu_has_suffix(s.last_log, "30\nno disk"));
        node_daemon_status_clear(&s);
    }
    bool started = false;
    assert_int_equal(node_daemon_start(&d, &started, NULL), 0); /* a dead one is started again */
    assert_true(started);
    assert_int_equal(node_daemon_stop(&d, NULL), 0);
}

static void test_stale_pid(void **state)
{
    cu_autofree char *pid_file = cu_path_join(*state, "d.pid"), *log = cu_path_join(*state, "d.log");
    struct node_daemon d = { .name = "d", .pid_file = pid_file, .log_file = log };
    const char *const argv[] = { "/bin/sleep", "60", NULL };
    pid_t other;
    assert_int_equal(cu_spawn(&(struct cu_spawn){ .argv = argv, .out_fd = -1, .err_fd = -1 }, &other, NULL),
                     0);
    cu_autofree char *same_number = cu_asprintf("%d %d\n", (int)other, 12345);
    const char *const contents[] = {
        same_number, "1 1\n", "-1 5\n", "0 0\n", "junk", "", "99999999999999 1"
    };
    for (size_t i = 0; i < CU_LEN(contents); i++) {
        assert_int_equal(cu_file_write_str(pid_file, contents[i], 0644, NULL), 0);
        check_state(&d, NODE_DAEMON_DEAD, NULL);
        assert_int_equal(node_daemon_stop(&d, NULL), 0);
        assert_true(cu_pid_alive(other)); /* someone else's process is left alone */
        check_state(&d, NODE_DAEMON_STOPPED, NULL);
    }
    assert_int_equal(cu_terminate(other, 1000, NULL), 0);
    assert_int_equal(node_process_start_time(other), 0);
    assert_true(node_process_start_time(getpid()) > 0);
}

static void test_failures(void **state)
{
    cu_autofree char *pid_file = cu_path_join(*state, "d.pid"), *log = cu_path_join(*state, "no/d.log");
    cu_autofree char *good_log = cu_path_join(*state, "d.log"), *no_dir = cu_path_join(*state, "no/d.pid");
    const char *const missing[] = { "/no/such/program", NULL };
    struct node_daemon d = { .name = "d", .pid_file = pid_file, .log_file = log, .argv = missing };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(node_daemon_start(&d, NULL, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), log));
    d.log_file = good_log;
    assert_int_equal(node_daemon_start(&d, NULL, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "/no/such/program"));
    assert_false(cu_exists(pid_file));
    d.pid_file = no_dir;
    assert_int_equal(node_daemon_start(&d, NULL, &err), -CU_E_NOTFOUND);
}

static void test_log_is_moved_aside(void **state)
{
    cu_autofree char *pid_file = cu_path_join(*state, "d.pid"), *log = cu_path_join(*state, "d.log");
    cu_autofree char *old = cu_path_join(*state, "d.log.1");
    const char *const argv[] = { "/bin/sh", "-c", "echo new", NULL };
    struct node_daemon d = { .name = "d", .pid_file = pid_file, .log_file = log, .argv = argv };
    assert_int_equal(cu_file_write_str(log, "x", 0600, NULL), 0);
    assert_int_equal(truncate(log, 11 * 1024 * 1024), 0);
    assert_int_equal(node_daemon_start(&d, NULL, NULL), 0);
    check_state(&d, NODE_DAEMON_DEAD, "new");
    assert_true(cu_exists(old));
    assert_int_equal(node_daemon_stop(&d, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_life), SCRATCH_TEST(test_crash),
                                        SCRATCH_TEST(test_stale_pid), SCRATCH_TEST(test_failures),
                                        SCRATCH_TEST(test_log_is_moved_aside) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
