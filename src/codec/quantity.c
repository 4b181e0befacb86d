/* Resource quantities in the canonical form of the Kubernetes API. Must not know where they come from. */
#include "codec/quantity.h"
#include "base/str.h"
#include <string.h>

#define MAX_DIGITS 28 /* 2^63-1 has 19, a nano 9; times 1024 they fit into 128 bits */

enum form { DECIMAL, BINARY, EXPONENT };

static const struct unit {
    const char *suffix;
    enum form form;
    int power; /* of 10, or of 1024 */
} units[] = {
    { "n", DECIMAL, -9 }, { "u", DECIMAL, -6 }, { "m", DECIMAL, -3 }, { "", DECIMAL, 0 },
    { "k", DECIMAL, 3 },  { "M", DECIMAL, 6 },  { "G", DECIMAL, 9 },  { "T", DECIMAL, 12 },
    { "P", DECIMAL, 15 }, { "E", DECIMAL, 18 }, { "Ki", BINARY, 1 },  { "Mi", BINARY, 2 },
    { "Gi", BINARY, 3 },  { "Ti", BINARY, 4 },  { "Pi", BINARY, 5 },  { "Ei", BINARY, 6 },
};

static const char *suffix_of(enum form form, int power)
{
    for (size_t i = 0; i < CU_LEN(units); i++)
        if (units[i].form == form && units[i].power == power)
            return units[i].suffix;
    return "";
}

/* digits * 10^ten, the suffix behind it. */
struct parsed {
    bool negative;
    __int128 digits;
    int ten;
    enum form form;
    int power;
};

static bool parse_suffix(const char *s, struct parsed *p)
{
    for (size_t i = 0; i < CU_LEN(units); i++) {
        if (cu_streq(s, units[i].suffix)) {
            p->form = units[i].form;
            p->power = units[i].power;
            return true;
        }
    }
    if (*s != 'e' && *s != 'E')
        return false;
    s++;
    bool minus = *s == '-';
    s += *s == '-' || *s == '+';
    size_t n = strspn(s, "0123456789");
    if (n < 1 || n > 3 || s[n])
        return false;
    p->form = EXPONENT;
    for (; *s; s++)
        p->power = p->power * 10 + (*s - '0');
    p->power = minus ? -p->power : p->power;
    return true;
}

/* Takes the last digit away, rounding up. */
static void shorten(struct parsed *p)
{
    p->digits = p->digits / 10 + (p->digits % 10 != 0);
    p->ten++;
}

static bool parse(const char *s, struct parsed *p)
{
    size_t significant = 0;
    bool point = false, any = false, more = false;

    memset(p, 0, sizeof(*p));
    p->negative = *s == '-';
    s += *s == '-' || *s == '+';
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        any = true;
        significant += significant || *s != '0';
        if (significant > MAX_DIGITS) {
            more = more || *s != '0';
            p->ten += !point;
        } else {
            p->digits = p->digits * 10 + (*s - '0');
            p->ten -= point;
        }
    }
    p->digits += more;
    return any && parse_suffix(s, p);
}

static char *text_of(const struct parsed *p, __int128 n, const char *suffix)
{
    char digits[48];
    size_t at = sizeof(digits);

    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + (int)(n % 10));
    while ((n /= 10) > 0);
    return cu_asprintf("%s%s%s", p->negative ? "-" : "", digits + at, suffix);
}

/* Is digits * 10^ten at the limit or above? */
static bool too_large(const struct parsed *p)
{
    __int128 whole = p->digits;
    for (int i = 0; i < p->ten && whole && whole < INT64_MAX; i++)
        whole *= 10;
    for (int i = 0; i > p->ten && whole; i--)
        whole /= 10;
    return whole >= INT64_MAX;
}

/* digits * 10^ten in the unit that leaves them whole and without needless zeros. */
static char *decimal(struct parsed *p)
{
    if (!p->digits)
        return cu_strdup("0");
    if (too_large(p))
        return text_of(p, INT64_MAX, "");
    while (p->ten < -9)
        shorten(p);
    for (; p->digits % 10 == 0; p->ten++)
        p->digits /= 10;
    for (; p->ten % 3 != 0; p->ten--)
        p->digits *= 10;
    if (p->form != EXPONENT)
        return text_of(p, p->digits, suffix_of(DECIMAL, p->ten));
    cu_autofree char *exponent = p->ten ? cu_asprintf("e%d", p->ten) : cu_strdup("");
    return text_of(p, p->digits, exponent);
}

static char *binary(struct parsed *p)
{
    __int128 scale = 1;
    int power = 0;

    if (p->ten > 0) /* more digits than are kept */
        return text_of(p, INT64_MAX, "");
    while (p->ten < -MAX_DIGITS)
        shorten(p);
    for (int i = p->ten; i < 0; i++)
        scale *= 10;
    __int128 whole = p->digits / scale, rest = p->digits % scale;
    for (int i = 0; i < p->power; i++) {
        rest *= 1024;
        whole = (whole < INT64_MAX ? whole : INT64_MAX) * 1024 + rest / scale;
        rest %= scale;
    }
    if (whole < 1024) {
        p->digits = whole * scale + rest;
        return decimal(p);
    }
    whole += rest != 0;
    if (whole > INT64_MAX)
        whole = INT64_MAX;
    for (; whole % 1024 == 0 && power < 6; power++)
        whole /= 1024;
    return text_of(p, whole, power ? suffix_of(BINARY, power) : "");
}

char *codec_quantity(const char *text)
{
    struct parsed p;

    if (!text || !parse(text, &p))
        return NULL;
    if (p.form == BINARY)
        return binary(&p);
    p.ten += p.power;
    return decimal(&p);
}
