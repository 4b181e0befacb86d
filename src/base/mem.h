/* base/mem.h - memory that never fails, cleanup attributes, ownership hand-over.
 * Out of memory aborts in one place (cu_oom); callers never test for NULL. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CU_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CU_CHECK __attribute__((warn_unused_result))
#define CU_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Owned locals: declare initialised (NULL or -1); freed when the scope ends. */
#define cu_autofree __attribute__((cleanup(cu_cleanup_free)))
#define cu_autowipe __attribute__((cleanup(cu_cleanup_wipe))) /* char *: string wiped, then freed */
#define cu_autoclose __attribute__((cleanup(cu_cleanup_close)))
#define cu_autofclose __attribute__((cleanup(cu_cleanup_fclose)))

/* Moves a pointer out of an owned local: returns *p, leaves NULL behind. */
#define cu_steal(p) ((__typeof__(*(p)))cu_steal_ptr((void *)(p)))

void *cu_malloc(size_t size);                                     /* never NULL */
void *cu_calloc(size_t n, size_t size);                           /* zeroed; aborts on n * size overflow */
void *cu_reallocarray(void *p, size_t n, size_t size);            /* aborts on overflow */
char *cu_strdup(const char *s);                                   /* NULL gives NULL */
char *cu_strndup(const char *s, size_t n);                        /* at most n bytes, always terminated */
void *cu_memdup(const void *p, size_t n);                         /* plus one NUL byte behind it */
char *cu_asprintf(const char *fmt, ...) CU_PRINTF(1, 2) CU_CHECK; /* caller frees */

/* Grows *array so that it holds at least `need` elements of `size` bytes; *cap is in elements. */
void cu_grow(void *array_ptr, size_t *cap, size_t need, size_t size);

/* Overwrites n bytes in a way the compiler keeps. */
void cu_wipe(void *p, size_t n);
/* Wipes a NUL-terminated secret, then frees it; NULL is fine. */
void cu_free_secret(char *s);

void *cu_steal_ptr(void *p);
void cu_cleanup_free(void *p);
void cu_cleanup_wipe(char **p);
void cu_cleanup_close(int *fd);
void cu_cleanup_fclose(FILE **f);

#endif
