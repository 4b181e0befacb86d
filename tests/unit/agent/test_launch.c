/* tests/unit/agent/test_launch.c - from a container to a process: program, environment, volumes, refusals. */
#include "../cmocka_all.h"

#include <string.h>
#include <sys/wait.h>

#include "../scratch.h"
#include "agent/launch.h"
#include "base/str.h"
#include "codec/yaml.h"

static int launch(const char *dir, const char *spec_text, char **output, struct cu_err *err)
{
    cu_autoval struct val *spec = NULL;
    cu_autofree char *logs = cu_path_join(dir, "logs"), *text = cu_replace(spec_text, "DIR", dir);
    assert_int_equal(codec_yaml_parse(text, strlen(text), &spec, NULL), 0);
    struct agent_launch l = { .component_dir = dir,
                              .log_dir = logs,
                              .root_dir = dir,
                              .ns = "ns",
                              .pod = "pod",
                              .hash = "hash",
                              .node_name = "n1",
                              .node_ip = "10.0.0.1",
                              .pod_spec = spec,
                              .container = val_at(val_get(spec, "containers"), 0) };
    pid_t pid;
    int r = agent_launch(&l, &pid, err);
    if (r < 0)
        return r;
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    cu_autofree char *log = agent_log_path(logs, "c");
    return cu_file_read(log, 10000, output, NULL, NULL);
}

static void test_environment(void **state)
{
    cu_autofree char *out = NULL;
    setenv("LEAK", "must not be seen", 1);
    assert_int_equal(
        launch(*state,
               "containers: [{name: c, command: [sh, -c, 'echo \"$A|$B|$C|$LEAK|$1|$2|$3\"; pwd', x, "
               "'$(A)-$(NONE)'], args: ['$$(A)', '$'], env: [{name: A, value: one}, {name: B, value: "
               "'$(A)two'}, {name: C, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}], "
               "workingDir: /tmp}]",
               &out, NULL),
        0);
    assert_string_equal(out, "one|onetwo|10.0.0.1||one-$(NONE)|$(A)|$\n/tmp\n");
}

static void test_previous_log(void **state)
{
    cu_autofree char *first = NULL, *second = NULL, *old = cu_path_join(*state, "logs/c.previous.log"),
                     *before = NULL;
    assert_int_equal(launch(*state, "containers: [{name: c, command: [echo, first]}]", &first, NULL), 0);
    assert_int_equal(launch(*state, "containers: [{name: c, command: [echo, second]}]", &second, NULL), 0);
    assert_string_equal(second, "second\n");
    assert_int_equal(cu_file_read(old, 100, &before, NULL, NULL), 0);
    assert_string_equal(before, "first\n");
}

static void test_program(void **state)
{
    cu_autofree char *own = cu_path_join(*state, "sh"), *found = NULL, *other = NULL, *full = NULL;
    assert_int_equal(cu_file_write_str(own, "#!/bin/sh\n", 0755, NULL), 0);
    found = agent_find_program(*state, "sh");
    assert_string_equal(found, own);
    other = agent_find_program(NULL, "sh");
    assert_non_null(other);
    assert_string_not_equal(other, own);
    full = agent_find_program(*state, "/bin/sh");
    assert_string_equal(full, "/bin/sh");
    assert_null(agent_find_program(*state, "no-such-program-here"));
}

static void test_volumes(void **state)
{
    cu_autofree char *made = cu_path_join(*state, "new/dir"), *file = cu_path_join(*state, "file"),
                     *out = NULL;
    assert_int_equal(
        launch(*state,
               "containers: [{name: c, command: ['true'], volumeMounts: [{name: a, mountPath: DIR/new/dir/}, "
               "{name: b, mountPath: DIR/file}]}]\nvolumes: [{name: a, hostPath: {path: DIR/new/dir, type: "
               "DirectoryOrCreate}}, {name: b, hostPath: {path: DIR/file, type: FileOrCreate}}]",
               &out, NULL),
        0);
    assert_true(cu_is_dir(made));
    assert_true(cu_exists(file) && !cu_is_dir(file));
}

static void test_refusals(void **state)
{
#define MOUNT(volume, path)                                                                                  \
    "containers: [{name: c, command: ['true'], volumeMounts: [{name: v, mountPath: " path                    \
    "}]}]\nvolumes: [" volume "]"
    static const struct {
        const char *spec;
        int code;
        const char *text;
    } cases[] = {
        { "containers: [{name: c, command: [no-such-program-here]}]", CU_E_NOTFOUND, "--component-dir" },
        { MOUNT("{name: v, emptyDir: {}}", "/x"), CU_E_INVALID, "hostPath" },
        { MOUNT("{name: w, hostPath: {path: /x}}", "/x"), CU_E_INVALID, "hostPath" },
        { MOUNT("{name: v, hostPath: {path: /x}}", "/y"), CU_E_INVALID, "/y" },
        { MOUNT("{name: v, hostPath: {path: DIR/none, type: Directory}}", "DIR/none"), CU_E_INVALID,
          "not a folder" },
        { MOUNT("{name: v, hostPath: {path: DIR, type: File}}", "DIR"), CU_E_INVALID, "not a file" },
        { "containers: [{name: c, command: ['true'], env: [{name: 'A=B', value: x}]}]", CU_E_INVALID, "A=B" },
        { "containers: [{name: c, command: ['true'], env: [{name: A, valueFrom: {secretKeyRef: {name: s, "
          "key: k}}}]}]",
          CU_E_INVALID, "env A" },
        { "containers: [{name: c, command: ['true'], workingDir: DIR/none}]", CU_E_NOTFOUND, "start" },
    };
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *out = NULL;
        assert_int_equal(launch(*state, cases[i].spec, &out, &err), -cases[i].code);
        assert_non_null(strstr(cu_err_text(&err), cases[i].text));
    }
}

static void test_user(void **state)
{
    cu_autofree char *out = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const char *const spec =
        "containers: [{name: c, command: [sh, -c, 'id -u; id -g; id -G; grep NoNewPrivs /proc/self/status'], "
        "securityContext: {allowPrivilegeEscalation: false}}]\nsecurityContext: {runAsUser: 65534, "
        "runAsGroup: 65533, "
        "supplementalGroups: [4, 5]}";
    if (geteuid() != 0) {
        assert_int_equal(launch(*state, spec, &out, &err), -CU_E_INVALID);
        assert_non_null(strstr(cu_err_text(&err), "65534"));
        return;
    }
    assert_int_equal(launch(*state, spec, &out, &err), 0);
    assert_string_equal(out, "65534\n65533\n65533 4 5\nNoNewPrivs:\t1\n");
    assert_int_equal(launch(*state,
                            "containers: [{name: c, command: ['true']}]\nsecurityContext: {runAsUser: 1, "
                            "supplementalGroups: [x]}",
                            &out, &err),
                     -CU_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_environment), SCRATCH_TEST(test_previous_log),
                                        SCRATCH_TEST(test_program),     SCRATCH_TEST(test_volumes),
                                        SCRATCH_TEST(test_refusals),    SCRATCH_TEST(test_user) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
