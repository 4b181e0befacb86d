/* Order, selection, needs and running of phases (spec init 2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "workflow/workflow.h"

struct ph_ctx { /* the runner's opaque type, given a test's own content */
    struct cu_buf log;
    const char *fail_at;
    const struct wf_phase *phase;
};

static void enter(struct ph_ctx *c, const struct wf_phase *phase)
{
    c->phase = phase;
}

static int note(struct ph_ctx *c, struct cu_err *err)
{
    cu_buf_addf(&c->log, "%s ", c->phase->name);
    return cu_streq(c->fail_at, c->phase->name) ? cu_fail(err, CU_E_IO, "no luck") : 0;
}

static int never(struct ph_ctx *c, bool *yes, struct cu_err *err)
{
    *yes = false;
    return cu_streq(c->fail_at, "condition") ? cu_fail(err, CU_E_IO, "cannot tell") : 0;
}

static const struct wf_phase certs[] = {
    { .name = "all", .all = true },
    { .name = "ca", .run = note },
    { .name = "sa", .run = note },
};
static const struct wf_phase top[] = {
    { .name = "preflight", .run = note },
    { .name = "certs", .run = note, .children = certs, .n_children = CU_LEN(certs) },
    { .name = "maybe", .run = note, .when = never },
    { .name = "show", .run = note, .needs = (const char *const[]){ "preflight", "certs/sa", NULL } },
};
static const struct wf_tree tree = { top, CU_LEN(top) };

/* Selects and runs; returns the names that ran, or the error's text. */
static char *run(const char *only, const char *skip, const char *fail_at)
{
    struct ph_ctx c = { .log = CU_BUF_INIT(4096), .fail_at = fail_at };
    cu_autostrlist struct cu_strlist list = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_strlist_split(&list, skip ? skip : "", ',');
    struct wf_plan *p = wf_plan_new(&tree);
    const struct wf_hooks h = { .ctx = &c, .enter = enter };
    int r = wf_plan_select(p, only, &list, &err);
    if (r == 0)
        r = wf_plan_run(p, &h, &err);
    wf_plan_free(p);
    char *out = cu_strdup(r < 0 ? cu_err_text(&err) : cu_buf_str(&c.log));
    cu_buf_clear(&c.log);
    return out;
}

static void test_selection(void **state)
{
    (void)state;
    static const struct {
        const char *only, *skip, *fail_at, *want;
    } rows[] = {
        { NULL, NULL, NULL, "preflight certs ca sa show " },
        { "preflight", NULL, NULL, "preflight " },
        { "certs", NULL, NULL, "certs ca sa " },
        { "certs/all", NULL, NULL, "certs ca sa " },
        { "certs/sa", NULL, NULL, "sa " },
        { NULL, "certs,show", NULL, "preflight " },
        { NULL, "certs/ca", NULL, "preflight certs sa show " },
        { NULL, "certs/all", NULL, "preflight certs ca sa show " },
        { NULL, "Certs", NULL, "invalid phase name: Certs; there are: preflight, certs, maybe, show" },
        { NULL, "certs/", NULL, "invalid phase name: certs/; there are: certs/ca, certs/sa" },
        { NULL, "", NULL, "preflight certs ca sa show " },
        { NULL, "ca", NULL, "invalid phase name: ca; there are: preflight, certs, maybe, show" },
        { "nosuch", NULL, NULL, "invalid phase name: nosuch; there are: preflight, certs, maybe, show" },
        { "show", NULL, NULL,
          "unresolved dependencies:\n\tmissing [preflight certs/sa] phase(s) needed by \"show\" phase" },
        { NULL, "certs/sa", NULL,
          "unresolved dependencies:\n\tmissing [certs/sa] phase(s) needed by \"show\" phase" },
        { NULL, NULL, "sa", "error execution phase certs/sa: no luck" },
        { NULL, NULL, "condition", "error execution run condition for phase maybe: cannot tell" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *got = run(rows[i].only, rows[i].skip, rows[i].fail_at);
        assert_string_equal(got, rows[i].want);
    }
}

static void test_walk(void **state)
{
    (void)state;
    struct wf_plan *p = wf_plan_new(&tree);
    const struct wf_phase *phase;
    const char *full;
    bool selected;
    struct cu_buf got = CU_BUF_INIT(4096);
    for (size_t i = 0; wf_plan_next(p, &i, &phase, &full, &selected);)
        cu_buf_addf(&got, "%s ", full);
    assert_string_equal(cu_buf_str(&got), "preflight certs certs/all certs/ca certs/sa maybe show ");
    assert_true(wf_plan_selected(p, "certs/ca"));
    assert_false(wf_plan_selected(p, "nosuch"));
    cu_buf_clear(&got);
    wf_plan_free(p);
}

static void test_phase_without_function(void **state)
{
    (void)state;
    static const struct wf_phase lone[] = { { .name = "lone" } };
    static const struct wf_tree small = { lone, CU_LEN(lone) };
    struct ph_ctx c = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct wf_plan *p = wf_plan_new(&small);
    const struct wf_hooks h = { .ctx = &c, .enter = enter };
    assert_int_equal(wf_plan_run(p, &h, &err), -CU_E_INVALID);
    assert_string_equal(cu_err_text(&err), "phase lone is not part of this build");
    wf_plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_phase_without_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
