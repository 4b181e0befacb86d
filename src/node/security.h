/* node/security.h - what may stand in a cluster's way on this machine: SELinux, firewalls, a wrong clock. */
#ifndef NODE_SECURITY_H
#define NODE_SECURITY_H

#include "base/strlist.h"
#include "node/sys.h"

enum node_selinux { NODE_SELINUX_DISABLED, NODE_SELINUX_PERMISSIVE, NODE_SELINUX_ENFORCING };
enum node_selinux node_selinux_mode(const struct node_sys *sys);

bool node_firewalld_active(const struct node_sys *sys); /* asks the init system; false without one */
bool node_ufw_active(const struct node_sys *sys);       /* ufw is there and its ENABLED=yes */

/* Does the active ufw let TCP connections to this port in? Looks at its rules and at its default for input. */
bool node_ufw_lets_in(const struct node_sys *sys, int port);

/* 1 synchronised, 0 not (adjtimex TIME_ERROR or STA_UNSYNC), negative when the kernel does not tell. */
int node_clock_synced(const struct node_sys *sys);

#endif
