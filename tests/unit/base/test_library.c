/* tests/unit/base/test_library.c - a library that is there, one that is not, one that lacks a symbol. */
#include "../cmocka_all.h"

#include "base/library.h"
#include "base/mem.h"

static void test_load(void **state)
{
    (void)state;
    double (*square_root)(double) = NULL;
    void (*none)(void) = NULL;
    const struct cu_symbol good[] = { { "sqrt", &square_root } };
    const struct cu_symbol lacking[] = { { "sqrt", &square_root }, { "no_such_symbol", &none } };

    assert_null(cu_library_load("libm.so.6", "absent", good, CU_LEN(good)));
    assert_true(square_root(9.0) > 2.9 && square_root(9.0) < 3.1);
    assert_string_equal(cu_library_load("libm.so.6", "absent", lacking, CU_LEN(lacking)), "no_such_symbol");
    assert_null(none);
    assert_string_equal(cu_library_load("libnone.so.0", "absent", good, CU_LEN(good)), "absent");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_load) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
