/* agent/launch.h - from a container of a manifest to a running host process, and finding such processes again. */
#ifndef AGENT_LAUNCH_H
#define AGENT_LAUNCH_H

#include "codec/value.h"
#include <sys/types.h>

struct agent_launch {
    const char *component_dir; /* NULL: none */
    const char *log_dir;       /* of the pod; made when missing */
    const char *root_dir;      /* marks the process as ours */
    const char *ns, *pod, *hash;
    const char *node_name, *node_ip; /* for valueFrom.fieldRef of environment variables */
    const struct val *pod_spec, *container;
};
/* Program a command stands for: as it is with a slash in it, else in component_dir, beside this program, in
 * CUBEADM_LIBEXECDIR, in $PATH. NULL: nowhere. Caller frees. */
char *agent_find_program(const char *component_dir, const char *command);
/* Starts command and args of the container with exactly its env (plus PATH and a mark of ours), output appended to the
 * log. hostPath volumes are made when their type says so. CU_E_NOTFOUND: no such program; CU_E_INVALID: something a
 * host process cannot have, as a volume under another path. */
int agent_launch(const struct agent_launch *l, pid_t *pid, struct cu_err *err);

/* Folder of a pod's logs: <log_dir>/<pod>, or <log_dir>/<namespace>_<pod> outside kube-system. Caller frees. */
char *agent_log_dir(const char *log_dir, const char *ns, const char *pod);
char *agent_log_path(const char *log_dir, const char *container);          /* caller frees */
char *agent_log_previous_path(const char *log_dir, const char *container); /* caller frees */
/* Last lines of a log, at most `max` bytes, "" when there is none. Caller frees. */
char *agent_log_tail(const char *path, size_t max);
/* Cuts a log over `max` bytes: what it held goes to the previous log. Works while the process writes on. */
void agent_log_cap(const char *path, const char *previous, int64_t max);

/* A process started by an agent with the same root_dir that runs on. */
struct agent_leftover {
    pid_t pid;
    uint64_t start_ticks;
    char *ns, *pod, *container, *hash; /* owned */
};
/* *out owned by the caller; free with agent_leftovers_free. */
void agent_leftovers_find(const char *root_dir, struct agent_leftover **out, size_t *n);
void agent_leftovers_free(struct agent_leftover *l, size_t n);

#endif
