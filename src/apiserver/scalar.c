/* Text forms of times and quantities, as the API's Go types print them. Must not know about objects. */
#include "apiserver/scalar.h"

#include "base/str.h"
#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool split_time(int64_t seconds, struct tm *tm)
{
    time_t t = (time_t)seconds;

    /* 0001-01-01 and 9999-12-31: what RFC 3339 can write. */
    if (seconds < -62135596800 || seconds > 253402300799)
        return false;
    return gmtime_r(&t, tm) != NULL;
}

bool api_time_text(int64_t seconds, char out[API_TIME_MAX])
{
    struct tm tm;
    if (!split_time(seconds, &tm))
        return false;
    int n = snprintf(out, API_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return n > 0 && n < API_TIME_MAX;
}

bool api_microtime_text(int64_t seconds, uint32_t micros, char out[API_TIME_MAX])
{
    char whole[API_TIME_MAX];
    if (micros > 999999 || !api_time_text(seconds, whole))
        return false;
    int n = snprintf(out, API_TIME_MAX, "%.19s.%06uZ", whole, (unsigned)micros);
    return n > 0 && n < API_TIME_MAX;
}

static int64_t floor_seconds(int64_t ms)
{
    return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

bool api_time_normalize(const char *text, bool micro, char out[API_TIME_MAX])
{
    int64_t ms;
    uint32_t micros = 0;

    if (cu_parse_rfc3339(text, &ms, NULL) < 0)
        return false;
    if (!micro)
        return api_time_text(floor_seconds(ms), out);
    const char *p = strchr(text, '.');
    for (uint32_t scale = 100000; p && scale > 0 && p[1] >= '0' && p[1] <= '9'; scale /= 10)
        micros += (uint32_t)(*++p - '0') * scale;
    return api_microtime_text(floor_seconds(ms), micros, out);
}

int64_t api_time_seconds(const char *text, int64_t fallback)
{
    int64_t ms;
    if (!text || cu_parse_rfc3339(text, &ms, NULL) < 0)
        return fallback;
    return floor_seconds(ms);
}

/* Suffixes of resource.Quantity: decimal as powers of ten, binary as powers of 1024. */
static const struct suffix {
    const char *text;
    int exp10; /* used when exp1024 is 0 */
    int exp1024;
} suffixes[] = {
    { "n", -9, 0 }, { "u", -6, 0 }, { "m", -3, 0 }, { "", 0, 0 },   { "k", 3, 0 },  { "M", 6, 0 },
    { "G", 9, 0 },  { "T", 12, 0 }, { "P", 15, 0 }, { "E", 18, 0 }, { "Ki", 0, 1 }, { "Mi", 0, 2 },
    { "Gi", 0, 3 }, { "Ti", 0, 4 }, { "Pi", 0, 5 }, { "Ei", 0, 6 },
};

static const char *suffix_text(int exp10, int exp1024)
{
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (suffixes[i].exp10 == exp10 && suffixes[i].exp1024 == exp1024)
            return suffixes[i].text;
    }
    return NULL;
}

/* "12.5" -> digits 125, scale 1; *rest behind it. *digits < 0 when there are too many. false when no number.
 */
static bool scan_number(const char *p, __int128 *digits, int *scale, const char **rest)
{
    bool point = false, any = false;

    *digits = 0;
    *scale = 0;
    for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point)
            (*scale)++;
        if (*digits >= 0)
            *digits = *digits > (__int128)1000000000000000000 ? -1 : *digits * 10 + (*p - '0');
    }
    *rest = p;
    return any;
}

static bool is_exponent(const char *s)
{
    if (*s != 'e' && *s != 'E')
        return false;
    s++;
    if (*s == '+' || *s == '-')
        s++;
    size_t n = strspn(s, "0123456789");
    return n > 0 && n <= 3 && s[n] == '\0';
}

static bool write_text(char out[API_QUANTITY_MAX], bool negative, __int128 n, const char *suffix)
{
    char digits[48];
    size_t at = sizeof(digits);
    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + (int)(n % 10));
    while ((n /= 10) > 0);
    int len = snprintf(out, API_QUANTITY_MAX, "%s%s%s", negative ? "-" : "", digits + at, suffix);
    return len > 0 && len < API_QUANTITY_MAX;
}

/* nano: the absolute value in units of 10^-9. */
static bool write_quantity(char out[API_QUANTITY_MAX], bool negative, __int128 nano, bool binary)
{
    const __int128 one = 1000000000;
    int exp = -9, steps = 0;

    if (nano == 0)
        return write_text(out, false, 0, "");
    if (binary && nano >= 1024 * one) {
        __int128 n = (nano + one - 1) / one; /* bytes are whole: rounded up */
        for (; steps < 6 && n % 1024 == 0; steps++)
            n /= 1024;
        return write_text(out, negative, n, suffix_text(0, steps));
    }
    while (exp < 18 && nano % 1000 == 0) {
        nano /= 1000;
        exp += 3;
    }
    return write_text(out, negative, nano, suffix_text(exp, 0));
}

static __int128 scale_up(__int128 n, __int128 factor, int times)
{
    const __int128 limit = (__int128)1 << 110;
    for (; times > 0 && n >= 0; times--)
        n = n > limit / factor ? -1 : n * factor;
    return n;
}

bool api_quantity_normalize(const char *text, char out[API_QUANTITY_MAX])
{
    bool negative = *text == '-';
    const char *rest;
    __int128 n;
    int scale;

    if (!scan_number(text + (*text == '-' || *text == '+'), &n, &scale, &rest))
        return false;
    const struct suffix *s = NULL;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !s; i++) {
        if (strcmp(suffixes[i].text, rest) == 0)
            s = &suffixes[i];
    }
    if (!s && !is_exponent(rest))
        return false;
    if (s && n >= 0) {
        n = scale_up(n, 1024, s->exp1024);
        int exp = 9 + (s->exp1024 ? 0 : s->exp10) - scale;
        if (exp >= 0)
            n = scale_up(n, 10, exp);
        for (; n > 0 && exp < 0; exp++)
            n = (n + 9) / 10; /* below a nano: rounded up */
        if (n >= 0)
            return write_quantity(out, negative, n, s->exp1024 > 0);
    }
    size_t len = strlen(text);
    if (len >= API_QUANTITY_MAX)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

bool api_is_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t c = p[i++], low;
        unsigned more;
        if (c == 0)
            return false;
        if (c < 0x80)
            continue;
        if (c >= 0xc2 && c <= 0xdf)
            more = 1, low = 0x80;
        else if (c >= 0xe0 && c <= 0xef)
            more = 2, low = 0x800;
        else if (c >= 0xf0 && c <= 0xf4)
            more = 3, low = 0x10000;
        else
            return false;
        c &= 0x3fU >> more;
        for (; more > 0; more--, i++) {
            if (i >= n || (p[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (p[i] & 0x3fU);
        }
        if (c < low || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}
