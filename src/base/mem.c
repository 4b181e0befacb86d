/* base/mem.c - allocation that never returns NULL and the cleanup functions behind the attributes.
 * Must not know anything above the C library. */
#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* The one place where the program gives up for want of memory. */
static _Noreturn void oom(void)
{
    static const char text[] = "out of memory\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* nothing left to try */
    }
    abort();
}

void *cu_malloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        oom();
    return p;
}

void *cu_calloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        oom();
    return p;
}

void *cu_reallocarray(void *p, size_t n, size_t size)
{
    void *q = reallocarray(p, n ? n : 1, size ? size : 1);
    if (!q)
        oom();
    return q;
}

char *cu_strdup(const char *s)
{
    return s ? cu_memdup(s, strlen(s)) : NULL;
}

char *cu_strndup(const char *s, size_t n)
{
    return s ? cu_memdup(s, strnlen(s, n)) : NULL;
}

void *cu_memdup(const void *p, size_t n)
{
    if (n == SIZE_MAX)
        oom();
    char *q = cu_malloc(n + 1);
    if (n)
        memcpy(q, p, n);
    q[n] = '\0';
    return q;
}

char *cu_asprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        oom();
    return s;
}

void cu_grow(void *array_ptr, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return;
    size_t want = *cap ? *cap : 8;
    while (want < need) {
        if (want > SIZE_MAX / 2)
            oom();
        want *= 2;
    }
    void *p;
    memcpy(&p, array_ptr, sizeof p);
    p = cu_reallocarray(p, want, size);
    memcpy(array_ptr, &p, sizeof p);
    *cap = want;
}

void cu_wipe(void *p, size_t n)
{
    if (p && n)
        explicit_bzero(p, n);
}

void cu_free_secret(char *s)
{
    if (s)
        cu_wipe(s, strlen(s));
    free(s);
}

void *cu_steal_ptr(void *p)
{
    void *out;
    void *none = NULL;
    memcpy(&out, p, sizeof out);
    memcpy(p, &none, sizeof none);
    return out;
}

void cu_cleanup_free(void *p)
{
    free(cu_steal_ptr(p));
}

void cu_cleanup_wipe(char **p)
{
    cu_free_secret(*p);
    *p = NULL;
}

void cu_cleanup_close(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

void cu_cleanup_fclose(FILE **f)
{
    int saved = errno;
    if (*f)
        fclose(*f);
    *f = NULL;
    errno = saved;
}
