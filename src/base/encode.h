/* base/encode.h - base64 (RFC 4648 sections 4 and 5) and hexadecimal. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/err.h"
#include <stdint.h>

char *cu_base64(const void *p, size_t n);    /* standard alphabet, padded; caller frees */
char *cu_base64url(const void *p, size_t n); /* URL alphabet, no padding; caller frees */
/* *out is malloc'ed with a NUL behind it, *n its length. White space is skipped in the standard form.
 * CU_E_INVALID names the first bad position. */
int cu_unbase64(const char *s, uint8_t **out, size_t *n, struct cu_err *err);
int cu_unbase64url(const char *s, size_t len, uint8_t **out, size_t *n, struct cu_err *err);

char *cu_hex(const void *p, size_t n); /* lower case; caller frees */
int cu_unhex(const char *s, uint8_t **out, size_t *n, struct cu_err *err);

#endif
