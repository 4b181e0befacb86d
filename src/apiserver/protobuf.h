/* apiserver/protobuf.h - request bodies in Kubernetes protobuf (application/vnd.kubernetes.protobuf) read
 * into the tree of values their JSON form would give (spec apiserver 3.9). Driven by apiserver/schema.h; no
 * code per type. */
#ifndef APISERVER_PROTOBUF_H
#define APISERVER_PROTOBUF_H

#include "codec/value.h"

#define API_PROTOBUF_CONTENT_TYPE "application/vnd.kubernetes.protobuf"

/* True when the body starts with the envelope's four bytes "k8s\0". */
bool api_protobuf_is(const void *body, size_t n);

/* Reads one enveloped object. *obj is owned by the caller: a map that starts with kind and apiVersion as the
 * envelope names them. Zero values of optional scalars and empty times are left out, bytes become base64,
 * unknown fields are skipped; sub-messages on the wire are kept even when empty. CU_E_INVALID: no envelope, a
 * kind without known layout, truncated or contradictory bytes, nesting deeper than LIM_NESTING, text that is
 * not UTF-8. */
int api_protobuf_decode(const uint8_t *body, size_t n, struct val **obj, struct cu_err *err);

#endif
