/* A member added as a learner, promoted and removed; health. On real etcds. */
#include "etcd/members.h"
#include "fixture.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define LIMIT_MS 60000 /* on a machine with much other work */

static void test_grow_and_shrink(void **state)
{
    (void)state;
    struct test_etcd one, two;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoetcdmembers struct etcd_members m = ETCD_MEMBERS_INIT;
    struct etcd_client *c = NULL;
    uint64_t id = 0;
    test_etcd_start(&one);
    test_etcd_prepare(&two, "two");
    const char *endpoints[] = { one.endpoint };
    struct etcd_options o = { .endpoints = endpoints, .n = 1 };
    assert_int_equal(etcd_client_new(&o, &c, &err), 0);
    assert_int_equal(etcd_member_list(c, &m, &err), 0);
    assert_int_equal(m.n, 1);
    assert_string_equal(m.v[0].name, "one");
    assert_string_equal(m.v[0].client_urls[0], one.endpoint);
    uint64_t first = m.v[0].id;

    assert_int_equal(etcd_member_add(c, two.peer, true, &id, &m, &err), 0);
    assert_int_equal(m.n, 2);
    const struct etcd_member *added = etcd_members_by_peer(&m, two.peer);
    assert_non_null(added);
    assert_true(added->learner && added->id == id && *added->name == '\0');
    assert_null(etcd_members_by_peer(&m, "http://127.0.0.1:1"));
    assert_int_equal(etcd_member_add(c, two.peer, true, &id, &m, &err), -CU_E_EXISTS);
    assert_int_equal(etcd_member_promote(c, id, &m, &err), -CU_E_CONFLICT); /* not even started */
    assert_int_equal(etcd_client_sync(c, &err), 0);
    assert_string_equal(etcd_client_endpoint(c), one.endpoint);

    cu_autofree char *cluster = cu_asprintf("one=%s,two=%s", one.peer, two.peer);
    test_etcd_join(&two, cluster);
    int failed = -1;
    for (int64_t end = cu_mono_ms() + LIMIT_MS; failed < 0 && cu_mono_ms() < end; cu_sleep_ms(50))
        failed = etcd_member_promote(c, id, &m, &err);
    assert_int_equal(failed, 0);
    assert_int_equal(etcd_member_promote(c, id, &m, &err), -CU_E_EXISTS);
    assert_int_equal(etcd_client_sync(c, &err), 0);
    if (etcd_healthy(c, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    struct etcd_status s;
    assert_int_equal(etcd_status(c, two.endpoint, &s, &err), 0);
    assert_true(cu_has_prefix(s.version, "3.") && s.leader != 0 && s.member == id && !s.learner && !s.errors);
    assert_int_equal(etcd_status(c, "http://127.0.0.1:1", &s, &err), -CU_E_NOTFOUND);

    failed = -1; /* "unhealthy cluster" until the members have been connected for five seconds */
    for (int64_t end = cu_mono_ms() + LIMIT_MS; failed < 0 && cu_mono_ms() < end; cu_sleep_ms(100))
        failed = etcd_member_remove(c, id, &m, &err);
    assert_int_equal(failed, 0);
    assert_int_equal(m.n, 1);
    assert_true(m.v[0].id == first);
    assert_int_equal(etcd_member_remove(c, id, NULL, &err), -CU_E_NOTFOUND);
    test_etcd_kill(&two);
    assert_int_equal(etcd_healthy(c, &err),
                     -CU_E_UNREACHABLE); /* one of the two endpoints is not a majority */
    assert_non_null(strstr(cu_err_text(&err), "1 of 2"));
    size_t alarms = 9;
    assert_int_equal(etcd_alarms_clear(c, &alarms, &err), 0);
    assert_int_equal(alarms, 0);
    etcd_client_free(c);
    test_etcd_stop(&two);
    test_etcd_stop(&one);
}

static void test_id_text(void **state)
{
    (void)state;
    char text[ETCD_ID_MAX];
    etcd_id_text(0xabcULL, text);
    assert_string_equal(text, "abc");
    etcd_id_text(UINT64_MAX, text);
    assert_string_equal(text, "ffffffffffffffff");
}

int main(void)
{
    if (!test_etcd_installed())
        return 77;
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_id_text),
                                        cmocka_unit_test(test_grow_and_shrink) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
