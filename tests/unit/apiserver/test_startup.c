/* Objects the server makes for itself: all there, written once, mended when damaged. */
#include "security.h"

#define RBAC "rbac.authorization.k8s.io"

static struct api_object *role(struct world *w, const char *name)
{
    return api_registry_get(w->g, api_resource_find(RBAC, "v1", "clusterroles"), NULL, name);
}

static void again(struct world *w)
{
    assert_int_equal(api_startup_objects(w->g, &w->opt, 6443, cu_now_ms(), NULL), 0);
}

static void test_all_there(void **state)
{
    static const struct {
        const char *group, *resource;
        size_t n;
    } want[] = {
        { "", "namespaces", 4 }, { RBAC, "clusterroles", 69 }, { RBAC, "clusterrolebindings", 50 },
        { RBAC, "roles", 7 },    { RBAC, "rolebindings", 7 },  { "scheduling.k8s.io", "priorityclasses", 2 },
        { "", "services", 1 },   { "", "endpoints", 1 },       { "discovery.k8s.io", "endpointslices", 1 },
        { "", "configmaps", 1 },
    };
    struct world w;
    (void)state;
    world_open(&w);
    for (size_t i = 0; i < CU_LEN(want); i++)
        assert_int_equal(api_registry_count(w.g, api_resource_find(want[i].group, "v1", want[i].resource)),
                         want[i].n);
    const struct val *ns =
        api_registry_get(w.g, api_resource_find("", "v1", "namespaces"), NULL, "kube-system")->v;
    tu_assert_json(val_get(ns, "spec"), "{'finalizers':['kubernetes']}");
    tu_assert_json(val_find(ns, "metadata", "labels", NULL), "{'kubernetes.io/metadata.name':'kube-system'}");
    const struct val *svc =
        api_registry_get(w.g, api_resource_find("", "v1", "services"), "default", "kubernetes")->v;
    tu_assert_json(
        val_get(svc, "spec"),
        "{'ports':[{'name':'https','protocol':'TCP','port':443,'targetPort':6443}],'clusterIP':'10.96.0.1',"
        "'clusterIPs':['10.96.0.1'],'type':'ClusterIP','sessionAffinity':'None','ipFamilies':['IPv4'],"
        "'ipFamilyPolicy':'SingleStack','internalTrafficPolicy':'Cluster'}");
    const struct val *admin = role(&w, "admin")->v;
    assert_true(val_len(val_get(admin, "rules")) > 10);
    tu_assert_json(val_find(admin, "metadata", "labels", NULL),
                   "{'kubernetes.io/bootstrapping':'rbac-defaults'}");
    tu_assert_json(val_find(admin, "metadata", "annotations", NULL),
                   "{'rbac.authorization.kubernetes.io/autoupdate':'true'}");
    world_close(&w);
}

static void test_second_run_writes_nothing(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    int64_t rev = api_registry_revision(w.g);
    again(&w);
    assert_int_equal(api_registry_revision(w.g), rev);
    world_close(&w);
}

static void test_mends(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    size_t n = val_len(val_get(role(&w, "system:node-bootstrapper")->v, "rules"));
    assert_true(n > 0);
    struct val *v = val_copy(role(&w, "system:node-bootstrapper")->v);
    val_remove(val_get(v, "rules"), 0);
    assert_int_equal(api_registry_update(w.g, role(&w, "system:node-bootstrapper"), v, NULL, &w.st), 0);
    struct api_object *gone = role(&w, "system:discovery"), *last = NULL;
    assert_int_equal(api_registry_delete(w.g, gone, &last, &w.st), 0);
    api_object_unref(last);
    v = val_copy(role(&w, "system:kube-dns")->v); /* the owner said: keep off */
    val_set_str(val_need_map(val_get(v, "metadata"), "annotations"),
                "rbac.authorization.kubernetes.io/autoupdate", "false");
    val_clear(val_get(v, "rules"));
    assert_int_equal(api_registry_update(w.g, role(&w, "system:kube-dns"), v, NULL, &w.st), 0);
    again(&w);
    assert_int_equal(val_len(val_get(role(&w, "system:node-bootstrapper")->v, "rules")), n);
    assert_non_null(role(&w, "system:discovery"));
    assert_int_equal(val_len(val_get(role(&w, "system:kube-dns")->v, "rules")), 0);

    free(w.opt.advertise_address); /* the server moved: its endpoints follow */
    w.opt.advertise_address = cu_strdup("10.0.0.2");
    again(&w);
    const struct val *ep =
        api_registry_get(w.g, api_resource_find("", "v1", "endpoints"), "default", "kubernetes")->v;
    tu_assert_json(
        val_get(ep, "subsets"),
        "[{'addresses':[{'ip':'10.0.0.2'}],'ports':[{'name':'https','port':6443,'protocol':'TCP'}]}]");
    world_close(&w);
}

static void test_bad_file(void **state)
{
    struct world w;
    struct cu_err err = CU_ERR_INIT;
    (void)state;
    world_open(&w);
    w.opt.client_ca_file = cu_strdup("/nonexistent/ca.crt");
    assert_int_equal(api_startup_objects(w.g, &w.opt, 6443, cu_now_ms(), &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(err.msg, "/nonexistent/ca.crt"));
    cu_err_clear(&err);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_there),
        cmocka_unit_test(test_second_run_writes_nothing),
        cmocka_unit_test(test_mends),
        cmocka_unit_test(test_bad_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
