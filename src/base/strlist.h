/* base/strlist.h - a growing list of owned strings. */
#ifndef BASE_STRLIST_H
#define BASE_STRLIST_H

#include "base/err.h"
#include <stdbool.h>

struct cu_strlist {
    char **v; /* n owned strings, followed by a NULL, so that v is an argv; NULL while empty */
    size_t n, cap;
};

#define CU_STRLIST_INIT                                                                                      \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }
#define cu_autostrlist __attribute__((cleanup(cu_strlist_clear)))

void cu_strlist_add(struct cu_strlist *l, const char *s); /* copies */
void cu_strlist_addf(struct cu_strlist *l, const char *fmt, ...) CU_PRINTF(2, 3);
void cu_strlist_take(struct cu_strlist *l, char *s); /* takes ownership */
bool cu_strlist_has(const struct cu_strlist *l, const char *s);
void cu_strlist_add_unique(struct cu_strlist *l, const char *s);
void cu_strlist_copy(struct cu_strlist *to, const struct cu_strlist *from); /* appends */
void cu_strlist_sort(struct cu_strlist *l);                                 /* byte order */
/* Splits at every `sep`; empty pieces are kept ("a,,b" gives three); "" gives no piece. Appends to l. */
void cu_strlist_split(struct cu_strlist *l, const char *s, char sep);
char *cu_strlist_join(const struct cu_strlist *l, const char *sep); /* caller frees */
void cu_strlist_clear(struct cu_strlist *l);

#endif
