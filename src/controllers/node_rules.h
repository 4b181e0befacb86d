/* controllers/node_rules.h - which conditions and taints a node ought to have (spec apiserver 6.5). Pure functions. */
#ifndef CONTROLLERS_NODE_RULES_H
#define CONTROLLERS_NODE_RULES_H

#include "codec/value.h"

/* "True", "False", "Unknown", or NULL when the node has no such condition. */
const char *ctl_node_condition(const struct val *node, const char *type);
/* The taints the node should carry: those that are not ours as they are, ours by its conditions. NoExecute ones are
 * added only when `evict` says so; they are always removed when the reason is gone. NULL when the node has them
 * already; else a new list. `now_ms` goes into timeAdded. */
struct val *ctl_node_taints(const struct val *node, bool evict, int64_t now_ms);
/* Strategic merge patch for the status of a node that is not heard of any more; NULL when it says so already. */
struct val *ctl_node_unknown_patch(const struct val *node, int64_t now_ms);
/* Milliseconds after which a pod with these tolerations has to leave a node with this list of taints, counted from the
 * taint's timeAdded; -1: it may stay. */
int64_t ctl_pod_may_stay_ms(const struct val *tolerations, const struct val *taints, int64_t now_ms);

#endif
