/* tests/unit/agent/test_mark.c - marks on processes are read back, and only ours. */
#include "../cmocka_all.h"

#include <signal.h>
#include <string.h>

#include "../scratch.h"
#include "agent/mark.h"
#include "base/proc.h"
#include "base/str.h"

static void test_read(void **state)
{
    struct agent_leftover l = { .pid = 0 };
    (void)state;
    static const char env[] =
        "PATH=/bin\0CUBEADM_POD=a|b\0CUBEADM_POD=ns|p|c|h|/x\0CUBEADM_POD=ns|pod|c1|hash|/r|oot\0A=b";
    assert_true(agent_mark_read(env, sizeof env, "/r|oot", &l));
    assert_string_equal(l.ns, "ns");
    assert_string_equal(l.pod, "pod");
    assert_string_equal(l.container, "c1");
    assert_string_equal(l.hash, "hash");
    free(l.ns), free(l.pod), free(l.container), free(l.hash);
    assert_false(agent_mark_read(env, sizeof env, "/other", &l));
    assert_false(agent_mark_read("", 0, "/x", &l));
    assert_false(agent_mark_read("CUBEADM_POD", 11, "", &l));
    cu_autofree char *made = agent_mark_make("/r", "n", "p", "c", "h");
    assert_string_equal(made, "CUBEADM_POD=n|p|c|h|/r");
}

static void test_find(void **state)
{
    cu_autofree char *mark = agent_mark_make(*state, "n", "p", "c", "h");
    const char *const argv[] = { "/bin/sh", "-c", "sleep 60 & wait", NULL }, *const env[] = { mark, NULL };
    pid_t pid;
    struct agent_leftover *left = NULL;
    size_t n = 7;
    agent_leftovers_find(*state, &left, &n);
    assert_int_equal(n, 0);
    agent_leftovers_free(left, n);
    struct cu_spawn s = { .argv = argv, .env = env, .out_fd = -1, .err_fd = -1, .new_session = true };
    assert_int_equal(cu_spawn(&s, &pid, NULL), 0);
    agent_leftovers_find(*state, &left, &n); /* the child of it carries the mark too, but is not meant */
    assert_int_equal(n, 1);
    assert_int_equal(left[0].pid, pid);
    assert_true(left[0].start_ticks > 0);
    assert_string_equal(left[0].hash, "h");
    agent_leftovers_free(left, n);
    assert_int_equal(kill(-pid, SIGKILL), 0);
    assert_int_equal(cu_terminate(pid, 1000, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_read), SCRATCH_TEST(test_find) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
