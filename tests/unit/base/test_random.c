/* tests/unit/base/test_random.c - shape and spread of random numbers, text and UUIDs. */
#include "../cmocka_all.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

static void test_below(void **state)
{
    (void)state;
    int seen[3] = { 0 };
    for (int i = 0; i < 3000; i++) {
        uint32_t v = cu_random_below(3);
        assert_true(v < 3);
        seen[v]++;
    }
    for (int i = 0; i < 3; i++)
        assert_true(seen[i] > 700);
    assert_int_equal(cu_random_below(1), 0);
    assert_true(cu_random_below(UINT32_MAX) < UINT32_MAX);
}

static void test_text(void **state)
{
    (void)state;
    char text[17] = "................";
    cu_random_text(text, 16, "ab");
    assert_int_equal(strspn(text, "ab"), 16);
    assert_int_equal(text[16], 0);
    cu_random_text(text, 0, "ab");
    assert_string_equal(text, "");
}

static void test_uuid(void **state)
{
    (void)state;
    cu_autofree char *a = cu_uuid4(), *b = cu_uuid4();
    assert_int_equal(strlen(a), 36);
    assert_string_not_equal(a, b);
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        assert_true(dash ? a[i] == '-' : strchr("0123456789abcdef", a[i]) != NULL);
    }
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
