/* Text broken between words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/wrap.h"

static void test_wrap(void **state)
{
    static const struct {
        size_t width, at, indent;
        const char *text, *want;
    } rows[] = {
        { 0, 4, 4, "a long line\nas it is\n", "a long line\nas it is\n" },
        { 10, 0, 0, "one two three", "one two\nthree" },
        { 7, 0, 0, "one two three", "one two\nthree" },
        { 6, 0, 0, "one two", "one\ntwo" },
        { 12, 4, 4, "one two three", "one two\n    three" },
        { 12, 8, 2, "one two three", "one\n  two three" },
        { 3, 0, 1, "much-too-long word", "much-too-long\n word" },
        { 20, 0, 0, "one\ntwo\n\nthree", "one two\n\nthree" },
        { 20, 0, 0, "one\n  two\nthree", "one\n  two three" },
        { 9, 0, 0, "a\n\n- bb cc\n- d", "a\n\n- bb cc -\nd" },
        { 9, 0, 0, "", "" },
        { 9, 0, 0, "a\n", "a\n" },
        { 9, 0, 0, "a  b", "a b" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&got, &n);
        cli_wrap(out, rows[i].width, rows[i].at, rows[i].indent, rows[i].text);
        assert_int_equal(cli_width(out), 0);
        fclose(out);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: wanted \"%s\", got \"%s\"", i, rows[i].want, got);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_wrap) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
