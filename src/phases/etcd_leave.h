/* phases/etcd_leave.h - a control plane that is reset leaves the cluster's etcd (spec operations 8.4). */
#ifndef PHASES_ETCD_LEAVE_H
#define PHASES_ETCD_LEAVE_H

#include "phases/context.h"

/* Takes this machine's member out, as long as its process still votes. Reset only; c->init and c->kube are the cluster's,
 * this machine's address comes from its static Pod manifests. 0 also when there is nothing to do: external etcd, the only
 * member, taken out already. */
int ph_etcd_leave(struct ph_ctx *c, struct cu_err *err);

#endif
