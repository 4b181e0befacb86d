/* tests/unit/base/test_proc.c - running, starting and ending programs, and all the ways they misbehave. */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/proc.h"
#include "base/timefmt.h"

static void test_which(void **state)
{
    (void)state;
    cu_autofree char *sh = cu_which("sh"), *full = cu_which("/bin/sh");
    assert_non_null(sh);
    assert_true(sh[0] == '/');
    assert_string_equal(full, "/bin/sh");
    assert_null(cu_which("no-such-program-here"));
    assert_null(cu_which("/etc"));
    assert_null(cu_which("/etc/passwd"));
    assert_null(cu_which(""));
}

static int sh(const char *script, const char *input, int64_t ms, struct cu_proc_result *r, struct cu_err *err)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    return cu_run(argv, input, ms, r, err);
}

static void test_run(void **state)
{
    (void)state;
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    assert_int_equal(sh("echo out; echo err >&2; exit 3", NULL, 10000, &r, NULL), 0);
    assert_int_equal(r.status, 3);
    assert_string_equal(r.out, "out\n");
    assert_string_equal(r.errout, "err\n");
    assert_int_equal(sh("cat", "some input", 10000, &r, NULL), 0);
    assert_string_equal(r.out, "some input");
    assert_string_equal(r.errout, "");
    assert_int_equal(sh("cat", NULL, 10000, &r, NULL), 0); /* no input is an empty one */
    assert_string_equal(r.out, "");
    assert_int_equal(sh("true", "never read", 10000, &r, NULL), 0);
    assert_int_equal(r.status, 0);
    assert_int_equal(sh("kill -9 $$", NULL, 10000, &r, NULL), 0);
    assert_int_equal(r.status, 128 + SIGKILL);
}

static void test_run_much_output(void **state)
{
    (void)state;
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    assert_int_equal(sh("head -c 3000000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero | tr '\\0' y >&2",
                        NULL, 20000, &r, NULL),
                     0);
    assert_int_equal(strlen(r.out), 1024 * 1024);
    assert_int_equal(strlen(r.errout), 200000);
}

static void test_run_failures(void **state)
{
    (void)state;
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t start = cu_mono_ms();
    assert_int_equal(sh("sleep 60 | cat", NULL, 100, &r, &err), -CU_E_TIMEOUT);
    assert_true(cu_mono_ms() - start < 5000);
    assert_non_null(strstr(cu_err_text(&err), "100ms"));
    start = cu_mono_ms();
    assert_int_equal(sh("sleep 5 & echo started", NULL, 4000, &r, &err), 0); /* a grandchild holds the pipe */
    assert_string_equal(r.out, "started\n");
    assert_true(cu_mono_ms() - start < 3000);
    const char *const none[] = { "no-such-program-here", NULL };
    assert_int_equal(cu_run(none, NULL, 1000, &r, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "no-such-program-here"));
}

static int wait_status(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_spawn(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const char *const argv[] = { "/bin/sh", "-c", "pwd; echo $ONLY $HOME; ls /proc/self/fd | wc -l", NULL };
    const char *const env[] = { "ONLY=this", NULL };
    struct cu_spawn s = {
        .argv = argv, .env = env, .cwd = "/tmp", .out_fd = fds[1], .err_fd = fds[1], .new_session = true
    };
    pid_t pid = 0;
    assert_int_equal(cu_spawn(&s, &pid, NULL), 0);
    close(fds[1]);
    cu_autofree char *text = NULL;
    assert_int_equal(cu_fd_read(fds[0], 10000, &text, NULL, NULL), 0);
    close(fds[0]);
    assert_true(WIFEXITED(wait_status(pid)));
    assert_string_equal(text, "/tmp\nthis\n4\n"); /* 0, 1, 2 and the listing itself: nothing leaked */
}

static void test_spawn_failures(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const char *const missing[] = { "/no/such/program", NULL };
    const char *const folder[] = { "/etc", NULL };
    const char *const fine[] = { "/bin/true", NULL };
    pid_t pid = -7;
    assert_int_equal(cu_spawn(&(struct cu_spawn){ .argv = missing, .out_fd = -1, .err_fd = -1 }, &pid, &err),
                     -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "/no/such/program"));
    assert_int_equal(cu_spawn(&(struct cu_spawn){ .argv = folder, .out_fd = -1, .err_fd = -1 }, &pid, &err),
                     -CU_E_FORBIDDEN);
    assert_int_equal(
        cu_spawn(&(struct cu_spawn){ .argv = fine, .cwd = "/no/such", .out_fd = -1, .err_fd = -1 }, &pid,
                 &err),
        -CU_E_NOTFOUND);
    assert_int_equal(pid, -7);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* failed starts leave no child */
}

static int write_number(pid_t pid, void *file, struct cu_err *err)
{
    cu_autofree char *text = cu_asprintf("%d", (int)pid);
    return cu_file_write_str(file, text, 0600, err);
}

static int cannot_write(pid_t pid, void *file, struct cu_err *err)
{
    (void)pid;
    return cu_fail(err, CU_E_IO, "no room for %s", (const char *)file);
}

static int starter_dies(pid_t pid, void *file, struct cu_err *err)
{
    write_number(pid, file, err);
    raise(SIGKILL);
    return 0;
}

static void test_spawn_record(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-proc-XXXXXX";
    assert_non_null(mkdtemp(dir));
    cu_autofree char *number = cu_path_join(dir, "number"), *ran = cu_path_join(dir, "ran"), *text = NULL;
    /* the number is there before the program runs */
    cu_autofree char *script = cu_asprintf("test -s %s && touch %s", number, ran);
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    struct cu_spawn s = {
        .argv = argv, .out_fd = -1, .err_fd = -1, .record = write_number, .record_arg = number
    };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    pid_t pid = -7;

    assert_int_equal(cu_spawn(&s, &pid, NULL), 0);
    assert_int_equal(WEXITSTATUS(wait_status(pid)), 0);
    assert_true(cu_exists(ran));
    assert_int_equal(cu_unlink(ran, NULL), 0);

    s.record = cannot_write;
    pid = -7;
    assert_int_equal(cu_spawn(&s, &pid, &err), -CU_E_IO);
    assert_int_equal(pid, -7);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_false(cu_exists(ran));

    s.record = starter_dies;
    pid_t starter = fork();
    if (starter == 0)
        _exit(cu_spawn(&s, &pid, NULL) < 0);
    assert_int_equal(WTERMSIG(wait_status(starter)), SIGKILL);
    assert_int_equal(cu_file_read(number, 100, &text, NULL, NULL), 0);
    while (cu_pid_alive(atoi(text)))
        usleep(1000);
    assert_false(cu_exists(ran));
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
}

static void test_terminate(void **state)
{
    (void)state;
    const char *const polite[] = { "/bin/sleep", "60", NULL };
    const char *const stubborn[] = { "/bin/sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done", NULL };
    pid_t pid;
    assert_int_equal(cu_spawn(&(struct cu_spawn){ .argv = polite, .out_fd = -1, .err_fd = -1 }, &pid, NULL),
                     0);
    assert_true(cu_pid_alive(pid));
    int64_t start = cu_mono_ms();
    assert_int_equal(cu_terminate(pid, 5000, NULL), 0);
    assert_true(cu_mono_ms() - start < 4000);
    assert_false(cu_pid_alive(pid));
    assert_int_equal(cu_terminate(pid, 10, NULL), 0); /* gone already */
    int fds[2];
    char c;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(
        cu_spawn(&(struct cu_spawn){ .argv = stubborn, .out_fd = fds[1], .err_fd = -1 }, &pid, NULL), 0);
    assert_int_equal(read(fds[0], &c, 1), 1); /* the trap is set */
    assert_int_equal(cu_terminate(pid, 100, NULL), 0);
    assert_false(cu_pid_alive(pid));
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(cu_terminate(0, 10, NULL), -CU_E_INVALID);
    assert_int_equal(cu_terminate(-1, 10, NULL), -CU_E_INVALID);
    assert_int_equal(cu_terminate(1, 10, NULL), -CU_E_INVALID);
    assert_false(cu_pid_alive(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which),           cmocka_unit_test(test_run),
        cmocka_unit_test(test_run_much_output), cmocka_unit_test(test_run_failures),
        cmocka_unit_test(test_spawn),           cmocka_unit_test(test_spawn_failures),
        cmocka_unit_test(test_terminate),       cmocka_unit_test(test_spawn_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
