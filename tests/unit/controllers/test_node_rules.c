/* Taints and conditions of nodes, tolerations of pods, the reason of pending pods. */
#include "tests.h"
#include "base/str.h"
#include "controllers/node_rules.h"
#include "controllers/reason.h"

#define READY(s) "'status':{'conditions':[{'type':'Ready','status':'" s "'}]}"

static void test_taints(void **state)
{
    (void)state;
    static const struct {
        const char *node;
        bool evict;
        const char *want; /* NULL: no change */
    } rows[] = {
        { "{'spec':{}," READY("True") "}", true, NULL },
        { "{'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]}," READY("True") "}", true, NULL },
        { "{'spec':{'taints':[{'key':'node.kubernetes.io/"
          "not-ready','effect':'NoSchedule'},{'key':'a','effect':'NoSchedule"
          "'},{'key':'node.kubernetes.io/not-ready','effect':'NoExecute'}]}," READY("True") "}",
          false, "[{'key':'a','effect':'NoSchedule'}]" },
        { "{'spec':{}," READY("False") "}", false,
          "[{'effect':'NoSchedule','key':'node.kubernetes.io/not-ready'}]" },
        { "{'spec':{}," READY("Unknown") "}", true,
          "[{'effect':'NoSchedule','key':'node.kubernetes.io/unreachable'},{'effect':'NoExecute','key':"
          "'node.kubernetes.io/unreachable','timeAdded':'1970-01-01T00:00:00Z'}]" },
        { "{'spec':{'taints':[{'key':'node.kubernetes.io/not-ready','effect':'NoSchedule'}]}," READY(
              "Unknown") "}",
          false, "[{'effect':'NoSchedule','key':'node.kubernetes.io/unreachable'}]" },
        /* a new node whose agent has not reported keeps what admission gave it */
        { "{'spec':{'taints':[{'key':'node.kubernetes.io/not-ready','effect':'NoSchedule'}]}}", true, NULL },
        { "{'spec':{'unschedulable':true}," READY("True") "}", true,
          "[{'effect':'NoSchedule','key':'node.kubernetes.io/unschedulable'}]" },
        { "{'spec':{'taints':[{'key':'node.kubernetes.io/unschedulable','effect':'NoSchedule'}]}," READY(
              "True") "}",
          true, "[]" },
        { "{'spec':{},'status':{'conditions':[{'type':'DiskPressure','status':'True'}]}}", true,
          "[{'effect':'NoSchedule','key':'node.kubernetes.io/disk-pressure'}]" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *node = object(rows[i].node);
        cu_autoval struct val *got = ctl_node_taints(node, rows[i].evict, 0);
        cu_autoval struct val *want = rows[i].want ? object(rows[i].want) : NULL;
        if (!rows[i].want != !got || (got && !val_equal(got, want)))
            fail_msg("row %zu: %s", i, rows[i].node);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    cu_autoval struct val *node =
        object("{'metadata':{'creationTimestamp':'2026-01-01T00:00:00Z'}," READY("True") "}");
    cu_autoval struct val *patch = ctl_node_unknown_patch(node, 0);
    const struct val *list = val_find(patch, "status", "conditions", NULL);
    assert_int_equal(val_len(list), 4);
    assert_string_equal(val_get_str(val_at(list, 0), "reason"), "NodeStatusUnknown");
    assert_null(val_get(val_at(list, 0), "lastHeartbeatTime"));
    assert_string_equal(val_get_str(val_at(list, 1), "reason"), "NodeStatusNeverUpdated");
    cu_autoval struct val *lost =
        object("{'status':{'conditions':[{'type':'Ready','status':'Unknown'},{'type':"
               "'MemoryPressure','status':'Unknown'},{'type':'DiskPressure','status':'Unknown'},"
               "{'type':'PIDPressure','status':'Unknown'}]}}");
    assert_null(ctl_node_unknown_patch(lost, 0));
}

static void test_tolerations(void **state)
{
    (void)state;
    static const struct {
        const char *tolerations;
        int64_t want;
    } rows[] = {
        { "[]", 0 },
        { "[{'operator':'Exists'}]", -1 },
        { "[{'key':'k','operator':'Exists','effect':'NoExecute','tolerationSeconds':300}]", 290000 },
        { "[{'key':'k','operator':'Equal','value':'v','effect':'NoExecute','tolerationSeconds':5}]", 0 },
        { "[{'key':'k','value':'v'}]", -1 },
        { "[{'key':'k','value':'w'}]", 0 },
        { "[{'key':'k','operator':'Exists','effect':'NoSchedule'}]", 0 },
        { "[{'key':'k','operator':'Exists','effect':'NoExecute','tolerationSeconds':-1}]", 0 },
    };
    cu_autoval struct val *taints =
        object("[{'key':'other','effect':'NoSchedule'},{'key':'k','value':'v','effect':"
               "'NoExecute','timeAdded':'1970-01-01T00:00:00Z'}]");
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *t = object(rows[i].tolerations);
        if (ctl_pod_may_stay_ms(t, taints, 10000) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].tolerations);
    }
    assert_int_equal(ctl_pod_may_stay_ms(NULL, NULL, 0), -1);
}

static void test_reason(void **state)
{
    (void)state;
    cu_autoval struct val *none = val_new_list();
    cu_autoval struct val *mixed =
        object("[{'metadata':{'labels':{'cubeadm.io/runtime':'process'}}},{'metadata':{}}]");
    cu_autofree char *a = ctl_unschedulable_reason(none);
    cu_autofree char *b = ctl_unschedulable_reason(mixed);
    assert_string_equal(a, "0/0 nodes are available.");
    assert_true(cu_has_prefix(b, "0/2 nodes are available: 1 node(s) run static pods only"));
    assert_non_null(strstr(b, ", 1 node(s) are for the real kube-scheduler"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taints),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_tolerations),
        cmocka_unit_test(test_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
