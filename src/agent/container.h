/* agent/container.h - one container of a static pod as a supervised host process: start, probes, restart, stop. Lives
 * on the event loop of the supervising thread. */
#ifndef AGENT_CONTAINER_H
#define AGENT_CONTAINER_H

#include "agent/launch.h"
#include "http/loop.h"

struct agent_container; /* opaque */

struct agent_container_spec {
    struct http_loop *loop;
    struct agent_launch launch; /* texts and values are borrowed and must outlive the container */
    const char *restart_policy; /* "Always", "OnFailure", "Never" */
    void (*changed)(void *arg); /* something of the status changed, the end after a stop included */
    void *arg;
};
struct agent_container *agent_container_new(const struct agent_container_spec *s);
void agent_container_free(struct agent_container *c); /* the process, if any, runs on; NULL is fine */

const char *agent_container_name(const struct agent_container *c);
void agent_container_start(struct agent_container *c);
/* Takes over a process that runs already; `was` is what the state file said of it (may be NULL). */
void agent_container_adopt(struct agent_container *c, pid_t pid, uint64_t start_ticks, const struct val *was);
/* SIGTERM now, SIGKILL after grace_ms; no restart. Also when it waits for a restart. */
void agent_container_stop(struct agent_container *c, int64_t grace_ms);
bool agent_container_gone(const struct agent_container *c); /* no process, none to come */

/* Status in the form of agent.h; a new value. */
struct val *agent_container_status(const struct agent_container *c);
void agent_container_check_log(struct agent_container *c); /* applies the size cap */

#endif
