/* apiserver/startup.h - objects the server makes for itself: namespaces, the bootstrap RBAC policy, priority
 * classes, the service "kubernetes" with its endpoints, and what clients of the front proxy read (spec
 * apiserver 5). */
#ifndef APISERVER_STARTUP_H
#define APISERVER_STARTUP_H

#include "base/err.h"
#include <stdint.h>

struct api_options;
struct api_registry;

/* Makes what is missing, completes RBAC objects that lost rules or subjects (unless their autoupdate
 * annotation is "false"), in one transaction of the store. Run at start and then every minute; writes nothing
 * when all is there. */
int api_startup_objects(struct api_registry *registry, const struct api_options *o, int port, int64_t now_ms,
                        struct cu_err *err);

/* Tells the other servers of the same store, for 15 s, that the one at the advertise address lives. Run every 10 s; a store
 * with one server has no others. */
int api_startup_alive(struct api_registry *registry, const struct api_options *o, struct cu_err *err);
/* Of the startup objects only Endpoints and EndpointSlice "kubernetes": this server and the others that live. */
int api_startup_endpoints(struct api_registry *registry, const struct api_options *o, int port,
                          int64_t now_ms, struct cu_err *err);

#endif
