/* Values printed by the verbs of Go's fmt, as templates use them.
 * Must not know about templates. */
#include "codec/gofmt.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/internal.h"
#include <math.h>
#include <string.h>

#define MAX_WIDTH 1000000 /* as Go: beyond it a width is bad */

struct directive {
    bool plus, minus, sharp, space, zero;
    int width, precision; /* -1: not given */
    const char *verb;     /* one UTF-8 sequence */
    int verb_len;
};

static const char *type_name(const struct val *v)
{
    switch (val_kind(v)) {
    case VAL_BOOL: return "bool";
    case VAL_INT: return "int";
    case VAL_REAL: return "float64";
    case VAL_STRING: return "string";
    case VAL_LIST: return "[]interface {}";
    case VAL_MAP: return "map[string]interface {}";
    case VAL_NULL: break;
    }
    return "<nil>";
}

static size_t runes(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* Zeros go behind the sign of a number, else blanks or zeros to the width. */
static void pad(struct cu_buf *b, const struct directive *d, const char *text, bool is_number)
{
    size_t have = runes(text), width = d->width > 0 ? (size_t)d->width : 0;
    size_t missing = width > have ? width - have : 0;
    bool zeros = d->zero && !d->minus;
    if (zeros && is_number && (*text == '-' || *text == '+' || *text == ' '))
        cu_buf_addc(b, *text++);
    if (d->minus)
        cu_buf_add(b, text);
    for (; missing > 0 && !b->failed; missing--)
        cu_buf_addc(b, zeros ? '0' : ' ');
    if (!d->minus)
        cu_buf_add(b, text);
}

/* ---- texts ---- */

static char *quoted(const char *s, const struct directive *d)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    char *out = NULL;
    if (d->sharp && !strpbrk(s, "`\n\r")) {
        cu_buf_addf(&b, "`%s`", s);
    } else {
        cu_buf_addc(&b, '"');
        codec_go_escape(s, '"', d->plus, &b);
        cu_buf_addc(&b, '"');
    }
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("") : out;
}

static char *hex_text(const char *s, const struct directive *d)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    bool upper = *d->verb == 'X';
    char *out = NULL;
    size_t n = strlen(s);
    if (d->precision >= 0 && (size_t)d->precision < n)
        n = (size_t)d->precision;
    for (size_t i = 0; i < n; i++) {
        if (d->space && i > 0)
            cu_buf_addc(&b, ' ');
        if (d->sharp && (d->space || i == 0))
            cu_buf_add(&b, upper ? "0X" : "0x");
        cu_buf_addf(&b, upper ? "%02X" : "%02x", (unsigned)(unsigned char)s[i]);
    }
    return cu_buf_take(&b, &out, NULL) < 0 ? cu_strdup("") : out;
}

static bool put_text(struct cu_buf *b, const struct directive *d, const char *s)
{
    size_t n = 0;
    cu_autofree char *text = NULL;
    if (*d->verb == 'x' || *d->verb == 'X') {
        text = hex_text(s, d);
        pad(b, d, text, false);
        return true;
    }
    if (!strchr("svq", *d->verb))
        return false;
    for (int left = d->precision; left > 0 && s[n]; left--)
        n += codec_utf8_len(s + n, strlen(s + n), NULL);
    cu_autofree char *cut = d->precision >= 0 ? cu_strndup(s, n) : cu_strdup(s);
    if (*d->verb == 'q' || (*d->verb == 'v' && d->sharp)) {
        const struct directive plain = { .plus = d->plus, .sharp = d->sharp && *d->verb == 'q' };
        text = quoted(cut, &plain);
    }
    pad(b, d, text ? text : cut, false);
    return true;
}

/* ---- numbers ---- */

static void digits_of(uint64_t n, unsigned base, bool upper, char out[72])
{
    char reversed[72];
    size_t len = 0;
    do {
        reversed[len++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[n % base];
        n /= base;
    } while (n > 0);
    for (size_t i = 0; i < len; i++)
        out[i] = reversed[len - 1 - i];
    out[len] = 0;
}

static void put_based(struct cu_buf *b, const struct directive *d, int64_t i, unsigned base)
{
    static const struct {
        char verb;
        const char *prefix;
    } prefixes[] = { { 'b', "0b" }, { 'o', "0" }, { 'x', "0x" }, { 'X', "0X" } };
    struct directive spaced = *d;
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_TEXT);
    char digits[72];
    digits_of(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, base, *d->verb == 'X', digits);
    const char *sign = i < 0 ? "-" : d->plus ? "+" : d->space ? " " : "";
    int least = d->precision;
    if (least >= 0)
        spaced.zero = false;
    else if (d->zero && !d->minus && d->width > 0)
        least = d->width - (int)strlen(sign);
    if (d->precision == 0 && i == 0)
        *digits = 0;
    cu_buf_add(&text, sign);
    for (size_t k = 0; d->sharp && k < CU_LEN(prefixes); k++)
        if (prefixes[k].verb == *d->verb)
            cu_buf_add(&text, prefixes[k].prefix);
    if (*d->verb == 'O')
        cu_buf_add(&text, "0o");
    for (int have = (int)strlen(digits); have < least && !text.failed; have++)
        cu_buf_addc(&text, '0');
    cu_buf_add(&text, digits);
    spaced.zero = false;
    pad(b, &spaced, cu_buf_str(&text), true);
}

static bool put_int(struct cu_buf *b, const struct directive *d, int64_t i)
{
    cu_autobuf struct cu_buf text = CU_BUF_INIT(64), rune = CU_BUF_INIT(8);
    codec_go_rune(i < 0 || i > 0x10FFFF || (i >= 0xD800 && i < 0xE000) ? 0xFFFD : (uint32_t)i, &rune);
    switch (*d->verb) {
    case 'v':
    case 'd': put_based(b, d, i, 10); return true;
    case 'b': put_based(b, d, i, 2); return true;
    case 'o':
    case 'O': put_based(b, d, i, 8); return true;
    case 'x':
    case 'X': put_based(b, d, i, 16); return true;
    case 'c': pad(b, d, cu_buf_str(&rune), false); return true;
    case 'q':
        cu_buf_addc(&text, '\'');
        codec_go_escape(cu_buf_str(&rune), '\'', d->plus, &text);
        cu_buf_addc(&text, '\'');
        pad(b, d, cu_buf_str(&text), false);
        return true;
    case 'U':
        cu_buf_addf(&text, "U+%04llX", (unsigned long long)i);
        if (d->sharp)
            cu_buf_addf(&text, " '%s'", cu_buf_str(&rune));
        pad(b, d, cu_buf_str(&text), false);
        return true;
    default: return false;
    }
}

static bool put_real(struct cu_buf *b, const struct directive *d, double x)
{
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_TEXT);
    char shortest[CODEC_REAL_MAX];
    char verb = *d->verb == 'F' ? 'f' : *d->verb;
    if (!strchr("veEfgG", verb))
        return false;
    if (!signbit(x))
        cu_buf_add(&text, d->plus ? "+" : d->space ? " " : "");
    int precision = d->precision > 1000 ? 1000 : d->precision; /* no double has more digits to show */
    if (d->precision < 0 && strchr("vgG", verb)) {
        codec_format_real_go(x, shortest);
        for (char *p = shortest; verb == 'G' && *p; p++)
            *p = *p == 'e' ? 'E' : *p;
        cu_buf_add(&text, shortest);
    } else {
        if (precision < 0)
            precision = 6;
        switch (verb) {
        case 'e': cu_buf_addf(&text, "%.*e", precision, x); break;
        case 'E': cu_buf_addf(&text, "%.*E", precision, x); break;
        case 'f': cu_buf_addf(&text, "%.*f", precision, x); break;
        case 'G': cu_buf_addf(&text, "%.*G", precision, x); break;
        default: cu_buf_addf(&text, "%.*g", precision, x); break;
        }
    }
    pad(b, d, cu_buf_str(&text), true);
    return true;
}

/* ---- any value ---- */

static void put_value(struct cu_buf *b, const struct directive *d, const struct val *v);

static void put_list(struct cu_buf *b, const struct directive *d, const struct val *v)
{
    bool typed = d->sharp && *d->verb == 'v';
    cu_buf_addf(b, "%s%c", typed ? type_name(v) : "", typed ? '{' : '[');
    for (size_t i = 0; i < val_len(v) && !b->failed; i++) {
        cu_buf_add(b, i == 0 ? "" : typed ? ", " : " ");
        put_value(b, d, val_at(v, i));
    }
    cu_buf_addc(b, typed ? '}' : ']');
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_map(struct cu_buf *b, const struct directive *d, const struct val *v)
{
    bool typed = d->sharp && *d->verb == 'v';
    cu_autofree const char **keys = cu_calloc(val_len(v) + 1, sizeof *keys);
    struct val_iter it = VAL_ITER_INIT;
    for (size_t n = 0; val_next(v, &it, &keys[n], NULL); n++)
        ;
    qsort(keys, val_len(v), sizeof *keys, by_text);
    cu_buf_addf(b, "%s%c", typed ? type_name(v) : "map", typed ? '{' : '[');
    for (size_t i = 0; i < val_len(v) && !b->failed; i++) {
        cu_autoval struct val *key = val_new_str(keys[i]);
        cu_buf_add(b, i == 0 ? "" : typed ? ", " : " ");
        put_value(b, d, key);
        cu_buf_addc(b, ':');
        put_value(b, d, val_get(v, keys[i]));
    }
    cu_buf_addc(b, typed ? '}' : ']');
}

/* What does not fit its verb comes out as Go shows it: %!d(string=x). */
static void put_value(struct cu_buf *b, const struct directive *d, const struct val *v)
{
    bool fits = false;
    switch (val_kind(v)) {
    case VAL_NULL: fits = *d->verb == 'v'; break;
    case VAL_BOOL:
        fits = *d->verb == 'v' || *d->verb == 't';
        if (fits)
            pad(b, d, val_bool(v, false) ? "true" : "false", false);
        break;
    case VAL_INT: fits = put_int(b, d, val_int(v, 0)); break;
    case VAL_REAL: fits = put_real(b, d, val_real(v, 0)); break;
    case VAL_STRING: fits = put_text(b, d, val_str(v)); break;
    case VAL_LIST: put_list(b, d, v); return;
    case VAL_MAP: put_map(b, d, v); return;
    }
    if (fits && val_kind(v) == VAL_NULL)
        pad(b, d, "<nil>", false);
    if (fits)
        return;
    struct directive as_v = *d;
    as_v.verb = "v";
    as_v.verb_len = 1;
    cu_buf_addf(b, "%%!%.*s(%s", d->verb_len, d->verb, type_name(v));
    if (val_kind(v) != VAL_NULL) {
        cu_buf_addc(b, '=');
        put_value(b, &as_v, v);
    }
    cu_buf_addc(b, ')');
}

void codec_go_print(const struct val *v, struct cu_buf *out)
{
    const struct directive d = { .width = -1, .precision = -1, .verb = "v", .verb_len = 1 };
    put_value(out, &d, v);
}

/* ---- formats ---- */

struct format {
    const char *p;
    struct val *const *args;
    size_t n, next;
    bool reordered, bad_index;
};

/* A decimal number, -1 when there is none; one that is too large ends the format, as in Go. */
static int number(const char **p)
{
    int n = -1;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        n = (n < 0 ? 0 : n) * 10 + (**p - '0');
        if (n > MAX_WIDTH) {
            *p += strlen(*p);
            return -1;
        }
    }
    return n;
}

/* "[3]" chooses the argument that comes next; true when one stood there. */
static bool chosen(struct format *f)
{
    if (*f->p != '[')
        return false;
    const char *p = f->p + 1, *end = strchr(f->p, ']');
    int n = number(&p);
    f->reordered = true;
    if (p != end || n < 1 || (size_t)n > f->n)
        f->bad_index = true;
    else
        f->next = (size_t)n - 1;
    f->p = end ? end + 1 : f->p + 1;
    return true;
}

/* A number, or "*": the next argument, at least `least`. */
static int size_of(struct format *f, int least, bool *star, struct cu_buf *out, const char *complaint)
{
    const struct val *arg;
    *star = *f->p == '*';
    if (!*star)
        return number(&f->p);
    f->p++;
    arg = f->next < f->n ? f->args[f->next] : NULL;
    f->next += f->next < f->n;
    if (val_kind(arg) == VAL_INT && val_int(arg, 0) >= least && val_int(arg, 0) <= MAX_WIDTH)
        return (int)val_int(arg, 0);
    cu_buf_add(out, complaint);
    return -1;
}

static void read_flags(struct format *f, struct directive *d)
{
    for (; *f->p && strchr("#0+- ", *f->p); f->p++) {
        d->sharp |= *f->p == '#';
        d->zero |= *f->p == '0';
        d->plus |= *f->p == '+';
        d->minus |= *f->p == '-';
        d->space |= *f->p == ' ';
    }
}

static void put_directive(struct format *f, struct cu_buf *out)
{
    struct directive d = { .width = -1, .precision = -1 };
    bool star, indexed;
    f->bad_index = false;
    read_flags(f, &d);
    indexed = chosen(f);
    d.width = size_of(f, -MAX_WIDTH, &star, out, "%!(BADWIDTH)");
    if (star && d.width < -1) {
        d.minus = true;
        d.width = -d.width;
    }
    if (indexed && !star && d.width >= 0)
        f->bad_index = true; /* "%[3]2d" */
    if (*f->p == '.') {
        f->p++;
        chosen(f);
        d.precision = size_of(f, 0, &star, out, "%!(BADPREC)");
        if (!star && d.precision < 0)
            d.precision = 0;
    }
    chosen(f);
    if (!*f->p) {
        cu_buf_add(out, "%!(NOVERB)");
        return;
    }
    d.verb = f->p;
    d.verb_len = (int)codec_utf8_len(f->p, strlen(f->p), NULL);
    if (d.verb_len == 0)
        d.verb_len = 1;
    f->p += d.verb_len;
    d.plus = d.plus && *d.verb != 'v'; /* "%+v" is about structures */
    if (*d.verb == '%')
        cu_buf_addc(out, '%');
    else if (f->bad_index)
        cu_buf_addf(out, "%%!%.*s(BADINDEX)", d.verb_len, d.verb);
    else if (f->next >= f->n)
        cu_buf_addf(out, "%%!%.*s(MISSING)", d.verb_len, d.verb);
    else if (*d.verb == 'T')
        pad(out, &d, type_name(f->args[f->next++]), false);
    else
        put_value(out, &d, f->args[f->next++]);
}

void codec_go_printf(const char *text, struct val *const *args, size_t n, struct cu_buf *out)
{
    struct format f = { text, args, n, 0, false, false };
    while (*f.p && !out->failed) {
        size_t plain = strcspn(f.p, "%");
        cu_buf_addn(out, f.p, plain);
        f.p += plain;
        if (!*f.p)
            break;
        f.p++;
        put_directive(&f, out);
    }
    if (f.reordered || f.next >= n)
        return;
    cu_buf_add(out, "%!(EXTRA ");
    for (size_t i = f.next; i < n; i++) {
        cu_buf_addf(out, "%s%s", i > f.next ? ", " : "", type_name(args[i]));
        if (val_kind(args[i]) != VAL_NULL) {
            cu_buf_addc(out, '=');
            codec_go_print(args[i], out);
        }
    }
    cu_buf_addc(out, ')');
}
