/* controllers/elect.h - leader election by a Lease in kube-system (spec apiserver 6.7). */
#ifndef CONTROLLERS_ELECT_H
#define CONTROLLERS_ELECT_H

#include "codec/value.h"
#include "controllers/options.h"
#include "http/loop.h"

struct kube_client;

struct ctl_elect_spec {
    const char *lease; /* "kube-controller-manager" */
    const char *host;  /* first part of the identity "<host>_<uuid>" */
    const struct ctl_options *o;
    /* true: we lead; false: we do not any more (another one does, or the lease could not be renewed in time). */
    void (*changed)(void *arg, bool leading);
    void *arg;
};
struct ctl_elect;
/* Tries at once, then every retry period; faster while the server is not there yet. A lease is taken over when it is
 * free, over, or held by an earlier run on this host (whose health port is ours now). */
struct ctl_elect *ctl_elect_new(struct http_loop *loop, struct kube_client *client,
                                const struct ctl_elect_spec *s);
/* Gives the lease up when we hold it. NULL is fine. */
void ctl_elect_free(struct ctl_elect *e);

/* May `lease` be taken at now_ms (the server's clock)? unchanged_ms: for how long we have seen this very lease. */
bool ctl_elect_may_take(const struct val *lease, const char *host, const char *self, int64_t now_ms,
                        int64_t unchanged_ms);

#endif
