/* tests/unit/codec/cm.h - cmocka with the headers it wants, and readers of literals. */
#ifndef TEST_CODEC_CM_H
#define TEST_CODEC_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec/value.h"

/* JSON text with ' for ". */
static inline struct val *json(const char *text)
{
    struct cu_err err = CU_ERR_INIT;
    struct val *v = NULL;
    char *copy = cu_strdup(text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    if (val_parse_json(copy, strlen(copy), &v, &err) < 0)
        fail_msg("%s: %s", text, cu_err_text(&err));
    free(copy);
    return v;
}

static inline void assert_json(const struct val *v, const char *want)
{
    struct val *w = json(want);
    char *got = val_dump_json(v, VAL_JSON_COMPACT | VAL_JSON_SORT),
         *expected = val_dump_json(w, VAL_JSON_SORT);
    assert_string_equal(got, expected);
    free(got);
    free(expected);
    val_unref(w);
}

#endif
