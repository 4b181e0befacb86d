/* measure.c - one run of a command: wall, user and system seconds, peak memory of its largest process in KiB.
 * Must stay small itself: the kernel counts what the parent used before exec as the child's. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* measure LOG COMMAND...: output of the command goes to LOG; our status is its. */
int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: measure LOG COMMAND...\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    double start = now();
    pid_t pid;
    int status, r = posix_spawnp(&pid, argv[2], &files, NULL, argv + 2, environ);
    if (r != 0) {
        fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(r));
        return 127;
    }
    struct rusage u;
    if (wait4(pid, &status, 0, &u) < 0) {
        perror("measure: wait4");
        return 127;
    }
    double wall = now() - start;
    printf("%.6f %.6f %.6f %ld\n", wall, seconds(u.ru_utime), seconds(u.ru_stime), u.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
