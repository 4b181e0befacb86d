/* Watches on a real etcd: order, previous values, start in the past, compaction, cancelling, a server that dies. */
#include "etcd/watch.h"
#include "fixture.h"
#include "base/buf.h"
#include "base/timefmt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct test_etcd server;

struct log {
    struct http_loop *l;
    struct cu_buf text;
    struct etcd_watch *cancel_at_change;
    bool created, ended;
    int64_t compacted, last;
    enum cu_code code;
};

static void on_created(void *arg)
{
    ((struct log *)arg)->created = true;
}

static void on_change(void *arg, const struct etcd_change *ch)
{
    struct log *g = arg;
    assert_true(ch->kv.mod_rev >= g->last);
    g->last = ch->kv.mod_rev;
    cu_buf_addf(&g->text, "%s%s=%.*s(%.*s) ",
                ch->deleted                           ? "-"
                : ch->kv.create_rev == ch->kv.mod_rev ? "+"
                                                      : "~",
                ch->kv.key, (int)ch->kv.n, (const char *)ch->kv.value, (int)ch->prev_n,
                ch->prev ? (const char *)ch->prev : "");
    if (g->cancel_at_change)
        etcd_watch_cancel(g->cancel_at_change);
}

static void on_end(void *arg, int64_t compacted, const struct cu_err *err)
{
    struct log *g = arg;
    g->ended = true;
    g->compacted = compacted;
    g->code = err->code;
}

static const struct etcd_watch_events events = { on_created, on_change, NULL, on_end };

static void run_until(struct log *g, const bool *flag, size_t text)
{
    for (int64_t end = cu_mono_ms() + 8000; cu_mono_ms() < end;) {
        if (flag ? *flag : g->text.len >= text)
            return;
        http_loop_run_for(g->l, 20);
    }
    fail_msg("nothing came; so far: %s", cu_buf_str(&g->text));
}

static struct etcd_client *client(void)
{
    struct etcd_client *c = NULL;
    const char *endpoints[] = { server.endpoint };
    struct etcd_options o = { .endpoints = endpoints, .n = 1 };
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    return c;
}

static void test_changes(void **state)
{
    (void)state;
    struct log g = { .l = http_loop_new(), .text = CU_BUF_INIT(65536) };
    struct etcd_client *c = client();
    int64_t first = 0, rev = 0;
    assert_int_equal(etcd_put(c, "/w/a", "1", 1, &first, NULL), 0);
    struct etcd_watch *w = etcd_watch_start(g.l, c, "/w/", first, &events, &g);
    run_until(&g, &g.created, 0);
    assert_int_equal(etcd_put(c, "/w/a", "2", 1, &rev, NULL), 0);
    assert_int_equal(etcd_put(c, "/other", "2", 1, NULL, NULL), 0);
    struct etcd_swap del = { .key = "/w/a", .expected = rev };
    assert_int_equal(etcd_swap(c, &del, NULL, NULL), 0);
    const char *want = "+/w/a=1() ~/w/a=2(1) -/w/a=(2) ";
    run_until(&g, NULL, strlen(want));
    assert_string_equal(cu_buf_str(&g.text), want);
    etcd_watch_cancel(w);
    assert_int_equal(etcd_put(c, "/w/b", "1", 1, NULL, NULL), 0);
    http_loop_run_for(g.l, 100);
    assert_string_equal(cu_buf_str(&g.text), want);
    assert_false(g.ended);

    cu_buf_reset(&g.text);
    g.last = 0;
    g.cancel_at_change = w = etcd_watch_start(g.l, c, "/w/", first, &events, &g);
    run_until(&g, NULL, 5);
    http_loop_run_for(g.l, 100);
    assert_string_equal(cu_buf_str(&g.text), "+/w/a=1() "); /* cancelled in the first callback */
    etcd_client_free(c);
    http_loop_free(g.l);
    cu_buf_clear(&g.text);
}

static void test_compacted(void **state)
{
    (void)state;
    struct log g = { .l = http_loop_new(), .text = CU_BUF_INIT(65536) };
    struct etcd_client *c = client();
    int64_t rev = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(etcd_put(c, "/c/a", "1", 1, &rev, NULL), 0);
    assert_int_equal(etcd_compact(c, rev, NULL), 0);
    etcd_watch_start(g.l, c, "/c/", rev - 3, &events, &g);
    run_until(&g, &g.ended, 0);
    assert_int_equal(g.compacted, rev);
    assert_int_equal(g.code, CU_E_EXPIRED);
    etcd_client_free(c);
    http_loop_free(g.l);
}

/* Many changes of some size: more than one window of HTTP/2. */
static void test_many(void **state)
{
    (void)state;
    struct log g = { .l = http_loop_new(), .text = CU_BUF_INIT(8 << 20) };
    struct etcd_client *c = client();
    cu_autofree char *value = cu_calloc(1, 3001);
    memset(value, 'v', 3000);
    int64_t first = 0;
    for (int i = 0; i < 400; i++)
        assert_int_equal(etcd_put(c, "/m/a", value, 3000, i == 0 ? &first : NULL, NULL), 0);
    struct etcd_watch *w = etcd_watch_start(g.l, c, "/m/", first, &events, &g);
    run_until(&g, NULL, 399 * 6000);
    assert_int_equal(g.last, first + 399);
    etcd_watch_cancel(w);
    etcd_client_free(c);
    http_loop_free(g.l);
    cu_buf_clear(&g.text);
}

static void test_death(void **state)
{
    (void)state;
    struct log g = { .l = http_loop_new(), .text = CU_BUF_INIT(65536) };
    struct etcd_client *c = client();
    etcd_watch_start(g.l, c, "/d/", 0, &events, &g);
    run_until(&g, &g.created, 0);
    test_etcd_kill(&server);
    run_until(&g, &g.ended, 0);
    assert_int_equal(g.compacted, 0);
    g.ended = false;
    etcd_watch_start(g.l, c, "/d/", 0, &events, &g);
    run_until(&g, &g.ended, 0);
    assert_int_equal(g.code, CU_E_REFUSED);
    etcd_client_free(c);
    http_loop_free(g.l);
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes), cmocka_unit_test(test_compacted),
                                        cmocka_unit_test(test_many), cmocka_unit_test(test_death) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
