/* tests/unit/base/test_rmtree.c - removal of trees stays inside the tree. */
#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"

static void make_tree(const char *top)
{
    cu_autofree char *dir = cu_path_join(top, "tree/a/b"), *file = cu_path_join(dir, "f");
    assert_int_equal(cu_mkdir_p(dir, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(file, "x", 0400, NULL), 0);
}

static void test_tree(void **state)
{
    cu_autofree char *tree = cu_path_join(*state, "tree");
    make_tree(*state);
    assert_int_equal(cu_rm_rf(tree, true, NULL), 0);
    assert_int_equal(cu_dir_is_empty(tree, NULL), 1);
    assert_true(cu_is_dir(tree));
    make_tree(*state);
    assert_int_equal(cu_rm_rf(tree, false, NULL), 0);
    assert_false(cu_exists(tree));
    assert_int_equal(cu_rm_rf(tree, false, NULL), 0);
    assert_int_equal(cu_rm_rf(tree, true, NULL), 0);
}

static void test_links(void **state)
{
    cu_autofree char *tree = cu_path_join(*state, "tree"), *kept = cu_path_join(*state, "kept");
    cu_autofree char *in = cu_path_join(tree, "link"), *file = cu_path_join(kept, "f"), *top = NULL;
    struct stat st;
    make_tree(*state);
    assert_int_equal(cu_mkdir_p(kept, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(file, "x", 0600, NULL), 0);
    assert_int_equal(symlink(kept, in), 0);
    assert_int_equal(cu_rm_rf(tree, false, NULL), 0);
    assert_true(cu_exists(file)); /* the link went, its target stayed */
    top = cu_path_join(*state, "top");
    assert_int_equal(symlink(kept, top), 0);
    assert_int_equal(cu_rm_rf(top, false, NULL), 0);
    assert_int_not_equal(lstat(top, &st), 0);
    assert_true(cu_exists(file));
    assert_int_equal(symlink(kept, top), 0);
    assert_int_equal(cu_rm_rf(top, true, NULL), 0); /* the caller named that folder */
    assert_true(cu_is_dir(kept));
    assert_false(cu_exists(file));
}

/* Asked only, never tried: a test that fails must not take the machine along. */
static void test_system_folders(void **state)
{
    static const char *const system[] = { "/",     "//",   "/.",   "/etc/..",  "/etc",           "/etc/ssl",
                                          "/usr",  "/var", "/tmp", "/var/lib", "/usr/local/bin", "/var/tmp",
                                          "/proc", "/dev" };
    static const char *const others[] = { "/nosuch", "/etc/kubernetes", "/var/lib/kubelet", "/proc/self/task",
                                          "." };
    for (size_t i = 0; i < CU_LEN(system); i++)
        assert_true(cu_is_system_dir(system[i]));
    for (size_t i = 0; i < CU_LEN(others); i++)
        assert_false(cu_is_system_dir(others[i]));
    cu_autofree char *link = cu_path_join(*state, "link"), *dir = cu_path_join(*state, "dir");
    assert_int_equal(symlink("/usr/lib", link), 0);
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_true(cu_is_system_dir(link));
    assert_false(cu_is_system_dir(dir));
}

static void test_failure_is_reported(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *file = cu_path_join(*state, "f");
    assert_int_equal(cu_file_write_str(file, "x", 0600, NULL), 0);
    assert_true(cu_rm_rf(file, true, &err) < 0); /* not a folder */
    assert_non_null(strstr(cu_err_text(&err), file));
    assert_int_equal(cu_rm_rf(file, false, NULL), 0);
    assert_false(cu_exists(file));

    cu_autofree char *deep = cu_path_join(*state, "deep"), *next = NULL;
    assert_int_equal(mkdir(deep, 0755), 0);
    int levels = 0;
    for (char *at = cu_strdup(deep); at; at = next, next = NULL, levels++) {
        next = levels < 300 ? cu_asprintf("%s/d", at) : NULL;
        if (next)
            assert_int_equal(mkdir(next, 0755), 0);
        free(at);
    }
    assert_true(cu_rm_rf(deep, false, &err) < 0);
    assert_non_null(strstr(cu_err_text(&err), "levels"));
    cu_autofree char *low = cu_strdup(deep); /* take the bottom off so that the folder can be removed */
    for (int i = 0; i < 100; i++) {
        char *longer = cu_asprintf("%s/d", low);
        free(low);
        low = longer;
    }
    assert_int_equal(cu_rm_rf(low, false, NULL), 0);
    assert_int_equal(cu_rm_rf(deep, false, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_tree),
        SCRATCH_TEST(test_links),
        SCRATCH_TEST(test_system_folders),
        SCRATCH_TEST(test_failure_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
