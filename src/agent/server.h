/* agent/server.h - what the agent answers: /healthz for kubeadm, container logs for the API server. */
#ifndef AGENT_SERVER_H
#define AGENT_SERVER_H

#include "agent/options.h"
#include "http/loop.h"

struct agent_server; /* opaque */

struct agent_server_spec {
    struct http_loop *loop;
    const struct agent_options *options;
    const struct agent_config *config;
    const char *node_name, *node_ip;
};
/* Listens for /healthz at once. CU_E_EXISTS: the port is taken, most likely by another agent. */
int agent_server_new(const struct agent_server_spec *s, struct agent_server **out, struct cu_err *err);
/* Listens for the API server over TLS with kubelet.crt and kubelet.key of the certificate folder, made when missing.
 * Only client certificates of the configured CA for masters, kubeadm's admins or the API server are heard. */
int agent_server_listen_tls(struct agent_server *s, struct cu_err *err);
void agent_server_free(struct agent_server *s); /* NULL is fine */

#endif
