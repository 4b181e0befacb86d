/* From SQLite to a real etcd: everything arrives, every revision is later, nobody's objects are touched. */
#include "../scratch.h"
#include "base/str.h"
#include "fixture.h"
#include "store/move.h"
#include "store/sqlite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static struct test_etcd server;

static struct etcd_client *client(void)
{
    const char *endpoints[] = { server.endpoint };
    struct etcd_options o = { .endpoints = endpoints, .n = 1 };
    struct etcd_client *c = NULL;
    assert_int_equal(etcd_client_new(&o, &c, NULL), 0);
    return c;
}

static struct store *filled(const char *dir, int n, size_t size)
{
    cu_autofree char *path = cu_path_join(dir, "state.db"), *value = cu_calloc(1, size + 1);
    struct store *s = NULL;
    memset(value, 'v', size);
    assert_int_equal(store_sqlite_open(path, &s, NULL), 0);
    for (int i = 0; i < n; i++) {
        cu_autofree char *key = cu_asprintf("/registry/things/ns/%d", i);
        struct store_item item = { key, value, size };
        int64_t rev = 0;
        assert_int_equal(store_create(s, &item, &rev, NULL), 0);
        assert_int_equal(store_update(s, &item, rev, &rev, NULL), 0);
        if (i % 3 == 0)
            assert_int_equal(store_remove(s, key, rev, NULL, NULL), 0);
    }
    return s;
}

static int nothing(void *arg, const struct store_kv *kv)
{
    (void)arg;
    (void)kv;
    return 0;
}

static int later(void *arg, const struct etcd_kv *kv)
{
    assert_true(kv->mod_rev > *(int64_t *)arg);
    assert_int_equal(kv->n, 40);
    return 0;
}

static struct store_move move_to(struct etcd_client *c, const char *whose)
{
    return (struct store_move){ .to = c, .root = "/registry/", .mark = "move", .mark_text = whose };
}

static void test_move(void **state)
{
    struct store *s = filled(*state, 300, 40);
    struct etcd_client *c = client();
    struct store_move m = move_to(c, "me");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t rev = 0, there = 0;
    size_t n = 0;
    assert_int_equal(store_list(s, "none", nothing, NULL, &rev, NULL), 0);
    assert_int_equal(rev, 701);
    assert_int_equal(store_move_claim(&m, &err), 0);
    assert_int_equal(store_move_raise(&m, 100, &err), 0);
    assert_int_equal(store_move_raise(&m, rev + 1, &err), 0);
    assert_int_equal(store_move_raise(&m, 5, &err), 0); /* never back */
    assert_int_equal(store_move_copy(&m, s, &n, &err), 0);
    assert_int_equal(n, 200);
    assert_int_equal(etcd_list(c, "/registry/", later, &rev, &there, NULL), 0);
    assert_int_equal(etcd_compact(c, there - 1, NULL), -CU_E_EXPIRED); /* the counting is forgotten */
    /* another one finds it taken, ours begins anew, and a cluster in use is nobody's any more */
    struct store_move other = move_to(c, "somebody");
    assert_int_equal(store_move_claim(&other, &err), -CU_E_EXISTS);
    cu_err_clear(&err);
    assert_int_equal(store_move_claim(&m, &err), 0);
    assert_int_equal(etcd_list(c, "/registry/", later, &rev, NULL, NULL), 0);
    assert_int_equal(store_move_copy(&m, s, &n, &err), 0);
    assert_int_equal(store_move_done(&m, &err), 0);
    assert_int_equal(store_move_done(&m, &err), 0);
    assert_int_equal(store_move_claim(&m, &err), -CU_E_EXISTS);
    store_close(s);
    etcd_client_free(c);
}

/* What somebody else writes into the copy is noticed. */
static void test_disturbed(void **state)
{
    struct store *s = filled(*state, 10, 40);
    struct etcd_client *c = client();
    struct store_move m = move_to(c, "me");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    size_t n = 0;
    etcd_delete_prefix(c, "/registry/", NULL, NULL);
    assert_int_equal(store_move_claim(&m, &err), 0);
    assert_int_equal(etcd_put(c, "/registry/things/ns/theirs", "x", 1, NULL, NULL), 0);
    assert_int_equal(store_move_copy(&m, s, &n, &err), -CU_E_CONFLICT);
    assert_non_null(strstr(cu_err_text(&err), "/registry/things/ns/theirs"));
    cu_err_clear(&err);
    /* without counting up first, revisions would not be later */
    store_close(s);
    cu_autofree char *dir = cu_asprintf("%s/long", (char *)*state);
    assert_int_equal(cu_mkdir_p(dir, 0700, NULL), 0);
    s = filled(dir, 3000, 40);
    assert_int_equal(store_move_claim(&m, &err), 0);
    assert_int_equal(store_move_copy(&m, s, &n, &err), -CU_E_CONFLICT);
    store_close(s);
    etcd_client_free(c);
}

static void test_too_large(void **state)
{
    struct store *s = filled(*state, 2, 1600 * 1024);
    struct etcd_client *c = client();
    struct store_move m = move_to(c, "me");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    size_t n = 0;
    assert_int_equal(store_move_copy(&m, s, &n, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), "/registry/things/ns/1 has 1638400 bytes"));
    store_close(s);
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
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_move), SCRATCH_TEST(test_disturbed),
                                        SCRATCH_TEST(test_too_large) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
