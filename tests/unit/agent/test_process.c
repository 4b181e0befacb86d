/* tests/unit/agent/test_process.c - the end of a process is told once, with its status where there is one. */
#include "../cmocka_all.h"

#include <signal.h>
#include <sys/wait.h>

#include "agent/process.h"
#include "base/proc.h"
#include "base/timefmt.h"
#include "node/daemon.h"

struct seen {
    int calls, status;
};

static void ended(void *arg, int status)
{
    struct seen *s = arg;
    s->calls++;
    s->status = status;
}

static pid_t spawn(const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    pid_t pid = 0;
    struct cu_spawn s = { .argv = argv, .out_fd = -1, .err_fd = -1, .new_session = true };
    assert_int_equal(cu_spawn(&s, &pid, NULL), 0);
    return pid;
}

static void run_until_ended(struct http_loop *l, const struct seen *s)
{
    for (int64_t end = cu_mono_ms() + 5000; s->calls == 0 && cu_mono_ms() < end;)
        http_loop_run_for(l, 50);
    assert_int_equal(s->calls, 1);
}

static void test_child(void **state)
{
    struct http_loop *l = http_loop_new();
    struct seen s = { 0, 0 };
    (void)state;
    struct agent_process *p = agent_process_new(l, spawn("exit 3"), true, ended, &s);
    run_until_ended(l, &s);
    assert_true(WIFEXITED(s.status) && WEXITSTATUS(s.status) == 3);
    agent_process_free(p);
    s.calls = 0;
    pid_t pid = spawn("sleep 60 & exec sleep 60");
    p = agent_process_new(l, pid, true, ended, &s);
    assert_int_equal(agent_process_pid(p), pid);
    http_loop_run_for(l, 30);
    assert_int_equal(s.calls, 0);
    agent_process_signal(p, SIGTERM);
    run_until_ended(l, &s);
    assert_true(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGTERM);
    int64_t end = cu_mono_ms() + 3000;
    while (kill(-pid, 0) == 0 && cu_mono_ms() < end) /* its child goes with it */
        cu_sleep_ms(5);
    agent_process_free(p);
    http_loop_free(l);
    agent_process_free(NULL);
}

static void test_adopted(void **state)
{
    struct http_loop *l = http_loop_new();
    struct seen s = { 0, 0 };
    pid_t pid = spawn("sleep 60");
    uint64_t ticks = node_process_start_time(pid);
    (void)state;
    assert_null(agent_process_adopt(l, pid, ticks + 1, ended, &s)); /* another process under that number */
    struct agent_process *p = agent_process_adopt(l, pid, ticks, ended, &s);
    assert_non_null(p);
    agent_process_signal(p, SIGKILL);
    run_until_ended(l, &s);
    assert_int_equal(s.status, -1); /* not to be known of someone else's child */
    agent_process_free(p);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_null(agent_process_adopt(l, pid, ticks, ended, &s));
    http_loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_child), cmocka_unit_test(test_adopted) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
