/* Text broken between words. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

static void test_colour(void **state)
{
    (void)state;
    static const struct {
        const char *no_color, *term;
        bool want;
    } rows[] = {
        { NULL, "xterm", true }, { "", "xterm", true }, { "1", "xterm", false }, { NULL, "dumb", false }
    };
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    FILE *out = fdopen(open(ptsname(terminal), O_WRONLY | O_NOCTTY), "w"), *file = tmpfile();
    assert_non_null(out);
    assert_non_null(file);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setenv("TERM", rows[i].term, 1);
        unsetenv("NO_COLOR");
        if (rows[i].no_color)
            setenv("NO_COLOR", rows[i].no_color, 1);
        assert_int_equal(cli_colour(out), rows[i].want);
        assert_false(cli_colour(file));
    }
    fclose(file);
    fclose(out);
    close(terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_wrap), cmocka_unit_test(test_colour) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
