/* Flags and probes of etcd by its version; what is not etcd is left alone. */
#include "agent/adapt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define GATE "--feature-gates=InitialCorruptCheck=true"
#define OLD_GATE "--experimental-initial-corrupt-check=true"
#define NOTIFY "--watch-progress-notify-interval=5s"
#define OLD_NOTIFY "--experimental-watch-progress-notify-interval=5s"

static void expect(const char *given, const char *version, const char *want)
{
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_strlist_split(&argv, given, ' ');
    agent_adapt_etcd(&argv, version);
    cu_autofree char *got = cu_strlist_join(&argv, " ");
    assert_string_equal(got, want);
}

static void test_versions(void **state)
{
    (void)state;
    const char *new = "etcd --name=a " GATE " " NOTIFY " --x", *old = "etcd " OLD_GATE " " OLD_NOTIFY;
    expect(new, "3.6.4", new);
    expect(new, "3.5.9", "etcd --name=a " OLD_GATE " " OLD_NOTIFY " --x");
    expect(new, "3.4.23", "etcd --name=a " OLD_GATE " --x");
    expect(new, "3.2.0", "etcd --name=a --x");
    expect(old, "3.4.23", "etcd " OLD_GATE);
    expect(old, "3.6.0", old);
    expect(old, "3.7.0", "etcd " GATE " " NOTIFY);
    expect(new, "nonsense", new);
    expect("etcd --feature-gates=Other=true", "3.4.23", "etcd --feature-gates=Other=true");
}

/* Asks the program itself, if it is named etcd and answers like one. */
static void test_asks(void **state)
{
    (void)state;
    char dir[] = "/tmp/adapt-XXXXXX";
    assert_non_null(mkdtemp(dir));
    static const struct {
        const char *name, *script;
        size_t n;
    } cases[] = {
        { "etcd", "#!/bin/sh\necho 'etcd Version: 3.4.23'\n", 2 },
        { "etcd", "#!/bin/sh\necho 'something else'\n", 3 },
        { "etcd", "#!/bin/sh\nexit 1\n", 3 },
        { "other", "#!/bin/sh\necho 'etcd Version: 3.4.23'\n", 3 },
    };
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autofree char *path = cu_path_join(dir, cases[i].name);
        assert_int_equal(cu_file_write(path, cases[i].script, strlen(cases[i].script), 0755, NULL), 0);
        cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
        cu_strlist_add(&argv, path);
        cu_strlist_add(&argv, GATE);
        cu_strlist_add(&argv, NOTIFY);
        agent_adapt_argv(&argv);
        assert_int_equal(argv.n, cases[i].n);
    }
    cu_autostrlist struct cu_strlist none = CU_STRLIST_INIT;
    agent_adapt_argv(&none);
    assert_int_equal(none.n, 0);
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
}

static void test_probe(void **state)
{
    (void)state;
    char *url = cu_strdup("http://127.0.0.1:2381/livez");
    assert_false(agent_adapt_probe("kube-apiserver", &url));
    assert_true(agent_adapt_probe("/usr/bin/etcd", &url));
    assert_string_equal(url, "http://127.0.0.1:2381/health?exclude=NOSPACE&serializable=true");
    assert_false(agent_adapt_probe("etcd", &url)); /* only once */
    free(url);
    url = cu_strdup("http://127.0.0.1:2381/readyz");
    assert_true(agent_adapt_probe("etcd", &url));
    assert_string_equal(url, "http://127.0.0.1:2381/health?serializable=false");
    free(url);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_versions), cmocka_unit_test(test_asks),
                                        cmocka_unit_test(test_probe) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
