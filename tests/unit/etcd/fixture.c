/* Starts and stops etcd for tests. Knows nothing of the client under test. */
#include "fixture.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

bool test_etcd_installed(void)
{
    return system("command -v etcd >/dev/null 2>&1") == 0; /* NOLINT(cert-env33-c) */
}

/* A port nobody listens on at the moment, from the kernel's ephemeral range. */
static int free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&a, n) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0)
        die("bind");
    close(fd);
    return ntohs(a.sin_port);
}

static bool listens(const char *endpoint)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    a.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1)); /* NOLINT(cert-err34-c) */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
    close(fd);
    return ok;
}

static void run(struct test_etcd *e, const char *cluster, const char *state)
{
    cu_autofree char *data = cu_asprintf("%s/data", e->dir), *log = cu_asprintf("%s/log", e->dir);
    e->pid = fork();
    if (e->pid < 0)
        die("fork");
    if (e->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execlp("etcd", "etcd", "--name", e->name, "--data-dir", data, "--listen-client-urls", e->endpoint,
               "--advertise-client-urls", e->endpoint, "--listen-peer-urls", e->peer,
               "--initial-advertise-peer-urls", e->peer, "--initial-cluster", cluster,
               "--initial-cluster-state", state, "--unsafe-no-fsync", (char *)NULL);
        _exit(127);
    }
}

static void wait_up(const struct test_etcd *e)
{
    for (int64_t end = cu_mono_ms() + 15000; cu_mono_ms() < end; cu_sleep_ms(20))
        if (listens(e->endpoint))
            return;
    fprintf(stderr, "etcd did not start, see %s/log\n", e->dir);
    exit(1);
}

void test_etcd_prepare(struct test_etcd *e, const char *name)
{
    *e = (struct test_etcd){ .pid = 0 };
    snprintf(e->dir, sizeof(e->dir), "/tmp/cubeadm-etcd-XXXXXX");
    if (!mkdtemp(e->dir))
        die("mkdtemp");
    snprintf(e->name, sizeof(e->name), "%s", name);
    snprintf(e->endpoint, sizeof(e->endpoint), "http://127.0.0.1:%d", free_port());
    snprintf(e->peer, sizeof(e->peer), "http://127.0.0.1:%d", free_port());
}

void test_etcd_start(struct test_etcd *e)
{
    test_etcd_prepare(e, "one");
    test_etcd_again(e);
}

void test_etcd_again(struct test_etcd *e)
{
    cu_autofree char *cluster = cu_asprintf("%s=%s", e->name, e->peer);
    run(e, cluster, "new");
    wait_up(e);
}

void test_etcd_join(struct test_etcd *e, const char *initial_cluster)
{
    run(e, initial_cluster, "existing");
    wait_up(e);
}

void test_etcd_kill(struct test_etcd *e)
{
    if (e->pid > 0) {
        kill(e->pid, SIGKILL);
        waitpid(e->pid, NULL, 0);
    }
    e->pid = 0;
}

void test_etcd_pause(struct test_etcd *e)
{
    kill(e->pid, SIGSTOP);
    waitpid(e->pid, NULL, WUNTRACED);
}

void test_etcd_go_on(struct test_etcd *e)
{
    kill(e->pid, SIGCONT);
}

void test_etcd_stop(struct test_etcd *e)
{
    test_etcd_kill(e);
    cu_rm_rf(e->dir, false, NULL);
}
