/* base/random.h - random bytes from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void cu_random(void *p, size_t n);    /* getrandom(2); aborts when the kernel cannot */
uint32_t cu_random_below(uint32_t n); /* uniform in [0, n), n > 0 */
/* Fills out[0..n-1] with characters of `alphabet` chosen uniformly and terminates (out has n + 1 bytes). */
void cu_random_text(char *out, size_t n, const char *alphabet);
char *cu_uuid4(void); /* lower case, RFC 9562 version 4; caller frees */

#endif
