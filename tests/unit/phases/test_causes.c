/* Causes read from what the node agent says of its pods. */
#include "run.h"

#include "base/file.h"
#include "phases/causes.h"

static const struct {
    const char *container; /* of kube-apiserver, as the agent writes it */
    enum cu_wait_state state;
    const char *missing, *cause; /* parts of the texts; NULL: none */
} rows[] = {
    { "{\"state\": \"running\", \"restarts\": 0}", CU_WAIT_PENDING, NULL, NULL },
    { "{\"state\": \"waiting\", \"restarts\": 0}", CU_WAIT_PENDING, NULL, NULL },
    { "{\"state\": \"waiting\", \"reason\": \"CreateContainerError\", \"message\": \"kube-apiserver: no such "
      "program\"}",
      CU_WAIT_FINAL, NULL, "kube-apiserver cannot be started: kube-apiserver: no such program" },
    { "{\"state\": \"waiting\", \"reason\": \"CrashLoopBackOff\", \"restarts\": 0, \"last\": {\"exitCode\": "
      "2}}",
      CU_WAIT_PENDING, "it ended with exit status 2 and will be started again", NULL },
    { "{\"state\": \"waiting\", \"reason\": \"CrashLoopBackOff\", \"restarts\": 3, \"log\": \"LOG\", "
      "\"last\": {\"exitCode\": 1}}",
      CU_WAIT_FINAL, NULL,
      "kube-apiserver ended with exit status 1, again and again; its log LOG ends with:\n  six" },
    { "{\"state\": \"waiting\", \"restarts\": 9, \"last\": {\"exitCode\": 137, \"signal\": 9}}",
      CU_WAIT_FINAL, NULL, "was ended by signal 9, again and again; its log  ends with: (nothing)" },
    { "{\"state\": \"running\", \"restarts\": 9, \"last\": {\"exitCode\": 1}}", CU_WAIT_PENDING, NULL, NULL },
};

static void test_pods(void **state)
{
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct run r;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *missing = NULL, *log = cu_asprintf("%s/log", (char *)*state);
        run_init(&r, *state);
        assert_int_equal(ph_init_begin(&r.ctx, &err), 0);
        r.ctx.embedded = true;
        free(r.ctx.paths.kubelet);
        r.ctx.paths.kubelet = cu_strdup(*state);
        assert_int_equal(
            cu_file_write_str(log, "one\ntwo\nsix\nseven\neight\nnine\nten\neleven\n", 0644, NULL), 0);
        cu_autofree char *container = cu_replace(rows[i].container, "LOG", log);
        cu_autofree char *text = cu_asprintf(
            "{\"pods\": [{\"name\": \"etcd\"}, {\"name\": \"kube-apiserver\", \"containers\": [%s]}]}",
            container);
        fake_file(&r.machine, "/cubeadm-pods.json", text);
        assert_int_equal(ph_cause_pod(&r.ctx, "kube-apiserver", &missing, &err), rows[i].state);
        cu_autofree char *cause = cu_replace(rows[i].cause ? rows[i].cause : "", "LOG", log);
        assert_non_null(strstr(cu_or(missing, ""), rows[i].missing ? rows[i].missing : ""));
        assert_int_equal(rows[i].missing != NULL, missing != NULL);
        assert_int_equal(rows[i].cause != NULL, err.msg != NULL);
        if (rows[i].cause && !strstr(err.msg, cause))
            fail_msg("\"%s\" lacks \"%s\"", err.msg, cause);
        run_clear(&r);
    }
}

static void test_pod_errors(void **state)
{
    struct run r;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *missing = NULL;
    run_init(&r, *state);
    assert_int_equal(ph_init_begin(&r.ctx, &err), 0);
    r.ctx.embedded = true;
    free(r.ctx.paths.kubelet);
    r.ctx.paths.kubelet = cu_strdup(*state);
    assert_int_equal(ph_cause_pod(&r.ctx, "etcd", &missing, &err), CU_WAIT_PENDING); /* no file yet */
    assert_null(missing);
    fake_file(&r.machine, "/cubeadm-pods.json", "{\"pods\": [");
    assert_int_equal(ph_cause_pod(&r.ctx, "etcd", &missing, &err),
                     CU_WAIT_PENDING); /* being written by another */
    fake_file(&r.machine, "/cubeadm-pods.json", "{\"pods\": []}");
    assert_int_equal(ph_cause_pod(&r.ctx, "etcd", &missing, &err), CU_WAIT_PENDING);
    assert_string_equal(missing, "the node agent has not started it yet");
    fake_file(&r.machine, "/cubeadm-pods.json",
              "{\"pods\": [{\"name\": \"etcd\", \"error\": \"line 3: no mapping\"}]}");
    assert_int_equal(ph_cause_pod(&r.ctx, "etcd", &missing, &err), CU_WAIT_FINAL);
    assert_string_equal(cu_err_text(&err), "the node agent cannot run etcd: line 3: no mapping");
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_pods),
        SCRATCH_TEST(test_pod_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
