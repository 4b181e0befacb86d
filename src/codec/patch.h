/* codec/patch.h - JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch (spec config-api 20.3 to 20.5,
 * apiserver 3.8). Neither document nor patch is changed; *out is a tree of the caller's own. */
#ifndef CODEC_PATCH_H
#define CODEC_PATCH_H

#include "codec/value.h"

#define CODEC_PATCH_MAX_OPS 10000 /* operations of one JSON patch */

/* CU_E_INVALID: the patch itself is malformed (HTTP 400). CU_E_CONFLICT: well formed, but does not fit the document:
 * a test that fails, a path that is not there (HTTP 422). Negative list indexes count from the end. */
int codec_patch_json(const struct val *doc, const struct val *patch, struct val **out, struct cu_err *err);

/* null deletes, maps merge, everything else replaces. */
void codec_patch_merge(const struct val *doc, const struct val *patch, struct val **out);

/* Which lists merge, and by which key, for one type. */
struct codec_merge_type;
enum codec_merge { CODEC_MERGE_NONE = 0, CODEC_MERGE_LIST = 1, CODEC_MERGE_RETAIN_KEYS = 2 /* or'ed */ };

struct codec_merge_field {
    const char *name;
    unsigned strategy;                    /* enum codec_merge, or'ed */
    const char *key;                      /* merge key of a list of maps; NULL for a list of scalars */
    const struct codec_merge_type *child; /* type of the value or of the list's elements; NULL: nothing merges below */
};

struct codec_merge_type {
    const char *name;                        /* "apps/v1.Deployment" for kinds, else the name of the part */
    const struct codec_merge_field *fields;  /* ends with a NULL name; fields without row are plain */
};

/* The built-in types by group, version and kind ("v1", "Pod"); NULL when the kind has no merging lists or is
 * unknown: then lists are replaced. */
const struct codec_merge_type *codec_merge_lookup(const char *api_version, const char *kind);

/* True for kinds the built-in table knows, with or without merging lists. Unknown kinds (custom resources) must be
 * refused strategic merge by the API server (HTTP 415). */
bool codec_merge_known(const char *api_version, const char *kind);

/* type may be NULL: maps merge and lists replace. Directives: $patch, $retainKeys, $setElementOrder/<field>,
 * $deleteFromPrimitiveList/<field>. CU_E_INVALID on a malformed patch (unknown directive value, element without its
 * merge key, order that does not fit). */
int codec_patch_strategic(const struct val *doc, const struct val *patch, const struct codec_merge_type *type,
                          struct val **out, struct cu_err *err);

#endif
