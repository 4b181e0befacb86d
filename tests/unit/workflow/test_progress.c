/* The events file, reports of waits and the table of times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/timefmt.h"
#include "base/str.h"
#include "codec/value.h"
#include "workflow/progress.h"

static void test_events_and_table(void **state)
{
    (void)state;
    char path[] = "/tmp/test-progress-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);
    const struct wf_progress_opts o = { .out = out, .events_path = path, .timing = true };
    struct wf_progress *p = NULL;
    assert_int_equal(wf_progress_new(&o, &p, NULL), 0);
    wf_progress_begin(p, "certs");
    wf_progress_wait(p, "the kubelet", "nobody listens", 12345);
    cu_sleep_ms(2); /* worth a row */
    wf_progress_end(p, "certs", "done", NULL);
    wf_progress_begin(p, "etcd/local");
    wf_progress_end(p, "etcd/local", "failed", "disk \"full\"");
    wf_progress_end(p, "addon", "skipped", NULL);
    wf_progress_table(p);
    wf_progress_free(p);
    fclose(out);
    assert_non_null(strstr(shown, "[wait] the kubelet: nobody listens (12s)\n"));
    assert_non_null(strstr(shown, "  certs     "));
    assert_non_null(strstr(shown, "  etcd/local"));
    assert_null(strstr(shown, "addon"));
    free(shown);

    cu_autofree char *text = NULL;
    assert_int_equal(cu_file_read(path, 65536, &text, NULL, NULL), 0);
    static const char *const want[][3] = {
        { "certs", "running", "" },
        { "the kubelet", "waiting", "nobody listens" },
        { "certs", "done", "" },
        { "etcd/local", "running", "" },
        { "etcd/local", "failed", "disk \"full\"" },
        { "addon", "skipped", "" },
    };
    size_t i = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save), i++) {
        struct val *e = NULL;
        assert_int_equal(val_parse_json(line, strlen(line), &e, NULL), 0);
        assert_true(i < CU_LEN(want));
        assert_string_equal(val_get_str(e, "step"), want[i][0]);
        assert_string_equal(val_get_str(e, "state"), want[i][1]);
        assert_string_equal(val_get_str(e, "message"), want[i][2]);
        assert_non_null(val_get_str(e, "time"));
        assert_true(val_real(val_get(e, "duration"), -1) >= 0);
        val_unref(e);
    }
    assert_int_equal(i, CU_LEN(want));
    unlink(path);
}

static void test_unusable_events_file(void **state)
{
    (void)state;
    const struct wf_progress_opts o = { .out = stdout, .events_path = "/nosuch/folder/events" };
    struct wf_progress *p = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(wf_progress_new(&o, &p, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), "/nosuch/folder/events"));
}

static void test_silent_without_progress(void **state)
{
    (void)state;
    wf_progress_begin(NULL, "x");
    wf_progress_wait(NULL, "x", NULL, 0);
    wf_progress_end(NULL, "x", "done", NULL);
    wf_progress_table(NULL);
    wf_progress_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_and_table),
        cmocka_unit_test(test_unusable_events_file),
        cmocka_unit_test(test_silent_without_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
