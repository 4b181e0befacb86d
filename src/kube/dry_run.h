/* kube/dry_run.h - a client that announces what it would send and keeps an object tracker instead of a server (spec
 * init 13.4, join 20). */
#ifndef KUBE_DRY_RUN_H
#define KUBE_DRY_RUN_H

#include "kube/client.h"

struct kube_dry_run_options {
    FILE *out; /* the "[dryrun] ..." lines; borrowed */
    struct kube_client
        *real; /* asked first by GET and LIST, until it cannot be reached; may be NULL. Taken over */
    const char
        *node_name; /* every Node is a synthetic one of this name; NULL: the real one, else a synthetic one */
};
struct kube_client *kube_client_new_dry_run(const struct kube_dry_run_options *o);
/* Puts an object into the tracker, as if it were on the server. Takes a reference. */
void kube_dry_run_seed(struct kube_client *c, const struct val *obj);

#endif
