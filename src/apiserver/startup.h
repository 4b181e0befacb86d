/* apiserver/startup.h - objects the server makes for itself: namespaces, the bootstrap RBAC policy, priority
 * classes, the service "kubernetes" with its endpoints, and what clients of the front proxy read (spec
 * apiserver 5). */
#ifndef APISERVER_STARTUP_H
#define APISERVER_STARTUP_H

#include "base/strlist.h"
#include <stdint.h>

struct api_registry;

struct api_startup_config {
    const struct cu_strlist *service_ranges; /* --service-cluster-ip-range, one or two CIDRs */
    const char *advertise_address;
    int secure_port;
    const char *client_ca_file;        /* may be NULL */
    const char *requestheader_ca_file; /* may be NULL, with the next four */
    const struct cu_strlist *requestheader_allowed_names, *requestheader_username_headers;
    const struct cu_strlist *requestheader_group_headers, *requestheader_extra_prefixes;
};

/* Makes what is missing, completes RBAC objects that lost rules or subjects (unless their autoupdate
 * annotation is "false"), in one transaction of the store. Run at start and then every minute; writes nothing
 * when all is there. */
int api_startup_objects(struct api_registry *registry, const struct api_startup_config *c, int64_t now_ms,
                        struct cu_err *err);

#endif
