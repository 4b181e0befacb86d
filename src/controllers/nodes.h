/* controllers/nodes.h - the life of nodes: heartbeats, taints, pod networks. */
#ifndef CONTROLLERS_NODES_H
#define CONTROLLERS_NODES_H

#include "controllers/control.h"

extern const struct ctl_controller ctl_node_lifecycle, ctl_node_ipam;

#endif
