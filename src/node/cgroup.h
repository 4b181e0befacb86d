/* node/cgroup.h - which cgroup hierarchy this machine uses and what it offers (spec init 3.3). */
#ifndef NODE_CGROUP_H
#define NODE_CGROUP_H

#include "base/strlist.h"
#include "node/sys.h"

struct node_cgroup {
    int version;                 /* 1 or 2 */
    char *mount;                 /* mount point, owned */
    struct cu_strlist available; /* v2: devices, freezer when there, cgroup.controllers; v1: /proc/cgroups */
    char *warning;               /* owned; NULL unless the freezer could not be probed */
};
/* CU_E_NOTFOUND when no cgroup file system is mounted. Clear with node_cgroup_clear. */
int node_cgroup_read(const struct node_sys *sys, struct node_cgroup *out, struct cu_err *err);
void node_cgroup_clear(struct node_cgroup *c);

#endif
