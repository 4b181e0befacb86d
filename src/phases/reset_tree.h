/* phases/reset_tree.h - the phases of `kubeadm reset` in upstream's order (spec operations 8). */
#ifndef PHASES_RESET_TREE_H
#define PHASES_RESET_TREE_H

#include "workflow/workflow.h"

extern const struct wf_tree ph_reset_tree;

#endif
