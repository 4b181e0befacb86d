/* base/random.c - random bytes, numbers and text from the kernel.
 * Must not fall back to a weaker source: without randomness there are no keys. */
#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

void cu_random(void *p, size_t n)
{
    unsigned char *w = p;
    while (n) {
        ssize_t got = getrandom(w, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort();
        w += got;
        n -= (size_t)got;
    }
}

uint32_t cu_random_below(uint32_t n)
{
    uint32_t v, limit = UINT32_MAX - UINT32_MAX % n; /* a multiple of n: no bias below it */
    do
        cu_random(&v, sizeof v);
    while (v >= limit);
    return v % n;
}

void cu_random_text(char *out, size_t n, const char *alphabet)
{
    uint32_t size = (uint32_t)strlen(alphabet);
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[cu_random_below(size)];
    out[n] = '\0';
}

char *cu_uuid4(void)
{
    unsigned char b[16];
    cu_random(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return cu_asprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                       b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
                       b[15]);
}
