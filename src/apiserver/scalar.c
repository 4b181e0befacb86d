/* Text forms of times, as the API's Go types print them. Must not know about objects. */
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
