/* Reads, writes, history, feed and locking of the SQLite engine. */
#include "base/file.h"
#include "base/str.h"
#include "store/sqlite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

struct fixture {
    char dir[64];
    char *path;
    struct store *s;
    char seen[4096]; /* what visitors saw */
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ .dir = "/tmp/store-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
    f->path = cu_asprintf("%s/sub/state.db", f->dir);
    assert_int_equal(store_sqlite_open(f->path, &f->s, NULL), 0);
}

static void teardown(struct fixture *f)
{
    store_close(f->s);
    assert_int_equal(cu_rm_rf(f->dir, false, NULL), 0);
    free(f->path);
}

static int put(struct fixture *f, const char *key, const char *value, int64_t *rev)
{
    struct store_item item = { key, value, strlen(value) };
    return store_create(f->s, &item, rev, NULL);
}

static int see_kv(void *arg, const struct store_kv *kv)
{
    struct fixture *f = arg;
    size_t n = strlen(f->seen);
    snprintf(f->seen + n, sizeof(f->seen) - n, "%s=%.*s@%d;", kv->key, (int)kv->n, (const char *)kv->value,
             (int)kv->mod_rev);
    return 0;
}

static int see_change(void *arg, const struct store_change *c)
{
    struct fixture *f = arg;
    size_t n = strlen(f->seen);
    snprintf(f->seen + n, sizeof(f->seen) - n, "%s%s=%.*s<%.*s@%d/%d;", c->deleted ? "-" : "", c->kv.key,
             (int)c->kv.n, c->kv.value ? (const char *)c->kv.value : "", (int)c->prev_n,
             c->prev ? (const char *)c->prev : "", (int)c->kv.create_rev, (int)c->kv.mod_rev);
    return 0;
}

static void test_revisions(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    int64_t r1 = 0, r2 = 0, r3 = 0, now = 0;
    assert_int_equal(put(&f, "/registry/b/x", "1", &r1), 0);
    assert_int_equal(put(&f, "/registry/a/y", "2", &r2), 0);
    assert_true(r1 > 1 && r2 == r1 + 1);
    assert_int_equal(put(&f, "/registry/b/x", "3", NULL), -CU_E_EXISTS);
    struct store_item item = { "/registry/b/x", "4", 1 };
    assert_int_equal(store_update(f.s, &item, r2, NULL, NULL), -CU_E_CONFLICT);
    assert_int_equal(store_update(f.s, &item, r1, &r3, NULL), 0);
    assert_int_equal(r3, r2 + 1);
    struct store_item none = { "/registry/none", "4", 1 };
    assert_int_equal(store_update(f.s, &none, 1, NULL, NULL), -CU_E_NOTFOUND);
    assert_int_equal(store_remove(f.s, "/registry/none", 1, NULL, NULL), -CU_E_NOTFOUND);
    assert_int_equal(store_list(f.s, "/registry/", see_kv, &f, &now, NULL), 0);
    assert_string_equal(f.seen, "/registry/a/y=2@3;/registry/b/x=4@4;");
    assert_int_equal(now, r3);
    f.seen[0] = '\0';
    assert_int_equal(store_remove(f.s, "/registry/b/x", r3, &now, NULL), 0);
    assert_int_equal(store_list(f.s, "/registry/b/", see_kv, &f, NULL, NULL), 0);
    assert_string_equal(f.seen, "");
    teardown(&f);
}

static void test_create_all(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    int64_t rev = 0;
    assert_int_equal(put(&f, "/r/2", "old", NULL), 0);
    struct store_item items[] = { { "/r/1", "a", 1 }, { "/r/2", "b", 1 }, { "/r/3", "c", 1 } };
    assert_int_equal(store_feed(f.s, 2, see_change, &f, NULL), 0);
    assert_int_equal(store_create_all(f.s, items, 3, &rev, NULL), 0);
    assert_string_equal(f.seen, ""); /* only when pumped */
    assert_int_equal(store_pump(f.s, rev, NULL), 0);
    assert_string_equal(f.seen, "/r/1=a<@3/3;/r/3=c<@4/4;");
    assert_int_equal(store_pump(f.s, rev + 1, NULL), -CU_E_TIMEOUT);
    teardown(&f);
}

static void test_history(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    int64_t r1 = 0, r2 = 0, r3 = 0;
    assert_int_equal(put(&f, "/r/pods/a", "1", &r1), 0);
    struct store_item item = { "/r/pods/a", "2", 1 };
    assert_int_equal(store_update(f.s, &item, r1, &r2, NULL), 0);
    assert_int_equal(put(&f, "/r/podtemplates/a", "x", NULL), 0);
    assert_int_equal(store_remove(f.s, "/r/pods/a", r2, &r3, NULL), 0);
    assert_int_equal(store_history(f.s, "/r/pods/", r1, see_change, &f, NULL), 0);
    assert_string_equal(f.seen, "/r/pods/a=2<1@2/3;-/r/pods/a=<2@2/5;");
    /* survives closing; a feed begins with what was missed */
    store_close(f.s);
    assert_int_equal(store_sqlite_open(f.path, &f.s, NULL), 0);
    f.seen[0] = '\0';
    assert_int_equal(store_feed(f.s, r2, see_change, &f, NULL), 0);
    assert_string_equal(f.seen, "/r/podtemplates/a=x<@4/4;-/r/pods/a=<2@2/5;");
    assert_int_equal(put(&f, "/r/z", "z", &r1), 0);
    assert_int_equal(r1, r3 + 1);
    teardown(&f);
}

static void test_compaction(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    int64_t rev = 0, after = 0;
    char keys[50][32];
    struct store_item items[50];
    for (int round = 0; round < 210; round++) {
        for (int i = 0; i < 50; i++) {
            snprintf(keys[i], sizeof(keys[i]), "/r/%03d-%02d", round, i);
            items[i] = (struct store_item){ keys[i], "v", 1 };
        }
        assert_int_equal(store_create_all(f.s, items, 50, &rev, NULL), 0);
        if (round == 205)
            after = rev;
    }
    /* young changes stay, whatever their number */
    assert_int_equal(store_compact(f.s, 0, NULL), 0);
    assert_int_equal(store_history(f.s, "/r/", 0, see_change, &f, NULL), 0);
    f.seen[0] = '\0';
    assert_int_equal(store_history(f.s, "/r/209-4", after, see_change, &f, NULL), 0);
    assert_true(cu_has_prefix(f.seen, "/r/209-40=v<"));
    teardown(&f);
}

static void test_lock_and_mode(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    assert_int_equal(put(&f, "/r/a", "1", NULL), 0);
    struct stat st;
    cu_autofree char *wal = cu_asprintf("%s-wal", f.path);
    assert_int_equal(stat(f.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    struct store *second = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(store_sqlite_open(f.path, &second, &err), -CU_E_EXISTS);
    char pid[32];
    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_non_null(strstr(err.msg, pid));
    assert_null(second);
    assert_int_equal(put(&f, "/r/b", "1", NULL), 0); /* the first goes on */
    teardown(&f);
}

static void refuse_file(const char *content, enum cu_code code, const char *text)
{
    struct fixture f;
    setup(&f);
    store_close(f.s);
    f.s = NULL;
    assert_int_equal(cu_file_write_str(f.path, content, 0600, NULL), 0);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(store_sqlite_open(f.path, &f.s, &err), -(int)code);
    assert_non_null(strstr(err.msg, text));
    assert_non_null(strstr(err.msg, f.path));
    teardown(&f);
}

static void test_bad_files(void **state)
{
    (void)state;
    char noise[5000];
    memset(noise, 'x', sizeof(noise) - 1);
    noise[sizeof(noise) - 1] = '\0';
    refuse_file(noise, CU_E_INVALID, "not a sound database");
    struct store *s = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(store_sqlite_open("/proc/nothing/state.db", &s, &err) < 0, 1);
    assert_non_null(strstr(err.msg, "/proc/nothing"));
    cu_err_clear(&err);
    assert_int_equal(store_sqlite_open("/dev", &s, &err) < 0, 1);
    assert_null(s);
}

/* Writes keys of 4 KiB until one is refused; then reads and, after making room, writes again. */
static int fill_up(const char *path, struct cu_err *err)
{
    struct store *s = NULL;
    if (store_sqlite_open(path, &s, err) < 0)
        return 1;
    char value[4096], key[32];
    memset(value, 'v', sizeof(value));
    int failed = 0, n = 0;
    int64_t rev = 0, now = 0;
    for (; failed == 0 && n < 10000; n++) {
        snprintf(key, sizeof(key), "/r/%06d", n);
        struct store_item item = { key, value, sizeof(value) };
        failed = store_create(s, &item, &rev, err);
    }
    struct fixture f = { .seen = "" };
    bool sound = failed < 0 && store_list(s, "/r/000003", see_kv, &f, &now, NULL) == 0 && now == rev &&
                 store_pump(s, rev, NULL) == 0 && cu_has_prefix(f.seen, "/r/000003=v");
    store_close(s);
    return sound ? 0 : 2;
}

static void test_disk_full(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* a tiny disk that only this child sees */
        if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tiny", f.dir, "tmpfs", 0, "size=400k") < 0)
            _exit(77);
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *path = cu_asprintf("%s/state.db", f.dir);
        int bad = fill_up(path, &err);
        _exit(bad                                                                                ? bad
              : err.code == CU_E_IO && strstr(err.msg, "no space left") && strstr(err.msg, path) ? 0
                                                                                                 : 3);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    teardown(&f);
    if (WEXITSTATUS(status) == 77) /* no right to mount here */
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revisions),     cmocka_unit_test(test_create_all),
        cmocka_unit_test(test_history),       cmocka_unit_test(test_compaction),
        cmocka_unit_test(test_lock_and_mode), cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_disk_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
