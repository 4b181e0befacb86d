/* Two servers on one etcd: what one acknowledged the other answers with, reads from memory are said to be that, and while
 * etcd is away nothing is told as if it were the latest. */
#include "etcd/etcd.h"
#include "fixture.h"
#include "harness.h"

static struct test_etcd etcd;

static void pair_start(struct harness *a, struct harness *b)
{
    test_etcd_start(&etcd);
    *a = *b = (struct harness){ .dir = "", .etcd = etcd.endpoint };
    hs_open(a);
    hs_make(a, "/api/v1/namespaces", "{'metadata':{'name':'ns'}}");
    hs_make(a, "/api/v1/namespaces/ns/serviceaccounts", "{'metadata':{'name':'default'}}");
    hs_open(b);
}

static void pair_stop(struct harness *a, struct harness *b)
{
    hs_close(a);
    hs_close(b);
    test_etcd_stop(&etcd);
}

/* b turns its loop only while it is asked itself, so it always has something to catch up with. */
static void test_reads(void **state)
{
    (void)state;
    struct harness a, b;
    pair_start(&a, &b);
    for (int i = 0; i < 100; i++) {
        cu_autofree char *body = cu_asprintf("{'metadata':{'name':'m%d'}}", i),
                         *path = cu_asprintf(CM "/m%d", i), *old = cu_asprintf("%s?resourceVersion=0", path);
        autoanswer made = expect(201, &a, "POST", CM, NULL, body);
        autoanswer got = expect(200, &b, "GET", path, NULL, NULL);
        assert_string_equal(hs_rev(got.body), hs_rev(made.body));
        expect_only(200, &b, "GET", old, NULL, NULL);
        expect_only(200, &a, "DELETE", path, NULL, NULL);
        expect_only(404, &b, "GET", path, NULL, NULL);
        hs_make(&a, CM, body);
        autoanswer list = expect(200, &b, "GET", CM, NULL, NULL);
        assert_int_equal(val_len(val_get(list.body, "items")), i + 1);
        autoanswer scale =
            hs_call(&b, "GET", "/apis/apps/v1/namespaces/ns/deployments/none/scale", NULL, NULL);
        assert_int_equal(scale.code, 404);
    }
    /* of a version another server told */
    autoanswer made = expect(201, &a, "POST", CM, NULL, "{'metadata':{'name':'v'}}");
    cu_autofree char *at = cu_asprintf(CM "/v?resourceVersion=%s", hs_rev(made.body)),
                     *all = cu_asprintf(CM "?limit=1&resourceVersionMatch=Exact&resourceVersion=%s",
                                        hs_rev(made.body));
    int64_t start = cu_mono_ms();
    expect_only(200, &b, "GET", at, NULL, NULL);
    expect_only(200, &b, "GET", all, NULL, NULL);
    assert_true(cu_mono_ms() - start < 1000);
    expect_only(400, &b, "GET", CM "/v?resourceVersion=x", NULL, NULL);
    pair_stop(&a, &b);
}

/* Changes to keys of others count as reached too. */
static void test_other_keys(void **state)
{
    (void)state;
    struct harness a, b;
    struct etcd_client *c = NULL;
    pair_start(&a, &b);
    const char *endpoints[] = { etcd.endpoint };
    struct etcd_options eo = { .endpoints = endpoints, .n = 1 };
    int64_t rev = 0;
    assert_int_equal(etcd_client_new(&eo, &c, NULL), 0);
    assert_int_equal(etcd_put(c, "compact_rev_key", "1", 1, &rev, NULL), 0);
    cu_autofree char *at = cu_asprintf(CM "?resourceVersion=%lld", (long long)rev),
                     *future = cu_asprintf(CM "?resourceVersion=%lld", (long long)rev + 1);
    int64_t start = cu_mono_ms();
    autoanswer list = expect(200, &b, "GET", at, NULL, NULL);
    assert_int_equal(strtoll(hs_rev(list.body), NULL, 10), rev);
    assert_true(cu_mono_ms() - start < 1000);
    autoanswer late = expect(504, &b, "GET", future, NULL, NULL);
    assert_true(cu_mono_ms() - start >= 3000);
    assert_non_null(strstr(val_get_str(late.body, "message"), "Too large resource version"));
    assert_int_equal(val_get_int(val_get(late.body, "details"), "retryAfterSeconds", 0), 1);
    const struct val *cause = val_at(val_find(late.body, "details", "causes", NULL), 0);
    assert_string_equal(val_get_str(cause, "reason"), "ResourceVersionTooLarge");
    etcd_client_free(c);
    pair_stop(&a, &b);
}

/* What is refused for an outdated reason is not. */
static void test_writes(void **state)
{
    (void)state;
    struct harness a, b;
    pair_start(&a, &b);
    for (int i = 0; i < 50; i++) {
        hs_make(&a, CM, "{'metadata':{'name':'w'}}");
        expect_only(409, &b, "POST", CM, NULL, "{'metadata':{'name':'w'}}");
        expect_only(200, &a, "DELETE", CM "/w", NULL, NULL);
        hs_make(&b, CM, "{'metadata':{'name':'w'}}");
        expect_only(200, &a, "DELETE", CM "/w", NULL, NULL);
        autoanswer made = expect(201, &b, "POST", CM, NULL, "{'metadata':{'name':'w'}}");
        cu_autofree char *put = cu_asprintf(
            "{'metadata':{'name':'w','resourceVersion':'%s'},'data':{'k':'v'}}", hs_rev(made.body));
        expect_only(200, &a, "PUT", CM "/w", NULL, put);
        expect_only(409, &b, "PUT", CM "/w", NULL, put);
        expect_only(200, &b, "PATCH", CM "/w", "Content-Type: application/merge-patch+json\r\n",
                    "{'data':{'l':'w'}}");
        expect_only(200, &a, "DELETE", CM "/w", NULL, NULL);
        expect_only(404, &b, "DELETE", CM "/w", NULL, NULL);
        cu_autofree char *ns = cu_asprintf("{'metadata':{'name':'ns%d'}}", i),
                         *in_it = cu_asprintf("/api/v1/namespaces/ns%d/configmaps", i);
        hs_make(&a, "/api/v1/namespaces", ns);
        hs_make(&b, in_it, "{'metadata':{'name':'w'}}");
        hs_make(&a, CM, "{'metadata':{'name':'many','labels':{'x':'y'}}}");
        autoanswer gone = expect(200, &b, "DELETE", CM "?labelSelector=x", NULL, NULL);
        assert_int_equal(val_len(val_get(gone.body, "items")), 1);
    }
    pair_stop(&a, &b);
}

static size_t events(struct harness *h, const char *query, const char *stop)
{
    cu_autobuf struct cu_buf in = CU_BUF_INIT(LIM_HTTP_RESPONSE);
    cu_autofree char *path = cu_asprintf(CM "?watch=true&%s", query);
    size_t n = 0;
    int fd = hs_connect(h);
    hs_send(fd, "GET", path, NULL, NULL);
    for (int64_t end = cu_mono_ms() + 5000; cu_mono_ms() < end && !strstr(cu_buf_str(&in), stop);)
        hs_turn(h, fd, &in);
    assert_non_null(strstr(cu_buf_str(&in), stop));
    for (const char *p = cu_buf_str(&in); (p = strstr(p, "\"ADDED\"")) && p < strstr(cu_buf_str(&in), stop);
         p++)
        n++;
    close(fd);
    return n;
}

/* The state a watch begins with is the latest too. */
static void test_watches(void **state)
{
    (void)state;
    struct harness a, b;
    pair_start(&a, &b);
    for (int i = 0; i < 30; i++) {
        cu_autofree char *body = cu_asprintf("{'metadata':{'name':'w%d'}}", i);
        hs_make(&a, CM, body);
        assert_int_equal(events(&b,
                                "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                                "allowWatchBookmarks=true",
                                "initial-events-end"),
                         i + 1);
    }
    pair_stop(&a, &b);
}

static void test_away(void **state)
{
    (void)state;
    struct harness a, b;
    pair_start(&a, &b);
    hs_make(&a, CM, "{'metadata':{'name':'m'}}");
    expect_only(200, &b, "GET", CM "/m", NULL, NULL);
    test_etcd_pause(&etcd);
    int64_t start = cu_mono_ms();
    autoanswer first = expect(503, &b, "GET", CM "/m", NULL, NULL);
    assert_true(cu_mono_ms() - start < 8000);
    assert_string_equal(val_get_str(first.body, "reason"), "ServiceUnavailable");
    assert_non_null(strstr(first.head, "Retry-After: 1"));
    while (cu_mono_ms() - start < 9000)
        http_loop_run_for(b.s.loop, 50);
    start = cu_mono_ms();
    expect_only(503, &b, "GET", CM "/m", NULL, NULL);
    expect_only(503, &b, "GET", CM "/none", NULL, NULL);
    expect_only(503, &b, "GET", CM, NULL, NULL);
    expect_only(503, &b, "GET", CM "?watch=true", NULL, NULL);
    expect_only(503, &b, "DELETE", CM "/none", NULL, NULL);
    expect_only(200, &b, "GET", CM "/m?resourceVersion=0", NULL, NULL);
    expect_only(200, &b, "GET", CM "?resourceVersion=0", NULL, NULL);
    expect_only(500, &b, "GET", "/readyz", NULL, NULL);
    assert_int_equal(events(&b, "resourceVersion=0", "\"ADDED\""), 0);
    assert_true(cu_mono_ms() - start < 1000);
    /* with a request that still waits */
    int fd = hs_connect(&a);
    hs_send(fd, "GET", CM "/m", NULL, NULL);
    http_loop_run_for(a.s.loop, 20);
    test_etcd_go_on(&etcd);
    for (int64_t end = cu_mono_ms() + 8000; store_ping(b.s.store, NULL) < 0 && cu_mono_ms() < end;)
        http_loop_run_for(b.s.loop, 20);
    expect_only(200, &b, "GET", CM "/m", NULL, NULL);
    test_etcd_pause(&etcd);
    int other = hs_connect(&b);
    hs_send(other, "GET", CM "/m", NULL, NULL);
    http_loop_run_for(b.s.loop, 20);
    test_etcd_go_on(&etcd);
    pair_stop(&a, &b);
    close(fd);
    close(other);
}

int main(void)
{
    if (!test_etcd_installed())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),   cmocka_unit_test(test_other_keys), cmocka_unit_test(test_writes),
        cmocka_unit_test(test_watches), cmocka_unit_test(test_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
