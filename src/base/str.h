/* base/str.h - questions about and pieces of strings. ASCII only; nothing depends on the locale. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

bool cu_streq(const char *a, const char *b); /* two NULLs are equal */
bool cu_strcaseeq(const char *a, const char *b);
bool cu_has_prefix(const char *s, const char *prefix);
bool cu_has_suffix(const char *s, const char *suffix);
bool cu_is_empty(const char *s);                        /* NULL or "" */
const char *cu_or(const char *s, const char *fallback); /* s unless NULL or "" */
char *cu_trim(const char *s);                           /* new string without white space at both ends */
char *cu_lower(const char *s);                          /* new string */
char *cu_replace(const char *s, const char *from, const char *to); /* new string, all occurrences */

/* Whole-string decimal parse within [min, max]; CU_E_INVALID "not a number" or "not in range". */
int cu_parse_i64(const char *s, int64_t min, int64_t max, int64_t *out, struct cu_err *err);
/* "true", "false" and Go's strconv.ParseBool forms (1, t, T, TRUE, True, 0, f, F, FALSE, False). */
int cu_parse_bool(const char *s, bool *out, struct cu_err *err);

/* Kubernetes name rules: RFC 1123 label (<= 63), RFC 1123 subdomain (<= 253), qualified name of labels. */
bool cu_is_dns_label(const char *s);
bool cu_is_dns_subdomain(const char *s);
bool cu_is_qualified_name(const char *s); /* [dns-subdomain/]name, name <= 63 of [A-Za-z0-9-_.] */
bool cu_is_label_value(const char *s);    /* "" or like the name part above */

/* Compares in constant time for equal lengths; for secrets. */
bool cu_equal_secret(const char *a, const char *b);

#endif
