/* phases/dry_run_cluster.h - the cluster that a dry run of join or upgrade talks to: the real one for reading as far as it
 * answers, for the rest an invented one of upstream's shape (spec join 20, operations 9.11). Nothing is ever changed in
 * either. */
#ifndef PHASES_DRY_RUN_CLUSTER_H
#define PHASES_DRY_RUN_CLUSTER_H

#include "phases/context.h"

struct kube_options;

/* A client of the cluster that `config` names, to be asked by a dry run; NULL, with a line that says so, when nothing
 * listens there or the file gives no client. `o` as of kube_client_new. Caller frees. */
struct kube_client *ph_dry_run_real(struct ph_ctx *c, const struct kube_config *config,
                                    const struct kube_options *o);

/* Announces what it is asked; answers from `real` (taken over; NULL: none), else from the invented cluster.
 * Caller frees. */
int ph_dry_run_cluster(struct ph_ctx *c, struct kube_client *real, struct kube_client **out,
                       struct cu_err *err);

#endif
