/* apiserver/protobuf.h - request bodies in Kubernetes protobuf (application/vnd.kubernetes.protobuf) read
 * into the tree of values their JSON form would give (spec apiserver 3.9). Driven by apiserver/schema.h; no
 * code per type. */
#ifndef APISERVER_PROTOBUF_H
#define APISERVER_PROTOBUF_H

#include "codec/value.h"

#define API_PROTOBUF_CONTENT_TYPE "application/vnd.kubernetes.protobuf"

/* True when the body starts with the envelope's four bytes "k8s\0". */
bool api_protobuf_is(const void *body, size_t n);

/* Reads one enveloped object. *obj is owned by the caller, a map that starts with kind and apiVersion as the
 * envelope names them (left out when the envelope does not name them). Zero values of optional scalars are
 * dropped, bytes become base64, unknown fields are skipped.
 * CU_E_INVALID: no envelope, truncated, nested deeper than LIM_NESTING, a text that is not UTF-8, a kind that
 * is not known. */
int api_protobuf_decode(const uint8_t *body, size_t n, struct val **obj, struct cu_err *err);

#endif
