/* node/resources.h - what this machine has: processors, memory, swap, room on disk. */
#ifndef NODE_RESOURCES_H
#define NODE_RESOURCES_H

#include "node/sys.h"

/* Processors this process may use (affinity mask); CU_E_IO when /proc/self/status does not tell. */
int node_cpus(const struct node_sys *sys, int *out, struct cu_err *err);
/* MemTotal and MemAvailable in bytes; `available` may be NULL. */
int node_memory(const struct node_sys *sys, uint64_t *total, uint64_t *available, struct cu_err *err);
/* True when /proc/swaps lists at least one area; a missing file means no swap. */
int node_swap_on(const struct node_sys *sys, bool *on, struct cu_err *err);
/* Size and free room (for unprivileged users) in bytes of the file system that holds `path`. */
int node_disk(const struct node_sys *sys, const char *path, uint64_t *capacity, uint64_t *available,
              struct cu_err *err);

/* The same with inodes. `path` need not be there yet: then the folder above it counts. */
int node_room(const struct node_sys *sys, const char *path, struct node_room *out, struct cu_err *err);
int node_room_host(void *arg, const char *path, struct node_room *out,
                   struct cu_err *err); /* as this machine */

#endif
