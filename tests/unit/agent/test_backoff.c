/* tests/unit/agent/test_backoff.c - the pauses between restarts. */
#include "../cmocka_all.h"

#include "agent/backoff.h"
#include "base/mem.h"

static void test_pauses(void **state)
{
    static const int64_t seconds[] = { 1, 10, 20, 40, 80, 160, 300, 300 };
    struct agent_backoff b = { 0 };
    (void)state;
    for (size_t i = 0; i < CU_LEN(seconds); i++)
        assert_int_equal(agent_backoff_next(&b, 500), seconds[i] * 1000);
    assert_int_equal(agent_backoff_next(&b, 599999), 300000);
    assert_int_equal(agent_backoff_next(&b, 600000), 1000); /* a good run is forgiven */
    assert_int_equal(agent_backoff_next(&b, 0), 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pauses) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
