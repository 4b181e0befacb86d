/* apiserver/collector.h - garbage collection along metadata.ownerReferences (spec apiserver 3.5): dependents of a
 * removed object are removed, finalizers "foregroundDeletion" and "orphan" are carried out. */
#ifndef APISERVER_COLLECTOR_H
#define APISERVER_COLLECTOR_H

struct api_server;
struct api_collector; /* opaque */

/* Registry and loop of the server are borrowed. Looks through all objects once, then follows the changes; its own
 * writes happen on later turns of the loop. */
struct api_collector *api_collector_new(struct api_server *srv);
void api_collector_free(struct api_collector *g); /* NULL is fine */

#endif
