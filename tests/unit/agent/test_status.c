/* tests/unit/agent/test_status.c - mirror pods and their status, from what was published. */
#include "../cmocka_all.h"

#include <string.h>

#include "agent/status.h"
#include "base/str.h"
#include "codec/yaml.h"

static struct val *yaml(const char *text)
{
    struct val *v = NULL;
    assert_int_equal(codec_yaml_parse(text, strlen(text), &v, NULL), 0);
    return v;
}

static struct val *entry(const char *containers)
{
    cu_autofree char *text = cu_asprintf(
        "{hash: h1, namespace: kube-system, name: etcd, startedMs: 1000, pod: {apiVersion: v1, kind: Pod, "
        "metadata: {name: etcd, labels: {tier: control-plane}, annotations: {a: b}}, spec: {hostNetwork: "
        "true, containers: [{name: c, image: 'x:1', resources: {requests: {cpu: 1}}}]}}, containers: %s}",
        containers);
    return yaml(text);
}

static void test_mirror(void **state)
{
    cu_autoval struct val *e = entry("[]"), *want = NULL;
    (void)state;
    cu_autoval struct val *pod = agent_mirror_pod(e, "n1", "uid-1", 1795471010123);
    want = yaml(
        "{apiVersion: v1, kind: Pod, metadata: {name: etcd-n1, namespace: kube-system, labels: {tier: "
        "control-plane}, annotations: {a: b, kubernetes.io/config.hash: h1, kubernetes.io/config.mirror: h1, "
        "kubernetes.io/config.seen: '2026-11-23T21:56:50.123000Z', kubernetes.io/config.source: file}, "
        "ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: uid-1, controller: true}]}, spec: "
        "{hostNetwork: true, nodeName: n1, priorityClassName: system-node-critical, tolerations: [{operator: "
        "Exists, effect: NoExecute}], containers: [{name: c, image: 'x:1', resources: {requests: {cpu: "
        "1}}}]}}");
    assert_true(val_equal(pod, want));
    assert_string_equal(agent_mirror_hash(pod), "h1");
    assert_null(agent_mirror_hash(val_get(e, "pod")));
    assert_null(val_find(e, "pod", "spec", "nodeName", NULL)); /* what was published is left alone */
}

static const struct val *condition(const struct val *status, const char *type)
{
    const struct val *list = val_get(status, "conditions");
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return val_at(list, i);
    return NULL;
}

static void test_running(void **state)
{
    cu_autoval struct val *e = entry(
        "[{name: c, state: running, pid: 7, ready: true, started: true, restarts: 2, startedMs: 2000, last: "
        "{exitCode: 137, signal: 9, reason: Error, message: boom, startedMs: 0, finishedMs: 1000}}]");
    (void)state;
    cu_autoval struct val *s = agent_pod_api_status(e, NULL, "10.0.0.2", 5000);
    assert_string_equal(val_get_str(s, "phase"), "Running");
    assert_string_equal(val_get_str(s, "hostIP"), "10.0.0.2");
    assert_string_equal(val_get_str(s, "qosClass"), "Burstable");
    assert_string_equal(val_get_str(s, "startTime"), "1970-01-01T00:00:01Z");
    assert_string_equal(val_get_str(condition(s, "Ready"), "status"), "True");
    assert_string_equal(val_get_str(condition(s, "Ready"), "lastTransitionTime"), "1970-01-01T00:00:05Z");
    cu_autoval struct val *want = yaml("{name: c, image: 'x:1', imageID: '', ready: true, started: true, "
                                       "restartCount: 2, containerID: 'process://7', "
                                       "state: {running: {startedAt: '1970-01-01T00:00:02Z'}}, lastState: "
                                       "{terminated: {exitCode: 137, signal: 9, "
                                       "reason: Error, message: boom, startedAt: '1970-01-01T00:00:00Z', "
                                       "finishedAt: '1970-01-01T00:00:01Z'}}}");
    assert_true(val_equal(val_at(val_get(s, "containerStatuses"), 0), want));
}

static void test_crash_loop(void **state)
{
    cu_autoval struct val *up = entry("[{name: c, state: running, ready: true, started: true, restarts: 0}]");
    cu_autoval struct val *down =
        entry("[{name: c, state: waiting, reason: CrashLoopBackOff, message: back-off 10s, ready: false, "
              "started: false, "
              "restarts: 3, last: {exitCode: 1, reason: Error, startedMs: 0, finishedMs: 1000}}]");
    (void)state;
    cu_autoval struct val *first = agent_pod_api_status(up, NULL, "10.0.0.2", 5000);
    cu_autoval struct val *s = agent_pod_api_status(down, first, "10.0.0.2", 9000);
    const struct val *c = val_at(val_get(s, "containerStatuses"), 0);
    assert_string_equal(val_get_str(s, "phase"), "Running");
    assert_string_equal(val_find_str(c, "state", "waiting", "reason", NULL), "CrashLoopBackOff");
    assert_string_equal(val_find_str(c, "state", "waiting", "message", NULL), "back-off 10s");
    assert_int_equal(val_int(val_find(c, "lastState", "terminated", "exitCode", NULL), -1), 1);
    assert_string_equal(val_get_str(condition(s, "Ready"), "status"), "False");
    assert_string_equal(val_get_str(condition(s, "Ready"), "reason"), "ContainersNotReady");
    assert_non_null(strstr(val_get_str(condition(s, "Ready"), "message"), "[c]"));
    assert_string_equal(val_get_str(condition(s, "Ready"), "lastTransitionTime"), "1970-01-01T00:00:09Z");
    assert_string_equal(val_get_str(condition(s, "Initialized"), "lastTransitionTime"),
                        "1970-01-01T00:00:05Z");
    cu_autoval struct val *again = agent_pod_api_status(down, s, "10.0.0.2", 20000);
    assert_true(val_equal(again, s)); /* time alone changes nothing */
}

static void test_phases(void **state)
{
    static const struct {
        const char *containers, *phase;
    } cases[] = {
        { "[]", "Pending" },
        { "[{name: c, state: waiting, reason: ContainerCreating}]", "Pending" },
        { "[{name: c, state: terminated, last: {exitCode: 0}}]", "Succeeded" },
        { "[{name: c, state: terminated, last: {exitCode: 2}}]", "Failed" },
        { "[{name: c, state: terminated, last: {exitCode: 0}}, {name: d, state: running}]", "Running" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *e = entry(cases[i].containers), *s = agent_pod_api_status(e, NULL, "", 0);
        assert_string_equal(val_get_str(s, "phase"), cases[i].phase);
        assert_null(val_get(s, "hostIP"));
        assert_string_equal(val_get_str(condition(s, "Ready"), "status"), "False");
    }
}

static void test_patch_and_refusal(void **state)
{
    cu_autoval struct val *e = entry("[]"), *status = yaml("{phase: Running}");
    (void)state;
    cu_autoval struct val *patch = agent_status_patch("u", status),
                          *want = yaml("{metadata: {uid: u}, status: {phase: Running}}");
    assert_true(val_equal(patch, want));
    cu_autoval struct val *s = agent_refused_status(val_get(e, "pod"), "10.0.0.2", 1000);
    assert_string_equal(val_get_str(s, "phase"), "Pending");
    assert_string_equal(val_get_str(s, "reason"), agent_refused_reason);
    assert_non_null(strstr(val_get_str(s, "message"), "cubeadm.io/runtime=process"));
    assert_string_equal(
        val_find_str(val_at(val_get(s, "containerStatuses"), 0), "state", "waiting", "reason", NULL),
        agent_refused_reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_mirror), cmocka_unit_test(test_running),
                                        cmocka_unit_test(test_crash_loop), cmocka_unit_test(test_phases),
                                        cmocka_unit_test(test_patch_and_refusal) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
