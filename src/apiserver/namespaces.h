/* apiserver/namespaces.h - empties namespaces that are Terminating and lets them go (spec apiserver 3.5, 6.4). */
#ifndef APISERVER_NAMESPACES_H
#define APISERVER_NAMESPACES_H

struct api_server;
struct api_namespaces; /* opaque */

/* Registry and loop of the server are borrowed. */
struct api_namespaces *api_namespaces_new(struct api_server *srv);
void api_namespaces_free(struct api_namespaces *n); /* NULL is fine */

#endif
