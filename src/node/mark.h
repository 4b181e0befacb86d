/* node/mark.h - the mark on processes that a node agent starts, by which later agents and `kubeadm reset` know them. */
#ifndef NODE_MARK_H
#define NODE_MARK_H

/* Environment variable "CUBEADM_POD=<namespace>|<pod>|<container>|<hash>|<root folder of the agent>". The folder is last,
 * so that it may hold the separator. */
#define NODE_MARK "CUBEADM_POD="

#endif
