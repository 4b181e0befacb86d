/* node/daemon.h - one background program supervised directly: pid file, log file, clean stop. For machines
 * without an init system. The pid file holds "<pid> <start time>", so that a process that merely has the
 * same number is never taken for ours, let alone killed. */
#ifndef NODE_DAEMON_H
#define NODE_DAEMON_H

#include "base/proc.h"

struct node_daemon {
    const char *name;     /* for messages */
    const char *pid_file; /* parent folder must exist */
    const char *log_file; /* appended to; one older file is kept (".1") when it is over 10 MiB at a start */
    const char *const *argv; /* argv[0] is a path; only needed to start */
    const char *const *env;  /* NULL: inherit */
    int64_t grace_ms;        /* between SIGTERM and SIGKILL; 0 = 30000 */
};

enum node_daemon_state {
    NODE_DAEMON_STOPPED, /* no pid file */
    NODE_DAEMON_RUNNING,
    NODE_DAEMON_DEAD, /* pid file there, process gone: it crashed or the machine was restarted */
};

struct node_daemon_status {
    enum node_daemon_state state;
    pid_t pid;       /* of the running process, or of the last one when DEAD */
    int exit_status; /* of a child of this program that ended: 0..255 or 128 + signal; -1 when not known */
    char *last_log;  /* last lines of the log (at most 20), owned; "" when none */
};

/* Starts it in a session of its own, unless it runs already (then 0 and *started = false; may be NULL).
 * A program that cannot be executed is reported here. Two starts at once: one wins (lock on the folder of the pid file). */
int node_daemon_start(const struct node_daemon *d, bool *started, struct cu_err *err);
/* SIGTERM, grace, SIGKILL; removes the pid file. Not running is success. */
int node_daemon_stop(const struct node_daemon *d, struct cu_err *err);
/* Clear with node_daemon_status_clear. */
int node_daemon_status(const struct node_daemon *d, struct node_daemon_status *out, struct cu_err *err);
void node_daemon_status_clear(struct node_daemon_status *s);

/* Start time of a process in clock ticks since boot (/proc/<pid>/stat field 22); 0 when there is none. */
uint64_t node_process_start_time(pid_t pid);

#endif
