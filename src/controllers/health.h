/* controllers/health.h - /healthz, /livez and /readyz of a component over HTTPS, for anybody who can reach the port.
 * The certificate is made at start; clients do not verify it (spec apiserver 6.7). */
#ifndef CONTROLLERS_HEALTH_H
#define CONTROLLERS_HEALTH_H

#include "base/err.h"
#include "http/loop.h"

struct http_server;
/* Port 0: any; the one taken is returned in *bound (may be NULL). *out is freed with http_server_free(). CU_E_EXISTS:
 * the port is taken; other codes as http_server_listen. */
int ctl_health_start(struct http_loop *loop, const char *address, int port, struct http_server **out,
                     int *bound, struct cu_err *err);

#endif
