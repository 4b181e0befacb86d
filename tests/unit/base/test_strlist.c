/* tests/unit/base/test_strlist.c - lists of owned strings: split, join, sort, unique. */
#include "../cmocka_all.h"

#include "base/strlist.h"

static void test_split_join(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = { { "a,,b", 3 }, { "", 0 }, { ",", 2 }, { "a", 1 }, { "a,", 2 } };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
        cu_strlist_split(&l, cases[i].text, ',');
        assert_int_equal(l.n, cases[i].n);
        cu_autofree char *joined = cu_strlist_join(&l, ",");
        assert_string_equal(joined, cases[i].text);
    }
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT;
    cu_strlist_split(&l, NULL, ',');
    assert_int_equal(l.n, 0);
    assert_null(l.v);
}

static void test_list(void **state)
{
    (void)state;
    cu_autostrlist struct cu_strlist l = CU_STRLIST_INIT, other = CU_STRLIST_INIT;
    cu_strlist_sort(&l);
    cu_strlist_add(&l, "b");
    cu_strlist_addf(&l, "%s%d", "c", 1);
    cu_strlist_take(&l, cu_strdup("B"));
    cu_strlist_add_unique(&l, "b");
    cu_strlist_add_unique(&l, "a");
    assert_int_equal(l.n, 4);
    assert_null(l.v[4]); /* usable as an argv */
    cu_strlist_sort(&l);
    cu_autofree char *joined = cu_strlist_join(&l, " ");
    assert_string_equal(joined, "B a b c1");
    assert_true(cu_strlist_has(&l, "c1"));
    assert_false(cu_strlist_has(&l, "c"));
    cu_strlist_copy(&other, &l);
    cu_strlist_copy(&other, &other);
    assert_int_equal(other.n, 8);
    cu_strlist_clear(&l);
    assert_int_equal(l.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_join),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
