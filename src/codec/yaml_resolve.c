/* Meaning of plain YAML scalars by the YAML 1.1 rules of Go's yaml.v2 (spec config-api 2.1, 2.2), for the reader and
 * for the writer, which must quote what would be read back as something else. Must not know about documents. */
#include "codec/internal.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *text;
    enum val_kind kind;
    bool b;
} words[] = {
    { "", VAL_NULL, false },      { "~", VAL_NULL, false },     { "null", VAL_NULL, false },
    { "Null", VAL_NULL, false },  { "NULL", VAL_NULL, false },  { "y", VAL_BOOL, true },
    { "Y", VAL_BOOL, true },      { "yes", VAL_BOOL, true },    { "Yes", VAL_BOOL, true },
    { "YES", VAL_BOOL, true },    { "true", VAL_BOOL, true },   { "True", VAL_BOOL, true },
    { "TRUE", VAL_BOOL, true },   { "on", VAL_BOOL, true },     { "On", VAL_BOOL, true },
    { "ON", VAL_BOOL, true },     { "n", VAL_BOOL, false },     { "N", VAL_BOOL, false },
    { "no", VAL_BOOL, false },    { "No", VAL_BOOL, false },    { "NO", VAL_BOOL, false },
    { "false", VAL_BOOL, false }, { "False", VAL_BOOL, false }, { "FALSE", VAL_BOOL, false },
    { "off", VAL_BOOL, false },   { "Off", VAL_BOOL, false },   { "OFF", VAL_BOOL, false },
};

static bool is_infinite(const char *s)
{
    static const char *const forms[] = { ".inf", ".Inf", ".INF" };
    if (strcmp(s, ".nan") == 0 || strcmp(s, ".NaN") == 0 || strcmp(s, ".NAN") == 0)
        return true;
    if (*s == '+' || *s == '-')
        s++;
    for (size_t i = 0; i < CU_LEN(forms); i++)
        if (strcmp(s, forms[i]) == 0)
            return true;
    return false;
}

/* Reads `min` to `max` digits; -1 unless their number lies in [from, to]. */
static int read_number(const char **s, int min, int max, int from, int to)
{
    int n = 0, value = 0;
    while (n < max && isdigit((unsigned char)**s))
        value = value * 10 + (*(*s)++ - '0'), n++;
    return n >= min && value >= from && value <= to ? value : -1;
}

static bool number(const char **s, int min, int max, int from, int to)
{
    return read_number(s, min, max, from, to) >= 0;
}

static bool literal(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool date(const char **s)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year = read_number(s, 4, 4, 0, 9999);
    if (year < 0 || !literal(s, '-'))
        return false;
    int month = read_number(s, 1, 2, 1, 12);
    if (month < 0 || !literal(s, '-'))
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return number(s, 1, 2, 1, days[month - 1] + (month == 2 && leap));
}

/* Y-M-D, Y-M-DTh:m:s[.f](Z|+hh:mm) and Y-M-D h:m:s[.f]. */
static bool is_timestamp(const char *s)
{
    if (!date(&s))
        return false;
    if (*s == 0)
        return true;
    char separator = *s++;
    if (separator != 'T' && separator != 't' && separator != ' ')
        return false;
    if (!number(&s, 1, 2, 0, 23) || !literal(&s, ':') || !number(&s, 1, 2, 0, 59) || !literal(&s, ':') ||
        !number(&s, 1, 2, 0, 59))
        return false;
    if (*s == '.') {
        s++;
        if (!number(&s, 1, 9, 0, 999999999))
            return false;
    }
    if (separator == ' ')
        return *s == 0;
    if (*s == 'Z')
        return s[1] == 0;
    if (*s != '+' && *s != '-')
        return false;
    s++;
    return number(&s, 2, 2, 0, 24) && literal(&s, ':') && number(&s, 2, 2, 0, 59) && *s == 0;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(const char *s)
{
    if (*s == '+' || *s == '-')
        s++;
    if (!isdigit((unsigned char)*s))
        return false;
    s += strspn(s, "0123456789_");
    if (*s != ':')
        return false;
    while (literal(&s, ':'))
        if (!number(&s, 1, 2, 0, 59))
            return false;
    if (literal(&s, '.'))
        s += strspn(s, "0123456789_");
    return *s == 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? and within the range of a double. */
static bool is_float(const char *text, double *d)
{
    const char *s = text, *digits = "0123456789";
    if (*s == '+' || *s == '-')
        s++;
    size_t whole = strspn(s, digits), fraction = 0;
    s += whole;
    if (literal(&s, '.'))
        s += fraction = strspn(s, digits);
    if (whole == 0 && fraction == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        size_t exponent = strspn(s, digits);
        if (exponent == 0)
            return false;
        s += exponent;
    }
    if (*s != 0)
        return false;
    errno = 0;
    *d = strtod(text, NULL);
    return errno != ERANGE || (*d < 1 && *d > -1);
}

/* Digits with base prefix as Go's strconv.ParseInt(s, 0, 64) takes them; unsigned 64 bit numbers beyond the signed
 * range count too and become reals. */
static bool is_int(const char *s, struct codec_scalar *out)
{
    bool negative = *s == '-';
    if (*s == '+' || *s == '-')
        s++;
    int base = 10;
    if (s[0] == '0' && s[1] != 0) {
        char p = (char)tolower((unsigned char)s[1]);
        base = p == 'x' ? 16 : p == 'b' ? 2 : 8;
        s += base != 8 || p == 'o' ? 2 : 1;
    }
    if (!isxdigit((unsigned char)*s) || (base == 16 && s[0] == '0' && tolower((unsigned char)s[1]) == 'x'))
        return false; /* strtoull would take a second prefix */
    char *end;
    errno = 0;
    unsigned long long u = strtoull(s, &end, base);
    if (errno != 0 || *end != 0 || (negative && u > (unsigned long long)INT64_MAX + 1))
        return false;
    if (!negative && u > INT64_MAX) {
        out->kind = VAL_REAL;
        out->d = (double)u;
        return true;
    }
    out->kind = VAL_INT;
    out->i = negative ? (int64_t)(0 - u) : (int64_t)u;
    return true;
}

/* A copy without the underscores that group digits; NULL where they may not stand: behind a leading point only
 * between two digits. Caller frees. */
static char *without_grouping(const char *s)
{
    char *plain = cu_strdup(s), *to = plain;
    for (const char *from = s; *from; from++) {
        bool inside = from > s && isdigit((unsigned char)from[-1]) && isdigit((unsigned char)from[1]);
        if (*from != '_') {
            *to++ = *from;
        } else if (*s == '.' && !inside) {
            free(plain);
            return NULL;
        }
    }
    *to = 0;
    return plain;
}

struct codec_scalar codec_yaml_resolve(const char *s)
{
    struct codec_scalar out = { .kind = VAL_STRING };
    for (size_t i = 0; i < CU_LEN(words); i++)
        if (strcmp(s, words[i].text) == 0) {
            out.kind = words[i].kind;
            out.b = words[i].b;
            return out;
        }
    if (!strchr("+-.0123456789", *s))
        return out;
    if (is_infinite(s)) {
        out.kind = VAL_REAL;
        out.infinite = true;
        return out;
    }
    out.quoted = is_timestamp(s) || is_base60(s);
    if (out.quoted)
        return out;
    cu_autofree char *plain = without_grouping(s);
    if (plain && *s != '.' && is_int(plain, &out))
        return out;
    if (!plain)
        return out;
    if (is_float(plain, &out.d))
        out.kind = VAL_REAL;
    return out;
}
