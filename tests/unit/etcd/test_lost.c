/* Answers that get lost: a real etcd behind a relay that passes requests on and swallows what comes back. What was
 * written must count as written, once. */
#include "base/str.h"
#include "base/timefmt.h"
#include "etcd/etcd.h"
#include "fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_etcd server;

struct relay {
    pthread_t thread;
    int listener;
    atomic_bool end;
    char endpoint[64];
    const char *overwrite; /* key that another writer changes before the answer is missed; NULL: none */
};

static int dial_server(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons((uint16_t)atoi(strrchr(server.endpoint, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? fd : -1;
}

static void overwrite(const struct relay *r)
{
    const char *endpoints[] = { server.endpoint };
    struct etcd_options o = { .endpoints = endpoints, .n = 1 };
    struct etcd_client *c = NULL;
    cu_sleep_ms(150); /* the request is applied by now */
    if (etcd_client_new(&o, &c, NULL) == 0)
        etcd_put(c, r->overwrite, "other", 5, NULL, NULL);
    etcd_client_free(c);
}

static void *swallow(void *arg)
{
    struct relay *r = arg;
    char buf[65536];
    struct pollfd p[3] = { { .fd = r->listener, .events = POLLIN },
                           { .fd = -1, .events = POLLIN },
                           { .fd = -1, .events = POLLIN } };
    while (!r->end) {
        if (poll(p, 3, 20) <= 0)
            continue;
        if (p[0].revents && p[1].fd < 0) {
            p[1].fd = accept(r->listener, NULL, NULL);
            p[2].fd = dial_server();
        }
        ssize_t n = p[1].revents ? read(p[1].fd, buf, sizeof(buf)) : -1;
        if (p[1].revents && n > 0) {
            (void)!write(p[2].fd, buf, (size_t)n);
            if (r->overwrite && memmem(buf, (size_t)n, r->overwrite, strlen(r->overwrite)))
                overwrite(r);
        }
        if (p[2].revents && read(p[2].fd, buf, sizeof(buf)) <= 0)
            p[2].events = 0;
        if (p[1].revents && n <= 0) {
            close(p[1].fd);
            close(p[2].fd);
            p[1].fd = p[2].fd = -1;
        }
    }
    return NULL;
}

static void relay_start(struct relay *r)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(r->listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(r->listener, 8), 0);
    assert_int_equal(getsockname(r->listener, (struct sockaddr *)&a, &n), 0);
    snprintf(r->endpoint, sizeof(r->endpoint), "http://127.0.0.1:%d", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&r->thread, NULL, swallow, r), 0);
}

static void relay_stop(struct relay *r)
{
    r->end = true;
    pthread_join(r->thread, NULL);
    close(r->listener);
}

static struct etcd_client *connect_to(const char *first, const char *second, int64_t retry_ms)
{
    const char *endpoints[] = { first, second };
    struct etcd_client *c = NULL;
    struct etcd_options o = {
        .endpoints = endpoints, .n = second ? 2 : 1, .timeout_ms = 500, .retry_ms = retry_ms
    };
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    return c;
}

static int look(void *arg, const struct etcd_kv *kv)
{
    *(struct etcd_kv *)arg = *kv;
    return 0;
}

static struct etcd_kv now_at(const char *key)
{
    struct etcd_kv kv = { 0 };
    struct etcd_client *c = connect_to(server.endpoint, NULL, 0);
    etcd_get(c, key, look, &kv, NULL, NULL);
    etcd_client_free(c);
    return kv;
}

/* The swap goes through the relay first: `want` is its result, and it was applied once. */
static int64_t lost(const struct etcd_swap *s, const char *other_writer, int want)
{
    struct relay r = { .overwrite = other_writer };
    int64_t rev = -1;
    relay_start(&r);
    struct etcd_client *c = connect_to(r.endpoint, server.endpoint, 0);
    assert_int_equal(etcd_swap(c, s, &rev, NULL), want);
    etcd_client_free(c);
    relay_stop(&r);
    return rev;
}

static void test_applied_once(void **state)
{
    (void)state;
    struct etcd_swap w = { .key = "/lost/a", .value = "one", .n = 3 };
    int64_t rev = lost(&w, NULL, 0);
    struct etcd_kv kv = now_at("/lost/a");
    assert_int_equal(kv.mod_rev, rev);
    assert_int_equal(kv.version, 1);
    w = (struct etcd_swap){ .key = "/lost/a", .value = "two", .n = 3, .expected = rev };
    rev = lost(&w, NULL, 0);
    kv = now_at("/lost/a");
    assert_int_equal(kv.mod_rev, rev);
    assert_int_equal(kv.version, 2);
    w = (struct etcd_swap){ .key = "/lost/a", .expected = rev };
    assert_int_equal(lost(&w, NULL, 0), 0); /* it is gone; by which revision only a watch tells */
    assert_int_equal(now_at("/lost/a").version, 0);
}

/* Somebody changes what we wrote before we ask again: it was written all the same. */
static void test_overwritten(void **state)
{
    (void)state;
    struct etcd_swap w = { .key = "/lost/b", .value = "ours", .n = 4 };
    int64_t rev = lost(&w, "/lost/b", 0);
    struct etcd_kv kv = now_at("/lost/b");
    assert_int_equal(kv.create_rev, rev);
    assert_int_equal(kv.version, 2);
    assert_true(kv.mod_rev > rev);
}

/* A real conflict stays one. */
static void test_conflict(void **state)
{
    (void)state;
    struct etcd_swap w = { .key = "/lost/c", .value = "first", .n = 5 };
    struct etcd_client *c = connect_to(server.endpoint, NULL, 0);
    int64_t rev = 0;
    assert_int_equal(etcd_swap(c, &w, &rev, NULL), 0);
    etcd_client_free(c);
    w.value = "again";
    lost(&w, NULL, -CU_E_EXISTS);
    w.expected = rev - 1;
    lost(&w, NULL, -CU_E_CONFLICT);
    assert_int_equal(now_at("/lost/c").version, 1);
}

static void test_unknown(void **state)
{
    (void)state;
    struct relay r = { .overwrite = NULL };
    struct etcd_swap w = { .key = "/lost/d", .value = "x", .n = 1 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    relay_start(&r);
    struct etcd_client *c = connect_to(r.endpoint, NULL, 0);
    assert_int_equal(etcd_swap(c, &w, NULL, &err), -CU_E_TIMEOUT);
    assert_non_null(strstr(cu_err_text(&err), "not known"));
    etcd_client_free(c);
    relay_stop(&r);
    c = connect_to("http://127.0.0.1:1", NULL, 0);
    cu_err_clear(&err);
    assert_int_equal(etcd_swap(c, &w, NULL, &err), -CU_E_UNREACHABLE);
    assert_non_null(strstr(cu_err_text(&err), "nothing was written"));
    etcd_client_free(c);
}

static void *write_once(void *arg)
{
    struct etcd_swap w = { .key = "/lost/e", .value = "x", .n = 1 };
    struct etcd_client *c = connect_to(server.endpoint, NULL, 10000);
    *(int *)arg = etcd_swap(c, &w, NULL, NULL);
    etcd_client_free(c);
    return NULL;
}

/* etcd is away for a moment: the call goes on until it is back. */
static void test_insists(void **state)
{
    (void)state;
    int result = -1;
    pthread_t thread;
    test_etcd_kill(&server);
    assert_int_equal(pthread_create(&thread, NULL, write_once, &result), 0);
    cu_sleep_ms(300);
    test_etcd_again(&server); /* not in the thread: etcd ends with the thread that started it */
    pthread_join(thread, NULL);
    assert_int_equal(result, 0);
    assert_int_equal(now_at("/lost/e").version, 1);
}

static bool next_of_3000(void *arg, struct etcd_put *out)
{
    static char key[32];
    int *n = arg;
    snprintf(key, sizeof(key), "/many/%d", *n);
    *out = (struct etcd_put){ key, key, strlen(key) };
    return (*n)++ < 3000;
}

static void test_put_all(void **state)
{
    (void)state;
    struct etcd_client *c = connect_to(server.endpoint, NULL, 0);
    int64_t before = 0, rev = 0, deleted = 0;
    int n = 0;
    assert_int_equal(etcd_put(c, "/many", "", 0, &before, NULL), 0);
    assert_int_equal(etcd_put_all(c, next_of_3000, &n, &rev, NULL), 0);
    assert_int_equal(rev, before + 3000);
    assert_int_equal(etcd_delete_prefix(c, "/many/", &deleted, NULL), 0);
    assert_int_equal(deleted, 3000);
    etcd_client_free(c);
    c = connect_to("http://127.0.0.1:1", NULL, 0);
    n = 0;
    assert_int_equal(etcd_put_all(c, next_of_3000, &n, &rev, NULL), -CU_E_REFUSED);
    assert_true(n < 100); /* it gives up at the first failures */
    etcd_client_free(c);
}

static int set_up(void **state)
{
    (void)state;
    test_etcd_start(&server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_etcd_stop(&server);
    return 0;
}

int main(void)
{
    if (!test_etcd_installed())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applied_once), cmocka_unit_test(test_overwritten),
        cmocka_unit_test(test_conflict),     cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_insists),      cmocka_unit_test(test_put_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
