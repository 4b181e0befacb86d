/* apiserver/watch.h - everybody who watches: one hub that hands each change to those it concerns. */
#ifndef APISERVER_WATCH_H
#define APISERVER_WATCH_H

#include <stddef.h>

struct api_server;
struct api_watches; /* opaque */

/* Both the registry and the loop of the server are borrowed. */
struct api_watches *api_watches_new(struct api_server *srv);
/* Ends every watch cleanly; clients come back with their last version. NULL is fine. */
void api_watches_free(struct api_watches *w);
size_t api_watches_count(const struct api_watches *w);

#endif
