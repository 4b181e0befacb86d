/* phases/discovery.h - how a joining node comes to trust the cluster (spec join 6): by token with CA pin, by a
 * kubeconfig file, or by a kubeconfig from an https URL. Nothing is trusted before it is verified; a token is never
 * sent to a server that was not. */
#ifndef PHASES_DISCOVERY_H
#define PHASES_DISCOVERY_H

#include "phases/context.h"

struct kube_config;
struct cfg_discovery_token;

/* The TLS bootstrap kubeconfig, made at the first call and kept in c->bootstrap: server and CA of the cluster, and
 * the credentials of spec join 6.4. CU_E_AUTH when the server's identity cannot be verified, CU_E_FINAL for a token
 * the cluster does not know, CU_E_TIMEOUT after timeouts.discovery with the last reason. */
int ph_discover(struct ph_ctx *c, struct kube_config **out, struct cu_err *err);

/* The methods. *out is owned by the caller; without the credentials of spec join 6.4. */
int ph_discover_token(struct ph_ctx *c, const struct cfg_discovery_token *t, struct kube_config **out,
                      struct cu_err *err);
/* In a dry run: as above when the cluster answers and signed for the token, else the invented cluster's (sets
 * c->no_cluster). */
int ph_discover_dry(struct ph_ctx *c, const struct cfg_discovery_token *t, struct kube_config **out,
                    struct cu_err *err);
int ph_discover_file(struct ph_ctx *c, const char *path_or_url, struct kube_config **out, struct cu_err *err);

#define PH_CLUSTER_INFO_PATH "/api/v1/namespaces/kube-public/configmaps/cluster-info"

#endif
