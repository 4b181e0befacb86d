/* base/buf.h - text builder with a hard maximum and a sticky failure: append without checks, test once at the
 * end. The content is always NUL-terminated. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include <stdarg.h>
#include <stdbool.h>

struct cu_buf {
    char *data; /* NULL while empty */
    size_t len; /* bytes, without the terminator */
    size_t cap;
    size_t max; /* bytes; growing past it sets `failed` and drops the append */
    bool failed;
};

#define CU_BUF_INIT(maximum)                                                                                 \
    {                                                                                                        \
        NULL, 0, 0, (maximum), false                                                                         \
    }
#define cu_autobuf __attribute__((cleanup(cu_buf_clear)))

void cu_buf_add(struct cu_buf *b, const char *s);
void cu_buf_addn(struct cu_buf *b, const void *p, size_t n);
void cu_buf_addc(struct cu_buf *b, char c);
void cu_buf_addf(struct cu_buf *b, const char *fmt, ...) CU_PRINTF(2, 3);
void cu_buf_vaddf(struct cu_buf *b, const char *fmt, va_list ap) CU_PRINTF(2, 0);
void cu_buf_reset(struct cu_buf *b);            /* length 0, keeps memory and maximum, clears `failed` */
void cu_buf_drop(struct cu_buf *b, size_t n);   /* removes the first n bytes (n <= len) */
const char *cu_buf_str(const struct cu_buf *b); /* "" while empty; valid until the next append */
/* Moves the text to *out (caller frees; "" when empty) and resets the builder. CU_E_INVALID when it overflowed. */
int cu_buf_take(struct cu_buf *b, char **out, struct cu_err *err) CU_CHECK;
void cu_buf_clear(struct cu_buf *b);        /* frees; the builder may be used again */
void cu_buf_clear_secret(struct cu_buf *b); /* wipes, then frees */

#endif
