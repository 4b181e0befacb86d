/* tests/unit/node/test_resources.c - processors, memory, swap and disk, from good and broken files. */
#include "fake.h"

#include "node/resources.h"

static void test_cpus(void **state)
{
    static const struct {
        const char *list;
        int n;
    } cases[] = { { "0-1", 2 },  { "0", 1 },    { "0-3,8,10-11", 7 }, { "", -1 },
                  { "3-1", -1 }, { "a-b", -1 }, { "0-", -1 },         { "0-99999999", -1 } };
    struct fake f;
    int n;
    fake_init(&f, *state);
    assert_true(node_cpus(&f.sys, &n, NULL) < 0);
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autofree char *text =
            cu_asprintf("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t%s\nMems:\t1\n", cases[i].list);
        fake_file(&f, "/proc/self/status", text);
        n = -1;
        assert_int_equal(node_cpus(&f.sys, &n, NULL), cases[i].n < 0 ? -CU_E_IO : 0);
        assert_int_equal(n, cases[i].n);
    }
    assert_int_equal(node_cpus(NULL, &n, NULL), 0);
    assert_true(n >= 1);
    fake_clear(&f);
}

static void test_memory(void **state)
{
    struct fake f;
    uint64_t bytes = 1, available = 0;
    fake_init(&f, *state);
    fake_file(&f, "/proc/meminfo", "MemTotal:        4000000 kB\nMemFree: 1 kB\n");
    assert_int_equal(node_memory(&f.sys, &bytes, NULL, NULL), 0);
    assert_true(bytes == UINT64_C(4096000000));
    assert_int_equal(node_memory(&f.sys, &bytes, &available, NULL), -CU_E_IO);
    fake_file(&f, "/proc/meminfo", "MemFree: 1 kB\n");
    assert_int_equal(node_memory(&f.sys, &bytes, NULL, NULL), -CU_E_IO);
    fake_file(&f, "/proc/meminfo", "MemTotal: 99999999999999999999 kB\n");
    assert_int_equal(node_memory(&f.sys, &bytes, NULL, NULL), -CU_E_IO);
    assert_int_equal(node_memory(NULL, &bytes, &available, NULL), 0);
    assert_true(available <= bytes);
    assert_true(bytes > 16 * 1024 * 1024);
    fake_clear(&f);
}

static void test_swap(void **state)
{
    struct fake f;
    bool on = true;
    fake_init(&f, *state);
    assert_int_equal(node_swap_on(&f.sys, &on, NULL), 0);
    assert_false(on);
    fake_file(&f, "/proc/swaps", "Filename\tType\n");
    assert_int_equal(node_swap_on(&f.sys, &on, NULL), 0);
    assert_false(on);
    fake_file(&f, "/proc/swaps", "Filename\tType\n/dev/sda2 partition\n");
    assert_int_equal(node_swap_on(&f.sys, &on, NULL), 0);
    assert_true(on);
    fake_clear(&f);
}

static void test_disk(void **state)
{
    uint64_t capacity = 0, available = 0, parent = 0;
    (void)state;
    assert_int_equal(node_disk(NULL, "/", &capacity, &available, NULL), 0);
    assert_true(capacity > 0 && available <= capacity);
    assert_int_equal(node_disk(NULL, "/no/such/folder/yet", &parent, NULL, NULL), 0);
    assert_true(parent == capacity);
    struct node_room root = { 0 }, proc = { 0 };
    assert_int_equal(node_room(NULL, "/", &root, NULL), 0);
    assert_int_equal(node_room(NULL, "/proc", &proc, NULL), 0);
    assert_true(root.size == capacity && root.id != proc.id && proc.inodes_free <= proc.inodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_cpus), SCRATCH_TEST(test_memory),
                                        SCRATCH_TEST(test_swap), cmocka_unit_test(test_disk) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
