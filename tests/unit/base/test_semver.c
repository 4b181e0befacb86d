/* tests/unit/base/test_semver.c - semantic versions: syntax and precedence (semver.org 2.0, section 11). */
#include "../cmocka_all.h"

#include "base/semver.h"

static void test_parse(void **state)
{
    static const char *const good[][2] = {
        { "v1.36.2", "v1.36.2" },
        { "1.2.3", "v1.2.3" },
        { "v1.2.3-rc.1+meta.5", "v1.2.3-rc.1+meta.5" },
        { "0.0.0+001", "v0.0.0+001" },
        { "1.0.0-0.a-b", "v1.0.0-0.a-b" },
        { "1.0.0--", "v1.0.0--" },
    };
    static const char *const bad[] = {
        "",
        "v",
        "1",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3-a_b",
        "1.2.3 ",
        "vv1.2.3",
        "-1.2.3",
        "1.2.99999999999",
        "1.2.3-rc.1+",
        "1.2.3+a+b",
        "1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        struct cu_semver v;
        assert_int_equal(cu_semver_parse(good[i][0], &v, NULL), 0);
        cu_autofree char *text = cu_semver_format(&v);
        assert_string_equal(text, good[i][1]);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct cu_semver v = { .major = 77 };
        assert_int_equal(cu_semver_parse(bad[i], &v, NULL), -CU_E_INVALID);
        assert_int_equal(v.major, 77);
    }
    assert_int_equal(cu_semver_parse(NULL, &(struct cu_semver){ 0 }, NULL), -CU_E_INVALID);
}

static void test_order(void **state)
{
    static const char *const rising[] = {
        "1.0.0-0",    "1.0.0-2",      "1.0.0-11",      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",  "1.0.0",         "1.0.1-rc.1",
        "1.0.1",      "1.2.0",        "1.10.0",        "2.0.0"
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rising); i++) {
        for (size_t j = 0; j < CU_LEN(rising); j++) {
            struct cu_semver a, b;
            assert_int_equal(cu_semver_parse(rising[i], &a, NULL), 0);
            assert_int_equal(cu_semver_parse(rising[j], &b, NULL), 0);
            int r = cu_semver_cmp(&a, &b);
            assert_int_equal((r > 0) - (r < 0), (i > j) - (i < j));
        }
    }
    struct cu_semver v;
    assert_int_equal(cu_semver_parse("v1.35.0-rc.0+x", &v, NULL), 0);
    assert_true(cu_semver_at_least(&v, "1.35.0-0"));
    assert_false(cu_semver_at_least(&v, "1.35.0"));
    assert_true(cu_semver_at_least(&v, "1.35.0-rc.0+other"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
