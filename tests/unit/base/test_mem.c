/* tests/unit/base/test_mem.c - copies, growth, hand-over and what the cleanup attributes do. */
#include "../cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"

static void test_copies(void **state)
{
    (void)state;
    assert_null(cu_strdup(NULL));
    cu_autofree char *a = cu_strdup("abc"), *b = cu_strndup("abc", 2), *c = cu_strndup("abc", 9);
    cu_autofree char *d = cu_memdup("a\0b", 3), *e = cu_asprintf("%s-%d", "x", 7);
    assert_string_equal(a, "abc");
    assert_string_equal(b, "ab");
    assert_string_equal(c, "abc");
    assert_memory_equal(d, "a\0b", 4);
    assert_string_equal(e, "x-7");
    cu_autofree char *zero = cu_calloc(0, 8);
    assert_non_null(zero);
}

static void test_grow(void **state)
{
    (void)state;
    cu_autofree int *v = NULL;
    size_t cap = 0;
    for (size_t n = 0; n < 1000; n++) {
        cu_grow(&v, &cap, n + 1, sizeof *v);
        assert_true(cap > n);
        v[n] = (int)n;
    }
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(v[n], n);
}

static void test_steal(void **state)
{
    (void)state;
    cu_autofree char *kept = NULL;
    {
        cu_autofree char *p = cu_strdup("x");
        kept = cu_steal(&p);
        assert_null(p);
    }
    assert_string_equal(kept, "x");
}

static void test_cleanup(void **state)
{
    (void)state;
    int seen;
    {
        cu_autoclose int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        seen = fd;
        errno = EBUSY;
    }
    assert_int_equal(errno, EBUSY); /* kept across the close */
    assert_int_equal(fcntl(seen, F_GETFD), -1);
    {
        cu_autofclose FILE *f = NULL;
        cu_autoclose int none = -1;
        cu_autowipe char *secret = cu_strdup("hidden");
        assert_null(f);
        assert_int_equal(none, -1);
        assert_non_null(secret);
    }
    char text[] = "secret";
    cu_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++)
        assert_int_equal(text[i], 0);
    cu_wipe(NULL, 0);
    cu_free_secret(NULL);
}

/* Overflow must end the program, never give a short block. */
static void test_overflow_aborts(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        volatile size_t huge = SIZE_MAX / 2;
        free(cu_reallocarray(NULL, huge, 4));
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),          cmocka_unit_test(test_grow),
        cmocka_unit_test(test_steal),           cmocka_unit_test(test_cleanup),
        cmocka_unit_test(test_overflow_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
