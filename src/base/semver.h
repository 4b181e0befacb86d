/* base/semver.h - versions "v1.36.2-rc.1+meta" (semver.org 2.0; the leading "v" is optional). */
#ifndef BASE_SEMVER_H
#define BASE_SEMVER_H

#include "base/err.h"
#include <stdbool.h>

struct cu_semver {
    int major, minor, patch;
    char pre[64];  /* pre-release without "-"; "" when none */
    char meta[64]; /* build metadata without "+"; not compared */
};

int cu_semver_parse(const char *s, struct cu_semver *out, struct cu_err *err);
int cu_semver_cmp(const struct cu_semver *a, const struct cu_semver *b); /* <0, 0, >0; semver precedence */
bool cu_semver_at_least(const struct cu_semver *v, const char *minimum); /* minimum must parse */
char *cu_semver_format(const struct cu_semver *v); /* "v1.36.2-rc.1+meta"; caller frees */

#endif
