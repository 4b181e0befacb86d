/* What cmocka needs to be included with, and objects from JSON. */
#ifndef CONTROLLERS_TESTS_H
#define CONTROLLERS_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec/value.h"

/* Text with ' for ". */
static inline struct val *object(const char *text)
{
    struct val *v = NULL;
    char *copy = cu_strdup(text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    assert_int_equal(val_parse_json(copy, strlen(copy), &v, NULL), 0);
    free(copy);
    return v;
}
#endif
