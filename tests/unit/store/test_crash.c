/* A writer killed with SIGKILL in the middle of its work loses nothing it had reported, and the next one can start. */
#include "base/file.h"
#include "base/timefmt.h"
#include "store/sqlite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* Creates and updates keys for ever, reporting each finished write as one number on fd. */
static void write_for_ever(const char *path, int fd)
{
    struct store *s = NULL;
    if (store_sqlite_open(path, &s, NULL) < 0)
        _exit(1);
    for (int i = 0;; i++) {
        char key[32], value[2000];
        snprintf(key, sizeof(key), "/r/%08d", i);
        memset(value, 'a' + i % 26, sizeof(value));
        struct store_item item = { key, value, sizeof(value) };
        int64_t rev = 0;
        if (store_create(s, &item, &rev, NULL) < 0 || store_pump(s, rev, NULL) < 0 ||
            write(fd, &rev, sizeof(rev)) != (ssize_t)sizeof(rev))
            _exit(1);
    }
}

struct count {
    int64_t keys, last;
};

static int count_one(void *arg, const struct store_kv *kv)
{
    struct count *c = arg;
    c->keys++;
    if (kv->mod_rev > c->last)
        c->last = kv->mod_rev;
    return 0;
}

static int count_change(void *arg, const struct store_change *change)
{
    struct count *c = arg;
    assert_int_equal(change->kv.mod_rev, ++c->last); /* no hole */
    c->keys++;
    return 0;
}

static void test_kill_9(void **state)
{
    (void)state;
    char dir[] = "/tmp/store-crash-XXXXXX";
    assert_non_null(mkdtemp(dir));
    int64_t reported = 1;
    for (int round = 0; round < 5; round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(fds[0]);
            cu_autofree char *own = cu_asprintf("%s/state%d.db", dir, round);
            write_for_ever(own, fds[1]);
        }
        close(fds[1]);
        int64_t rev = 0;
        reported = 1;
        for (int i = 0; i < 40 + 25 * round; i++) {
            assert_int_equal(read(fds[0], &rev, sizeof(rev)), sizeof(rev));
            reported = rev;
        }
        assert_int_equal(kill(pid, SIGKILL), 0);
        while (read(fds[0], &rev, sizeof(rev)) == (ssize_t)sizeof(rev)) /* what it had still reported */
            reported = rev;
        close(fds[0]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        cu_autofree char *own = cu_asprintf("%s/state%d.db", dir, round);
        struct store *s = NULL;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(store_sqlite_open(own, &s, &err), 0);
        struct count c = { 0, 0 }, log = { 0, 1 };
        int64_t now = 0;
        assert_int_equal(store_list(s, "/r/", count_one, &c, &now, &err), 0);
        assert_true(now >= reported && c.last == now);
        assert_int_equal(c.keys, now - 1);
        assert_int_equal(store_history(s, "/r/", 1, count_change, &log, &err), 0);
        assert_int_equal(log.keys, c.keys);
        struct store_item item = { "/r/after", "x", 1 };
        assert_int_equal(store_create(s, &item, NULL, &err), 0);
        store_close(s);
    }
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_kill_9) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
