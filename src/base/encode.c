/* base/encode.c - base64 and hexadecimal, both ways.
 * Must not know what the bytes are; callers wipe secret results. */
#include "base/encode.h"

#include <stdbool.h>
#include <string.h>

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode64(const uint8_t *p, size_t n, const char *alphabet, bool pad)
{
    char *out = cu_calloc(n / 3 + 2, 4), *w = out;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)p[i] << 16;
        v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)p[i + 2] : 0;
        *w++ = alphabet[v >> 18 & 63];
        *w++ = alphabet[v >> 12 & 63];
        if (left > 1)
            *w++ = alphabet[v >> 6 & 63];
        else if (pad)
            *w++ = '=';
        if (left > 2)
            *w++ = alphabet[v & 63];
        else if (pad)
            *w++ = '=';
    }
    *w = '\0';
    return out;
}

char *cu_base64(const void *p, size_t n)
{
    return encode64(p, n, std_alphabet, true);
}

char *cu_base64url(const void *p, size_t n)
{
    return encode64(p, n, url_alphabet, false);
}

static int digit64(char c, const char *alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabet[62])
        return 62;
    return c == alphabet[63] ? 63 : -1;
}

struct decoder {
    uint8_t *out;
    size_t n;
    uint32_t bits;
    int digits, pads;
};

static void put(struct decoder *d, int digit)
{
    d->bits = d->bits << 6 | (uint32_t)digit;
    if (++d->digits < 4)
        return;
    d->out[d->n++] = (uint8_t)(d->bits >> 16);
    d->out[d->n++] = (uint8_t)(d->bits >> 8);
    d->out[d->n++] = (uint8_t)d->bits;
    d->bits = 0;
    d->digits = 0;
}

/* The last group of two or three digits. False when one digit alone is left. */
static bool finish(struct decoder *d)
{
    if (d->digits == 2) {
        d->out[d->n++] = (uint8_t)(d->bits >> 4);
    } else if (d->digits == 3) {
        d->out[d->n++] = (uint8_t)(d->bits >> 10);
        d->out[d->n++] = (uint8_t)(d->bits >> 2);
    }
    return d->digits != 1;
}

static int decode64(const char *s, size_t len, bool standard, uint8_t **out, size_t *n, struct cu_err *err)
{
    const char *alphabet = standard ? std_alphabet : url_alphabet;
    struct decoder d = { cu_malloc(len / 4 * 3 + 4), 0, 0, 0, 0 };
    size_t i;
    for (i = 0; i < len; i++) {
        if (standard && (s[i] == ' ' || (s[i] >= '\t' && s[i] <= '\r')))
            continue;
        if (standard && s[i] == '=' && d.digits >= 2 && d.digits + d.pads < 4) {
            d.pads++;
            continue;
        }
        int digit = digit64(s[i], alphabet);
        if (digit < 0 || d.pads)
            goto bad;
        put(&d, digit);
    }
    if (standard && d.digits && d.digits + d.pads != 4)
        goto bad;
    if (!finish(&d))
        goto bad;
    d.out[d.n] = 0;
    *out = d.out;
    *n = d.n;
    return 0;
bad:
    cu_wipe(d.out, d.n);
    free(d.out);
    return cu_fail(err, CU_E_INVALID, "illegal base64 data at input byte %zu", i);
}

int cu_unbase64(const char *s, uint8_t **out, size_t *n, struct cu_err *err)
{
    return decode64(s, strlen(s), true, out, n, err);
}

int cu_unbase64url(const char *s, size_t len, uint8_t **out, size_t *n, struct cu_err *err)
{
    return decode64(s, len, false, out, n, err);
}

char *cu_hex(const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = p;
    char *out = cu_calloc(n + 1, 2);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
    return out;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int cu_unhex(const char *s, uint8_t **out, size_t *n, struct cu_err *err)
{
    size_t len = strlen(s);
    cu_autofree uint8_t *b = cu_malloc(len / 2 + 1);
    for (size_t i = 0; i < len; i++) {
        int v = hex_digit(s[i]);
        if (v < 0)
            return cu_fail(err, CU_E_INVALID, "illegal hexadecimal data at input byte %zu", i);
        b[i / 2] = (uint8_t)(i % 2 ? b[i / 2] << 4 | v : v);
    }
    if (len % 2)
        return cu_fail(err, CU_E_INVALID, "hexadecimal data has an odd number of digits (%zu)", len);
    b[len / 2] = 0;
    *n = len / 2;
    *out = cu_steal(&b);
    return 0;
}
