/* base/proc.c - child processes: find, start, run with a time limit, end.
 * Must not use a shell or know what the programs do. */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/strlist.h"
#include "base/timefmt.h"

#define OUTPUT_MAX (1024 * 1024) /* bytes per stream */

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *cu_which(const char *name)
{
    if (!*name)
        return NULL;
    if (strchr(name, '/'))
        return is_program(name) ? cu_strdup(name) : NULL;
    const char *path = getenv("PATH");
    cu_autostrlist struct cu_strlist dirs = CU_STRLIST_INIT;
    cu_strlist_split(&dirs, path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     ':');
    for (size_t i = 0; i < dirs.n; i++) {
        cu_autofree char *full = cu_path_join(*dirs.v[i] ? dirs.v[i] : ".", name);
        if (is_program(full))
            return cu_steal(&full);
    }
    return NULL;
}

void cu_proc_result_clear(struct cu_proc_result *r)
{
    free(r->out);
    free(r->errout);
    *r = (struct cu_proc_result)CU_PROC_RESULT_INIT;
}

struct start {
    const struct cu_spawn *s;
    int in_fd;      /* -1: /dev/null */
    int gate[2];    /* with a record function: the child waits for a byte, or the end, of this pipe */
    bool own_group; /* so that a kill reaches its children too */
    pid_t parent;
};

/* Between fork and exec. Groups go first: without root they could no longer be set. */
static bool become(const struct cu_user *u)
{
    return setgroups(u->n_groups, u->groups) == 0 && setresgid(u->gid, u->gid, u->gid) == 0 &&
           setresuid(u->uid, u->uid, u->uid) == 0;
}

/* The child's number is written down, or the starter is dead. */
static bool may_run(const struct start *st)
{
    char byte;
    ssize_t n;
    close(st->gate[1]);
    while ((n = read(st->gate[0], &byte, 1)) < 0 && errno == EINTR)
        continue;
    return n == 1;
}

/* Between fork and exec: only async-signal-safe calls. Failures go through report_fd as errno. */
static _Noreturn void child(const struct start *st, int report_fd)
{
    const struct cu_spawn *s = st->s;
    struct sigaction dfl = { .sa_handler = SIG_DFL };
    sigset_t none;
    if (s->record && !may_run(st))
        _exit(127);
    for (int sig = 1; sig < NSIG; sig++)
        sigaction(sig, &dfl, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* Copies above 2 first, so that no dup2 tramples on a later source. */
    int in = fcntl(st->in_fd < 0 ? null_fd : st->in_fd, F_DUPFD_CLOEXEC, 3);
    int out = fcntl(s->out_fd < 0 ? null_fd : s->out_fd, F_DUPFD_CLOEXEC, 3);
    int errout = fcntl(s->err_fd < 0 ? null_fd : s->err_fd, F_DUPFD_CLOEXEC, 3);
    if (in < 0 || out < 0 || errout < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errout, 2) < 0)
        goto fail;
    if (s->new_session)
        setsid();
    else if (st->own_group)
        setpgid(0, 0);
    if (s->die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != st->parent)
            _exit(127);
    }
    if (s->user && !become(s->user))
        goto fail;
    if (s->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        goto fail;
    if (s->cwd && chdir(s->cwd) < 0)
        goto fail;
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(s->argv[0], (char *const *)(uintptr_t)s->argv,
           s->env ? (char *const *)(uintptr_t)s->env : environ);
    int errnum;
fail:
    errnum = errno;
    if (write(report_fd, &errnum, sizeof errnum) < 0)
        _exit(126);
    _exit(127);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Lets the child run its program once its number is written down; otherwise it ends. */
static int open_gate(const struct start *st, pid_t pid, struct cu_err *err)
{
    int r = st->s->record(pid, st->s->record_arg, err);
    if (r == 0 && write(st->gate[1], "", 1) != 1)
        r = cu_fail_errno(err, errno, "start %s", st->s->argv[0]);
    return r;
}

/* errno of a child that could not run its program; 0 when it could. */
static int read_report(int fd)
{
    int errnum = 0;
    ssize_t n;
    while ((n = read(fd, &errnum, sizeof errnum)) < 0 && errno == EINTR)
        continue;
    return n == (ssize_t)sizeof errnum ? errnum : 0;
}

static int start_child(struct start *st, pid_t *pid, struct cu_err *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return cu_fail_errno(err, errno, "make a pipe to start %s", st->s->argv[0]);
    st->gate[0] = st->gate[1] = -1;
    /* The child's end must survive its dup2 onto 0, 1 and 2. */
    int high = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
    close(report[1]);
    st->parent = getpid();
    bool ready = high >= 0 && (!st->s->record || pipe2(st->gate, O_CLOEXEC) == 0);
    pid_t p = ready ? fork() : -1;
    int errnum = errno, r = 0;
    if (p == 0)
        child(st, high);
    const int ends[] = { high, st->gate[0], st->gate[1] };
    if (p > 0 && st->s->record)
        r = open_gate(st, p, err);
    for (size_t i = 0; i < CU_LEN(ends); i++)
        if (ends[i] >= 0)
            close(ends[i]);
    if (p > 0)
        errnum = r == 0 ? read_report(report[0]) : 0;
    close(report[0]);
    if (p > 0 && (r < 0 || errnum))
        reap(p);
    if (p < 0 || errnum)
        return cu_fail_errno(err, errnum, "start %s", st->s->argv[0]);
    if (r == 0)
        *pid = p;
    return r;
}

int cu_spawn(const struct cu_spawn *s, pid_t *pid, struct cu_err *err)
{
    struct start st = { .s = s, .in_fd = -1 };
    return start_child(&st, pid, err);
}

/* A memory file rather than a pipe: nothing to feed, and a child that reads nothing does no harm. */
static int input_fd(const char *input, struct cu_err *err)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t n = strlen(input);
    if (fd < 0 || write(fd, input, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0) {
        int r = cu_fail_errno(err, errno, "prepare the input of a program");
        if (fd >= 0)
            close(fd);
        return r;
    }
    return fd;
}

struct stream {
    int fd; /* -1 at its end */
    struct cu_buf text;
};

static void drain(struct stream *s)
{
    char buf[8192];
    while (s->fd >= 0) {
        ssize_t n = read(s->fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close(s->fd);
            s->fd = -1;
            return;
        }
        size_t room = s->text.max - s->text.len;
        cu_buf_addn(&s->text, buf, (size_t)n < room ? (size_t)n : room);
    }
}

/* Collects both streams until the child is gone. A grandchild that keeps a pipe open is not waited for. */
static bool collect(pid_t pid, struct stream s[2], int64_t timeout_ms, int *status)
{
    int64_t deadline = cu_mono_ms() + timeout_ms;
    int pause_ms = 1; /* only paces the look at the child; output and its end wake poll at once */
    for (;;) {
        struct pollfd p[2] = { { s[0].fd, POLLIN, 0 }, { s[1].fd, POLLIN, 0 } };
        int64_t left = deadline - cu_mono_ms();
        if (left < 0)
            left = 0;
        poll(p, 2, left < pause_ms ? (int)left : pause_ms);
        pid_t gone = waitpid(pid, status, WNOHANG);
        drain(&s[0]);
        drain(&s[1]);
        if (gone == pid || (gone < 0 && errno == ECHILD))
            return true;
        if (left == 0)
            return false;
        bool closed = s[0].fd < 0 && s[1].fd < 0;
        pause_ms = closed ? 1 : pause_ms < 32 ? pause_ms * 2 : 50;
    }
}

static int open_pipes(int out[2], int errout[2], struct cu_err *err)
{
    if (pipe2(out, O_CLOEXEC) < 0)
        return cu_fail_errno(err, errno, "make a pipe");
    if (pipe2(errout, O_CLOEXEC) < 0) {
        int r = cu_fail_errno(err, errno, "make a pipe");
        close(out[0]);
        close(out[1]);
        return r;
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(errout[0], F_SETFL, O_NONBLOCK);
    return 0;
}

int cu_run(const char *const argv[], const char *input, int64_t timeout_ms, struct cu_proc_result *r,
           struct cu_err *err)
{
    const struct cu_run run = { .argv = argv, .input = input, .timeout_ms = timeout_ms };
    return cu_run_with(&run, r, err);
}

int cu_run_with(const struct cu_run *run, struct cu_proc_result *r, struct cu_err *err)
{
    const char *const *argv = run->argv;
    cu_autofree char *path = cu_which(argv[0]);
    if (!path)
        return cu_fail(err, CU_E_NOTFOUND, "%s: no such program in $PATH", argv[0]);
    cu_autoclose int in = run->input ? input_fd(run->input, err) : -1;
    if (run->input && in < 0)
        return in;
    int out[2] = { -1, -1 }, errout[2] = { -1, -1 };
    int rc = open_pipes(out, errout, err);
    if (rc < 0)
        return rc;
    size_t n = 0;
    while (argv[n])
        n++;
    cu_autofree const char **args = cu_calloc(n + 1, sizeof *args);
    memcpy(args, argv, n * sizeof *args);
    args[0] = path;
    struct cu_spawn spawn = { .argv = args, .env = run->env, .out_fd = out[1], .err_fd = errout[1] };
    struct start st = { .s = &spawn, .in_fd = in, .own_group = true };
    pid_t pid = 0;
    rc = start_child(&st, &pid, err);
    close(out[1]);
    close(errout[1]);
    struct stream s[2] = { { out[0], CU_BUF_INIT(OUTPUT_MAX) }, { errout[0], CU_BUF_INIT(OUTPUT_MAX) } };
    int status = 0;
    if (rc == 0 && pid > 0 && !collect(pid, s, run->timeout_ms, &status)) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        cu_autofree char *limit = cu_format_duration(run->timeout_ms * 1000000);
        rc = cu_fail(err, CU_E_TIMEOUT, "%s did not end within %s and was killed", argv[0], limit);
    }
    for (int i = 0; i < 2; i++)
        if (s[i].fd >= 0)
            close(s[i].fd);
    if (rc == 0) {
        cu_proc_result_clear(r);
        r->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        r->out = cu_strdup(cu_buf_str(&s[0].text));
        r->errout = cu_strdup(cu_buf_str(&s[1].text));
    }
    cu_buf_clear(&s[0].text);
    cu_buf_clear(&s[1].text);
    return rc;
}

/* State letter of /proc/<pid>/stat, 0 when there is none. */
static char state_of(pid_t pid)
{
    char path[40];
    cu_autofree char *text = NULL;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (cu_file_read(path, 4096, &text, NULL, NULL) < 0)
        return 0;
    const char *end = strrchr(text, ')'); /* the name may hold anything */
    return end && end[1] == ' ' ? end[2] : 0;
}

bool cu_pid_alive(pid_t pid)
{
    if (pid <= 0 || (kill(pid, 0) < 0 && errno != EPERM))
        return false;
    char state = state_of(pid);
    return state != 'Z' && state != 'X';
}

/* Waits for the end of pid, reaping it when it is ours. */
static bool gone_within(pid_t pid, int64_t ms)
{
    int64_t deadline = cu_mono_ms() + ms;
    for (int64_t pause_ms = 1;; pause_ms = pause_ms < 16 ? pause_ms * 2 : 20) {
        if (waitpid(pid, NULL, WNOHANG) == pid || !cu_pid_alive(pid))
            return true;
        int64_t left = deadline - cu_mono_ms();
        if (left <= 0)
            return false;
        cu_sleep_ms(left < pause_ms ? left : pause_ms);
    }
}

int cu_terminate(pid_t pid, int64_t grace_ms, struct cu_err *err)
{
    if (pid <= 1)
        return cu_fail(err, CU_E_INVALID, "refusing to end process %d", (int)pid);
    if (gone_within(pid, 0))
        return 0;
    if (kill(pid, SIGTERM) < 0 && errno != ESRCH)
        return cu_fail_errno(err, errno, "send SIGTERM to process %d", (int)pid);
    if (gone_within(pid, grace_ms))
        return 0;
    if (kill(pid, SIGKILL) < 0 && errno != ESRCH)
        return cu_fail_errno(err, errno, "send SIGKILL to process %d", (int)pid);
    if (gone_within(pid, 5000))
        return 0;
    return cu_fail(err, CU_E_TIMEOUT, "process %d is still there 5 seconds after SIGKILL", (int)pid);
}
