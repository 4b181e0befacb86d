/* phases/upgrade_tree.h - the phases of `kubeadm upgrade apply` and `kubeadm upgrade node` (spec operations 9.5, 9.9). */
#ifndef PHASES_UPGRADE_TREE_H
#define PHASES_UPGRADE_TREE_H

#include "workflow/workflow.h"

extern const struct wf_tree ph_upgrade_apply_tree, ph_upgrade_node_tree;

#endif
