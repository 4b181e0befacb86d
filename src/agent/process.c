/* agent/process.c - watches a process through a pidfd, which stays with that process whatever becomes of its number;
 * where the kernel has none, by looking every 20 ms.
 * Must not start processes. */
#include "agent/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/proc.h"
#include "node/daemon.h"

#define LOOK_MS 20

struct agent_process {
    pid_t pid;
    bool child;
    int pidfd; /* -1: none */
    struct http_fd *watch;
    struct http_timer *timer;
    void (*ended)(void *arg, int status);
    void *arg;
};

/* True when it is over; a child is reaped, and before that, while its number cannot be used again, what it left behind
 * in its process group is killed. */
static bool is_over(struct agent_process *p, int *status)
{
    *status = -1;
    if (!p->child)
        return !cu_pid_alive(p->pid);
    siginfo_t info = { .si_pid = 0 };
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return errno == ECHILD;
    if (info.si_pid != p->pid)
        return false;
    kill(-p->pid, SIGKILL);
    if (waitpid(p->pid, status, WNOHANG) != p->pid)
        *status = -1;
    return true;
}

static void look(void *arg)
{
    struct agent_process *p = arg;
    int status;
    if (!is_over(p, &status)) {
        http_timer_set(p->timer, LOOK_MS);
        return;
    }
    http_fd_free(p->watch);
    p->watch = NULL;
    p->ended(p->arg, status);
}

static void readable(void *arg, unsigned ready)
{
    (void)ready;
    look(arg);
}

struct agent_process *agent_process_new(struct http_loop *l, pid_t pid, bool child,
                                        void (*ended)(void *arg, int status), void *arg)
{
    struct agent_process *p = cu_calloc(1, sizeof *p);
    *p = (struct agent_process){ .pid = pid, .child = child, .ended = ended, .arg = arg };
    p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    p->timer = http_timer_new(l, look, p);
    if (p->pidfd >= 0)
        p->watch = http_fd_new(l, p->pidfd, HTTP_FD_READ, readable, p);
    else
        http_timer_set(p->timer, 0);
    return p;
}

struct agent_process *agent_process_adopt(struct http_loop *l, pid_t pid, uint64_t start_ticks,
                                          void (*ended)(void *arg, int status), void *arg)
{
    struct agent_process *p = agent_process_new(l, pid, false, ended, arg);
    /* Looked at after the pidfd was opened, so both mean the same process. */
    if (cu_pid_alive(pid) && node_process_start_time(pid) == start_ticks)
        return p;
    agent_process_free(p);
    return NULL;
}

void agent_process_free(struct agent_process *p)
{
    if (!p)
        return;
    http_fd_free(p->watch);
    http_timer_free(p->timer);
    if (p->pidfd >= 0)
        close(p->pidfd);
    free(p);
}

pid_t agent_process_pid(const struct agent_process *p)
{
    return p->pid;
}

void agent_process_signal(struct agent_process *p, int signo)
{
    if (p->pidfd >= 0 && syscall(SYS_pidfd_send_signal, p->pidfd, signo, NULL, 0) == 0)
        return;
    if (p->pidfd < 0)
        kill(p->pid, signo);
}
