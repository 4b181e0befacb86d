/* controllers/reason.h - why a pod finds no node, in the form of upstream's scheduler. Pure. */
#ifndef CONTROLLERS_REASON_H
#define CONTROLLERS_REASON_H

#include "codec/value.h"

#define CTL_RUNTIME_LABEL                                                                                    \
    "cubeadm.io/runtime" /* "process": the node runs static pods as host processes only */

/* "0/2 nodes are available: ..." for a list of Nodes; caller frees. */
char *ctl_unschedulable_reason(const struct val *nodes);

#endif
