/* agent/pods.h - all static pods of this node: watches the manifest folder, keeps one pod per file, publishes what runs.
 * Lives on the supervising thread and never waits for the API server. */
#ifndef AGENT_PODS_H
#define AGENT_PODS_H

#include "agent/pod.h"

struct agent_pods; /* opaque */

struct agent_pods_spec {
    struct http_loop *loop;
    const char *folder; /* manifests; NULL: no static pods */
    int64_t check_ms;   /* the folder is read again at least this often */
    const char *component_dir, *log_dir, *root_dir, *node_name, *node_ip;
    /* Called with what runs after each change: a list in the form of agent.h with the manifest's "pod" added. The
     * value is immutable and may be handed to other threads. */
    void (*publish)(void *arg, struct val *pods);
    void (*stopped)(void *arg); /* all pods are gone after agent_pods_stop */
    void *arg;
};
/* Reads the folder and starts everything at once. */
struct agent_pods *agent_pods_new(const struct agent_pods_spec *s);
void agent_pods_stop(struct agent_pods *p);
void agent_pods_free(struct agent_pods *p); /* NULL is fine */

#endif
