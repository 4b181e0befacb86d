/* codec/internal.h - what the sources of this folder share; no other folder includes it. */
#ifndef CODEC_INTERNAL_H
#define CODEC_INTERNAL_H

#include "base/buf.h"
#include "codec/value.h"

#define CODEC_REAL_MAX 48 /* bytes, terminator included */

/* Shortest decimal text that reads back as `d`, in Go's encoding/json form: "0.1", "3", "1e+21", "1e-7".
 * Not-a-number and infinities give ".nan", ".inf", "-.inf". */
void codec_format_real(double d, char out[CODEC_REAL_MAX]);

/* The same as sigs.k8s.io/yaml writes it: fractions of 1e6 and more get an exponent, "1.2345675e+06". */
void codec_format_real_yaml(double d, char out[CODEC_REAL_MAX]);

/* The same as Go's fmt writes it with %v: 1e6 and more get an exponent, "1e+06". */
void codec_format_real_go(double d, char out[CODEC_REAL_MAX]);

/* What a plain YAML scalar means to Go's yaml.v2. */
struct codec_scalar {
    enum val_kind kind; /* VAL_NULL, VAL_BOOL, VAL_INT, VAL_REAL or VAL_STRING */
    bool b;
    int64_t i;
    double d;
    bool infinite; /* VAL_REAL without a JSON form: .inf, .nan */
    bool quoted;   /* VAL_STRING, but written in double quotes: time stamps, base 60 numbers */
};
struct codec_scalar codec_yaml_resolve(const char *s);

/* Length of the valid UTF-8 sequence at s (1 to 4), 0 when there is none within n bytes. *rune may be NULL. */
size_t codec_utf8_len(const char *s, size_t n, uint32_t *rune);

/* Ends the program: a library under this folder has no memory left. */
_Noreturn void codec_oom(void);

/* Drops the const of a borrowed pointer in one place, where the API hands out changeable children. */
static inline void *codec_unconst(const void *p)
{
    return (void *)(uintptr_t)p;
}

#endif
