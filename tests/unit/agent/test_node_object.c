/* tests/unit/agent/test_node_object.c - the Node object, field by field as the kubelet registers it. */
#include "../cmocka_all.h"

#include <string.h>

#include "agent/node_object.h"
#include "base/str.h"

static const struct agent_node_facts facts = { .name = "a2",
                                               .ip = "10.0.0.2",
                                               .cpus = 2,
                                               .memory = UINT64_C(24684092) * 1024,
                                               .memory_free = UINT64_C(4) << 30,
                                               .disk = UINT64_C(264212084) * 1024,
                                               .disk_free = UINT64_C(200) << 30,
                                               .machine_id = "m",
                                               .system_uuid = "s",
                                               .boot_id = "b",
                                               .kernel = "6.12.0",
                                               .os_image = "Debian",
                                               .arch = "amd64",
                                               .max_pods = 110,
                                               .port = 10250 };

static const struct val *condition(const struct val *status, const char *type)
{
    const struct val *list = val_get(status, "conditions");
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "type"), type))
            return val_at(list, i);
    return NULL;
}

static void test_object(void **state)
{
    (void)state;
    cu_autoval struct val *labels = val_new_map(), *taints = val_new_list();
    val_set_str(labels, "x", "y");
    val_append(taints, val_new_map());
    cu_autoval struct val *n = agent_node_object(&facts, labels, taints, 1000);
    assert_string_equal(val_find_str(n, "metadata", "labels", "kubernetes.io/hostname", NULL), "a2");
    assert_string_equal(val_find_str(n, "metadata", "labels", "cubeadm.io/runtime", NULL), "process");
    assert_string_equal(val_find_str(n, "metadata", "labels", "x", NULL), "y");
    assert_string_equal(val_find_str(n, "metadata", "annotations",
                                     "volumes.kubernetes.io/controller-managed-attach-detach", NULL),
                        "true");
    assert_int_equal(val_len(val_find(n, "spec", "taints", NULL)), 1);
    assert_string_equal(val_find_str(n, "status", "capacity", "memory", NULL), "24684092Ki");
    assert_string_equal(val_find_str(n, "status", "allocatable", "memory", NULL), "24581692Ki");
    assert_string_equal(val_find_str(n, "status", "capacity", "ephemeral-storage", NULL), "264212084Ki");
    assert_string_equal(val_find_str(n, "status", "capacity", "cpu", NULL), "2");
    assert_int_equal(val_int(val_find(n, "status", "daemonEndpoints", "kubeletEndpoint", "Port", NULL), 0),
                     10250);
    assert_string_equal(val_find_str(n, "status", "nodeInfo", "kubeletVersion", NULL), "v1.36.2");
    assert_true(
        cu_has_prefix(val_find_str(n, "status", "nodeInfo", "containerRuntimeVersion", NULL), "cubeadm://"));
    const struct val *ready = condition(val_get(n, "status"), "Ready");
    assert_string_equal(val_get_str(ready, "status"), "True");
    assert_string_equal(val_get_str(ready, "reason"), "KubeletReady");
    cu_autoval struct val *plain = agent_node_object(&facts, NULL, NULL, 1000);
    assert_null(val_find(plain, "spec", "taints", NULL));
}

static void test_status_changes(void **state)
{
    (void)state;
    cu_autoval struct val *a = agent_node_status(&facts, NULL, 1000),
                          *b = agent_node_status(&facts, a, 99000);
    assert_false(agent_node_status_differs(a, b)); /* a heartbeat is not a change */
    assert_string_equal(val_get_str(condition(b, "Ready"), "lastTransitionTime"), "1970-01-01T00:00:01Z");
    assert_string_equal(val_get_str(condition(b, "Ready"), "lastHeartbeatTime"), "1970-01-01T00:01:39Z");
    struct agent_node_facts tight = facts;
    tight.memory_free = 1024;
    tight.disk_free = 1024;
    cu_autoval struct val *c = agent_node_status(&tight, b, 100000);
    assert_true(agent_node_status_differs(b, c));
    assert_string_equal(val_get_str(condition(c, "MemoryPressure"), "status"), "True");
    assert_string_equal(val_get_str(condition(c, "DiskPressure"), "status"), "True");
    assert_string_equal(val_get_str(condition(c, "DiskPressure"), "lastTransitionTime"),
                        "1970-01-01T00:01:40Z");
    struct agent_node_facts small = facts;
    small.memory = 1024;
    cu_autoval struct val *d = agent_node_status(&small, NULL, 0);
    assert_string_equal(val_find_str(d, "allocatable", "memory", NULL), "0Ki");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_object),
                                        cmocka_unit_test(test_status_changes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
