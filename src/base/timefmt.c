/* base/timefmt.c - clocks, RFC 3339 times, Go durations and ages.
 * Must not depend on the time zone or the locale. */
#include "base/timefmt.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id, int64_t per_second)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * per_second + (int64_t)ts.tv_nsec / (1000000000 / per_second);
}

int64_t cu_now_ms(void)
{
    return read_clock(CLOCK_REALTIME, 1000);
}

int64_t cu_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t cu_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC, 1000000);
}

void cu_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

/* Floor division, so that times before 1970 keep a fraction that counts upwards. */
static int split(int64_t ms, struct tm *tm)
{
    int64_t s = ms / 1000, rest = ms % 1000;
    if (rest < 0)
        s--, rest += 1000;
    time_t t = (time_t)s;
    if (!gmtime_r(&t, tm) || tm->tm_year > 9999 - 1900 || tm->tm_year < -1900) {
        t = 0;
        gmtime_r(&t, tm);
        rest = 0;
    }
    return (int)rest;
}

void cu_rfc3339(int64_t ms, char out[CU_RFC3339_MAX])
{
    struct tm tm;
    split(ms, &tm);
    snprintf(out, CU_RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", (tm.tm_year + 1900) % 10000,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void cu_rfc3339_micro(int64_t ms, char out[CU_RFC3339_MAX])
{
    struct tm tm;
    int fraction = split(ms, &tm);
    snprintf(out, CU_RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z", (tm.tm_year + 1900) % 10000,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
}

/* Exactly n digits. */
static bool digits(const char **p, int n, int *out)
{
    int v = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        v = v * 10 + (**p - '0');
    }
    *out = v;
    return true;
}

static bool literal(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool parse_offset(const char **p, int *seconds)
{
    int hours, minutes, sign_of = **p == '-' ? -1 : 1;
    *seconds = 0;
    if (literal(p, 'Z'))
        return true;
    if (!literal(p, '+') && !literal(p, '-'))
        return false;
    if (!digits(p, 2, &hours) || !literal(p, ':') || !digits(p, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign_of * (hours * 3600 + minutes * 60);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

int cu_parse_rfc3339(const char *s, int64_t *ms, struct cu_err *err)
{
    struct tm tm = { 0 };
    const char *p = s ? s : "";
    int year, month, fraction = 0, offset = 0;
    bool ok = digits(&p, 4, &year) && literal(&p, '-') && digits(&p, 2, &month) && literal(&p, '-') &&
              digits(&p, 2, &tm.tm_mday) && literal(&p, 'T') && digits(&p, 2, &tm.tm_hour) &&
              literal(&p, ':') && digits(&p, 2, &tm.tm_min) && literal(&p, ':') && digits(&p, 2, &tm.tm_sec);
    if (ok && literal(&p, '.')) {
        int scale = 100;
        ok = *p >= '0' && *p <= '9';
        for (; *p >= '0' && *p <= '9'; p++, scale /= 10)
            fraction += (*p - '0') * scale;
    }
    ok = ok && parse_offset(&p, &offset) && !*p;
    ok = ok && month >= 1 && month <= 12 && tm.tm_mday >= 1 && tm.tm_mday <= days_in(year, month) &&
         tm.tm_hour <= 23 && tm.tm_min <= 59 && tm.tm_sec <= 59;
    if (!ok)
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not a time such as 2026-11-23T21:56:50Z", s ? s : "");
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    *ms = ((int64_t)timegm(&tm) - offset) * 1000 + fraction;
    return 0;
}

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "\302\265s", 1000 }, /* U+00B5 */
    { "\316\274s", 1000 } /* U+03BC */,
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "m", 60000000000 },
    { "h", 3600000000000 },
};

static int64_t unit_of(const char *s, size_t n)
{
    for (size_t i = 0; i < CU_LEN(units); i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, s, n) == 0)
            return units[i].ns;
    return 0;
}

/* One "1.5h" of a duration, added to *total; all in negative numbers, whose range is the larger one. */
static bool duration_part(const char **p, int64_t *total)
{
    const char *s = *p;
    int64_t whole = 0, fraction = 0, scale = 1;
    bool any = false;
    for (; *s >= '0' && *s <= '9'; s++, any = true)
        if (__builtin_mul_overflow(whole, (int64_t)10, &whole) ||
            __builtin_sub_overflow(whole, (int64_t)(*s - '0'), &whole))
            return false;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++, any = true)
            if (scale < 1000000000000) /* further digits are below a nanosecond */
                fraction = fraction * 10 + (*s - '0'), scale *= 10;
    size_t n = strcspn(s, "0123456789.");
    int64_t unit = unit_of(s, n);
    if (!any || unit == 0)
        return false;
    int64_t part = (int64_t)((__int128)fraction * unit / scale);
    if (__builtin_mul_overflow(whole, unit, &whole) || __builtin_sub_overflow(whole, part, &whole) ||
        __builtin_add_overflow(*total, whole, total))
        return false;
    *p = s + n;
    return true;
}

int cu_parse_duration(const char *s, int64_t *ns, struct cu_err *err)
{
    const char *p = s ? s : "";
    bool negative = *p == '-';
    int64_t total = 0;
    if (*p == '-' || *p == '+')
        p++;
    bool ok = *p != '\0';
    if (strcmp(p, "0") == 0)
        p++;
    while (ok && *p)
        ok = duration_part(&p, &total);
    if (ok && !negative)
        ok = !__builtin_sub_overflow((int64_t)0, total, &total);
    if (!ok)
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not a duration such as 1m30s", s ? s : "");
    *ns = total;
    return 0;
}

/* "1.5" from 1500 thousandths. */
static void put_fraction(char *out, size_t size, uint64_t v, uint64_t scale)
{
    int width = 0;
    for (uint64_t s = scale; s > 1; s /= 10)
        width++;
    int n = snprintf(out, size, "%llu.%0*llu", (unsigned long long)(v / scale), width,
                     (unsigned long long)(v % scale));
    while (out[n - 1] == '0')
        out[--n] = '\0';
    if (out[n - 1] == '.')
        out[n - 1] = '\0';
}

char *cu_format_duration(int64_t ns)
{
    uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    const char *minus = ns < 0 ? "-" : "";
    char number[48];
    if (v == 0)
        return cu_strdup("0s");
    if (v < 1000)
        return cu_asprintf("%s%lluns", minus, (unsigned long long)v);
    if (v < 1000000) {
        put_fraction(number, sizeof number, v, 1000);
        return cu_asprintf("%s%s\302\265s", minus, number);
    }
    if (v < 1000000000) {
        put_fraction(number, sizeof number, v, 1000000);
        return cu_asprintf("%s%sms", minus, number);
    }
    uint64_t minutes = v / 60000000000;
    put_fraction(number, sizeof number, v % 60000000000, 1000000000);
    if (minutes >= 60)
        return cu_asprintf("%s%lluh%llum%ss", minus, (unsigned long long)(minutes / 60),
                           (unsigned long long)(minutes % 60), number);
    if (minutes)
        return cu_asprintf("%s%llum%ss", minus, (unsigned long long)minutes, number);
    return cu_asprintf("%s%ss", minus, number);
}

/* "5m3s", or "5m" when the lesser part is zero. */
static char *two_parts(int64_t big, const char *unit_big, int64_t small, const char *unit_small)
{
    if (small == 0)
        return cu_asprintf("%lld%s", (long long)big, unit_big);
    return cu_asprintf("%lld%s%lld%s", (long long)big, unit_big, (long long)small, unit_small);
}

char *cu_human_duration(int64_t s)
{
    const int64_t minute = 60, hour = 3600, day = 86400, year = 365 * day;
    if (s < -1)
        return cu_strdup("<invalid>");
    if (s < 0)
        return cu_strdup("0s");
    if (s < 2 * minute)
        return cu_asprintf("%llds", (long long)s);
    if (s < 10 * minute)
        return two_parts(s / minute, "m", s % minute, "s");
    if (s < 3 * hour)
        return cu_asprintf("%lldm", (long long)(s / minute));
    if (s < 8 * hour)
        return two_parts(s / hour, "h", s % hour / minute, "m");
    if (s < 48 * hour)
        return cu_asprintf("%lldh", (long long)(s / hour));
    if (s < 8 * day)
        return two_parts(s / day, "d", s % day / hour, "h");
    if (s < 2 * year)
        return cu_asprintf("%lldd", (long long)(s / day));
    if (s < 8 * year)
        return two_parts(s / year, "y", s % year / day, "d");
    return cu_asprintf("%lldy", (long long)(s / year));
}
