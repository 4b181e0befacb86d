/* apiserver/fields.h - what the schema says about the fields of an object that came as JSON or YAML, and the
 * values field selectors compare. */
#ifndef APISERVER_FIELDS_H
#define APISERVER_FIELDS_H

#include "apiserver/resource.h"
#include "base/strlist.h"
#include "codec/value.h"

/* Fits `obj` (a map, not shared; changed in place) to its type as a typed decoder would: refuses values of
 * the wrong kind, drops unknown fields, leaves out nulls and empty optional values, brings times and
 * quantities into the canonical form. The dotted paths of unknown fields ("spec.foo",
 * "spec.containers[0].imge") are appended to `unknown` (may be NULL), for Warning headers or, with
 * fieldValidation=Strict, for the 400 answer `strict decoding error: unknown field "spec.foo"`. Kinds that
 * are not in the schema are left as they are. CU_E_INVALID: a value of the wrong kind; the text names the
 * field. */
int api_conform(const char *group, const char *version, const char *kind, struct val *obj,
                struct cu_strlist *unknown, struct cu_err *err);

/* May this field selector path be used on r? */
bool api_field_selectable(const struct api_resource *r, const char *path);
/* The text a field selector compares at `path` ("spec.nodeName"): "" when absent, "true" or "false" for
 * booleans, with the aliases of spec apiserver 3.7 (spec.host, source, status.successful). Caller frees. */
char *api_field_text(const struct api_resource *r, const struct val *obj, const char *path);

#endif
