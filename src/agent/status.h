/* agent/status.h - API objects of static pods made from what runs (agent.h): mirror pods and their status. Pure. */
#ifndef AGENT_STATUS_H
#define AGENT_STATUS_H

#include "codec/value.h"

/* The mirror pod to create (spec apiserver 9.4). `entry` is one entry of the published list; `seen_ms` goes into
 * config.seen. New value. */
struct val *agent_mirror_pod(const struct val *entry, const char *node, const char *node_uid,
                             int64_t seen_ms);
char *agent_mirror_name(const struct val *entry, const char *node); /* "<name>-<node>"; caller frees */
/* Value of kubernetes.io/config.mirror; NULL when the pod is no mirror pod. */
const char *agent_mirror_hash(const struct val *pod);

/* Full status of the pod. `old` is the status last known (may be NULL): unchanged conditions keep their times. New. */
struct val *agent_pod_api_status(const struct val *entry, const struct val *old, const char *node_ip,
                                 int64_t now_ms);
/* Body of the PATCH pods/<name>/status. New value. */
struct val *agent_status_patch(const char *uid, const struct val *status);

/* Status of a pod that was bound to this node but has containers to run: Pending, with the reason. New. */
struct val *agent_refused_status(const struct val *pod, const char *node_ip, int64_t now_ms);
extern const char agent_refused_reason[], agent_refused_message[];

#endif
