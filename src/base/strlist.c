/* base/strlist.c - a growing list of owned strings, usable as an argv.
 * Must not know what the strings mean. */
#include "base/strlist.h"

#include <stdarg.h>
#include <string.h>

#include "base/str.h"

void cu_strlist_take(struct cu_strlist *l, char *s)
{
    cu_grow(&l->v, &l->cap, l->n + 2, sizeof *l->v);
    l->v[l->n++] = s;
    l->v[l->n] = NULL;
}

void cu_strlist_add(struct cu_strlist *l, const char *s)
{
    cu_strlist_take(l, cu_strdup(s));
}

void cu_strlist_addf(struct cu_strlist *l, const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        s = cu_strdup("");
    va_end(ap);
    cu_strlist_take(l, s);
}

bool cu_strlist_has(const struct cu_strlist *l, const char *s)
{
    for (size_t i = 0; i < l->n; i++)
        if (cu_streq(l->v[i], s))
            return true;
    return false;
}

void cu_strlist_add_unique(struct cu_strlist *l, const char *s)
{
    if (!cu_strlist_has(l, s))
        cu_strlist_add(l, s);
}

void cu_strlist_copy(struct cu_strlist *to, const struct cu_strlist *from)
{
    size_t n = from->n; /* from may be to */
    for (size_t i = 0; i < n; i++)
        cu_strlist_add(to, from->v[i]);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void cu_strlist_sort(struct cu_strlist *l)
{
    if (l->n > 1)
        qsort(l->v, l->n, sizeof *l->v, compare);
}

void cu_strlist_split(struct cu_strlist *l, const char *s, char sep)
{
    if (cu_is_empty(s))
        return;
    for (;;) {
        const char *end = strchrnul(s, sep);
        cu_strlist_take(l, cu_strndup(s, (size_t)(end - s)));
        if (!*end)
            return;
        s = end + 1;
    }
}

char *cu_strlist_join(const struct cu_strlist *l, const char *sep)
{
    size_t total = 1, n_sep = strlen(sep);
    for (size_t i = 0; i < l->n; i++)
        total += strlen(l->v[i]) + n_sep;
    char *out = cu_malloc(total), *w = out;
    for (size_t i = 0; i < l->n; i++) {
        if (i)
            w = stpcpy(w, sep);
        w = stpcpy(w, l->v[i]);
    }
    *w = '\0';
    return out;
}

void cu_strlist_clear(struct cu_strlist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct cu_strlist)CU_STRLIST_INIT;
}
