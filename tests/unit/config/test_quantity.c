#include "../cmocka_all.h"
#include "base/mem.h"
#include "config/quantity.h"
#include <stdlib.h>

static void canonical_forms(void **state)
{
    static const char *const table[][2] = {
        { "1024Mi", "1Gi" },
        { "0.5", "500m" },
        { "1000", "1k" },
        { "1024", "1024" },
        { "1", "1" },
        { "0", "0" },
        { "0.0", "0" },
        { "-0.5", "-500m" },
        { "1.5Gi", "1536Mi" },
        { "0.5Ki", "512" },
        { "1000000", "1M" },
        { "100m", "100m" },
        { "1e3", "1e3" },
        { "12e6", "12e6" },
        { "1E", "1E" },
        { "1Ki", "1Ki" },
        { "1023Ki", "1023Ki" },
        { "2048Ki", "2Mi" },
        { "00100", "100" },
        { "+5", "5" },
        { "0.001", "1m" },
        { "1.0", "1" },
        { "0.1Ki", "102400m" },
        { "1000m", "1" },
        { "1n", "1n" },
        { "0.1n", "1n" },
        { "7E", "7E" },
        { "7Ei", "7Ei" },
        { "3326.591e3", "3326591" },
        { "42E-3", "42e-3" },
        { "2e+5", "200e3" },
        /* no quantity is larger than 2^63-1 */
        { "10E", "9223372036854775807" },
        { "850458.519Pi", "9223372036854775807" },
        { "-8Ei", "-9223372036854775807" },
        { "1e30", "9223372036854775807" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        char *got = cfg_canonical_quantity(table[i][0]);
        assert_string_equal(got ? got : "(none)", table[i][1]);
        free(got);
    }
}

static void what_is_no_quantity(void **state)
{
    static const char *const bad[] = { "",    "abc", "1.2.3", "1 Gi", "Gi", "1KiB",
                                       "--1", "1e",  "1ee3",  "0x10", "." };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_null(cfg_canonical_quantity(bad[i]));
    assert_null(cfg_canonical_quantity(NULL));
}

static void very_long_numbers_stay(void **state)
{
    char *got = cfg_canonical_quantity("123456789012345678901234567890");
    (void)state;
    assert_string_equal(got, "123456789012345678901234567890");
    free(got);
    got = cfg_canonical_quantity("1e99");
    assert_string_equal(got, "1e99");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_forms),
        cmocka_unit_test(what_is_no_quantity),
        cmocka_unit_test(very_long_numbers_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
