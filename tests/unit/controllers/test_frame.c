/* What carries the controllers: flags, queues, leader election, the health endpoint. */
#include "tests.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/control.h"
#include "controllers/elect.h"
#include "controllers/health.h"
#include "http/client.h"
#include "http/server.h"
#include <pthread.h>

static void test_options(void **state)
{
    (void)state;
    char *argv[] = { (char[]){ "x" },
                     (char[]){ "--kubeconfig=/a" },
                     (char[]){ "--controllers=*,bootstrapsigner,-csrapproving" },
                     (char[]){ "--cluster-cidr" },
                     (char[]){ "10.0.0.0/16,fd00::/48" },
                     (char[]){ "--leader-elect=false" },
                     (char[]){ "--allocate-node-cidrs" },
                     (char[]){ "--node-monitor-grace-period=1m" },
                     (char[]){ "--client-ca-file=/ca" },
                     (char[]){ "--brand-new=1" },
                     (char[]){ "-v=3" } };
    struct ctl_options o;
    assert_int_equal(ctl_options_parse(CU_LEN(argv), argv, 10257, &o, NULL), 0);
    assert_string_equal(o.kubeconfig, "/a");
    assert_int_equal(o.controllers.n, 3);
    assert_string_equal(o.cluster_cidr.v[1], "fd00::/48");
    assert_false(o.leader_elect);
    assert_true(o.allocate_cidrs);
    assert_int_equal(o.monitor_grace_ms, 60000);
    assert_int_equal(o.secure_port, 10257);
    assert_int_equal(o.lease_ms, 15000);
    assert_int_equal(o.verbosity, 3);
    assert_int_equal(o.unknown.n, 1);
    assert_string_equal(o.unknown.v[0], "--brand-new");
    ctl_options_clear(&o);
    static const char *const bad[] = { "--leader-elect=maybe", "--secure-port=99999", "--kubeconfig", "word",
                                       "--node-monitor-period=5" };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autofree char *arg = cu_strdup(bad[i]);
        char *const args[] = { argv[0], arg };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(ctl_options_parse(2, args, 1, &o, &err), -CU_E_INVALID);
        ctl_options_clear(&o);
    }
}

struct work {
    struct http_loop *loop;
    struct ctl_queue *queue;
    int calls, fail;
    char order[64];
};

static int reconcile(void *arg, const char *key, struct cu_err *err)
{
    struct work *w = arg;
    w->calls++;
    strncat(w->order, key, sizeof(w->order) - strlen(w->order) - 1);
    if (w->fail-- > 0)
        return cu_fail(err, CU_E_SERVER, "not yet");
    if (strcmp(key, "z") == 0 && w->calls < 3)
        ctl_queue_add(w->queue, "z"); /* an event during the work */
    return 0;
}

static void test_queue(void **state)
{
    (void)state;
    struct work w = { .loop = http_loop_new() };
    struct ctl_options o = { 0 };
    struct ctl c = { .loop = w.loop, .o = &o };
    w.queue = ctl_queue_new(&c, "test", reconcile, &w);
    ctl_queue_add(w.queue, "a");
    ctl_queue_add(w.queue, "a");
    ctl_queue_add_after(w.queue, "b", 40);
    http_loop_run_for(w.loop, 20);
    assert_int_equal(w.calls, 0); /* not active */
    ctl_set_active(&c, true);
    http_loop_run_for(w.loop, 5);
    assert_string_equal(w.order, "a");
    http_loop_run_for(w.loop, 60);
    assert_string_equal(w.order, "ab");
    w = (struct work){ .loop = w.loop, .queue = w.queue, .fail = 2 };
    int64_t start = cu_mono_ms();
    ctl_queue_add(w.queue, "f");
    while (w.calls < 3 && cu_mono_ms() - start < 2000)
        http_loop_run_for(w.loop, 5);
    assert_string_equal(w.order, "fff"); /* after 20 and 40 ms */
    assert_in_range(cu_mono_ms() - start, 59, 1500);
    w = (struct work){ .loop = w.loop, .queue = w.queue };
    ctl_queue_add(w.queue, "z");
    http_loop_run_for(w.loop, 30);
    assert_string_equal(w.order, "zzz");
    ctl_clear(&c);
    http_loop_free(w.loop);
}

static void test_may_take(void **state)
{
    (void)state;
    static const struct {
        const char *lease;
        int64_t now_ms, unchanged_ms;
        bool want;
    } rows[] = {
        { "{'spec':{}}", 0, 0, true },
        { "{'spec':{'holderIdentity':''}}", 0, 0, true },
        { "{'spec':{'holderIdentity':'h_me','renewTime':'1970-01-01T00:00:00Z'}}", 0, 0, true },
        { "{'spec':{'holderIdentity':'h_old','renewTime':'1970-01-01T00:00:00Z'}}", 0, 0,
          true }, /* this host */
        { "{'spec':{'holderIdentity':'h2_x','renewTime':'1970-01-01T00:00:00Z'}}", 14000, 14000, false },
        { "{'spec':{'holderIdentity':'h2_x','renewTime':'1970-01-01T00:00:00Z'}}", 20000, 14999, false },
        { "{'spec':{'holderIdentity':'h2_x','renewTime':'1970-01-01T00:00:00Z'}}", 0, 15000, true },
        { "{'spec':{'holderIdentity':'h2_x','renewTime':'1970-01-01T00:00:00Z'}}", 46000, 0,
          true }, /* long over */
        { "{'spec':{'holderIdentity':'h2_x','leaseDurationSeconds':60,'renewTime':'1970-01-01T00:00:00Z'}}",
          46000, 0, false },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *lease = object(rows[i].lease);
        if (ctl_elect_may_take(lease, "h", "h_me", rows[i].now_ms, rows[i].unchanged_ms) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

static void *run_loop(void *arg)
{
    http_loop_run(arg);
    return NULL;
}

static void test_health(void **state)
{
    (void)state;
    struct http_loop *loop = http_loop_new();
    struct http_server *server = NULL;
    struct http_server *second = NULL;
    int port = 0;
    pthread_t thread;
    assert_int_equal(ctl_health_start(loop, "127.0.0.1", 0, &server, &port, NULL), 0);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(ctl_health_start(loop, "127.0.0.1", port, &second, NULL, &err), -CU_E_EXISTS);
    assert_int_equal(pthread_create(&thread, NULL, run_loop, loop), 0);
    struct http_client *c = http_client_new(&(struct http_client_options){ .insecure = true });
    struct http_response r = HTTP_RESPONSE_INIT;
    static const char *const paths[] = { "healthz", "livez", "readyz", "metrics" };
    for (size_t i = 0; i < CU_LEN(paths); i++) {
        cu_autofree char *url = cu_asprintf("https://127.0.0.1:%d/%s", port, paths[i]);
        assert_int_equal(http_client_do(c, &(struct http_call){ .url = url }, &r, NULL), 0);
        assert_int_equal(r.code, i < 3 ? 200 : 404);
        if (i < 3)
            assert_string_equal(r.body, "ok");
    }
    http_response_clear(&r);
    http_client_free(c);
    http_loop_stop(loop);
    pthread_join(thread, NULL);
    http_server_free(server);
    http_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_may_take),
        cmocka_unit_test(test_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
