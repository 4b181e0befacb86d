/* cubeplane by its links, by its first argument, and called wrongly. argv[1] of the test is its folder. */
#include "base/proc.h"
#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void run(void **state, const char *program, const char *const *args, struct cu_proc_result *r)
{
    cu_autofree char *path = cu_asprintf("%s/%s", (const char *)*state, program);
    const char *argv[6] = { path };
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    assert_int_equal(cu_run(argv, NULL, 10000, r, NULL), 0);
}

static void test_version(void **state)
{
    static const char *const links[] = { "kube-apiserver", "kube-controller-manager", "kube-scheduler",
                                         "kubelet" };
    for (size_t i = 0; i < CU_LEN(links); i++) {
        cu_autoproc struct cu_proc_result a = CU_PROC_RESULT_INIT, b = CU_PROC_RESULT_INIT;
        run(state, links[i], (const char *const[]){ "--version", NULL }, &a);
        assert_int_equal(a.status, 0);
        assert_true(cu_has_prefix(a.out, "Kubernetes v1."));
        run(state, "cubeplane", (const char *const[]){ links[i], "--version", NULL }, &b);
        assert_string_equal(b.out, a.out);
    }
}

static void test_help(void **state)
{
    cu_autoproc struct cu_proc_result help = CU_PROC_RESULT_INIT, none = CU_PROC_RESULT_INIT,
                                      wrong = CU_PROC_RESULT_INIT;
    run(state, "cubeplane", (const char *const[]){ "--help", NULL }, &help);
    assert_int_equal(help.status, 0);
    assert_non_null(strstr(help.out, "kube-scheduler"));
    run(state, "cubeplane", (const char *const[]){ NULL }, &none);
    assert_int_equal(none.status, 1);
    assert_string_equal(none.errout, help.out);
    run(state, "cubeplane", (const char *const[]){ "kube-proxy", NULL }, &wrong);
    assert_int_equal(wrong.status, 1);
}

static void test_start_errors(void **state)
{
    static const struct {
        const char *program, *arg, *want;
    } rows[] = {
        { "kube-scheduler", "--leader-elect=true", "--kubeconfig" },
        { "kube-scheduler", "--kubeconfig=/nonexistent/x.conf", "/nonexistent/x.conf" },
        { "kube-controller-manager", "--leader-elect=perhaps", "--leader-elect" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
        run(state, rows[i].program, (const char *const[]){ rows[i].arg, NULL }, &r);
        assert_int_equal(r.status, 1);
        assert_non_null(strstr(r.errout, rows[i].want));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_version, argv[argc - 1]),
        cmocka_unit_test_prestate(test_help, argv[argc - 1]),
        cmocka_unit_test_prestate(test_start_errors, argv[argc - 1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
