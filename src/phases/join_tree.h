/* phases/join_tree.h - the phases of `kubeadm join` in upstream's order (spec join 3.1), with the flags of each
 * sub-command (3.2). */
#ifndef PHASES_JOIN_TREE_H
#define PHASES_JOIN_TREE_H

#include "workflow/workflow.h"

extern const struct wf_tree ph_join_tree;

#endif
