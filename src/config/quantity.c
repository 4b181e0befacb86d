/* Resource quantities ("100Mi", "0.5", "1e3") in the canonical form of the Kubernetes API: the largest unit that
 * leaves a whole number. Must not know where they come from. */
#include "config/quantity.h"
#include "base/str.h"
#include <string.h>

#define MAX_DIGITS 18 /* more digits than that are left as they are */

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
    return NULL;
}

/* digits * 10^-places, the suffix behind it. */
struct parsed {
    bool negative, too_long;
    __int128 digits;
    int places;
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
    int64_t power;
    if ((*s != 'e' && *s != 'E') || cu_parse_i64(s + 1 + (s[1] == '+'), -100, 100, &power, NULL) < 0)
        return false;
    p->form = EXPONENT;
    p->power = (int)power;
    return true;
}

static bool parse(const char *s, struct parsed *p)
{
    size_t n = 0;
    bool point = false;

    memset(p, 0, sizeof(*p));
    p->negative = *s == '-';
    s += *s == '-' || *s == '+';
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        n++;
        if (p->digits == 0 && *s == '0' && !point)
            continue;
        if (n > MAX_DIGITS) {
            p->too_long = true;
        } else {
            p->digits = p->digits * 10 + (*s - '0');
            p->places += point;
        }
    }
    return n > 0 && parse_suffix(s, p);
}

/* digits * 10^power with the power a multiple of 3 from -9 up, and the digits without needless zeros. */
static char *decimal(const struct parsed *p, __int128 digits, int power)
{
    __int128 whole = digits;
    for (int i = 0; i < power && whole <= INT64_MAX; i++)
        whole *= 10;
    if (power >= 0 && whole > INT64_MAX) { /* no quantity is larger */
        digits = INT64_MAX;
        power = 0;
    }
    while (digits && digits % 10 == 0) {
        digits /= 10;
        power++;
    }
    while (power < -9) { /* below a nano: rounded up */
        digits = digits / 10 + (digits % 10 != 0);
        power++;
    }
    while (digits && power % 3 != 0) {
        digits *= 10;
        power--;
    }
    if (!digits)
        return cu_strdup("0");
    const char *sign = p->negative ? "-" : "";
    if (p->form == EXPONENT)
        return power ? cu_asprintf("%s%llde%d", sign, (long long)digits, power)
                     : cu_asprintf("%s%lld", sign, (long long)digits);
    while (power > 18) {
        digits *= 10;
        power--;
    }
    return cu_asprintf("%s%lld%s", sign, (long long)digits, suffix_of(DECIMAL, power));
}

static char *binary(const struct parsed *p)
{
    __int128 scale = 1;
    __int128 v = p->digits;
    int power = 0;

    for (int i = 0; i < p->places; i++)
        scale *= 10;
    for (int i = 0; i < p->power; i++)
        v *= 1024; /* at most 10^18 * 2^60, within 127 bits */
    if (v < scale * 1024)
        return decimal(p, v, -p->places);
    v = v / scale + (v % scale != 0);
    if (v > INT64_MAX)
        v = INT64_MAX;
    for (; v % 1024 == 0 && power < 6; power++)
        v /= 1024;
    return cu_asprintf("%s%lld%s", p->negative ? "-" : "", (long long)v,
                       power ? suffix_of(BINARY, power) : "");
}

char *cfg_canonical_quantity(const char *text)
{
    struct parsed p;

    if (!text || !parse(text, &p))
        return NULL;
    if (p.too_long || p.power > 60 || p.power < -60)
        return cu_strdup(text);
    return p.form == BINARY ? binary(&p) : decimal(&p, p.digits, p.power - p.places);
}
