/* phases/init_tree.h - the phases of `kubeadm init` in upstream's order (spec init 2.1), with the flags of
 * each sub-command (1.4). */
#ifndef PHASES_INIT_TREE_H
#define PHASES_INIT_TREE_H

#include "workflow/workflow.h"

extern const struct wf_tree ph_init_tree;

#endif
