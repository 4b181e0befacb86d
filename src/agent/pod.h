/* agent/pod.h - one static pod: the containers of one manifest, and the change from one version to the next. */
#ifndef AGENT_POD_H
#define AGENT_POD_H

#include "agent/launch.h"
#include "agent/manifest.h"
#include "http/loop.h"

struct agent_pod; /* opaque */

struct agent_pod_env {
    struct http_loop *loop;
    const char *component_dir, *log_dir, *root_dir, *node_name, *node_ip;
    void (*changed)(void *arg);
    void *arg;
};
/* Takes the manifest over; `env` is borrowed. Nothing runs before agent_pod_start. */
struct agent_pod *agent_pod_new(const struct agent_pod_env *env, struct agent_manifest *m);
void agent_pod_free(struct agent_pod *p); /* processes run on; NULL is fine */

/* Starts all containers; those found among `left` with the same hash are taken over instead. `was` is the pod's entry
 * of the old state file (may be NULL). */
void agent_pod_start(struct agent_pod *p, const struct agent_leftover *left, size_t n, const struct val *was);
/* Stops the processes, then starts the new version. Takes `m` over. */
void agent_pod_replace(struct agent_pod *p, struct agent_manifest *m);
void agent_pod_stop(struct agent_pod *p, int64_t max_grace_ms);
bool agent_pod_ending(const struct agent_pod *p); /* told to stop, nothing to follow */
bool agent_pod_gone(const struct agent_pod *p);   /* stopped, and no process is left */
/* To be called after `changed`, from the loop: starts the next version once the old one is gone. */
void agent_pod_step(struct agent_pod *p);

const struct agent_manifest *agent_pod_manifest(const struct agent_pod *p);      /* the running version */
const struct agent_manifest *agent_pod_next_manifest(const struct agent_pod *p); /* what is to run */
struct val *agent_pod_status(const struct agent_pod *p); /* form of agent.h; new value */
void agent_pod_check_logs(struct agent_pod *p);

#endif
