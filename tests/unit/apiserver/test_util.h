/* tests/unit/apiserver/test_util.h - literals, files and comparisons for the tests of this folder. */
#ifndef TESTS_APISERVER_TEST_UTIL_H
#define TESTS_APISERVER_TEST_UTIL_H

#include "../cmocka_all.h"

#include "base/file.h"
#include "base/limits.h"
#include "codec/value.h"

#include <string.h>

/* JSON text with ' for ". */
static inline struct val *tu_json(const char *text)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct val *v = NULL;
    cu_autofree char *copy = cu_strdup(text);
    for (char *p = copy; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    if (val_parse_json(copy, strlen(copy), &v, &err) < 0)
        fail_msg("%s: %s", text, cu_err_text(&err));
    return v;
}

static inline void tu_assert_equal(const struct val *got, const struct val *want)
{
    cu_autofree char *g = val_dump_json(got, VAL_JSON_COMPACT | VAL_JSON_SORT);
    cu_autofree char *w = val_dump_json(want, VAL_JSON_COMPACT | VAL_JSON_SORT);
    assert_string_equal(g, w);
}

static inline void tu_assert_json(const struct val *got, const char *want)
{
    cu_autoval struct val *w = tu_json(want);
    tu_assert_equal(got, w);
}

static inline char *tu_read(const char *path, size_t *n)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    char *text = NULL;
    if (cu_file_read(path, LIM_HTTP_REQUEST, &text, n, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    return text;
}

#endif
