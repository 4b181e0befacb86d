/* codec/patch.h - JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch (spec config-api 20.3 to 20.5,
 * apiserver 3.8). Neither document nor patch is changed; *out is a tree of the caller's own. */
#ifndef CODEC_PATCH_H
#define CODEC_PATCH_H

#include "codec/value.h"

#define CODEC_PATCH_MAX_OPS 10000 /* operations of one JSON patch */

/* CU_E_INVALID: the patch itself is malformed (HTTP 400). CU_E_CONFLICT: well formed, but does not fit the document:
 * a test that fails, a path that is not there (HTTP 422). Negative list indexes count from the end; replace of an
 * absent map member adds it (spec apiserver 3.8). */
int codec_patch_json(const struct val *doc, const struct val *patch, struct val **out, struct cu_err *err);

/* null deletes, maps merge, everything else replaces. */
void codec_patch_merge(const struct val *doc, const struct val *patch, struct val **out);

/* Which lists merge, and by which key, for one type. */
struct codec_merge_type;
enum codec_merge {
    CODEC_MERGE_NONE = 0, /* maps merge, lists replace */
    CODEC_MERGE_LIST,     /* a list that merges by `key`, or as a set when that is NULL */
    CODEC_MERGE_REPLACE,  /* a map that is replaced as a whole */
};

struct codec_merge_field {
    const char *name;
    enum codec_merge strategy;
    const char *key; /* merge key of a list of maps; NULL for a list of scalars */
    const struct codec_merge_type
        *child; /* type of the value or of the list's elements; NULL: nothing merges below */
};

struct codec_merge_type {
    const char *name;                       /* "apps/v1.Deployment" for kinds, else the name of the part */
    const struct codec_merge_field *fields; /* ends with a NULL name; fields without row are plain */
};

/* The built-in kinds by apiVersion and kind ("apps/v1", "Deployment"). NULL for unknown ones: configuration kinds,
 * whose lists are replaced, and custom resources, for which the API server must refuse this patch (HTTP 415). */
const struct codec_merge_type *codec_merge_lookup(const char *api_version, const char *kind);

/* type may be NULL: maps merge and lists replace. Directives: $patch, $retainKeys, $setElementOrder/<field>,
 * $deleteFromPrimitiveList/<field>. CU_E_INVALID on a malformed patch (unknown directive value, element without its
 * merge key, order that does not fit). */
int codec_patch_strategic(const struct val *doc, const struct val *patch, const struct codec_merge_type *type,
                          struct val **out, struct cu_err *err);

#endif
