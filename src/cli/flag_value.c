/* Values of flags: text to the fields of an options struct, defaults, freeing. It must not know how the command
 * line is cut into flags. */
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/flag.h"
#include <string.h>

/* The field of a flag; the table's offset says where, its type says what. */
static void *field(const struct cli_flag *f, void *base)
{
    return (char *)base + f->offset;
}

/* Decimal, or with a Go prefix: 0x, 0o, 0b or a leading 0. */
static int parse_int32(const char *text, int32_t *out, struct cu_err *err)
{
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    int base = 10;
    if (digits[0] == '0' && digits[1] != '\0') {
        base = strchr("xX", digits[1]) ? 16 : strchr("bB", digits[1]) ? 2 : 8;
        digits += base != 8 || strchr("oO", digits[1]) ? 2 : 1;
    }
    char *end = NULL;
    long long v = strtoll(digits, &end, base);
    if (end == digits || *end != '\0' || digits[0] == '-' || digits[0] == '+' || digits[0] == ' ')
        return cu_fail(err, CU_E_INVALID, "not a whole number");
    if (text[0] == '-')
        v = -v;
    if (v < INT32_MIN || v > INT32_MAX)
        return cu_fail(err, CU_E_INVALID, "out of range");
    *out = (int32_t)v;
    return 0;
}

/* One CSV record (RFC 4180): commas part, double quotes keep commas, "" inside quotes is a quote. */
static int split_csv(const char *text, struct cu_strlist *out, struct cu_err *err)
{
    if (*text == '\0')
        return 0;
    for (const char *p = text;;) {
        if (*p != '"') {
            size_t n = strcspn(p, ",");
            if (memchr(p, '"', n))
                return cu_fail(err, CU_E_INVALID, "a quote inside an unquoted value");
            cu_strlist_take(out, cu_strndup(p, n));
            p += n;
        } else {
            cu_autofree char *piece = cu_malloc(strlen(p) + 1);
            size_t n = 0;
            for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
                p += *p == '"';
                piece[n++] = *p;
            }
            if (*p != '"' || (p[1] != ',' && p[1] != '\0'))
                return cu_fail(err, CU_E_INVALID, "a quoted value does not end with its quote");
            p++;
            cu_strlist_take(out, cu_strndup(piece, n));
        }
        if (*p == '\0')
            return 0;
        p++;
    }
}

static int split_pairs(const char *text, struct cu_strlist *out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist pieces = CU_STRLIST_INIT;
    cu_strlist_split(&pieces, text, ',');
    for (size_t i = 0; i < pieces.n; i++) {
        const char *eq = strchr(pieces.v[i], '=');
        if (!eq || strchr(eq + 1, '='))
            return cu_fail(err, CU_E_INVALID, "\"%s\" is not key=value", pieces.v[i]);
    }
    cu_strlist_copy(out, &pieces);
    return 0;
}

int cli_flag_set(const struct cli_flag *f, void *base, const char *text, bool first, struct cu_err *err)
{
    void *at = field(f, base);
    switch (f->type) {
    case CLI_BOOL: return cu_parse_bool(text, at, err);
    case CLI_INT32:
    case CLI_LEVEL: return parse_int32(text, at, err);
    case CLI_DURATION: return cu_parse_duration(text, at, err);
    case CLI_STRING: {
        char **s = at;
        cu_free_secret(*s); /* it may be a token or a key */
        *s = cu_strdup(text);
        return 0;
    }
    case CLI_STRINGS:
    case CLI_PAIRS: {
        struct cu_strlist *l = at;
        if (first)
            cu_strlist_clear(l);
        return f->type == CLI_STRINGS ? split_csv(text, l, err) : split_pairs(text, l, err);
    }
    }
    return cu_fail(err, CU_E_INVALID, "flag of an unknown type");
}

void cli_flags_defaults(const struct cli_flag *flags, size_t n, void *base)
{
    for (size_t i = 0; i < n; i++) {
        const struct cli_flag *f = &flags[i];
        if (!f->dflt && f->type != CLI_STRING)
            continue;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        if (cli_flag_set(f, base, f->dflt ? f->dflt : "", true, &err) < 0)
            abort(); /* a table of ours is wrong; the unit test reads all of them */
    }
}

void cli_flags_clear(const struct cli_flag *flags, size_t n, void *base)
{
    for (size_t i = 0; i < n; i++) {
        const struct cli_flag *f = &flags[i];
        if (f->type == CLI_STRING) {
            char **s = field(f, base);
            cu_free_secret(*s);
            *s = NULL;
        } else if (f->type == CLI_STRINGS || f->type == CLI_PAIRS) {
            cu_strlist_clear(field(f, base));
        }
    }
}
