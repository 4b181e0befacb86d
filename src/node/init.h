/* node/init.h - services through the init system of this machine (spec operations 12), one row of commands per
 * system. Machines without one use node/daemon.h. */
#ifndef NODE_INIT_H
#define NODE_INIT_H

#include "node/sys.h"

struct node_init; /* opaque, constant: "systemd" or "openrc" */

/* systemd when systemctl is in $PATH, else OpenRC, else NULL: no supported init system (not an error; direct
 * supervision serves there). *reason (may be NULL as pointer) is owned text when NULL is returned. */
const struct node_init *node_init_detect(const struct node_sys *sys, char **reason);
/* False when its programs are installed but it does not run this machine, as often in containers: then its commands
 * fail. */
bool node_init_running(const struct node_sys *sys, const struct node_init *init);
const char *node_init_name(const struct node_init *init);

bool node_service_exists(const struct node_sys *sys, const struct node_init *init, const char *service);
bool node_service_enabled(const struct node_sys *sys, const struct node_init *init, const char *service);
bool node_service_active(const struct node_sys *sys, const struct node_init *init, const char *service);
/* CU_E_IO with the command, its status and its output; CU_E_TIMEOUT after two minutes. */
int node_service_start(const struct node_sys *sys, const struct node_init *init, const char *service,
                       struct cu_err *err);
int node_service_stop(const struct node_sys *sys, const struct node_init *init, const char *service,
                      struct cu_err *err);
int node_service_restart(const struct node_sys *sys, const struct node_init *init, const char *service,
                         struct cu_err *err);
/* Makes it start at boot; only for services we bring ourselves. */
int node_service_enable(const struct node_sys *sys, const struct node_init *init, const char *service,
                        struct cu_err *err);
char *node_service_enable_hint(const struct node_init *init, const char *service); /* caller frees */

#endif
