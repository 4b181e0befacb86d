/* agent/node_object.h - the Node object of this machine: facts to fields (spec apiserver 9.3). */
#ifndef AGENT_NODE_OBJECT_H
#define AGENT_NODE_OBJECT_H

#include "agent/options.h"

struct agent_node_facts {
    const char *name, *ip;
    int cpus;
    uint64_t memory, memory_free; /* bytes */
    uint64_t disk, disk_free;     /* bytes, of the root folder */
    const char *machine_id, *system_uuid, *boot_id, *kernel, *os_image, *arch;
    int64_t max_pods;
    int port; /* of the kubelet endpoint */
};
/* What is sent to register. New value. */
struct val *agent_node_object(const struct agent_node_facts *f, const struct val *labels,
                              const struct val *taints, int64_t now_ms);
/* The status part alone; conditions keep lastTransitionTime from `old` (a node's status, may be NULL). New value. */
struct val *agent_node_status(const struct agent_node_facts *f, const struct val *old, int64_t now_ms);
/* True when they differ in more than heartbeat times. */
bool agent_node_status_differs(const struct val *a, const struct val *b);
/* Labels every node of ours has, `extra` over them. New value. */
struct val *agent_node_labels(const struct agent_node_facts *f, const struct val *extra);

#endif
