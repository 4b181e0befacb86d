/* tests/unit/base/test_wait.c - waits end on success, time, cause and cancel, and report what is missing. */
#include "../cmocka_all.h"

#include <stdbool.h>
#include <string.h>

#include "base/timefmt.h"
#include "base/wait.h"

struct fake {
    int probes, done_at, final_at, cancel_at, reports;
    bool cause;
    char last[64];
    int64_t first_ms;
};

static enum cu_wait_state probe(void *arg, char **missing, struct cu_err *err)
{
    struct fake *f = arg;
    f->probes++;
    if (f->probes == f->cancel_at)
        cu_wait_cancel();
    if (f->probes == f->done_at)
        return CU_WAIT_DONE;
    if (f->probes == f->final_at) {
        *missing = cu_strdup("dropped");
        if (f->cause)
            cu_fail(err, CU_E_AUTH, "the token expired");
        return CU_WAIT_FINAL;
    }
    *missing = cu_asprintf("step %d", f->probes);
    return CU_WAIT_PENDING;
}

static void report(void *arg, const char *what, const char *missing, int64_t elapsed_ms)
{
    struct fake *f = arg;
    assert_string_equal(what, "the thing");
    assert_true(elapsed_ms >= 0);
    snprintf(f->last, sizeof f->last, "%s", missing);
    f->reports++;
}

static struct cu_wait wait_on(struct fake *f, int64_t timeout_ms, int64_t interval_ms)
{
    return (struct cu_wait){ .what = "the thing",
                             .timeout_ms = timeout_ms,
                             .interval_ms = interval_ms,
                             .report_ms = 30,
                             .probe = probe,
                             .report = report,
                             .arg = f };
}

static void test_done(void **state)
{
    (void)state;
    struct fake f = { .done_at = 4 };
    struct cu_wait w = wait_on(&f, 10000, 1000);
    int64_t start = cu_mono_ms();
    assert_int_equal(cu_wait_for(&w, NULL), 0);
    assert_int_equal(f.probes, 4);
    assert_true(cu_mono_ms() - start < 1000); /* 2 + 4 + 8 ms: the first pauses are short */
    struct fake at_once = { .done_at = 1 };
    w = wait_on(&at_once, 0, 1000);
    assert_int_equal(cu_wait_for(&w, NULL), 0);
    assert_int_equal(at_once.reports, 0);
}

static void test_timeout(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct fake f = { 0 };
    struct cu_wait w = wait_on(&f, 150, 10);
    assert_int_equal(cu_wait_for(&w, &err), -CU_E_TIMEOUT);
    cu_autofree char *want = cu_asprintf("timed out after 150ms waiting for the thing: step %d", f.probes);
    assert_string_equal(cu_err_text(&err), want);
    assert_in_range(f.reports, 2, 6);
    assert_memory_equal(f.last, "step ", 5);
}

static void test_final(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct fake f = { .final_at = 3, .cause = true };
    struct cu_wait w = wait_on(&f, 10000, 10);
    assert_int_equal(cu_wait_for(&w, &err), -CU_E_AUTH);
    assert_string_equal(cu_err_text(&err), "the token expired");
    struct fake again = { .final_at = 1, .cause = true };
    w = wait_on(&again, 10000, 10);
    assert_int_equal(cu_wait_for(&w, NULL), -CU_E_AUTH);
    struct fake silent = { .final_at = 1 };
    w = wait_on(&silent, 10000, 10);
    assert_int_equal(cu_wait_for(&w, &err), -CU_E_FINAL);
}

static void test_cancel(void **state)
{
    (void)state; /* last: a cancel stays */
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct fake f = { .cancel_at = 2 };
    struct cu_wait w = wait_on(&f, 60000, 60000);
    int64_t start = cu_mono_ms();
    assert_int_equal(cu_wait_for(&w, &err), -CU_E_CANCELED);
    assert_true(cu_mono_ms() - start < 5000);
    assert_int_equal(cu_wait_for(&w, &err), -CU_E_CANCELED);
    assert_non_null(strstr(cu_err_text(&err), "the thing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_final),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
