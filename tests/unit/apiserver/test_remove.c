/* Deletion through the whole server: answers, grace, finalizers, owners, namespaces, eviction, binding. */
#include "harness.h"

#define PODS "/api/v1/namespaces/ns/pods"
#define MERGE "Content-Type: application/merge-patch+json\r\n"
#define POD(name) "{'metadata':{'name':'" name "'},'spec':{'containers':[{'name':'c','image':'i'}]}}"

static bool there(struct harness *h, const char *path)
{
    autoanswer a = hs_call(h, "GET", path, NULL, NULL);
    return a.code == 200;
}

static void wait_gone(struct harness *h, const char *path)
{
    int64_t end = cu_mono_ms() + 5000;
    while (there(h, path))
        if (cu_mono_ms() > end)
            fail_msg("%s is still there", path);
}

static void bind_pod(struct harness *h, const char *pod)
{
    cu_autofree char *path = cu_asprintf(PODS "/%s/binding", pod);
    expect_only(201, h, "POST", path, NULL, "{'target':{'kind':'Node','name':'n'}}");
}

static void test_answers(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a'}}");
    autoanswer made = expect(200, &h, "GET", CM "/a", NULL, NULL);
    expect_only(409, &h, "DELETE", CM "/a", NULL, "{'preconditions':{'uid':'zz'}}");
    autoanswer conflict =
        expect(409, &h, "DELETE", CM "/a", NULL, "{'preconditions':{'resourceVersion':'1'}}");
    assert_string_equal(val_find_str(conflict.body, "details", "kind", NULL), "ConfigMap");
    expect_only(422, &h, "DELETE", CM "/a", NULL,
                "{'propagationPolicy':'Foreground','orphanDependents':true}");
    expect_only(422, &h, "DELETE", CM "/a?propagationPolicy=x", NULL, NULL);
    expect_only(400, &h, "DELETE", CM "/a", NULL, "{'kind':'Pod'}");
    expect_only(400, &h, "DELETE", CM "/a?gracePeriodSeconds=x", NULL, NULL);
    expect_only(200, &h, "DELETE", CM "/a", NULL, "{'dryRun':['All']}");
    autoanswer gone = expect(200, &h, "DELETE", CM "/a", NULL,
                             "{'kind':'DeleteOptions','apiVersion':'v1','preconditions':{}}");
    assert_string_equal(val_get_str(gone.body, "status"), "Success");
    assert_string_equal(val_find_str(gone.body, "details", "uid", NULL),
                        val_find_str(made.body, "metadata", "uid", NULL));
    expect_only(404, &h, "DELETE", CM "/a", NULL, NULL);
    autoanswer sa = expect(200, &h, "DELETE", "/api/v1/namespaces/ns/serviceaccounts/default", NULL, NULL);
    assert_string_equal(val_get_str(sa.body, "kind"), "ServiceAccount");
    hs_make(&h, "/api/v1/namespaces", "{'metadata':{'name':'kube-system'}}");
    expect_only(403, &h, "DELETE", "/api/v1/namespaces/kube-system", NULL, NULL);
    hs_stop(&h);
}

static void test_collection(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a','labels':{'x':'1'}}}");
    hs_make(&h, CM, "{'metadata':{'name':'b','labels':{'x':'1'}}}");
    hs_make(&h, CM, "{'metadata':{'name':'c'}}");
    autoanswer list = expect(200, &h, "DELETE", CM "?labelSelector=x%3D1", NULL, NULL);
    assert_string_equal(val_get_str(list.body, "kind"), "ConfigMapList");
    assert_int_equal(val_len(val_get(list.body, "items")), 2);
    assert_false(there(&h, CM "/a"));
    assert_true(there(&h, CM "/c"));
    hs_stop(&h);
}

static void test_pod_grace(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, PODS, POD("p"));
    bind_pod(&h, "p");
    expect_only(409, &h, "POST", PODS "/p/binding", NULL, "{'target':{'name':'other'}}");
    autoanswer bound = expect(200, &h, "GET", PODS "/p", NULL, NULL);
    assert_string_equal(val_find_str(bound.body, "spec", "nodeName", NULL), "n");
    autoanswer first = expect(200, &h, "DELETE", PODS "/p", NULL, NULL);
    const struct val *m = val_get(first.body, "metadata");
    assert_int_equal(val_get_int(m, "deletionGracePeriodSeconds", 0), 30);
    assert_int_equal(val_get_int(m, "generation", 0), 2);
    autoanswer longer = expect(200, &h, "DELETE", PODS "/p?gracePeriodSeconds=60", NULL, NULL);
    assert_int_equal(val_get_int(val_get(longer.body, "metadata"), "deletionGracePeriodSeconds", 0), 30);
    autoanswer shorter = expect(200, &h, "DELETE", PODS "/p", NULL, "{'gracePeriodSeconds':5}");
    assert_int_equal(val_get_int(val_get(shorter.body, "metadata"), "deletionGracePeriodSeconds", 0), 5);
    expect_only(409, &h, "POST", PODS "/p/binding", NULL, "{'target':{'name':'other'}}");
    assert_true(there(&h, PODS "/p"));
    autoanswer now = expect(200, &h, "DELETE", PODS "/p", NULL, "{'gracePeriodSeconds':0}");
    assert_string_equal(val_get_str(now.body, "kind"), "Pod");
    assert_non_null(val_find_str(now.body, "metadata", "deletionTimestamp", NULL));
    assert_false(there(&h, PODS "/p"));
    hs_make(&h, PODS, POD("unbound")); /* nobody runs it: no grace */
    expect_only(200, &h, "DELETE", PODS "/unbound", NULL, NULL);
    assert_false(there(&h, PODS "/unbound"));
    hs_stop(&h);
}

static void test_finalizers(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a','finalizers':['x/y']}}");
    autoanswer a = expect(200, &h, "DELETE", CM "/a", NULL, NULL);
    assert_string_equal(val_get_str(a.body, "kind"), "ConfigMap");
    assert_non_null(val_find_str(a.body, "metadata", "deletionTimestamp", NULL));
    assert_true(there(&h, CM "/a"));
    expect_only(422, &h, "PATCH", CM "/a", MERGE, "{'metadata':{'finalizers':['x/y','x/z']}}");
    autoanswer b = expect(200, &h, "PATCH", CM "/a", MERGE, "{'metadata':{'finalizers':null}}");
    assert_string_equal(val_get_str(b.body, "kind"), "ConfigMap");
    assert_false(there(&h, CM "/a"));
    hs_stop(&h);
}

/* Makes a ConfigMap owned by another; returns nothing, the owner must exist. */
static void make_owned(struct harness *h, const char *name, const char *owner, const char *owner2, bool block)
{
    cu_autofree char *p1 = cu_asprintf(CM "/%s", owner), *p2 = cu_asprintf(CM "/%s", owner2 ? owner2 : owner);
    autoanswer o1 = expect(200, h, "GET", p1, NULL, NULL), o2 = expect(200, h, "GET", p2, NULL, NULL);
    cu_autofree char *second =
        owner2 ? cu_asprintf(",{'apiVersion':'v1','kind':'ConfigMap','name':'%s','uid':'%s'}", owner2,
                             val_find_str(o2.body, "metadata", "uid", NULL))
               : cu_strdup("");
    cu_autofree char *body = cu_asprintf(
        "{'metadata':{'name':'%s','ownerReferences':[{'apiVersion':'v1','kind':"
        "'ConfigMap','name':'%s','uid':'%s','blockOwnerDeletion':%s}%s]}}",
        name, owner, val_find_str(o1.body, "metadata", "uid", NULL), block ? "true" : "false", second);
    hs_make(h, CM, body);
}

static void test_owners(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a'}}");
    hs_make(&h, CM, "{'metadata':{'name':'b'}}");
    make_owned(&h, "child", "a", NULL, false);
    make_owned(&h, "grandchild", "child", NULL, false);
    make_owned(&h, "shared", "a", "b", false);
    expect_only(200, &h, "DELETE", CM "/a", NULL, NULL);
    wait_gone(&h, CM "/grandchild");
    assert_false(there(&h, CM "/child"));
    autoanswer shared = expect(200, &h, "GET", CM "/shared", NULL, NULL);
    assert_int_equal(val_len(val_find(shared.body, "metadata", "ownerReferences", NULL)), 1);
    /* an owner that never was; an owner of a kind not served here */
    hs_make(&h, CM,
            "{'metadata':{'name':'stray','ownerReferences':[{'apiVersion':'v1','kind':'Node','name':'x','uid'"
            ":'gone'}]}}");
    hs_make(&h, CM,
            "{'metadata':{'name':'foreign','ownerReferences':[{'apiVersion':'x.io/"
            "v1','kind':'X','name':'x','uid':'g'}]}}");
    wait_gone(&h, CM "/stray");
    assert_true(there(&h, CM "/foreign"));
    hs_stop(&h);
}

static void test_propagation(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a'}}");
    make_owned(&h, "child", "a", NULL, true);
    expect_only(200, &h, "PATCH", CM "/child", MERGE, "{'metadata':{'finalizers':['x/y']}}");
    autoanswer a = expect(200, &h, "DELETE", CM "/a?propagationPolicy=Foreground", NULL, NULL);
    assert_string_equal(val_str(val_at(val_find(a.body, "metadata", "finalizers", NULL), 0)),
                        "foregroundDeletion");
    for (int i = 0; i < 5; i++)
        assert_true(there(&h, CM "/a")); /* waits for the child */
    expect_only(200, &h, "PATCH", CM "/child", MERGE, "{'metadata':{'finalizers':null}}");
    wait_gone(&h, CM "/a");
    assert_false(there(&h, CM "/child"));
    hs_make(&h, CM, "{'metadata':{'name':'b'}}");
    make_owned(&h, "orphan", "b", NULL, false);
    expect_only(200, &h, "DELETE", CM "/b", NULL, "{'propagationPolicy':'Orphan'}");
    wait_gone(&h, CM "/b");
    autoanswer orphan = expect(200, &h, "GET", CM "/orphan", NULL, NULL);
    assert_int_equal(val_len(val_find(orphan.body, "metadata", "ownerReferences", NULL)), 0);
    hs_stop(&h);
}

static void test_namespace(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a'}}");
    hs_make(&h, CM, "{'metadata':{'name':'held','finalizers':['x/y']}}");
    hs_make(&h, PODS, POD("p"));
    bind_pod(&h, "p");
    autoanswer ns = expect(200, &h, "DELETE", "/api/v1/namespaces/ns", NULL, NULL);
    assert_string_equal(val_find_str(ns.body, "status", "phase", NULL), "Terminating");
    wait_gone(&h, CM "/a");
    expect_only(403, &h, "POST", CM, NULL, "{'metadata':{'name':'late'}}");
    autoanswer pod = expect(200, &h, "GET", PODS "/p", NULL, NULL);
    assert_non_null(val_find_str(pod.body, "metadata", "deletionTimestamp", NULL));
    hs_close(&h); /* goes on after a restart */
    hs_open(&h);
    expect_only(200, &h, "DELETE", PODS "/p?gracePeriodSeconds=0", NULL, NULL);
    assert_true(there(&h, "/api/v1/namespaces/ns"));
    expect_only(200, &h, "PATCH", CM "/held", MERGE, "{'metadata':{'finalizers':null}}");
    wait_gone(&h, "/api/v1/namespaces/ns");
    hs_stop(&h);
}

static void test_eviction(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    const char *pdbs = "/apis/policy/v1/namespaces/ns/poddisruptionbudgets";
    hs_make(&h, PODS,
            "{'metadata':{'name':'p','labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    bind_pod(&h, "p");
    expect_only(200, &h, "PATCH", PODS "/p/status", MERGE, "{'status':{'phase':'Running'}}");
    hs_make(&h, pdbs,
            "{'metadata':{'name':'b'},'spec':{'minAvailable':1,'selector':{'matchLabels':{'a':'b'}}}}");
    autoanswer blocked = expect(429, &h, "POST", PODS "/p/eviction", NULL, "{'metadata':{'name':'p'}}");
    assert_non_null(strstr(blocked.head, "Retry-After: 10"));
    cu_autofree char *budget = cu_asprintf("%s/b", pdbs);
    expect_only(200, &h, "DELETE", budget, NULL, NULL);
    expect_only(404, &h, "POST", PODS "/none/eviction", NULL, "{'metadata':{'name':'none'}}");
    expect_only(400, &h, "POST", PODS "/p/eviction", NULL, "{'metadata':{'name':'q'}}");
    autoanswer done = expect(201, &h, "POST", PODS "/p/eviction", NULL,
                             "{'metadata':{'name':'p'},'deleteOptions':{'gracePeriodSeconds':0}}");
    assert_string_equal(val_get_str(done.body, "status"), "Success");
    assert_false(there(&h, PODS "/p"));
    hs_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),   cmocka_unit_test(test_collection),
        cmocka_unit_test(test_pod_grace), cmocka_unit_test(test_finalizers),
        cmocka_unit_test(test_owners),    cmocka_unit_test(test_propagation),
        cmocka_unit_test(test_namespace), cmocka_unit_test(test_eviction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
