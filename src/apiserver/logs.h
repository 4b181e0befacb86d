/* apiserver/logs.h - pods/log: fetched from the node agent of the pod's node (spec apiserver 8.1, 9.4). */
#ifndef APISERVER_LOGS_H
#define APISERVER_LOGS_H

#include "apiserver/call.h"

struct api_logs; /* opaque: the log streams under way */

/* The server is borrowed. Certificates are read when the first log is asked for. */
struct api_logs *api_logs_new(struct api_server *srv);
void api_logs_free(struct api_logs *l); /* ends all streams; NULL is fine */

/* Answers GET pods/NAME/log, later: API_KEPT. */
int api_pod_log(struct api_call *c, struct api_status *st);

#endif
