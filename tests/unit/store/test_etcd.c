/* The etcd engine on a real etcd: conditional writes, two servers on one etcd, history, a server that dies and
 * comes back, a revision that is forgotten meanwhile. */
#include "base/buf.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "etcd/etcd.h"
#include "fixture.h"
#include "store/etcd.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <string.h>

static struct test_etcd server;

struct owner {
    struct store *s;
    struct cu_buf seen;
    int64_t listed, last;
};

static int see_kv(void *arg, const struct store_kv *kv)
{
    struct owner *o = arg;
    cu_buf_addf(&o->seen, "%s=%.*s ", kv->key, (int)kv->n, (const char *)kv->value);
    return 0;
}

static int see_change(void *arg, const struct store_change *c)
{
    struct owner *o = arg;
    assert_true(c->kv.mod_rev >= o->last);
    o->last = c->kv.mod_rev;
    cu_buf_addf(&o->seen, "%s%s=%.*s(%.*s) ",
                c->deleted ? "-"
                : c->prev  ? "~"
                           : "+",
                c->kv.key, (int)c->kv.n, c->kv.value ? (const char *)c->kv.value : "", (int)c->prev_n,
                c->prev ? (const char *)c->prev : "");
    return 0;
}

static void open_owner(struct owner *o)
{
    const char *endpoints[] = { server.endpoint };
    struct store_etcd_options so = { .endpoints = endpoints, .n = 1, .root = "/registry/", .wait_ms = 5000 };
    *o = (struct owner){ .seen = CU_BUF_INIT(1 << 20) };
    assert_int_equal(store_etcd_open(&so, &o->s, NULL), 0);
    assert_int_equal(store_ping(o->s, NULL), 0);
    assert_int_equal(store_list(o->s, "/registry/", see_kv, o, &o->listed, NULL), 0);
    o->last = o->listed;
    cu_buf_reset(&o->seen);
    assert_int_equal(store_feed(o->s, o->listed, see_change, o, NULL), 0);
}

static void close_owner(struct owner *o)
{
    store_close(o->s);
    cu_buf_clear(&o->seen);
}

static int put(struct owner *o, const char *key, const char *value, int64_t *rev)
{
    struct store_item item = { key, value, strlen(value) };
    return store_create(o->s, &item, rev, NULL);
}

/* Pumps as a server does, when the descriptor says so, until the text was seen. */
static void expect(struct owner *o, const char *want)
{
    for (int64_t end = cu_mono_ms() + 8000; cu_mono_ms() < end;) {
        struct pollfd p = { .fd = store_fd(o->s), .events = POLLIN };
        if (strcmp(cu_buf_str(&o->seen), want) == 0)
            break;
        if (poll(&p, 1, 50) > 0)
            assert_int_equal(store_pump(o->s, 0, NULL), 0);
    }
    assert_string_equal(cu_buf_str(&o->seen), want);
    cu_buf_reset(&o->seen);
}

static void wipe(void)
{
    struct etcd_client *c = NULL;
    const char *endpoints[] = { server.endpoint };
    struct etcd_options o = { .endpoints = endpoints, .n = 1 };
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    assert_int_equal(etcd_delete_prefix(c, "", NULL, NULL), 0);
    etcd_client_free(c);
}

static void test_writes(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    open_owner(&o);
    int64_t r1 = 0, r2 = 0, r3 = 0;
    assert_int_equal(put(&o, "/registry/a", "1", &r1), 0);
    assert_int_equal(store_pump(o.s, r1, NULL), 0);
    expect(&o, "+/registry/a=1() ");
    assert_int_equal(put(&o, "/registry/a", "1", NULL), -CU_E_EXISTS);
    struct store_item item = { "/registry/a", "2", 1 }, none = { "/registry/none", "2", 1 };
    assert_int_equal(store_update(o.s, &item, r1 + 1, NULL, NULL), -CU_E_CONFLICT);
    assert_int_equal(store_update(o.s, &none, r1, NULL, NULL), -CU_E_NOTFOUND);
    assert_int_equal(store_update(o.s, &item, r1, &r2, NULL), 0);
    assert_int_equal(store_remove(o.s, "/registry/a", r1, NULL, NULL), -CU_E_CONFLICT);
    assert_int_equal(store_remove(o.s, "/registry/a", r2, &r3, NULL), 0);
    assert_int_equal(store_remove(o.s, "/registry/a", r2, NULL, NULL), -CU_E_NOTFOUND);
    assert_int_equal(store_pump(o.s, r3, NULL), 0);
    assert_int_equal(o.last, r3);
    expect(&o, "~/registry/a=2(1) -/registry/a=(2) ");

    struct store_item some[] = { { "/registry/x", "1", 1 }, { "/registry/y", "1", 1 } };
    assert_int_equal(put(&o, "/registry/x", "0", NULL), 0);
    assert_int_equal(store_create_all(o.s, some, 2, &r1, NULL), 0);
    assert_int_equal(store_pump(o.s, r1, NULL), 0);
    expect(&o, "+/registry/x=0() +/registry/y=1() ");
    assert_int_equal(store_create_all(o.s, some, 2, &r1, NULL), 0);
    assert_int_equal(store_pump(o.s, r1, NULL), 0);

    close_owner(&o);
}

static void test_two_servers(void **state)
{
    (void)state;
    wipe();
    struct owner a, b;
    open_owner(&a);
    open_owner(&b);
    int64_t rev = 0;
    assert_int_equal(put(&a, "/registry/a", "1", &rev), 0);
    expect(&b, "+/registry/a=1() ");
    assert_int_equal(put(&b, "/registry/a", "1", NULL), -CU_E_EXISTS);
    struct store_item item = { "/registry/a", "2", 1 };
    assert_int_equal(store_update(b.s, &item, rev, NULL, NULL), 0);
    assert_int_equal(store_update(a.s, &item, rev, NULL, NULL), -CU_E_CONFLICT);
    expect(&b, "~/registry/a=2(1) ");
    expect(&a, "+/registry/a=1() ~/registry/a=2(1) ");
    close_owner(&a);
    close_owner(&b);
}

/* Two servers write different keys under one guard: the second learns of the first before it writes. */
static void test_guard(void **state)
{
    (void)state;
    wipe();
    struct owner a, b;
    open_owner(&a);
    open_owner(&b);
    struct store_guard first = { "/registry/guard", "1", 1, 0, false },
                       second = { "/registry/guard", "2", 1, 0, false };
    struct store_item one = { "/registry/one", "1", 1, &first }, two = { "/registry/two", "1", 1, &second };
    int64_t rev = 0, lost = 0;
    assert_int_equal(store_create(a.s, &one, &rev, NULL), 0);
    assert_int_equal(store_create(b.s, &two, &lost, NULL), -CU_E_CONFLICT);
    assert_true(second.lost);
    assert_int_equal(lost, rev); /* what is to be learned first */
    assert_int_equal(store_pump(b.s, lost, NULL), 0);
    assert_true(cu_has_prefix(cu_buf_str(&b.seen), "+/registry/one=1() "));
    second = (struct store_guard){ "/registry/guard", "2", 1, rev, false };
    assert_int_equal(store_create(b.s, &two, &rev, NULL), 0);
    assert_int_equal(store_pump(b.s, rev, NULL), 0);
    expect(&b, "+/registry/one=1() +/registry/guard=1() +/registry/two=1() ~/registry/guard=2(1) ");
    /* the key itself comes first: a guard that is lost too says nothing about it */
    first = (struct store_guard){ "/registry/guard", "3", 1, 1, false };
    assert_int_equal(store_create(a.s, &one, &lost, NULL), -CU_E_EXISTS);
    assert_false(first.lost);
    one.value = "2";
    assert_int_equal(store_update(a.s, &one, lost, &lost, NULL), -CU_E_CONFLICT);
    assert_true(first.lost);
    assert_int_equal(lost, rev);
    close_owner(&a);
    close_owner(&b);
}

/* What is lent goes away with its owner, by itself. */
static void test_lend(void **state)
{
    (void)state;
    wipe();
    struct owner a, b;
    open_owner(&a);
    open_owner(&b);
    struct store_item item = { "/registry/lent", "1", 1, NULL };
    assert_int_equal(store_lend(a.s, &item, 60, NULL), 0);
    assert_int_equal(store_lend(a.s, &item, 60, NULL), 0);
    expect(&b, "+/registry/lent=1() ~/registry/lent=1(1) ");
    close_owner(&a);
    expect(&b, "-/registry/lent=(1) ");
    item.key = "/registry/short";
    assert_int_equal(store_lend(b.s, &item, 1, NULL), 0);
    expect(&b, "+/registry/short=1() ");
    expect(&b, "-/registry/short=(1) "); /* etcd's own shortest is two seconds */
    close_owner(&b);
}

static void test_history(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    open_owner(&o);
    int64_t r1 = 0, r2 = 0, r3 = 0;
    assert_int_equal(put(&o, "/registry/a/1", "1", &r1), 0);
    assert_int_equal(put(&o, "/registry/b/1", "1", NULL), 0);
    struct store_item item = { "/registry/a/1", "2", 1 };
    assert_int_equal(store_update(o.s, &item, r1, &r2, NULL), 0);
    assert_int_equal(store_remove(o.s, "/registry/a/1", r2, &r3, NULL), 0);
    assert_int_equal(store_pump(o.s, r3, NULL), 0);
    cu_buf_reset(&o.seen);
    o.last = 0;
    assert_int_equal(store_history(o.s, "/registry/a/", o.listed, see_change, &o, NULL), 0);
    assert_string_equal(cu_buf_str(&o.seen), "+/registry/a/1=1() ~/registry/a/1=2(1) -/registry/a/1=(2) ");
    cu_buf_reset(&o.seen);
    assert_int_equal(store_history(o.s, "/registry/a/", r2, see_change, &o, NULL), 0);
    assert_string_equal(cu_buf_str(&o.seen), "-/registry/a/1=(2) ");
    assert_int_equal(store_history(o.s, "/registry/a/", r3, see_change, &o, NULL), 0);
    assert_int_equal(store_history(o.s, "/registry/a/", o.listed - 1, see_change, &o, NULL), -CU_E_EXPIRED);
    close_owner(&o);
}

/* kill -9 of etcd: the failure is told, nothing is lost, and what others wrote meanwhile arrives. */
static void test_away_and_back(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    open_owner(&o);
    assert_int_equal(put(&o, "/registry/a", "1", NULL), 0);
    expect(&o, "+/registry/a=1() ");
    test_etcd_kill(&server);
    int failed = 0;
    for (int64_t end = cu_mono_ms() + 5000; failed == 0 && cu_mono_ms() < end; cu_sleep_ms(20))
        failed = store_ping(o.s, NULL);
    assert_int_equal(store_ping(o.s, &err), -CU_E_UNREACHABLE);
    assert_non_null(strstr(cu_err_text(&err), server.endpoint));
    int64_t start = cu_mono_ms();
    assert_int_equal(put(&o, "/registry/b", "1", NULL), -CU_E_UNREACHABLE);
    assert_true(cu_mono_ms() - start < 100);

    test_etcd_again(&server);
    struct etcd_client *c = NULL;
    const char *endpoints[] = { server.endpoint };
    struct etcd_options eo = { .endpoints = endpoints, .n = 1 };
    assert_int_equal(etcd_client_new(&eo, &c, NULL), 0);
    failed = -1;
    for (int64_t end = cu_mono_ms() + 5000; failed < 0 && cu_mono_ms() < end; cu_sleep_ms(20))
        failed = etcd_put(c, "/registry/a", "2", 1, NULL, NULL);
    assert_int_equal(failed, 0);
    expect(&o, "~/registry/a=2(1) ");
    assert_int_equal(store_ping(o.s, NULL), 0);
    assert_int_equal(put(&o, "/registry/b", "1", NULL), 0);
    expect(&o, "+/registry/b=1() ");
    etcd_client_free(c);
    close_owner(&o);
}

/* While this server could not watch, the others went on and compacted: it learns the difference. */
static void test_forgotten(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    struct etcd_client *c = NULL;
    const char *endpoints[] = { server.endpoint };
    struct etcd_options eo = { .endpoints = endpoints, .n = 1 };
    assert_int_equal(etcd_client_new(&eo, &c, NULL), 0);
    int64_t rev = 0;
    assert_int_equal(etcd_put(c, "/registry/gone", "1", 1, NULL, NULL), 0);
    assert_int_equal(etcd_put(c, "/registry/kept", "1", 1, &rev, NULL), 0);
    struct store_etcd_options so = { .endpoints = endpoints, .n = 1, .root = "/registry/", .wait_ms = 5000 };
    o = (struct owner){ .seen = CU_BUF_INIT(1 << 20) };
    assert_int_equal(store_etcd_open(&so, &o.s, NULL), 0);
    assert_int_equal(store_list(o.s, "/registry/", see_kv, &o, &o.listed, NULL), 0);
    assert_string_equal(cu_buf_str(&o.seen), "/registry/gone=1 /registry/kept=1 ");
    cu_buf_reset(&o.seen);
    o.last = o.listed;
    for (int i = 0; i < 3; i++)
        assert_int_equal(etcd_put(c, "/registry/kept", "2", 1, &rev, NULL), 0);
    assert_int_equal(etcd_put(c, "/registry/new", "3", 1, NULL, NULL), 0);
    assert_int_equal(etcd_delete_prefix(c, "/registry/gone", NULL, NULL), 0);
    assert_int_equal(etcd_put(c, "/other", "3", 1, &rev, NULL), 0);
    assert_int_equal(etcd_compact(c, rev, NULL), 0);
    assert_int_equal(store_feed(o.s, o.listed, see_change, &o, NULL), 0);
    expect(&o, "+/registry/kept=2() +/registry/new=3() -/registry/gone=() ");
    assert_int_equal(store_history(o.s, "/registry/", o.listed, see_change, &o, NULL), -CU_E_EXPIRED);
    assert_int_equal(put(&o, "/registry/more", "1", NULL), 0);
    expect(&o, "+/registry/more=1() ");
    etcd_client_free(c);
    close_owner(&o);
}

/* Two servers take turns at compaction and never forget what is younger than asked for. */
static void test_compaction(void **state)
{
    (void)state;
    wipe();
    struct owner a, b;
    open_owner(&a);
    open_owner(&b);
    int64_t early = 0, late = 0;
    assert_int_equal(put(&a, "/registry/a", "1", &early), 0);
    assert_int_equal(store_compact(a.s, 100, NULL), 0);
    assert_int_equal(store_compact(b.s, 100, NULL), 0);
    assert_int_equal(store_pump(a.s, early, NULL), 0);
    assert_int_equal(store_history(a.s, "/registry/", a.listed, see_change, &a, NULL), 0);
    cu_sleep_ms(150);
    assert_int_equal(put(&a, "/registry/b", "1", &late), 0);
    assert_int_equal(store_compact(a.s, 100, NULL), 0);
    assert_int_equal(store_compact(b.s, 100, NULL), 0);
    assert_int_equal(store_pump(a.s, late, NULL), 0);
    assert_int_equal(store_history(a.s, "/registry/", a.listed, see_change, &a, NULL), -CU_E_EXPIRED);
    cu_buf_reset(&a.seen);
    a.last = 0;
    assert_int_equal(store_history(a.s, "/registry/", late - 1, see_change, &a, NULL), 0);
    assert_string_equal(cu_buf_str(&a.seen), "+/registry/b=1() ");
    close_owner(&a);
    close_owner(&b);
}

/* Asks and waits as a server does; true: *rev is the answer, everything up to it was told. */
static bool current(struct owner *o, int64_t *rev, struct cu_err *why)
{
    assert_int_equal(store_ask(o->s, why), 0);
    for (int64_t end = cu_mono_ms() + 8000; cu_mono_ms() < end;) {
        struct pollfd p = { .fd = store_fd(o->s), .events = POLLIN };
        if (poll(&p, 1, 50) <= 0)
            continue;
        bool answered = store_answered(o->s, rev, why);
        assert_int_equal(store_pump(o->s, 0, NULL), 0);
        if (answered)
            return !why->code;
    }
    fail_msg("no answer");
    return false;
}

/* What one server was told is done, the other knows when it has asked: each time, and also when it has nothing to learn
 * or the last change was to a key that is not told. */
static void test_current(void **state)
{
    (void)state;
    wipe();
    struct owner a, b;
    struct etcd_client *c = NULL;
    const char *endpoints[] = { server.endpoint };
    struct etcd_options eo = { .endpoints = endpoints, .n = 1 };
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    assert_int_equal(etcd_client_new(&eo, &c, NULL), 0);
    open_owner(&a);
    open_owner(&b);
    int64_t rev = 0, written = 0;
    assert_true(current(&b, &rev, &why));
    assert_int_equal(rev, b.listed);
    for (int i = 0; i < 300; i++) {
        cu_autofree char *key = cu_asprintf("/registry/%d", i);
        assert_int_equal(put(&a, key, "1", &written), 0);
        assert_true(current(&b, &rev, &why));
        assert_true(rev >= written);
        assert_int_equal(b.last, written);
    }
    cu_buf_reset(&b.seen);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(etcd_put(c, i % 2 ? "/other" : "/registry.d", "1", 1, &written, NULL), 0);
        int64_t start = cu_mono_ms();
        assert_true(current(&b, &rev, &why));
        assert_int_equal(rev, written);
        assert_true(cu_mono_ms() - start < 1000);
    }
    assert_string_equal(cu_buf_str(&b.seen), "");
    /* a pump of somebody else's meanwhile does not lose the answer */
    assert_int_equal(store_ask(b.s, NULL), 0);
    struct pollfd p = { .fd = store_fd(b.s), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(store_pump(b.s, 0, NULL), 0);
    assert_int_equal(poll(&p, 1, 0), 1);
    assert_true(store_answered(b.s, &rev, &why));
    assert_int_equal(store_pump(b.s, 0, NULL), 0);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_false(store_answered(b.s, &rev, &why));
    /* history ends at a change that was told */
    assert_int_equal(store_history(b.s, "/registry/", b.last - 1, see_change, &b, NULL), 0);
    etcd_client_free(c);
    close_owner(&a);
    close_owner(&b);
}

/* While etcd is away nothing can be said, which is said in time, and then at once. */
static void test_current_away(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int64_t rev = 0, start = cu_mono_ms();
    open_owner(&o);
    test_etcd_kill(&server);
    assert_false(current(&o, &rev, &why));
    assert_int_equal(why.code, CU_E_UNREACHABLE);
    assert_true(cu_mono_ms() - start < 6000);
    for (int64_t end = cu_mono_ms() + 5000; store_ping(o.s, NULL) == 0 && cu_mono_ms() < end;)
        cu_sleep_ms(20);
    cu_sleep_ms(500);
    start = cu_mono_ms();
    assert_int_equal(store_ask(o.s, NULL), -CU_E_UNREACHABLE);
    assert_true(cu_mono_ms() - start < 100);
    test_etcd_again(&server);
    int64_t written = 0;
    int failed = -1;
    for (int64_t end = cu_mono_ms() + 5000; failed < 0 && cu_mono_ms() < end; cu_sleep_ms(20))
        failed = put(&o, "/registry/b", "1", &written);
    assert_int_equal(failed, 0);
    assert_true(current(&o, &rev, &why));
    assert_true(rev >= written && o.last == written);
    /* closed while a question is under way */
    assert_int_equal(store_ask(o.s, NULL), 0);
    close_owner(&o);
}

/* etcd stands still, as on a machine that is cut off from the others: connections stay, no answer comes. */
static void test_current_silent(void **state)
{
    (void)state;
    wipe();
    struct owner o;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int64_t rev = 0;
    open_owner(&o);
    assert_true(current(&o, &rev, &why));
    test_etcd_pause(&server);
    int64_t start = cu_mono_ms();
    assert_false(current(&o, &rev, &why));
    assert_int_equal(why.code, CU_E_UNREACHABLE);
    assert_true(cu_mono_ms() - start >= 2000 && cu_mono_ms() - start < 7500);
    test_etcd_go_on(&server);
    for (int64_t end = cu_mono_ms() + 5000; store_ping(o.s, NULL) < 0 && cu_mono_ms() < end;)
        cu_sleep_ms(20);
    assert_true(current(&o, &rev, &why));
    close_owner(&o);
}

static void test_nobody(void **state)
{
    (void)state;
    struct test_etcd nobody;
    struct store *s = NULL;
    test_etcd_prepare(&nobody, "nobody");
    const char *endpoints[] = { nobody.endpoint };
    struct store_etcd_options so = { .endpoints = endpoints, .n = 1, .root = "/registry/", .wait_ms = 300 };
    int64_t start = cu_mono_ms();
    assert_int_equal(store_etcd_open(&so, &s, NULL), -CU_E_REFUSED);
    assert_true(cu_mono_ms() - start >= 300);
    so.n = 0;
    assert_int_equal(store_etcd_open(&so, &s, NULL), -CU_E_INVALID);
    test_etcd_stop(&nobody);
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
        cmocka_unit_test(test_writes),         cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_guard),          cmocka_unit_test(test_lend),
        cmocka_unit_test(test_history),        cmocka_unit_test(test_away_and_back),
        cmocka_unit_test(test_forgotten),      cmocka_unit_test(test_compaction),
        cmocka_unit_test(test_current),        cmocka_unit_test(test_current_away),
        cmocka_unit_test(test_current_silent), cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
