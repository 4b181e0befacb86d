/* tests/unit/base/test_encode.c - base64 and hexadecimal, RFC 4648 vectors and bad input. */
#include "../cmocka_all.h"

#include <string.h>

#include "base/encode.h"
#include "base/random.h"

static void test_vectors(void **state)
{
    static const struct {
        const char *plain, *std, *url;
    } cases[] = {
        { "", "", "" },
        { "f", "Zg==", "Zg" },
        { "fo", "Zm8=", "Zm8" },
        { "foo", "Zm9v", "Zm9v" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
        { "\xfb\xff", "+/8=", "-_8" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        size_t n = strlen(cases[i].plain), got_n;
        cu_autofree char *std = cu_base64(cases[i].plain, n);
        cu_autofree char *url = cu_base64url(cases[i].plain, n);
        assert_string_equal(std, cases[i].std);
        assert_string_equal(url, cases[i].url);
        cu_autofree uint8_t *a = NULL, *b = NULL;
        assert_int_equal(cu_unbase64(std, &a, &got_n, NULL), 0);
        assert_int_equal(got_n, n);
        assert_string_equal((char *)a, cases[i].plain);
        assert_int_equal(cu_unbase64url(url, strlen(url), &b, &got_n, NULL), 0);
        assert_int_equal(got_n, n);
        assert_string_equal((char *)b, cases[i].plain);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        uint8_t in[200];
        size_t got_n;
        cu_random(in, n);
        cu_autofree char *b64 = cu_base64(in, n), *hex = cu_hex(in, n);
        cu_autofree uint8_t *a = NULL, *b = NULL;
        assert_int_equal(cu_unbase64(b64, &a, &got_n, NULL), 0);
        assert_int_equal(got_n, n);
        assert_memory_equal(a, in, n);
        assert_int_equal(cu_unhex(hex, &b, &got_n, NULL), 0);
        assert_int_equal(got_n, n);
        assert_memory_equal(b, in, n);
    }
}

static void test_white_space(void **state)
{
    (void)state;
    cu_autofree uint8_t *out = NULL;
    size_t n;
    assert_int_equal(cu_unbase64(" Zm9v\nYm\r\n\tFy ", &out, &n, NULL), 0);
    assert_string_equal((char *)out, "foobar");
    uint8_t *untouched = NULL;
    assert_int_equal(cu_unbase64url("Zm 9", 4, &untouched, &n, NULL), -CU_E_INVALID);
    assert_null(untouched);
}

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        int position;
    } bad[] = { { "Z", 1 },        { "Zg", 2 },   { "Zg=", 3 },   { "Zg===", 4 }, { "=", 0 },
                { "Zg==Zg==", 4 }, { "Zm9*", 3 }, { "Zm9v=", 4 }, { "Zm8=x", 4 }, { "Zm-_", 2 } };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *want = cu_asprintf("at input byte %d", bad[i].position);
        uint8_t *out = NULL;
        size_t n;
        assert_int_equal(cu_unbase64(bad[i].text, &out, &n, &err), -CU_E_INVALID);
        assert_null(out);
        assert_non_null(strstr(cu_err_text(&err), want));
    }
    uint8_t *out = NULL;
    size_t n;
    assert_int_equal(cu_unbase64url("Zg==", 4, &out, &n, NULL), -CU_E_INVALID);
    assert_int_equal(cu_unhex("abc", &out, &n, NULL), -CU_E_INVALID);
    assert_int_equal(cu_unhex("0g", &out, &n, NULL), -CU_E_INVALID);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_white_space),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
