/*
 * kill_at - runs a command and kills it (-9) at the moment it has written a line that matches.
 *
 *     test-kill-at REGEX COMMAND [ARG...]
 *
 * The command is traced (ptrace), so that it stands still between its write and the kill: however busy the machine is,
 * nothing that comes after that line has been done. Its threads are traced too; programs it starts are not, and live on.
 * Ends with 137 when it killed, else with the command's own status.
 */
#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WRITE = 64 * 1024 };

/* Whether what this system call wrote to standard output or standard error matches; `entry` is its state at entry. */
static bool written(pid_t task, const struct __ptrace_syscall_info *entry, const regex_t *at)
{
    if (entry->entry.nr != SYS_write || entry->entry.args[0] < 1 || entry->entry.args[0] > 2)
        return false;
    static char text[MAX_WRITE + 1];
    size_t length = entry->entry.args[2] < MAX_WRITE ? entry->entry.args[2] : MAX_WRITE;
    struct iovec mine = { text, length };
    struct iovec theirs = { (void *)(uintptr_t)entry->entry.args[1],
                            length }; // NOLINT(performance-no-int-to-ptr)
    ssize_t got = process_vm_readv(task, &mine, 1, &theirs, 1, 0);
    if (got <= 0)
        return false;
    text[got] = '\0';
    return regexec(at, text, 0, NULL, 0) == 0;
}

static void start(char **command)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0)
        execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

/* Follows the command's system calls until it ends or is killed; the status to end with. */
static int follow(pid_t command, const regex_t *at)
{
    struct __ptrace_syscall_info entry = { 0 }; // of the write last entered; a match kills at its exit
    pid_t writer = 0;
    for (;;) {
        int status = 0;
        pid_t task = waitpid(-1, &status, __WALL);
        if (task < 0)
            return 125;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (task == command)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int stop = WSTOPSIG(status);
        int pass = 0; // the signal to hand on
        if (stop == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info now;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof now, &now) > 0) {
                if (now.op == PTRACE_SYSCALL_INFO_ENTRY && written(task, &now, at)) {
                    entry = now;
                    writer = task;
                } else if (now.op == PTRACE_SYSCALL_INFO_EXIT && task == writer &&
                           entry.op == PTRACE_SYSCALL_INFO_ENTRY) {
                    kill(command, SIGKILL);
                    continue;
                }
            }
        } else if (stop != SIGSTOP && status >> 16 == 0) {
            pass = stop;
        }
        ptrace(PTRACE_SYSCALL, task, NULL, pass);
    }
}

int main(int argc, char **argv)
{
    regex_t at;
    if (argc < 3 || regcomp(&at, argv[1], REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0) {
        fprintf(stderr, "usage: %s REGEX COMMAND [ARG...]\n", argv[0]);
        return 125;
    }
    pid_t command = fork();
    if (command == 0)
        start(argv + 2);
    int status = 0;
    if (command < 0 || waitpid(command, &status, 0) != command || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, command, NULL,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0) {
        fprintf(stderr, "%s: cannot trace %s: %s\n", argv[0], argv[2], strerror(errno));
        return 125;
    }
    ptrace(PTRACE_SYSCALL, command, NULL, NULL);
    status = follow(command, &at);
    regfree(&at);
    return status;
}
