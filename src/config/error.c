/* Findings about a configuration, gathered and printed.
 * Must not know any rule. */
#include "config/error.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include <limits.h>
#include <string.h>

#define MAX_ERRORS 200 /* more would help nobody, and each is compared with all before it */
/* Bytes of a value that are shown: a map of gates comes with each gate that is wrong. */
#define MAX_VALUE 4096

/* Bytes of the value to show: all, or as many whole characters as fit. */
static int shown(const char *value)
{
    size_t n = strnlen(value, MAX_VALUE + 1);
    if (n > MAX_VALUE)
        for (n = MAX_VALUE; n > 0 && ((unsigned char)value[n] & 0xC0) == 0x80;)
            n--;
    return (int)n;
}

static void add(struct cfg_errors *e, enum cfg_error_kind kind, const char *field, char *text)
{
    if (e->n >= MAX_ERRORS) {
        free(text);
        return;
    }
    for (size_t i = 0; i < e->n; i++) {
        if (e->v[i].kind == kind && cu_streq(e->v[i].text, text)) {
            free(text);
            return;
        }
    }
    cu_grow(&e->v, &e->cap, e->n + 1, sizeof(*e->v));
    e->v[e->n++] = (struct cfg_error){ kind, cu_strdup(field), text };
}

void cfg_errors_add(struct cfg_errors *e, enum cfg_error_kind kind, const char *field, const char *value,
                    const char *detail, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    va_list ap;

    if (e->n >= MAX_ERRORS)
        return;
    cu_buf_addf(&b, "%s: %s: ", field, kind == CFG_ERR_REQUIRED ? "Required value" : "Invalid value");
    if (value) {
        int n = shown(value);
        cu_buf_addf(&b, "%.*s%s: ", n, value, value[n] ? "..." : "");
    }
    va_start(ap, detail);
    cu_buf_vaddf(&b, detail, ap);
    va_end(ap);
    add(e, kind, field, cu_strdup(cu_buf_str(&b)));
}

void cfg_errors_say(struct cfg_errors *e, enum cfg_error_kind kind, const char *field, const char *fmt, ...)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    va_list ap;

    if (e->n >= MAX_ERRORS)
        return;
    va_start(ap, fmt);
    cu_buf_vaddf(&b, fmt, ap);
    va_end(ap);
    add(e, kind, field, cu_strdup(cu_buf_str(&b)));
}

/* Length of the UTF-8 sequence at s and its code point; 1 and -1 for a byte that begins none. */
static int sequence(const char *s, long *rune)
{
    unsigned char c = (unsigned char)*s;
    int n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    *rune = n == 1 ? c : c & (0xff >> (n + 1));
    for (int i = 1; i < n; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            n = 0;
        else
            *rune = *rune << 6 | ((unsigned char)s[i] & 0x3f);
    }
    if (n == 0)
        *rune = -1;
    return n ? n : 1;
}

/* What Go's strconv counts as unprintable: control and format characters, blanks but for the plain one, private use. */
static bool is_unprintable(long rune)
{
    static const long ranges[][2] = { { 0, 0x1f },          { 0x7f, 0xa0 },     { 0xad, 0xad },
                                      { 0x600, 0x605 },     { 0x61c, 0x61c },   { 0x1680, 0x1680 },
                                      { 0x180e, 0x180e },   { 0x2000, 0x200f }, { 0x2028, 0x202f },
                                      { 0x205f, 0x206f },   { 0x3000, 0x3000 }, { 0xd800, 0xf8ff },
                                      { 0xfeff, 0xfeff },   { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
                                      { 0xe0000, LONG_MAX } };
    for (size_t i = 0; i < CU_LEN(ranges); i++)
        if (rune >= ranges[i][0] && rune <= ranges[i][1])
            return true;
    return false;
}

char *cfg_quote(const char *s)
{
    static const char named[] = "\"\\\a\b\f\n\r\t\v", letters[] = "\"\\abfnrtv";
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *out = NULL;

    cu_buf_addc(&b, '"');
    for (int n = 0; s && *s; s += n) {
        long rune;
        const char *known = strchr(named, *s);
        n = sequence(s, &rune);
        if (known)
            cu_buf_addf(&b, "\\%c", letters[known - named]);
        else if (rune < 0x80 && (rune < 0 || is_unprintable(rune)))
            cu_buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)*s);
        else if (is_unprintable(rune))
            cu_buf_addf(&b, rune < 0x10000 ? "\\u%04lx" : "\\U%08lx", (unsigned long)rune);
        else
            cu_buf_addf(&b, "%.*s", n, s);
    }
    cu_buf_addc(&b, '"');
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("\"...\"") : out;
}

int cfg_errors_report(const struct cfg_errors *e, struct cu_err *err)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);

    if (e->n == 0)
        return 0;
    if (e->n == 1)
        return cu_fail(err, CU_E_INVALID, "%s", e->v[0].text);
    for (size_t i = 0; i < e->n; i++)
        cu_buf_addf(&b, "%s%s", i ? ", " : "[", e->v[i].text);
    return cu_fail(err, CU_E_INVALID, "%s]", cu_buf_str(&b));
}

void cfg_errors_move(struct cfg_errors *to, struct cfg_errors *from)
{
    for (size_t i = 0; to && i < from->n; i++)
        add(to, from->v[i].kind, from->v[i].field, cu_steal(&from->v[i].text));
    cfg_errors_clear(from);
}

void cfg_errors_clear(struct cfg_errors *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->v[i].field);
        free(e->v[i].text);
    }
    free(e->v);
    *e = (struct cfg_errors)CFG_ERRORS_INIT;
}
