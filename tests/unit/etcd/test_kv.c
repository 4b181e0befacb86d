/* Keys, conditional writes, lists in pages, leases, compaction and failover, on a real etcd. */
#include "etcd/etcd.h"
#include "fixture.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct test_etcd server;

static struct etcd_client *connect_to(const char *const *endpoints, size_t n)
{
    struct etcd_client *c = NULL;
    struct etcd_options o = { .endpoints = endpoints, .n = n };
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    return c;
}

static struct etcd_client *client(void)
{
    const char *endpoints[] = { server.endpoint };
    return connect_to(endpoints, 1);
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

struct seen {
    char keys[256];
    char value[64];
    int n;
    int64_t mod_rev, lease;
};

static int look(void *arg, const struct etcd_kv *kv)
{
    struct seen *s = arg;
    s->n++;
    snprintf(s->value, sizeof(s->value), "%.*s", (int)kv->n, (const char *)kv->value);
    if (strlen(s->keys) + strlen(kv->key) + 2 < sizeof(s->keys)) {
        strcat(s->keys, kv->key);
        strcat(s->keys, " ");
    }
    s->mod_rev = kv->mod_rev;
    s->lease = kv->lease;
    return 0;
}

static void test_swap(void **state)
{
    (void)state;
    struct etcd_client *c = client();
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct seen s = { .n = 0 };
    int64_t r1 = 0, r2 = 0, r3 = 0;
    assert_int_equal(etcd_get(c, "/s/a", look, &s, NULL, NULL), -CU_E_NOTFOUND);
    struct etcd_swap w = { .key = "/s/a", .value = "one", .n = 3 };
    assert_int_equal(etcd_swap(c, &w, &r1, &err), 0);
    assert_true(r1 > 1);
    assert_int_equal(etcd_swap(c, &w, NULL, &err), -CU_E_EXISTS); /* the same value: not ours, once sent */
    assert_int_equal(err.code, CU_E_EXISTS);
    w.value = "two";
    w.expected = r1 + 100;
    assert_int_equal(etcd_swap(c, &w, NULL, &err), -CU_E_CONFLICT);
    w.expected = r1;
    assert_int_equal(etcd_swap(c, &w, &r2, &err), 0);
    assert_true(r2 > r1);
    assert_int_equal(etcd_get(c, "/s/a", look, &s, NULL, &err), 0);
    assert_string_equal(s.value, "two");
    assert_int_equal(s.mod_rev, r2);
    struct etcd_swap del = { .key = "/s/a", .expected = r1 };
    assert_int_equal(etcd_swap(c, &del, NULL, &err), -CU_E_CONFLICT);
    del.expected = r2;
    assert_int_equal(etcd_swap(c, &del, &r3, &err), 0);
    assert_true(r3 > r2);
    assert_int_equal(etcd_swap(c, &del, NULL, &err), -CU_E_NOTFOUND);
    w.expected = r2;
    assert_int_equal(etcd_swap(c, &w, NULL, &err), -CU_E_NOTFOUND);
    struct etcd_swap empty = { .key = "/s/empty", .value = "", .n = 0 };
    assert_int_equal(etcd_swap(c, &empty, NULL, &err), 0);
    assert_int_equal(etcd_get(c, "/s/empty", look, &s, NULL, &err), 0);
    assert_string_equal(s.value, "");
    etcd_client_free(c);
}

static void test_versions(void **state)
{
    (void)state;
    struct etcd_client *c = client();
    struct etcd_swap w = { .key = "/v/a", .value = "7", .n = 1 };
    int64_t found = -1, rev = 0;
    assert_int_equal(etcd_swap_version(c, &w, &found, &rev, NULL), 0);
    assert_int_equal(found, 1);
    assert_int_equal(etcd_swap_version(c, &w, &found, &rev, NULL), -CU_E_CONFLICT);
    assert_int_equal(found, 1);
    w.expected = 1;
    assert_int_equal(etcd_swap_version(c, &w, &found, &rev, NULL), 0);
    assert_int_equal(found, 2);
    etcd_client_free(c);
}

/* More keys than one page holds, and neighbours that must not show. */
static void test_list(void **state)
{
    (void)state;
    struct etcd_client *c = client();
    struct seen s = { .n = 0 };
    int64_t rev = 0, deleted = 0;
    for (int i = 0; i < 1203; i++) {
        cu_autofree char *key = cu_asprintf("/l/k%05d", i);
        assert_int_equal(etcd_put(c, key, "x", 1, NULL, NULL), 0);
    }
    assert_int_equal(etcd_put(c, "/l0", "x", 1, &rev, NULL), 0);
    int64_t listed = 0;
    assert_int_equal(etcd_list(c, "/l/", look, &s, &listed, NULL), 0);
    assert_int_equal(s.n, 1203);
    assert_int_equal(listed, rev);
    assert_true(cu_has_prefix(s.keys, "/l/k00000 /l/k00001 "));
    assert_int_equal(etcd_delete_prefix(c, "/l/", &deleted, NULL), 0);
    assert_int_equal(deleted, 1203);
    s = (struct seen){ .n = 0 };
    assert_int_equal(etcd_list(c, "/l", look, &s, &listed, NULL), 0);
    assert_int_equal(s.n, 1);
    etcd_client_free(c);
}

/* Answers larger than a message may be are asked for in smaller pieces. */
static void test_large(void **state)
{
    (void)state;
    const char *endpoints[] = { server.endpoint };
    struct etcd_client *c = NULL;
    struct etcd_options o = { .endpoints = endpoints, .n = 1, .max_message = 600 * 1024 };
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    cu_autofree char *big = cu_calloc(1, 300 * 1024);
    memset(big, 'b', 300 * 1024);
    for (int i = 0; i < 5; i++) {
        char key[16];
        snprintf(key, sizeof(key), "/big/%d", i);
        assert_int_equal(etcd_put(c, key, big, 300 * 1024, NULL, NULL), 0);
    }
    struct seen s = { .n = 0 };
    assert_int_equal(etcd_list(c, "/big/", look, &s, NULL, NULL), 0);
    assert_int_equal(s.n, 5);
    cu_autofree char *huge = cu_calloc(1, 3 * 1024 * 1024);
    memset(huge, 'h', 3 * 1024 * 1024);
    assert_int_equal(etcd_put(c, "/huge", huge, 1700 * 1024, NULL, NULL), -CU_E_INVALID);
    etcd_client_free(c);
}

static void test_leases(void **state)
{
    (void)state;
    struct etcd_client *c = client();
    struct seen s = { .n = 0 };
    int64_t id = 0, ttl = 0;
    assert_int_equal(etcd_lease_grant(c, 60, &id, NULL), 0);
    assert_int_equal(etcd_put_leased(c, "/lease/a", "x", id, NULL), 0);
    assert_int_equal(etcd_get(c, "/lease/a", look, &s, NULL, NULL), 0);
    assert_int_equal(s.lease, id);
    assert_int_equal(etcd_lease_keep_alive(c, id, &ttl, NULL), 0);
    assert_int_equal(ttl, 60);
    assert_int_equal(etcd_lease_revoke(c, id, NULL), 0);
    assert_int_equal(etcd_get(c, "/lease/a", look, &s, NULL, NULL), -CU_E_NOTFOUND);
    assert_int_equal(etcd_lease_revoke(c, id, NULL), -CU_E_NOTFOUND);
    assert_int_equal(etcd_lease_keep_alive(c, id, &ttl, NULL), -CU_E_NOTFOUND);
    etcd_client_free(c);
}

static void test_compact(void **state)
{
    (void)state;
    struct etcd_client *c = client();
    int64_t rev = 0;
    assert_int_equal(etcd_put(c, "/c/a", "x", 1, &rev, NULL), 0);
    assert_int_equal(etcd_compact(c, rev, NULL), 0);
    assert_int_equal(etcd_compact(c, rev - 1, NULL), -CU_E_EXPIRED);
    assert_int_equal(etcd_compact(c, rev + 1000, NULL), -CU_E_INVALID);
    etcd_client_free(c);
}

/* An endpoint where nobody listens is passed over, and not tried first again. */
static void test_failover(void **state)
{
    (void)state;
    struct test_etcd nobody;
    test_etcd_prepare(&nobody, "nobody");
    const char *endpoints[] = { nobody.endpoint, server.endpoint };
    struct etcd_client *c = connect_to(endpoints, 2);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(etcd_put(c, "/f/a", "x", 1, NULL, &err), 0);
    assert_string_equal(etcd_client_endpoint(c), server.endpoint);
    etcd_client_free(c);
    c = connect_to(endpoints, 1);
    assert_int_equal(etcd_put(c, "/f/a", "x", 1, NULL, &err), -CU_E_REFUSED);
    assert_non_null(strstr(cu_err_text(&err), nobody.endpoint));
    assert_int_equal(etcd_client_status(c), GRPC_UNAVAILABLE);
    etcd_client_free(c);
    test_etcd_stop(&nobody);
}

static void test_bad_endpoints(void **state)
{
    (void)state;
    struct etcd_client *c = NULL;
    const char *bad[] = { "ftp://127.0.0.1:1" }, *relative[] = { "unix://socket" };
    struct etcd_options o = { .endpoints = bad, .n = 1 };
    assert_int_equal(etcd_client_new(&o, &c, NULL), -CU_E_INVALID);
    o.n = 0;
    assert_int_equal(etcd_client_new(&o, &c, NULL), -CU_E_INVALID);
    o = (struct etcd_options){ .endpoints = relative, .n = 1 };
    assert_int_equal(etcd_client_new(&o, &c, NULL), -CU_E_INVALID);
}

int main(void)
{
    if (!test_etcd_installed())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap),     cmocka_unit_test(test_versions),      cmocka_unit_test(test_list),
        cmocka_unit_test(test_large),    cmocka_unit_test(test_leases),        cmocka_unit_test(test_compact),
        cmocka_unit_test(test_failover), cmocka_unit_test(test_bad_endpoints),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
