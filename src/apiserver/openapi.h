/* apiserver/openapi.h - as much OpenAPI as kubectl needs before it sends an object (spec apiserver 1.5), and what
 * `kubectl explain` reads. All results are owned by the caller. */
#ifndef APISERVER_OPENAPI_H
#define APISERVER_OPENAPI_H

#include "codec/value.h"

#define API_OPENAPI_V2_CONTENT_TYPE "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

/* /openapi/v2 when the Accept header asks for protobuf ("proto-openapi.spec.v2"): every kind's PATCH with its query
 * parameters, and no definitions, so that kubectl before 1.29 checks no field on its side. */
uint8_t *api_openapi_v2_protobuf(size_t *n);
/* /openapi/v2 otherwise. */
struct val *api_openapi_v2(void);
/* /openapi/v3: path -> serverRelativeURL. */
struct val *api_openapi_v3(void);
/* /openapi/v3/api/v1 (group "") and /openapi/v3/apis/<g>/<v>, with schemas; NULL when not served. */
struct val *api_openapi_v3_document(const char *group, const char *version);

#endif
