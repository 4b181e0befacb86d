/* base/proc.h - child processes: find, run to completion with a time limit, start and watch. No shell is used. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Path of an executable named `name` in $PATH (or `name` itself when it holds a slash); NULL when there is
 * none. Caller frees. */
char *cu_which(const char *name);

struct cu_proc_result {
    int status;   /* exit status 0..255; 128 + signal when killed by one */
    char *out;    /* standard output, NUL-terminated, owned */
    char *errout; /* standard error, likewise */
};
#define CU_PROC_RESULT_INIT                                                                                  \
    {                                                                                                        \
        0, NULL, NULL                                                                                        \
    }
#define cu_autoproc __attribute__((cleanup(cu_proc_result_clear)))
void cu_proc_result_clear(struct cu_proc_result *r);

/* Runs argv (NULL-terminated; argv[0] found by cu_which) with `input` (may be NULL) on its standard input and
 * waits. Output over 1 MiB per stream is cut. A child over timeout_ms is killed with its process group: CU_E_TIMEOUT. CU_E_NOTFOUND
 * when there is no such program. A non-zero status is not an error here. */
int cu_run(const char *const argv[], const char *input, int64_t timeout_ms, struct cu_proc_result *r,
           struct cu_err *err);

struct cu_run {
    const char *const *argv; /* argv[0] found by cu_which */
    const char *const *env;  /* NULL: inherit */
    const char *input;       /* NULL: /dev/null */
    int64_t timeout_ms;
};
int cu_run_with(const struct cu_run *run, struct cu_proc_result *r, struct cu_err *err); /* the same */

struct cu_user {
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* supplementary; n_groups of them */
    size_t n_groups;
};

struct cu_spawn {
    const char *const *argv;    /* argv[0] is the path of the program */
    const char *const *env;     /* NULL: inherit */
    const char *cwd;            /* NULL: inherit */
    int out_fd, err_fd;         /* -1: /dev/null; may be equal; stay open in the caller */
    bool new_session;           /* setsid(2), so that it survives the starter */
    bool die_with_parent;       /* PR_SET_PDEATHSIG SIGTERM; fires when the starting thread ends */
    const struct cu_user *user; /* NULL: as the starter; else the starter must be root */
    bool no_new_privs;          /* PR_SET_NO_NEW_PRIVS: set-user-id programs gain nothing */
    /* Writes the child's number down, so that it can be found again; NULL: none. The child waits for it, and ends
     * without having run the program when this fails or the starter dies meanwhile. Returns 0 or negative. */
    int (*record)(pid_t pid, void *record_arg, struct cu_err *err);
    void *record_arg;
};
/* Starts a child; an exec failure is reported here, not as exit status. *pid: reaped by the caller. */
int cu_spawn(const struct cu_spawn *s, pid_t *pid, struct cu_err *err);

bool cu_pid_alive(pid_t pid);
/* SIGTERM, then after grace_ms SIGKILL; waits until the process is gone (child or not). */
int cu_terminate(pid_t pid, int64_t grace_ms, struct cu_err *err);

#endif
