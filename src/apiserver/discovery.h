/* apiserver/discovery.h - discovery documents, built from the table of resources (spec apiserver 1.4). All
 * results are owned by the caller; NULL when the group or version is not served. */
#ifndef APISERVER_DISCOVERY_H
#define APISERVER_DISCOVERY_H

#include "codec/value.h"

/* Content type of the aggregated form; clients compare it byte for byte. */
#define API_AGGREGATED_CONTENT_TYPE "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

struct val *api_discovery_versions(const char *server_address);              /* GET /api; "10.0.0.1:6443" */
struct val *api_discovery_groups(void);                                      /* GET /apis */
struct val *api_discovery_group(const char *group);                          /* GET /apis/<g> */
struct val *api_discovery_resources(const char *group, const char *version); /* GET /api/v1, /apis/<g>/<v> */
struct val *api_discovery_aggregated(bool core);                             /* /api when core, else /apis */

#endif
