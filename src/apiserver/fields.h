/* apiserver/fields.h - fits an object that came as JSON or YAML to its type, as a typed decoder would: wrong
 * kinds of values are refused, unknown fields dropped and named, nulls and empty optional values left out. */
#ifndef APISERVER_FIELDS_H
#define APISERVER_FIELDS_H

#include "base/strlist.h"
#include "codec/value.h"

/* Changes `obj` (a map, not shared) in place. The dotted paths of fields the type does not know ("spec.foo",
 * "spec.containers[0].imge") are appended to `unknown` (may be NULL) for Warning headers or, with
 * fieldValidation=Strict, for the 400 answer `strict decoding error: unknown field "spec.foo"`.
 * A kind that is not in the table is left as it is.
 * CU_E_INVALID: a value of the wrong kind; the text names the field. */
int api_conform(const char *group, const char *version, const char *kind, struct val *obj,
                struct cu_strlist *unknown, struct cu_err *err);

#endif
