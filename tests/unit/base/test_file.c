/* tests/unit/base/test_file.c - reading with limits, atomic writing and its failures, folders and paths. */
#include "../cmocka_all.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "../scratch.h"

static int entries(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void test_round_trip(void **state)
{
    cu_autofree char *path = cu_path_join(*state, "a"), *text = NULL;
    size_t n;
    mode_t old = umask(077);
    assert_int_equal(cu_file_write(path, "one\0two", 7, 0644, NULL), 0);
    umask(old);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(cu_file_read(path, 7, &text, &n, NULL), 0); /* exactly the limit */
    assert_int_equal(n, 7);
    assert_memory_equal(text, "one\0two", 8);
    assert_int_equal(cu_file_write_str(path, "three", 0600, NULL), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(entries(*state), 1);
    cu_autofree char *copy = cu_path_join(*state, "b"), *again = NULL;
    assert_int_equal(cu_file_copy(path, copy, 0640, NULL), 0);
    assert_int_equal(cu_file_read(copy, 100, &again, NULL, NULL), 0);
    assert_string_equal(again, "three");
}

static void test_read_failures(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_path_join(*state, "a"), *text = NULL;
    assert_int_equal(cu_file_read(path, 10, &text, NULL, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), path));
    assert_int_equal(cu_file_write_str(path, "0123456789x", 0600, NULL), 0);
    assert_int_equal(cu_file_read(path, 10, &text, NULL, &err), -CU_E_INVALID);
    assert_non_null(strstr(cu_err_text(&err), "larger than 10 bytes"));
    assert_non_null(strstr(cu_err_text(&err), path));
    assert_int_equal(cu_file_read(*state, 10, &text, NULL, &err), -CU_E_INVALID);
    assert_int_equal(cu_file_read("/dev/zero", 100000, &text, NULL, &err), -CU_E_INVALID); /* endless */
    assert_null(text);
}

static void test_write_failures(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_path_join(*state, "a"), *text = NULL, *deep = cu_path_join(*state, "no/such");
    assert_int_equal(cu_file_write_str(deep, "x", 0600, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(cu_err_text(&err), deep));
    assert_int_equal(cu_file_write_str(*state, "x", 0600, &err), -CU_E_INVALID);

    /* A full disk, played by a limit on the size of files. */
    assert_int_equal(cu_file_write_str(path, "old", 0600, NULL), 0);
    struct rlimit saved, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    tight = saved;
    tight.rlim_cur = 100;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    char big[4096];
    memset(big, 'x', sizeof big);
    int r = cu_file_write(path, big, sizeof big, 0600, &err);
    setrlimit(RLIMIT_FSIZE, &saved);
    signal(SIGXFSZ, handler);
    assert_int_equal(r, -CU_E_IO);
    assert_non_null(strstr(cu_err_text(&err), path));
    assert_non_null(strstr(cu_err_text(&err), "File too large"));
    assert_int_equal(cu_file_read(path, 100, &text, NULL, NULL), 0);
    assert_string_equal(text, "old");
    assert_int_equal(entries(*state), 1); /* nothing left behind */
}

static void test_write_if_changed(void **state)
{
    cu_autofree char *path = cu_path_join(*state, "a");
    bool changed;
    struct stat before, after;
    assert_int_equal(cu_file_write_if_changed(path, "x", 1, 0600, &changed, NULL), 0);
    assert_true(changed);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(cu_file_write_if_changed(path, "x", 1, 0600, &changed, NULL), 0);
    assert_false(changed);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(cu_file_write_if_changed(path, "x", 1, 0644, &changed, NULL), 0);
    assert_true(changed); /* the mode differed */
    assert_int_equal(cu_file_write_if_changed(path, "y", 1, 0644, &changed, NULL), 0);
    assert_true(changed);
    assert_int_equal(cu_file_write_if_changed(path, "", 0, 0644, NULL, NULL), 0);
    assert_int_equal(cu_file_write_if_changed(path, "", 0, 0644, &changed, NULL), 0);
    assert_false(changed);
}

static void test_symlink_is_replaced(void **state)
{
    cu_autofree char *target = cu_path_join(*state, "target"), *link = cu_path_join(*state, "link"),
                     *text = NULL;
    assert_int_equal(cu_file_write_str(target, "mine", 0600, NULL), 0);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(cu_file_write_str(link, "new", 0600, NULL), 0);
    assert_int_equal(cu_file_read(target, 100, &text, NULL, NULL), 0);
    assert_string_equal(text, "mine");
}

static void test_folders(void **state)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *deep = cu_path_join(*state, "a/b//c"), *a = cu_path_join(*state, "a");
    cu_autofree char *file = cu_path_join(*state, "f"), *under = cu_path_join(*state, "f/x");
    struct stat st;
    assert_int_equal(cu_dir_is_empty(a, NULL), 1);
    assert_int_equal(cu_mkdir_p(deep, 0750, NULL), 0);
    assert_int_equal(cu_mkdir_p(deep, 0700, NULL), 0);
    assert_int_equal(stat(a, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(cu_dir_is_empty(a, NULL), 0);
    assert_int_equal(cu_dir_is_empty(deep, NULL), 1);
    assert_int_equal(cu_file_write_str(file, "", 0600, NULL), 0);
    assert_true(cu_exists(file));
    assert_false(cu_is_dir(file));
    assert_true(cu_dir_is_empty(file, &err) < 0);
    assert_true(cu_mkdir_p(under, 0700, &err) < 0);
    assert_true(cu_mkdir_p(file, 0700, &err) < 0);
    assert_int_equal(cu_unlink(file, NULL), 0);
    assert_int_equal(cu_unlink(file, NULL), 0);
    assert_true(cu_unlink(a, &err) < 0);
}

static void test_paths(void **state)
{
    static const struct {
        const char *path, *dir, *base;
    } cases[] = { { "/a/b", "/a", "b" }, { "/a", "/", "a" },     { "a", ".", "a" }, { "/", "/", "" },
                  { "a/b/", "a", "" },   { "/a//b", "/a", "b" }, { "", ".", "" } };
    static const struct {
        const char *dir, *name, *want;
    } joins[] = { { "/a", "b", "/a/b" }, { "/a/", "/b", "/a/b" }, { "/", "b", "/b" }, { "", "b", "b" } };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autofree char *dir = cu_path_dir(cases[i].path);
        assert_string_equal(dir, cases[i].dir);
        assert_string_equal(cu_path_base(cases[i].path), cases[i].base);
    }
    for (size_t i = 0; i < CU_LEN(joins); i++) {
        cu_autofree char *got = cu_path_join(joins[i].dir, joins[i].name);
        assert_string_equal(got, joins[i].want);
    }
}

static void test_clean_paths(void **state)
{
    static const char *const cases[][2] = {
        { "/etc//./own/", "/etc/own" },
        { "/", "/" },
        { "//", "/" },
        { "/../a", "/a" },
        { "/a/../../b/.", "/b" },
        { "", "." },
        { "a/..", "." },
        { "../../a/..", "../.." },
        { "./a//b", "a/b" },
        { "/a/b", "/a/b" },
        { "/a/..b", "/a/..b" },
        { "..", ".." },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autofree char *got = cu_path_clean(cases[i][0]);
        assert_string_equal(got, cases[i][1]);
    }
}

static void test_modes_kept(void **state)
{
    cu_autofree char *path = cu_path_join(*state, "a");
    assert_int_equal(cu_file_mode(path, 0644), 0644);
    assert_int_equal(cu_file_mode(*state, 0644), 0644); /* a folder's are none of a file */
    assert_int_equal(cu_file_write_str(path, "x", 0600, NULL), 0);
    assert_int_equal(cu_file_mode(path, 0644), 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_round_trip),          SCRATCH_TEST(test_read_failures),
        SCRATCH_TEST(test_write_failures),      SCRATCH_TEST(test_write_if_changed),
        SCRATCH_TEST(test_symlink_is_replaced), SCRATCH_TEST(test_folders),
        cmocka_unit_test(test_paths),           cmocka_unit_test(test_clean_paths),
        SCRATCH_TEST(test_modes_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
