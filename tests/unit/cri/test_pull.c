/* Order, tries and outcomes of pulls, with a runtime that answers as a script says. */
#include "base/str.h"
#include "base/wait.h"
#include "../cmocka_all.h"
#include "cri/pull.h"
#include "http/loop.h"
#include <string.h>

/* What the runtime makes of one image. */
struct script {
    bool present, no_reference;
    const char *status_error, *pull_error;
    const char *platform, *pulled_platform; /* before and after the pull; NULL: the runtime does not tell */
    int failures;                           /* pulls that fail before one succeeds */
};

struct fake {
    const struct script *scripts; /* of images "a", "b", ... */
    struct cu_strlist log;
    int open, most_open, canceled;
    bool never; /* no answer ever comes */
};

struct answer {
    struct fake *fake;
    struct cri_pull_call *call;
    struct http_timer *timer;
    bool yes;
    const char *platform, *error;
};

static void drop(struct answer *a)
{
    http_timer_free(a->timer);
    a->fake->open--;
    free(a);
}

static void on_timer(void *arg)
{
    struct answer *a = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cri_pull_call *call = a->call;
    bool yes = a->yes;
    const char *platform = a->platform;
    if (a->error)
        cu_fail(&err, CU_E_SERVER, "%s", a->error);
    drop(a);
    cri_pull_answer(call, yes, platform, err.code ? &err : NULL);
}

static void *later(struct fake *f, struct http_loop *l, struct answer what)
{
    struct answer *a = cu_memdup(&what, sizeof(what));
    a->fake = f;
    a->timer = http_timer_new(l, on_timer, a);
    if (!f->never)
        http_timer_set(a->timer, 1);
    if (++f->open > f->most_open)
        f->most_open = f->open;
    return a;
}

/* Pulls of the image that were asked for; it is there once one succeeded. */
static int pulls(const struct fake *f, const char *image)
{
    int n = 0;
    for (size_t i = 0; i < f->log.n; i++)
        n += cu_streq(f->log.v[i], image);
    return n;
}

static void *present(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call)
{
    struct fake *f = arg;
    const struct script *s = &f->scripts[*image - 'a'];
    bool pulled = pulls(f, image) > 0;
    cu_strlist_addf(&f->log, "%s%s", pulled ? "=" : "?", image);
    return later(f, l,
                 (struct answer){ .call = call,
                                  .yes = pulled || s->present,
                                  .platform = pulled ? s->pulled_platform : s->platform,
                                  .error = s->status_error });
}

static void *pull(void *arg, struct http_loop *l, const char *image, struct cri_pull_call *call)
{
    struct fake *f = arg;
    const struct script *s = &f->scripts[*image - 'a'];
    bool fails = pulls(f, image) < s->failures;
    cu_strlist_add(&f->log, image);
    return later(f, l,
                 (struct answer){ .call = call,
                                  .yes = !fails && !s->no_reference,
                                  .error = fails ? s->pull_error : NULL });
}

static void cancel(void *handle)
{
    struct answer *a = handle;
    a->fake->canceled++;
    drop(a);
}

/* Runs images a, b, ... of the scripts; what was asked, joined by blanks, goes to *log. */
static int run(struct fake *f, size_t n, struct cri_pull p, struct cri_pull_image **v, char **log,
               struct cu_err *err)
{
    static const char *const names[] = { "a", "b", "c" };
    const struct cri_pull_door door = { present, pull, cancel, f };
    cu_autostrlist struct cu_strlist images = CU_STRLIST_INIT;
    for (size_t i = 0; i < n; i++)
        cu_strlist_add(&images, names[i]);
    p.images = &images;
    p.door = &door;
    int r = cri_pull_images(NULL, &p, v, err);
    *log = cu_strlist_join(&f->log, " ");
    cu_strlist_clear(&f->log);
    assert_int_equal(f->open, 0);
    return r;
}

static void test_one_after_another(void **state)
{
    (void)state;
    const struct script scripts[3] = { { 0 } };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    assert_int_equal(run(&f, 3, (struct cri_pull){ 0 }, &v, &log, NULL), 0);
    assert_string_equal(log, "a =a b =b c =c");
    assert_int_equal(f.most_open, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(v[i].state, CRI_PULL_DONE);
        assert_true(v[i].started_us > 0 && v[i].finished_us >= v[i].started_us);
    }
    cri_pull_free(v, 3);
}

static void test_all_at_once(void **state)
{
    (void)state;
    const struct script scripts[3] = { { 0 } };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    assert_int_equal(run(&f, 3, (struct cri_pull){ .parallel = true }, &v, &log, NULL), 0);
    assert_int_equal(f.most_open, 3);
    cri_pull_free(v, 3);
}

static void test_what_is_present_stays(void **state)
{
    (void)state;
    const struct script scripts[3] = { { .present = true }, { 0 }, { .status_error = "broken" } };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    assert_int_equal(run(&f, 3, (struct cri_pull){ .check_first = true }, &v, &log, NULL), 0);
    assert_string_equal(log, "?a ?b b =b ?c c =c");
    assert_int_equal(v[0].state, CRI_PULL_PRESENT);
    assert_null(v[1].doubt);
    assert_string_equal(v[2].doubt, "broken");
    cri_pull_free(v, 3);
}

/* What the registry has for another machine is refused once pulled; what is there for one is pulled anew. */
static void test_foreign_platform(void **state)
{
    (void)state;
    const struct script scripts[3] = {
        { .pulled_platform = "linux/none" },
        { .present = true, .platform = "plan9/amd64" },
        { .present = true, .platform = "linux/none", .pulled_platform = "linux/none" }
    };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(run(&f, 3, (struct cri_pull){ .check_first = true }, &v, &log, &err), -CU_E_SERVER);
    assert_string_equal(log, "?a a =a ?b b =b ?c c =c");
    assert_int_equal(v[0].state, CRI_PULL_FAILED);
    assert_int_equal(v[0].tries, 1);
    assert_non_null(strstr(v[0].cause, "built for linux/none"));
    assert_int_equal(v[1].state, CRI_PULL_DONE);
    assert_non_null(strstr(v[1].doubt, "built for plan9/amd64"));
    assert_int_equal(v[2].state, CRI_PULL_FAILED);
    assert_non_null(strstr(cu_err_text(&err), "image \"a\": it was built for linux/none"));
    cri_pull_free(v, 3);
}

static void test_five_tries(void **state)
{
    (void)state;
    const struct script scripts[3] = { { .pull_error = "odd", .failures = 4 },
                                       { .pull_error = "odd", .failures = 9 },
                                       { .no_reference = true } };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(run(&f, 3, (struct cri_pull){ 0 }, &v, &log, &err), -CU_E_SERVER);
    assert_string_equal(log, "a a a a a =a b b b b b c c c c c");
    assert_int_equal(v[0].state, CRI_PULL_DONE);
    assert_int_equal(v[1].state, CRI_PULL_FAILED);
    assert_string_equal(v[1].cause, "odd");
    assert_int_equal(v[2].state, CRI_PULL_FAILED);
    assert_non_null(strstr(v[2].cause, "reference"));
    assert_string_equal(cu_err_text(&err), "failed to pull image \"b\": odd");
    cri_pull_free(v, 3);
}

static void test_hopeless_is_tried_once(void **state)
{
    (void)state;
    const struct script scripts[2] = { { .pull_error = "no space left on device", .failures = 9 }, { 0 } };
    struct fake f = { .scripts = scripts };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    assert_int_equal(run(&f, 2, (struct cri_pull){ .stop_at_failed = true }, &v, &log, NULL), -CU_E_SERVER);
    assert_string_equal(log, "a");
    assert_int_equal(v[1].state, CRI_PULL_WAITING);
    cri_pull_free(v, 2);
}

static void test_no_images(void **state)
{
    (void)state;
    struct fake f = { 0 };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    assert_int_equal(run(&f, 0, (struct cri_pull){ .check_first = true }, &v, &log, NULL), 0);
    cri_pull_free(v, 0);
}

static void interrupt(void *arg, const struct cri_pull_image *v, size_t n)
{
    (void)v, (void)n;
    if (++*(int *)arg == 3)
        cu_wait_cancel();
}

/* Last: a cancel holds for the rest of the process. */
static void test_interrupted(void **state)
{
    (void)state;
    const struct script scripts[2] = { { 0 } };
    struct fake f = { .scripts = scripts, .never = true };
    struct cri_pull_image *v = NULL;
    cu_autofree char *log = NULL;
    int reports = 0;
    const struct cri_pull p = { .parallel = true, .report = interrupt, .arg = &reports };
    assert_int_equal(run(&f, 2, p, &v, &log, NULL), -CU_E_CANCELED);
    assert_int_equal(f.canceled, 2);
    cri_pull_free(v, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_another),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_what_is_present_stays),
        cmocka_unit_test(test_foreign_platform),
        cmocka_unit_test(test_five_tries),
        cmocka_unit_test(test_hopeless_is_tried_once),
        cmocka_unit_test(test_no_images),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
