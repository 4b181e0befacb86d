/* base/buf.c - bounded text builder with a sticky failure.
 * Must not know what the text means. */
#include "base/buf.h"

#include <stdint.h>
#include <string.h>

/* Room for n more bytes and a terminator, or the sticky failure. */
static bool reserve(struct cu_buf *b, size_t n)
{
    if (b->failed || n > b->max || b->len > b->max - n) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < need)
            cap = cap > SIZE_MAX / 2 ? need : cap * 2;
        b->data = cu_reallocarray(b->data, cap, 1);
        b->cap = cap;
    }
    return true;
}

void cu_buf_add(struct cu_buf *b, const char *s)
{
    cu_buf_addn(b, s, strlen(s));
}

void cu_buf_addn(struct cu_buf *b, const void *p, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void cu_buf_addc(struct cu_buf *b, char c)
{
    cu_buf_addn(b, &c, 1);
}

void cu_buf_addf(struct cu_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    cu_buf_vaddf(b, fmt, ap);
    va_end(ap);
}

void cu_buf_vaddf(struct cu_buf *b, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n < 0) {
        b->failed = true;
    } else if ((size_t)n < sizeof small) {
        cu_buf_addn(b, small, (size_t)n);
    } else if (reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void cu_buf_reset(struct cu_buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

void cu_buf_drop(struct cu_buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

const char *cu_buf_str(const struct cu_buf *b)
{
    return b->data ? b->data : "";
}

int cu_buf_take(struct cu_buf *b, char **out, struct cu_err *err)
{
    if (b->failed) {
        size_t max = b->max;
        cu_buf_clear(b);
        return cu_fail(err, CU_E_INVALID, "text is larger than %zu bytes", max);
    }
    *out = b->data ? cu_steal(&b->data) : cu_strdup("");
    cu_buf_clear(b);
    return 0;
}

void cu_buf_clear(struct cu_buf *b)
{
    free(b->data);
    *b = (struct cu_buf)CU_BUF_INIT(b->max);
}

void cu_buf_clear_secret(struct cu_buf *b)
{
    cu_wipe(b->data, b->cap);
    cu_buf_clear(b);
}
