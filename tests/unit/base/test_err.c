/* tests/unit/base/test_err.c - error objects: set, wrap, move, and the mapping of errno. */
#include "../cmocka_all.h"

#include <errno.h>

#include "base/err.h"

static void test_chain(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_string_equal(cu_err_text(&err), "unknown error");
    assert_int_equal(cu_fail(&err, CU_E_TIMEOUT, "no answer from %s", "10.0.0.1"), -CU_E_TIMEOUT);
    assert_int_equal(cu_wrap(&err, "get node %s", "n1"), -CU_E_TIMEOUT);
    assert_int_equal(cu_wrap(&err, "join"), -CU_E_TIMEOUT);
    assert_string_equal(cu_err_text(&err), "join: get node n1: no answer from 10.0.0.1");
    assert_int_equal(cu_fail(&err, CU_E_IO, "again: %s", cu_err_text(&err)), -CU_E_IO); /* its own text */
    assert_string_equal(cu_err_text(&err), "again: join: get node n1: no answer from 10.0.0.1");
    cu_err_clear(&err);
    assert_int_equal(err.code, CU_OK);
    assert_null(err.msg);
}

static void test_errno(void **state)
{
    static const struct {
        int errnum, code;
    } cases[] = { { ENOENT, CU_E_NOTFOUND },       { EEXIST, CU_E_EXISTS },
                  { EACCES, CU_E_FORBIDDEN },      { EPERM, CU_E_FORBIDDEN },
                  { ECONNREFUSED, CU_E_REFUSED },  { EHOSTUNREACH, CU_E_UNREACHABLE },
                  { ETIMEDOUT, CU_E_UNREACHABLE }, { ENOSPC, CU_E_IO } };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(cu_fail_errno(&err, cases[i].errnum, "open x"), -cases[i].code);
        assert_int_equal(err.code, cases[i].code);
    }
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_fail_errno(&err, ENOSPC, "write %s", "/a");
    assert_string_equal(cu_err_text(&err), "write /a: No space left on device");
}

static void test_move_and_null(void **state)
{
    (void)state;
    cu_autoerr struct cu_err a = CU_ERR_INIT, b = CU_ERR_INIT;
    cu_fail(&a, CU_E_AUTH, "a");
    cu_fail(&b, CU_E_IO, "b");
    cu_err_move(&a, &b);
    assert_string_equal(cu_err_text(&a), "b");
    assert_int_equal(a.code, CU_E_IO);
    assert_null(b.msg);
    cu_err_move(&a, &a);
    assert_string_equal(cu_err_text(&a), "b");
    cu_err_move(NULL, &a);
    assert_null(a.msg);
    assert_int_equal(cu_fail(NULL, CU_E_CONFLICT, "x"), -CU_E_CONFLICT);
    assert_int_equal(cu_fail_errno(NULL, ENOENT, "x"), -CU_E_NOTFOUND);
    assert_true(cu_wrap(NULL, "x") < 0);
    assert_string_equal(cu_err_text(NULL), "unknown error");
    cu_err_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_move_and_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
