/* apiserver/health.h - /healthz, /livez and /readyz (spec apiserver 1.2). */
#ifndef APISERVER_HEALTH_H
#define APISERVER_HEALTH_H

#include "apiserver/call.h"
#include "base/strlist.h"

/* True when the path is one of these endpoints or a single check below one; answers it. */
bool api_health(struct api_call *c);
/* Appends every path answered here. */
void api_health_paths(struct cu_strlist *out);

#endif
