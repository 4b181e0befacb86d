/* The templates of -o against templates.json: what kubectl 1.33 printed for the same object and template, null where
 * it refused. In a row: the format, whether missing keys fail, the output. */
#include "cm.h"
#include "base/file.h"
#include "codec/print.h"

static int check_row(const struct val *object, const struct val *row)
{
    struct codec_print_options o = { .missing_keys_fail = val_bool(val_at(row, 1), false) };
    const char *format = val_str(val_at(row, 0)), *want = val_str(val_at(row, 2));
    struct codec_printer *p = NULL;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(1 << 20);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int rc = codec_printer_new(format, &o, &p, &err);
    if (rc == 0)
        rc = codec_print(p, object, &b, &err);
    codec_printer_free(p);
    if (want ? rc == 0 && strcmp(cu_buf_str(&b), want) == 0 : rc == -CU_E_INVALID && err.msg)
        return 0;
    print_error("%s%s\n  want %s\n  got  %s\n", format, o.missing_keys_fail ? " (strict)" : "",
                want ? want : "an error", rc == 0 ? cu_buf_str(&b) : err.msg);
    return 1;
}

static void as_kubectl(void **state)
{
    cu_autofree char *text = NULL;
    cu_autoval struct val *all = NULL;
    size_t n;
    int wrong = 0;
    (void)state;
    assert_int_equal(cu_file_read(DATA "/templates.json", 1 << 20, &text, &n, NULL), 0);
    assert_int_equal(val_parse_json(text, n, &all, NULL), 0);
    const struct val *rows = val_get(all, "rows");
    assert_true(val_len(rows) > 700);
    for (size_t i = 0; i < val_len(rows); i++)
        wrong += check_row(val_get(all, "object"), val_at(rows, i));
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_kubectl) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
