/* node/mounts.h - mounts below a folder, and taking them away. */
#ifndef NODE_MOUNTS_H
#define NODE_MOUNTS_H

#include "base/strlist.h"
#include "node/sys.h"

/* Mount points below `dir` (not `dir` itself), in the order of /proc/mounts, octal escapes decoded. Appended. */
int node_mounts_below(const struct node_sys *sys, const char *dir, struct cu_strlist *out,
                      struct cu_err *err);

/* Unmounts all of them, the last mounted first, with umount2 flags (MNT_DETACH for a lazy one). EINVAL (no longer
 * a mount point) is not an error. Goes on past failures and reports the first. */
int node_unmount_below(const struct node_sys *sys, const char *dir, int flags, struct cu_err *err);

#endif
