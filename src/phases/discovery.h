/* phases/discovery.h - how a joining node comes to trust the cluster (spec join 6): by token with CA pin, by a
 * kubeconfig file, or by a kubeconfig from an https URL. Nothing is trusted before it is verified; a token is never
 * sent to a server that was not. */
#ifndef PHASES_DISCOVERY_H
#define PHASES_DISCOVERY_H

#include "http/client.h"
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

/* Limit of one request of discovery: ten seconds, or all of timeouts.discovery when that is less. */
int64_t ph_discovery_try_ms(const struct ph_ctx *c);
/* "" or " (this machine's clock is 3600 s behind the server's: ...)"; skew: the server's clock minus ours. Caller frees. */
char *ph_clock_note(int64_t skew_ms);
/* What mends a connection to `url` that failed for this cause, or "". After a certificate that is not valid yet or has
 * expired, whoever answers there is asked for the time: a hint only, nothing is verified and no credentials are shown.
 * Caller frees. */
char *ph_tls_mend(enum http_cause cause, const char *url);

#define PH_CLUSTER_INFO_MAX (4 * 1024 * 1024) /* bytes; the store takes objects of at most 1.5 MiB */
#define PH_CLUSTER_INFO_PATH "/api/v1/namespaces/kube-public/configmaps/cluster-info"

#endif
