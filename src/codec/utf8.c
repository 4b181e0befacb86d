/* UTF-8 sequences and number text shared by the readers and writers.
 * Must not know about values. */
#include "codec/internal.h"
#include <math.h>
#include <string.h>

_Noreturn void codec_oom(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

static bool tail_ok(const unsigned char *p, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return false;
    return true;
}

size_t codec_utf8_len(const char *s, size_t n, uint32_t *rune)
{
    const unsigned char *p = (const unsigned char *)s;
    uint32_t r;
    size_t len;
    if (n == 0)
        return 0;
    if (p[0] < 0x80) {
        r = p[0], len = 1;
    } else if (p[0] >= 0xC2 && p[0] < 0xE0) {
        r = p[0] & 0x1F, len = 2;
    } else if (p[0] >= 0xE0 && p[0] < 0xF0) {
        r = p[0] & 0x0F, len = 3;
    } else if (p[0] >= 0xF0 && p[0] < 0xF5) {
        r = p[0] & 0x07, len = 4;
    } else {
        return 0;
    }
    if (len > n || !tail_ok(p, len))
        return 0;
    for (size_t i = 1; i < len; i++)
        r = r << 6 | (p[i] & 0x3F);
    if ((len == 3 && r < 0x800) || (len == 4 && r < 0x10000) || r > 0x10FFFF || (r >= 0xD800 && r < 0xE000))
        return 0;
    if (rune)
        *rune = r;
    return len;
}

/* Digits and decimal exponent of the shortest round-trip form: 0.<digits> * 10^exp10. */
static int shortest_digits(double d, char digits[24], int *exp10)
{
    char text[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    char *e = strchr(text, 'e');
    int n = 0;
    for (const char *p = text; p < e; p++)
        if (*p != '.')
            digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    *exp10 = (int)strtol(e + 1, NULL, 10) + 1;
    return n;
}

static void format_real(double d, double smallest, int largest_point, char out[CODEC_REAL_MAX])
{
    if (isnan(d) || isinf(d)) {
        snprintf(out, CODEC_REAL_MAX, "%s", isnan(d) ? ".nan" : d > 0 ? ".inf" : "-.inf");
        return;
    }
    if (d == 0) {
        snprintf(out, CODEC_REAL_MAX, "%s", "0"); /* read back as an integer, which has no negative zero */
        return;
    }
    char digits[24];
    int point;
    const char *sign = d < 0 ? "-" : "";
    double abs = fabs(d);
    int n = shortest_digits(abs, digits, &point);
    if (abs < smallest || point > largest_point)
        snprintf(out, CODEC_REAL_MAX, "%s%c%s%se%c%02d", sign, digits[0], n > 1 ? "." : "", digits + 1,
                 point < 1 ? '-' : '+', abs < 1 ? 1 - point : point - 1);
    else if (point <= 0)
        snprintf(out, CODEC_REAL_MAX, "%s0.%.*s%s", sign, -point, "000000", digits);
    else if (n <= point)
        snprintf(out, CODEC_REAL_MAX, "%s%s%.*s", sign, digits, point - n, "00000000000000000000");
    else
        snprintf(out, CODEC_REAL_MAX, "%s%.*s.%s", sign, point, digits, digits + point);
}

/* encoding/json writes e-07 as e-7. It writes out 21 digits, too; we stop at 18, which all readers of integers take. */
void codec_format_real(double d, char out[CODEC_REAL_MAX])
{
    format_real(d, 1e-6, 18, out);
    char *e = strstr(out, "e-0");
    if (e)
        memmove(e + 2, e + 3, strlen(e + 3) + 1);
}

/* The YAML writer of sigs.k8s.io/yaml starts from JSON: what is written as an integer there stays one. */
void codec_format_real_yaml(double d, char out[CODEC_REAL_MAX])
{
    codec_format_real(d, out);
    if (strpbrk(out, ".e"))
        format_real(d, 1e-4, 6, out);
}

void codec_format_real_go(double d, char out[CODEC_REAL_MAX])
{
    format_real(d, 1e-4, 6, out);
}
