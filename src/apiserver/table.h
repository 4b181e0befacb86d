/* apiserver/table.h - the Table and PartialObjectMetadata forms of objects (spec apiserver 3.10). */
#ifndef APISERVER_TABLE_H
#define APISERVER_TABLE_H

#include "apiserver/resource.h"
#include "codec/value.h"

enum api_include { API_INCLUDE_METADATA, API_INCLUDE_NONE, API_INCLUDE_OBJECT };
/* Query value of includeObject; "" is Metadata. false when unknown. */
bool api_include_parse(const char *text, enum api_include *out);

/* An empty Table of r, owned by the caller. Its metadata is an empty map: set resourceVersion and continue
 * there. Without columns (every watch event but the first) columnDefinitions is null. */
struct val *api_table_new(const struct api_resource *r, bool with_columns);
/* Appends the row of one object; now_ms is the wall clock that ages are counted from. */
void api_table_add(struct val *table, const struct api_resource *r, const struct val *obj,
                   enum api_include include, int64_t now_ms);

/* {"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":...}; owned by the caller, the
 * metadata is shared with obj. */
struct val *api_partial_metadata(const struct val *obj);

#endif
