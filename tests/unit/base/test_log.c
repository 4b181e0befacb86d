/* tests/unit/base/test_log.c - the line format, levels per file and lines that cannot be forged. */
#include "../cmocka_all.h"

#include <regex.h>
#include <string.h>

#include "base/log.h"

static char *captured(void (*what)(void))
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    cu_log_set_stream(f);
    what();
    cu_log_set_stream(NULL);
    fclose(f);
    return text;
}

static void one_of_each(void)
{
    cu_log_info("started %s", "x");
    cu_log_warning("careful");
    cu_log_error("broken\n");
    cu_log_debug(3, "detail");
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t re;
    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    assert_int_equal(regexec(&re, text, 0, NULL, 0), 0);
    regfree(&re);
}

static void test_format(void **state)
{
    (void)state;
    cu_log_set_verbosity(0);
    cu_autofree char *text = captured(one_of_each);
#define HEAD "[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6} [ 0-9]{7} test_log[.]c:[0-9]+\\] "
    assert_matches(text, "^I" HEAD "started x\nW" HEAD "careful\nE" HEAD "broken\n$");
}

static void test_levels(void **state)
{
    (void)state;
    cu_log_set_verbosity(3);
    assert_int_equal(cu_log_verbosity(), 3);
    cu_autofree char *all = captured(one_of_each);
    assert_non_null(strstr(all, "detail"));
    cu_log_set_verbosity(2);
    cu_autofree char *fewer = captured(one_of_each);
    assert_null(strstr(fewer, "detail"));
    assert_true(cu_log_set_vmodule("other=9,test_*=3"));
    cu_autofree char *by_file = captured(one_of_each);
    assert_non_null(strstr(by_file, "detail"));
    assert_true(cu_log_set_vmodule("other=9,test_*=2"));
    cu_autofree char *not_enough = captured(one_of_each);
    assert_null(strstr(not_enough, "detail"));
    assert_false(cu_log_set_vmodule("test_log"));
    assert_false(cu_log_set_vmodule("=3"));
    assert_false(cu_log_set_vmodule("a=b"));
    assert_false(cu_log_set_vmodule("a=-1"));
    assert_true(cu_log_set_vmodule(""));
}

static void forge(void)
{
    cu_log_info("name is %s", "x\nE0101 00:00:00.000000 1 a.c:1] forged");
}

static void test_one_line(void **state)
{
    (void)state;
    cu_autofree char *text = captured(forge);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
