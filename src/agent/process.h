/* agent/process.h - one running process, ours or taken over: told when it ends, signalled without hitting another. */
#ifndef AGENT_PROCESS_H
#define AGENT_PROCESS_H

#include "http/loop.h"
#include <stdint.h>
#include <sys/types.h>

struct agent_process; /* opaque */

/* `ended` is called once from the loop with the status of waitpid(2), or -1 when it is not our child and so has none to
 * tell. Never called from within a function of this header. */
struct agent_process *agent_process_new(struct http_loop *l, pid_t pid, bool child,
                                        void (*ended)(void *arg, int status), void *arg);
/* NULL when the process with that start time is gone. */
struct agent_process *agent_process_adopt(struct http_loop *l, pid_t pid, uint64_t start_ticks,
                                          void (*ended)(void *arg, int status), void *arg);
void agent_process_free(struct agent_process *p); /* stops watching, the process runs on; NULL is fine */
pid_t agent_process_pid(const struct agent_process *p);
void agent_process_signal(struct agent_process *p, int signo);

#endif
