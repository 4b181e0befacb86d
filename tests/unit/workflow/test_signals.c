/* What the first signal stops, and which further one ends the process. Each case is a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "workflow/workflow.h"

/* The status of a process that does this. */
static int status_of(void (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        wf_catch_signals();
        body();
        _exit(wf_interrupted() ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void none(void)
{
}

static void one(void)
{
    raise(SIGTERM);
}

static void two_at_once(void)
{
    raise(SIGINT);
    raise(SIGINT);
}

static void a_later_one(void)
{
    raise(SIGINT);
    cu_sleep_ms(1050);
    raise(SIGTERM);
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(status_of(none), 1);
    assert_int_equal(status_of(one), 0);
    assert_int_equal(status_of(two_at_once), 0);
    assert_int_equal(status_of(a_later_one), 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_signals) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
