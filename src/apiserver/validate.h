/* apiserver/validate.h - is this object acceptable? Common metadata rules and the rules of each kind that
 * clients rely on (spec apiserver 3.6, 3.13, 6.1). Nothing is changed. */
#ifndef APISERVER_VALIDATE_H
#define APISERVER_VALIDATE_H

#include "apiserver/strategy.h"

/* 0, or -1 with a 422 Invalid that names every bad field (RBAC escalation and admission are not looked at).
 */
int api_validate_create(const struct api_write *w, const struct val *obj, struct api_status *s);
/* As above, and refuses changes of immutable fields; `old` is the stored object. */
int api_validate_update(const struct api_write *w, const struct val *old, const struct val *obj,
                        struct api_status *s);

#endif
