/* tests/unit/base/test_str.c - string questions, number and bool parsing, Kubernetes name rules. */
#include "../cmocka_all.h"

#include <string.h>

#include "base/str.h"

static void test_questions(void **state)
{
    (void)state;
    assert_true(cu_streq(NULL, NULL) && cu_streq("a", "a"));
    assert_false(cu_streq("a", NULL) || cu_streq("a", "b"));
    assert_true(cu_strcaseeq("AbC", "aBc") && cu_strcaseeq(NULL, NULL));
    assert_false(cu_strcaseeq("abc", "abcd") || cu_strcaseeq("abcd", "abc") || cu_strcaseeq("a", NULL));
    assert_true(cu_has_prefix("v1.2", "v") && cu_has_prefix("a", ""));
    assert_false(cu_has_prefix("v", "v1") || cu_has_prefix(NULL, ""));
    assert_true(cu_has_suffix("a.crt", ".crt"));
    assert_false(cu_has_suffix("crt", ".crt") || cu_has_suffix(NULL, ""));
    assert_true(cu_is_empty(NULL) && cu_is_empty("") && !cu_is_empty(" "));
    assert_string_equal(cu_or("", "x"), "x");
    assert_string_equal(cu_or("y", "x"), "y");
    assert_true(cu_equal_secret("abc", "abc"));
    assert_false(cu_equal_secret("abc", "abd") || cu_equal_secret("abc", "ab") ||
                 cu_equal_secret(NULL, NULL));
}

static void test_new_strings(void **state)
{
    (void)state;
    cu_autofree char *a = cu_trim(" \t a b\r\n"), *b = cu_trim("  "), *c = cu_lower("AbZ1");
    cu_autofree char *d = cu_replace("/etc/x/", "/", "-"), *e = cu_replace("aaa", "aa", "b"),
                     *f = cu_replace("x", "", "y"), *g = cu_replace("abc", "b", "");
    assert_string_equal(a, "a b");
    assert_string_equal(b, "");
    assert_string_equal(c, "abz1");
    assert_string_equal(d, "-etc-x-");
    assert_string_equal(e, "ba");
    assert_string_equal(f, "x");
    assert_string_equal(g, "ac");
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = { { "0", 0 },
                 { "-1", -1 },
                 { "+7", 7 },
                 { "007", 7 },
                 { "9223372036854775807", INT64_MAX },
                 { "-9223372036854775808", INT64_MIN } };
    static const char *const bad[] = { "",
                                       "-",
                                       "+",
                                       "1x",
                                       " 1",
                                       "1 ",
                                       "0x10",
                                       "1.0",
                                       "--1",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999999" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        int64_t v;
        assert_int_equal(cu_parse_i64(good[i].text, INT64_MIN, INT64_MAX, &v, NULL), 0);
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        int64_t v = 42;
        assert_int_equal(cu_parse_i64(bad[i], INT64_MIN, INT64_MAX, &v, NULL), -CU_E_INVALID);
        assert_int_equal(v, 42);
    }
    int64_t v;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(cu_parse_i64("65536", 1, 65535, &v, &err), -CU_E_INVALID);
    assert_string_equal(cu_err_text(&err), "65536 is not in range 1 to 65535");
    assert_int_equal(cu_parse_i64(NULL, 0, 1, &v, NULL), -CU_E_INVALID);
}

static void test_bools(void **state)
{
    static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
    static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };
    static const char *const bad[] = { "", "yes", "tRUE", "2", " true" };
    (void)state;
    bool b;
    for (size_t i = 0; i < CU_LEN(yes); i++)
        assert_true(cu_parse_bool(yes[i], &b, NULL) == 0 && b);
    for (size_t i = 0; i < CU_LEN(no); i++)
        assert_true(cu_parse_bool(no[i], &b, NULL) == 0 && !b);
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_int_equal(cu_parse_bool(bad[i], &b, NULL), -CU_E_INVALID);
}

static void test_names(void **state)
{
    char label63[64], label64[65], sub254[256];
    (void)state;
    memset(label64, 'a', 64), label64[64] = 0;
    memset(label63, 'a', 63), label63[63] = 0;
    for (int i = 0; i < 254; i++)
        sub254[i] = i % 10 == 9 ? '.' : 'a';
    sub254[254] = 0;
    assert_true(cu_is_dns_label("a") && cu_is_dns_label("0-a") && cu_is_dns_label(label63));
    assert_false(cu_is_dns_label("") || cu_is_dns_label("-a") || cu_is_dns_label("a-") ||
                 cu_is_dns_label("A") || cu_is_dns_label("a.b") || cu_is_dns_label("a_b") ||
                 cu_is_dns_label(label64) || cu_is_dns_label(NULL));
    assert_true(cu_is_dns_subdomain("a.b-c.0") && cu_is_dns_subdomain(label64));
    assert_false(cu_is_dns_subdomain(".a") || cu_is_dns_subdomain("a.") || cu_is_dns_subdomain("a..b") ||
                 cu_is_dns_subdomain("a.-b") || cu_is_dns_subdomain(sub254) || cu_is_dns_subdomain(NULL));
    sub254[253] = 0;
    assert_true(cu_is_dns_subdomain(sub254));
    assert_true(cu_is_qualified_name("Name_1.x") && cu_is_qualified_name("a.io/Name"));
    assert_false(cu_is_qualified_name("") || cu_is_qualified_name("a/b/c") ||
                 cu_is_qualified_name("A.io/x") || cu_is_qualified_name("/x") || cu_is_qualified_name("a/") ||
                 cu_is_qualified_name("-x") || cu_is_qualified_name(label64) || cu_is_qualified_name(NULL));
    assert_true(cu_is_label_value("") && cu_is_label_value("a_B.9"));
    assert_false(cu_is_label_value("a/b") || cu_is_label_value(".a") || cu_is_label_value(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions), cmocka_unit_test(test_new_strings), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bools),     cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
