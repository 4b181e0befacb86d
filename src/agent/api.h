/* agent/api.h - this node's side of the API: TLS bootstrap, registration, lease, status, mirror pods. Runs on a thread
 * of its own, so that a slow or absent API server never holds up the pods. */
#ifndef AGENT_API_H
#define AGENT_API_H

#include "agent/options.h"

struct agent_api; /* opaque */

struct agent_api_spec {
    const struct agent_options *options; /* borrowed, must outlive the thread */
    const struct agent_config *config;
    const char *node_name, *node_ip;
};
int agent_api_start(const struct agent_api_spec *s, struct agent_api **out, struct cu_err *err);
/* New list of what runs (pods.h); takes the reference over. From any thread. */
void agent_api_publish(struct agent_api *a, struct val *pods);
void agent_api_reload(struct agent_api *a); /* read the kubeconfig again; from any thread */
/* Ends the thread. False when it did not end within a second (a request hangs): then nothing was freed and the process
 * should exit at once. */
bool agent_api_stop(struct agent_api *a);

#endif
