/* tests/unit/agent/test_log_reply.c - where the last lines of a log begin. */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <string.h>

#include "../scratch.h"
#include "agent/log_reply.h"

static void test_offsets(void **state)
{
    static const struct {
        const char *text;
        int64_t lines, want;
    } cases[] = { { "", 3, 0 },          { "a\nb\nc\n", 1, 4 }, { "a\nb\nc\n", 2, 2 }, { "a\nb\nc\n", 3, 0 },
                  { "a\nb\nc\n", 9, 0 }, { "a\nb\nc", 1, 4 },   { "a\nb\nc\n", 0, 6 }, { "\n\n\n", 1, 2 } };
    cu_autofree char *path = cu_path_join(*state, "l");
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        assert_int_equal(cu_file_write_str(path, cases[i].text, 0600, NULL), 0);
        cu_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(agent_tail_offset(fd, (int64_t)strlen(cases[i].text), cases[i].lines),
                         cases[i].want);
    }
}

static void test_large(void **state)
{
    cu_autofree char *path = cu_path_join(*state, "l"), *text = cu_malloc(300001);
    for (int i = 0; i < 30000; i++)
        sprintf(text + 10 * i, "%09d\n", i);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
    cu_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (int64_t lines = 1; lines < 30000; lines += 997)
        assert_int_equal(agent_tail_offset(fd, 300000, lines), 300000 - 10 * lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_offsets), SCRATCH_TEST(test_large) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
