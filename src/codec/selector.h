/* codec/selector.h - label and field selectors: parsed once, matched many times (spec apiserver 3.7). */
#ifndef CODEC_SELECTOR_H
#define CODEC_SELECTOR_H

#include "codec/value.h"

struct codec_labels; /* a parsed label selector */

/* "a=b,c!=d,e in (f,g),!h,i>3"; "" and NULL select everything. CU_E_INVALID on bad syntax, bad names or values. */
int codec_labels_parse(const char *text, struct codec_labels **out, struct cu_err *err);
/* From an object's field: either {matchLabels, matchExpressions} or, for Services and the like, a plain map (plain =
 * true). NULL or an empty map selects everything. */
int codec_labels_from_val(const struct val *selector, bool plain, struct codec_labels **out,
                          struct cu_err *err);
/* labels: a map of text to text, NULL counts as empty; s may be NULL (selects everything). */
bool codec_labels_match(const struct codec_labels *s, const struct val *labels);
void codec_labels_free(struct codec_labels *s); /* NULL is fine */

struct codec_fields; /* a parsed field selector */

/* "metadata.name=x,status.phase!=Running"; backslash escapes \ , and =. "" and NULL select everything. */
int codec_fields_parse(const char *text, struct codec_fields **out, struct cu_err *err);
/* Requirement number i, borrowed; false behind the last. For callers who must refuse unsupported fields. */
bool codec_fields_at(const struct codec_fields *s, size_t i, const char **path, const char **value,
                     bool *negated);
/* The value an object must have at `path` to match ("=" only), or NULL; lets a list become a single get. */
const char *codec_fields_exact(const struct codec_fields *s, const char *path);
/* Looks the dotted paths up in the object: text as it is, integers in decimal, booleans true or false, absent "".
 * Booleans that are absent compare as "false". */
bool codec_fields_match(const struct codec_fields *s, const struct val *object);
void codec_fields_free(struct codec_fields *s); /* NULL is fine */

#endif
