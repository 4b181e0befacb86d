/* tests/unit/base/test_map.c - set, replace, remove, order and growth of the string map. */
#include "../cmocka_all.h"

#include "base/map.h"
#include "base/mem.h"

static int freed;

static void count_free(void *p)
{
    freed++;
    free(p);
}

static void test_set_get(void **state)
{
    (void)state;
    cu_automap struct cu_map *m = cu_map_new(count_free);
    freed = 0;
    assert_null(cu_map_get(m, "a"));
    assert_false(cu_map_remove(m, "a"));
    cu_map_set(m, "a", cu_strdup("1"));
    cu_map_set(m, "", cu_strdup("empty"));
    cu_map_set(m, "a", cu_strdup("2"));
    assert_int_equal(freed, 1);
    assert_string_equal(cu_map_get(m, "a"), "2");
    assert_string_equal(cu_map_get(m, ""), "empty");
    assert_int_equal(cu_map_len(m), 2);
    void *same = cu_map_get(m, "a");
    cu_map_set(m, "a", same); /* the same value again is not freed */
    assert_string_equal(cu_map_get(m, "a"), "2");
    cu_autofree char *taken = cu_map_take(m, "a");
    assert_string_equal(taken, "2");
    assert_null(cu_map_take(m, "a"));
    assert_true(cu_map_remove(m, ""));
    assert_int_equal(freed, 2);
    assert_int_equal(cu_map_len(m), 0);
}

static void test_many(void **state)
{
    (void)state;
    cu_automap struct cu_map *m = cu_map_new(free);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) {
            cu_autofree char *key = cu_asprintf("/registry/pods/%d", i);
            cu_map_set(m, key, cu_asprintf("%d", i + round));
        }
        assert_int_equal(cu_map_len(m), 5000);
        for (int i = 0; i < 5000; i++) {
            cu_autofree char *key = cu_asprintf("/registry/pods/%d", i);
            assert_int_equal(atoi(cu_map_get(m, key)), i + round);
            if (i % 3)
                assert_true(cu_map_remove(m, key));
        }
        assert_int_equal(cu_map_len(m), 1667);
    }
}

static void test_order_and_removal_in_walk(void **state)
{
    (void)state;
    cu_automap struct cu_map *m = cu_map_new(NULL);
    static char values[26];
    char key[2] = "";
    for (key[0] = 'z'; key[0] >= 'a'; key[0]--)
        cu_map_set(m, key, &values[key[0] - 'a']);
    size_t pos = 0;
    const char *k;
    void *v;
    char want = 'z';
    while (cu_map_next(m, &pos, &k, &v)) {
        assert_int_equal(k[0], want--);
        if (k[0] % 2) {
            key[0] = k[0];
            assert_true(cu_map_remove(m, key));
        }
    }
    assert_int_equal(cu_map_len(m), 13);
    int seen = 0;
    pos = 0;
    while (cu_map_next(m, &pos, &k, NULL)) {
        assert_int_equal(k[0] % 2, 0);
        seen++;
    }
    assert_int_equal(seen, 13);
    cu_map_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_get),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_order_and_removal_in_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
