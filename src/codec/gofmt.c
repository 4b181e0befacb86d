/* Go's literals, read and written.
 * Must not know about templates. */
#include "codec/gofmt.h"
#include "codec/internal.h"
#include <string.h>

void codec_go_rune(uint32_t r, struct cu_buf *out)
{
    if (r < 0x80) {
        cu_buf_addc(out, (char)r);
    } else if (r < 0x800) {
        cu_buf_addc(out, (char)(0xC0 | r >> 6));
        cu_buf_addc(out, (char)(0x80 | (r & 0x3F)));
    } else if (r < 0x10000) {
        cu_buf_addc(out, (char)(0xE0 | r >> 12));
        cu_buf_addc(out, (char)(0x80 | (r >> 6 & 0x3F)));
        cu_buf_addc(out, (char)(0x80 | (r & 0x3F)));
    } else {
        cu_buf_addc(out, (char)(0xF0 | r >> 18));
        cu_buf_addc(out, (char)(0x80 | (r >> 12 & 0x3F)));
        cu_buf_addc(out, (char)(0x80 | (r >> 6 & 0x3F)));
        cu_buf_addc(out, (char)(0x80 | (r & 0x3F)));
    }
}

/* `digits` digits of a base at s; false when one is missing. */
static bool digits(const char *s, size_t n, size_t count, uint32_t base, uint32_t *out)
{
    *out = 0;
    if (count > n)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *all = "0123456789abcdef", *at = s[i] ? strchr(all, s[i] | 0x20) : NULL;
        if (!at || (uint32_t)(at - all) >= base || (s[i] < 0x20))
            return false;
        *out = *out * base + (uint32_t)(at - all);
    }
    return true;
}

/* One escape behind the backslash; the bytes it takes, 0 when it is none. */
static size_t escape(const char *s, size_t n, char quote, struct cu_buf *out)
{
    static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
    static const struct {
        char letter;
        uint8_t digits, base;
    } coded[] = { { 'x', 2, 16 }, { 'u', 4, 16 }, { 'U', 8, 16 } };
    const char *at = n > 0 && *s ? strchr(from, *s) : NULL;
    uint32_t r;
    if (at || (n > 0 && *s == quote)) {
        cu_buf_addc(out, at ? to[at - from] : quote);
        return 1;
    }
    for (size_t i = 0; n > 0 && i < CU_LEN(coded); i++) {
        if (coded[i].letter != *s)
            continue;
        if (!digits(s + 1, n - 1, coded[i].digits, coded[i].base, &r) || r == 0 || r > 0x10FFFF ||
            (r >= 0xD800 && r < 0xE000))
            return 0;
        if (coded[i].letter == 'x')
            cu_buf_addc(out, (char)r);
        else
            codec_go_rune(r, out);
        return 1u + coded[i].digits;
    }
    if (!digits(s, n, 3, 8, &r) || r == 0 || r > 0xFF)
        return 0;
    cu_buf_addc(out, (char)r);
    return 3;
}

bool codec_go_unquote(const char *s, size_t n, char quote, struct cu_buf *out)
{
    size_t i = 0;
    while (i < n) {
        if (s[i] == '\n' || s[i] == quote || !s[i])
            return false;
        if (s[i] != '\\') {
            cu_buf_addc(out, s[i++]);
            continue;
        }
        size_t used = escape(s + i + 1, n - i - 1, quote, out);
        if (used == 0)
            return false;
        i += 1 + used;
    }
    return !out->failed;
}

bool codec_go_printable(uint32_t r)
{
    return !(r < 0x20 || (r >= 0x7F && r <= 0xA0) || r == 0xAD || (r >= 0x200B && r <= 0x200F) ||
             (r >= 0x2028 && r <= 0x202F) || (r >= 0x2060 && r <= 0x206F) || (r >= 0xE000 && r < 0xF900) ||
             r == 0xFEFF || r >= 0xF0000);
}

void codec_go_escape(const char *s, char quote, bool ascii, struct cu_buf *out)
{
    static const char from[] = "\a\b\f\n\r\t\v\\", to[] = "abfnrtv\\";
    size_t n = strlen(s), len;
    for (size_t i = 0; i < n; i += len) {
        uint32_t r = 0xFFFD;
        len = codec_utf8_len(s + i, n - i, &r);
        const char *at = strchr(from, s[i]);
        if (len == 0) {
            cu_buf_addf(out, "\\x%02x", (unsigned)(unsigned char)s[i]);
            len = 1;
        } else if (at || s[i] == quote) {
            cu_buf_addf(out, "\\%c", at ? to[at - from] : quote);
        } else if (codec_go_printable(r) && (!ascii || r < 0x80)) {
            cu_buf_addn(out, s + i, len);
        } else {
            cu_buf_addf(out, r < 0x80 ? "\\x%02x" : r < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)r);
        }
    }
}
