/* apiserver/object.h - how states of objects are made; for the registry, the watches and the event
 * conversion. */
#ifndef APISERVER_OBJECT_H
#define APISERVER_OBJECT_H

#include "apiserver/registry.h"

/* A new state, one reference owned by the caller. v is borrowed: its outer levels are copied (kind and
 * apiVersion of r first, metadata without managedFields and selfLink, its resourceVersion set to rev; rev 0:
 * none), the rest is shared and must not change any more. */
struct api_object *api_object_new(const struct api_resource *r, const struct val *v, int64_t rev);
/* The tree alone, without resourceVersion: what is stored. Caller owns. */
struct val *api_object_bare(const struct api_resource *r, const struct val *v);
/* "ns/name" or "name"; caller frees. */
char *api_object_key(const char *ns, const char *name);
/* The object's JSON from "metadata" on, as it stands in lists behind '{' (without kind and apiVersion);
 * borrowed. */
const char *api_object_json_item(struct api_object *o);

#endif
