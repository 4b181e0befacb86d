/* tests/unit/base/test_timefmt.c - RFC 3339, Go durations and ages, with their edges. */
#include "../cmocka_all.h"

#include <string.h>

#include "base/timefmt.h"

static void test_rfc3339(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-11-23T21:56:50Z", 1795471010000 },
        { "2026-11-23T21:56:50.123456789Z", 1795471010123 },
        { "2026-11-23T23:26:50.5+01:30", 1795471010500 },
        { "2026-11-23T20:56:50-01:00", 1795471010000 },
        { "1969-12-31T23:59:59.500Z", -500 },
        { "2024-02-29T00:00:00Z", 1709164800000 },
        { "9999-12-31T23:59:59Z", 253402300799000 },
    };
    static const char *const bad[] = { "",
                                       "2026-11-23",
                                       "2026-11-23 21:56:50Z",
                                       "2026-11-23T21:56:50",
                                       "2026-11-23t21:56:50Z",
                                       "2026-13-23T21:56:50Z",
                                       "2026-00-23T21:56:50Z",
                                       "2026-02-29T21:56:50Z",
                                       "2026-11-31T21:56:50Z",
                                       "2026-11-23T24:56:50Z",
                                       "2026-11-23T21:60:50Z",
                                       "2026-11-23T21:56:60Z",
                                       "2026-11-23T21:56:50.Z",
                                       "2026-11-23T21:56:50Zx",
                                       "2026-11-23T21:56:50+25:00",
                                       "2026-11-23T21:56:50+0100",
                                       "26-11-23T21:56:50Z" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        int64_t ms;
        assert_int_equal(cu_parse_rfc3339(good[i].text, &ms, NULL), 0);
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        int64_t ms = 5;
        assert_int_equal(cu_parse_rfc3339(bad[i], &ms, NULL), -CU_E_INVALID);
        assert_int_equal(ms, 5);
    }
    char text[CU_RFC3339_MAX];
    cu_rfc3339(1795471010999, text);
    assert_string_equal(text, "2026-11-23T21:56:50Z");
    cu_rfc3339_micro(1795471010123, text);
    assert_string_equal(text, "2026-11-23T21:56:50.123000Z");
    cu_rfc3339_micro(-500, text);
    assert_string_equal(text, "1969-12-31T23:59:59.500000Z");
    cu_rfc3339(INT64_MAX, text); /* out of range, but never out of the buffer */
    assert_string_equal(text, "1970-01-01T00:00:00Z");
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
        const char *printed;
    } good[] = {
        { "0", 0, "0s" },
        { "24h", 86400000000000, "24h0m0s" },
        { "1m30s", 90000000000, "1m30s" },
        { "-1.5h", -5400000000000, "-1h30m0s" },
        { "1h15m30.918273645s", 4530918273645, "1h15m30.918273645s" },
        { "500ms", 500000000, "500ms" },
        { "1.5\302\265s", 1500, "1.5\302\265s" },
        { "1500us", 1500000, "1.5ms" },
        { "100ns", 100, "100ns" },
        { "+5s", 5000000000, "5s" },
        { ".5s", 500000000, "500ms" },
        { "1.s", 1000000000, "1s" },
        { "0.3333333333333333333h", 1200000000000, "20m0s" },
        { "-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s" },
        { "9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s" },
    };
    static const char *const bad[] = {
        "",        "-",   "+",   "5",  "s",    ".s",     "1x",
        "1h-5m",   " 1s", "1 s", "1d", "1e3s", "1.2.3s", "9223372036854775808ns",
        "3000000h"
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        int64_t ns;
        assert_int_equal(cu_parse_duration(good[i].text, &ns, NULL), 0);
        if (i != 12) /* a repeating fraction may lose its last nanosecond */
            assert_true(ns == good[i].ns);
        else
            assert_true(ns <= good[i].ns && ns >= good[i].ns - 10);
        cu_autofree char *text = cu_format_duration(good[i].ns);
        assert_string_equal(text, good[i].printed);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        int64_t ns = 5;
        assert_int_equal(cu_parse_duration(bad[i], &ns, NULL), -CU_E_INVALID);
        assert_int_equal(ns, 5);
    }
}

static void test_ages(void **state)
{
    static const struct {
        int64_t s;
        const char *want;
    } cases[] = {
        { -2, "<invalid>" }, { -1, "0s" },          { 0, "0s" },         { 119, "119s" },
        { 120, "2m" },       { 303, "5m3s" },       { 600, "10m" },      { 10799, "179m" },
        { 10800, "3h" },     { 11100, "3h5m" },     { 28800, "8h" },     { 172799, "47h" },
        { 172800, "2d" },    { 187200, "2d4h" },    { 691200, "8d" },    { 63071999, "729d" },
        { 63072000, "2y" },  { 95644800, "3y12d" }, { 252288000, "8y" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autofree char *got = cu_human_duration(cases[i].s);
        assert_string_equal(got, cases[i].want);
    }
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t a = cu_mono_ms(), wall = cu_now_ms(), us = cu_mono_us();
    cu_sleep_ms(20);
    cu_sleep_ms(0);
    cu_sleep_ms(-5);
    assert_in_range(cu_mono_ms() - a, 19, 5000);
    assert_true(cu_mono_us() - us >= 19000);
    assert_true(wall > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
