/* node/daemon.c - direct supervision of one background program by pid file.
 * Must not know which program it is. */
#include "node/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/str.h"

#define LOG_MAX (10 * 1024 * 1024) /* bytes before a start moves the log aside */
#define TAIL_MAX 8192              /* bytes looked at for the last lines */
#define TAIL_LINES 20
#define GRACE_MS 30000
#define PID_FILE_MAX 128

uint64_t node_process_start_time(pid_t pid)
{
    char path[40];
    cu_autofree char *text = NULL;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (cu_file_read(path, 4096, &text, NULL, NULL) < 0)
        return 0;
    const char *p = strrchr(text, ')'); /* the name may hold anything; field 3 follows it */
    for (int field = 2; p && field < 22; field++) {
        p = strchr(p + 1, ' ');
    }
    return p ? strtoull(p, NULL, 10) : 0;
}

struct record {
    pid_t pid; /* 0: none */
    uint64_t start;
};

static struct record read_record(const char *path)
{
    cu_autofree char *text = NULL;
    const struct record none = { 0, 0 };
    int64_t pid, start;
    if (cu_file_read(path, PID_FILE_MAX, &text, NULL, NULL) < 0)
        return none;
    char *blank = strchr(text, ' ');
    if (!blank)
        return none;
    *blank = '\0';
    blank[1 + strcspn(blank + 1, "\n")] = '\0';
    if (cu_parse_i64(text, 2, INT32_MAX, &pid, NULL) < 0 ||
        cu_parse_i64(blank + 1, 0, INT64_MAX, &start, NULL) < 0)
        return none;
    return (struct record){ (pid_t)pid, (uint64_t)start };
}

static bool is_running(struct record r)
{
    return r.pid && cu_pid_alive(r.pid) && node_process_start_time(r.pid) == r.start;
}

/* A lock on the folder of the pid file orders starts and stops. Returns the descriptor that holds it. */
static int take_lock(const struct node_daemon *d, struct cu_err *err)
{
    cu_autofree char *path = cu_path_dir(d->pid_file);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cu_fail_errno(err, errno, "open %s", path);
    while (flock(fd, LOCK_EX) < 0) {
        if (errno == EINTR)
            continue;
        int r = cu_fail_errno(err, errno, "lock %s", path);
        close(fd);
        return r;
    }
    return fd;
}

static int open_log(const char *path, struct cu_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_size > LOG_MAX) {
        cu_autofree char *old = cu_asprintf("%s.1", path);
        if (rename(path, old) < 0)
            return cu_fail_errno(err, errno, "move %s to %s", path, old);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : cu_fail_errno(err, errno, "open %s", path);
}

/* Before the program runs, so that one that runs is always written down, whenever the starter is killed. */
static int record(pid_t pid, void *pid_file, struct cu_err *err)
{
    cu_autofree char *text = cu_asprintf("%d %" PRIu64 "\n", (int)pid, node_process_start_time(pid));
    return cu_file_write_str(pid_file, text, 0644, err);
}

int node_daemon_start(const struct node_daemon *d, bool *started, struct cu_err *err)
{
    cu_autoclose int lock = take_lock(d, err);
    if (lock < 0)
        return lock;
    if (started)
        *started = false;
    if (is_running(read_record(d->pid_file)))
        return 0;
    cu_autoclose int log = open_log(d->log_file, err);
    if (log < 0)
        return log;
    char *pid_file = cu_strdup(d->pid_file);
    struct cu_spawn s = { .argv = d->argv,
                          .env = d->env,
                          .cwd = "/",
                          .out_fd = log,
                          .err_fd = log,
                          .new_session = true,
                          .record = record,
                          .record_arg = pid_file };
    pid_t pid;
    int r = cu_spawn(&s, &pid, err);
    free(pid_file);
    if (r < 0) {
        cu_unlink(d->pid_file, NULL);
        return r;
    }
    if (started)
        *started = true;
    return 0;
}

int node_daemon_stop(const struct node_daemon *d, struct cu_err *err)
{
    if (!cu_exists(d->pid_file))
        return 0;
    cu_autoclose int lock = take_lock(d, err);
    if (lock < 0)
        return lock;
    struct record rec = read_record(d->pid_file);
    if (is_running(rec)) {
        int r = cu_terminate(rec.pid, d->grace_ms > 0 ? d->grace_ms : GRACE_MS, err);
        if (r < 0) {
            cu_wrap(err, "stop %s", d->name);
            return r;
        }
    }
    return cu_unlink(d->pid_file, err);
}

/* The last lines of the log; "" when there is none. */
static char *tail(const char *path)
{
    cu_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cu_strdup("");
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > TAIL_MAX ? size - TAIL_MAX : 0;
    cu_autofree char *text = cu_calloc(1, TAIL_MAX + 1);
    ssize_t n = pread(fd, text, TAIL_MAX, from);
    if (n <= 0)
        return cu_strdup("");
    char *start = text + n;
    while (start > text && start[-1] == '\n')
        *--start = '\0';
    for (int lines = 0; start > text; start--)
        if (start[-1] == '\n' && ++lines == TAIL_LINES)
            break;
    const char *first_line = from && start == text ? strchr(text, '\n') : NULL; /* cut in the middle */
    return cu_strdup(first_line ? first_line + 1 : start);
}

/* Status of a child of ours without reaping it, so that asking again gives the same answer. */
static int exit_status_of(pid_t pid)
{
    siginfo_t info = { .si_pid = 0 };
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != pid)
        return -1;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int node_daemon_status(const struct node_daemon *d, struct node_daemon_status *out, struct cu_err *err)
{
    struct stat st;
    *out = (struct node_daemon_status){ .state = NODE_DAEMON_STOPPED, .exit_status = -1 };
    if (stat(d->pid_file, &st) < 0 && errno != ENOENT)
        return cu_fail_errno(err, errno, "read %s", d->pid_file);
    struct record rec = read_record(d->pid_file);
    if (cu_exists(d->pid_file)) {
        out->pid = rec.pid;
        out->state = is_running(rec) ? NODE_DAEMON_RUNNING : NODE_DAEMON_DEAD;
        if (out->state == NODE_DAEMON_DEAD && rec.pid)
            out->exit_status = exit_status_of(rec.pid);
    }
    out->last_log = tail(d->log_file);
    return 0;
}

void node_daemon_status_clear(struct node_daemon_status *s)
{
    free(s->last_log);
    *s = (struct node_daemon_status){ .exit_status = -1 };
}
