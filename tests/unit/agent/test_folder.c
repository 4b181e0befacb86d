/* tests/unit/agent/test_folder.c - what is read from the manifest folder, and word of changes. */
#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"
#include "agent/folder.h"
#include "base/timefmt.h"

static void write_in(const char *dir, const char *name, const char *text)
{
    cu_autofree char *path = cu_path_join(dir, name);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
}

static void test_read(void **state)
{
    struct agent_file *files = NULL;
    size_t n = 7;
    cu_autofree char *none = cu_path_join(*state, "none"), *sub = cu_path_join(*state, "sub");
    cu_autofree char *link = cu_path_join(*state, "z-link"), *a = cu_path_join(*state, "a.yaml");
    assert_int_equal(agent_folder_read(none, &files, &n, NULL), 0);
    assert_int_equal(n, 0);
    write_in(*state, "b", "two");
    write_in(*state, "a.yaml", "one");
    write_in(*state, ".hidden", "x");
    assert_int_equal(mkdir(sub, 0755), 0);
    assert_int_equal(symlink(a, link), 0);
    assert_int_equal(agent_folder_read(*state, &files, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(files[0].path, a);
    assert_string_equal(files[0].text, "one");
    assert_string_equal(files[1].text, "two");
    assert_string_equal(files[2].path, link);
    agent_files_free(files, n);
    assert_true(agent_folder_read(a, &files, &n, NULL) < 0);
}

static void count(void *arg)
{
    (*(int *)arg)++;
}

static void wait_for(struct http_loop *l, const int *calls, int more_than)
{
    for (int64_t end = cu_mono_ms() + 5000; *calls <= more_than && cu_mono_ms() < end;)
        http_loop_run_for(l, 20);
    assert_true(*calls > more_than);
}

static void test_watch(void **state)
{
    struct http_loop *l = http_loop_new();
    int calls = 0;
    cu_autofree char *dir = cu_path_join(*state, "m"), *file = cu_path_join(dir, "f");
    assert_int_equal(mkdir(dir, 0755), 0);
    struct agent_folder *f = agent_folder_watch(l, dir, 60000, count, &calls);
    http_loop_run_for(l, 50);
    assert_int_equal(calls, 0);
    write_in(dir, "f", "x");
    wait_for(l, &calls, 0);
    http_loop_run_for(l, 50);
    int before = calls;
    assert_int_equal(cu_unlink(file, NULL), 0);
    wait_for(l, &calls, before);
    http_loop_run_for(l, 50);
    before = calls;
    assert_int_equal(rmdir(dir), 0);
    wait_for(l, &calls, before);
    http_loop_run_for(l, 50);
    assert_int_equal(mkdir(dir, 0755), 0);
    write_in(dir, "f", "x");
    before = calls;
    wait_for(l, &calls, before); /* looked for again within a second */
    agent_folder_free(f);
    agent_folder_free(NULL);
    http_loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_read), SCRATCH_TEST(test_watch) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
