#include "../cmocka_all.h"
#include "../scratch.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/constants.h"
#include "config/host.h"
#include "node/sys.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void runtimes_that_answer(void **state)
{
    struct node_sys sys = *node_sys_host();
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;
    cu_autofree char *dir = cu_asprintf("%s/var/run/crio", (char *)*state);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    cu_autoclose int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    sys.root = *state;
    struct cfg_host host = cfg_host_of(&sys);
    host.find_cri(host.arg, &found);
    assert_int_equal(found.n, 0);
    assert_int_equal(cu_mkdir_p(dir, 0755, NULL), 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/crio.sock", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    host.find_cri(host.arg, &found); /* there, but nobody listens */
    assert_int_equal(found.n, 0);
    assert_int_equal(listen(fd, 1), 0);
    host.find_cri(host.arg, &found);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.v[0], CFG_CRI_CRIO);
}

struct web {
    int fd;
    const char *answer; /* NULL: takes the connection and says nothing */
};

static void *serve(void *arg)
{
    const struct web *w = arg;
    char request[1024];
    cu_autoclose int fd = accept(w->fd, NULL, NULL);

    if (fd < 0)
        return NULL;
    if (read(fd, request, sizeof(request)) > 0 && w->answer)
        return write(fd, w->answer, strlen(w->answer)) < 0 ? NULL : arg;
    while (read(fd, request, sizeof(request)) > 0) /* until the other side has given up */
        ;
    return NULL;
}

/* Fetches from a server that gives `answer`; takes at most a second. */
static int fetch(const char *answer, char **out)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    cu_autoclose int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct web w = { fd, answer };
    const struct cfg_host host = cfg_host_of(NULL);
    int64_t start = cu_mono_ms();
    pthread_t thread;

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, &w), 0);
    cu_autofree char *url = cu_asprintf("http://127.0.0.1:%d/stable.txt", ntohs(at.sin_port));
    int r = host.fetch(host.arg, url, out, NULL);
    assert_true(cu_mono_ms() - start < 1500);
    shutdown(fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    return r;
}

static void labels_from_the_web(void **state)
{
    char *out = NULL;
    (void)state;
    assert_int_equal(
        fetch("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nv1.36.9\n", &out), 0);
    assert_string_equal(out, "v1.36.9\n");
    free(out);
    out = NULL;
    assert_true(fetch("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", &out) < 0);
    assert_true(fetch(NULL, &out) < 0); /* never answers */
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(runtimes_that_answer),
        cmocka_unit_test(labels_from_the_web),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
