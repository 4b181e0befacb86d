/* codec/internal.h - what the sources of this folder share; no other folder includes it. */
#ifndef CODEC_INTERNAL_H
#define CODEC_INTERNAL_H

#include "base/buf.h"
#include "codec/value.h"

#define CODEC_REAL_MAX 48 /* bytes, terminator included */

/* Shortest decimal text that reads back as `d`, in Go's encoding/json form: "0.1", "3", "1e+21", "1e-07".
 * Not-a-number and infinities give ".nan", ".inf", "-.inf". */
void codec_format_real(double d, char out[CODEC_REAL_MAX]);

/* Length of the valid UTF-8 sequence at s (1 to 4), 0 when there is none within n bytes. *rune may be NULL. */
size_t codec_utf8_len(const char *s, size_t n, uint32_t *rune);

/* Drops the const of a borrowed pointer in one place, where the API hands out changeable children. */
static inline void *codec_unconst(const void *p)
{
    return (void *)(uintptr_t)p;
}

#endif
