/* agent/mark.h - the environment variable by which an agent knows the processes of the agent before it. */
#ifndef AGENT_MARK_H
#define AGENT_MARK_H

#include "agent/launch.h"

/* "CUBEADM_POD=..." for a new process; caller frees. */
char *agent_mark_make(const char *root_dir, const char *ns, const char *pod, const char *container,
                      const char *hash);
/* Reads a mark out of n bytes of /proc/<pid>/environ. False when there is none of this root_dir. */
bool agent_mark_read(const char *environment, size_t n, const char *root_dir, struct agent_leftover *out);

#endif
