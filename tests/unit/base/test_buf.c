/* tests/unit/base/test_buf.c - growth, the hard maximum and the sticky failure of cu_buf. */
#include "../cmocka_all.h"

#include <string.h>

#include "base/buf.h"

static void test_append(void **state)
{
    (void)state;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(100000);
    assert_string_equal(cu_buf_str(&b), "");
    cu_buf_add(&b, "one ");
    cu_buf_addn(&b, "two!", 3);
    cu_buf_addc(&b, ' ');
    cu_buf_addf(&b, "%d", 3);
    assert_string_equal(cu_buf_str(&b), "one two 3");
    cu_buf_drop(&b, 4);
    assert_string_equal(cu_buf_str(&b), "two 3");
    cu_buf_drop(&b, 1000);
    assert_int_equal(b.len, 0);
    cu_buf_addf(&b, "%5000s", "x"); /* longer than any inner buffer */
    assert_int_equal(b.len, 5000);
    assert_int_equal(b.data[4999], 'x');
    cu_buf_reset(&b);
    assert_string_equal(cu_buf_str(&b), "");
}

static void test_maximum(void **state)
{
    (void)state;
    struct cu_buf b = CU_BUF_INIT(10);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *out = NULL;
    cu_buf_add(&b, "0123456789"); /* exactly the maximum */
    assert_false(b.failed);
    cu_buf_addc(&b, 'x');
    assert_true(b.failed);
    cu_buf_drop(&b, 5);
    cu_buf_add(&b, "y"); /* the failure sticks though there is room now */
    assert_int_equal(cu_buf_take(&b, &out, &err), -CU_E_INVALID);
    assert_null(out);
    assert_non_null(strstr(cu_err_text(&err), "larger than 10 bytes"));
    cu_buf_addf(&b, "%20s", "x");
    assert_true(b.failed);
    cu_buf_reset(&b);
    cu_buf_add(&b, "fine");
    assert_int_equal(cu_buf_take(&b, &out, &err), 0);
    assert_string_equal(out, "fine");
    free(out);
    cu_buf_addn(&b, "x", SIZE_MAX); /* must not wrap round */
    assert_true(b.failed);
    cu_buf_clear(&b);
}

static void test_take_empty(void **state)
{
    (void)state;
    struct cu_buf b = CU_BUF_INIT(10);
    cu_autofree char *out = NULL;
    assert_int_equal(cu_buf_take(&b, &out, NULL), 0);
    assert_string_equal(out, "");
    cu_buf_add(&b, "secret");
    cu_buf_clear_secret(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_take_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
