/* Who may do what: the bootstrap policy, roles and bindings, aggregation, node agents. */
#include "apiserver/rbac.h"
#include "security.h"

struct question {
    const char *text;
    bool yes;
};

static void check(struct world *w, const char *name, const char *groups, const struct question *q, size_t n)
{
    struct api_user u = user(name, groups);
    for (size_t i = 0; i < n; i++) {
        if (may(w, &u, q[i].text) != q[i].yes)
            fail_msg("%s (%s): %s is %s", name, groups, q[i].text, q[i].yes ? "refused" : "allowed");
    }
    api_user_clear(&u);
}

#define CHECK(w, name, groups, ...)                                                                          \
    do {                                                                                                     \
        static const struct question q_[] = { __VA_ARGS__ };                                                 \
        check(w, name, groups, q_, CU_LEN(q_));                                                              \
    } while (0)

/* What kubeadm adds to the policy. */
static void put_kubeadm_rules(struct world *w)
{
    world_put(
        w, "{'kind':'Role','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'ci','namespace':"
           "'kube-public'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['configmaps'],"
           "'resourceNames':['cluster-info']}]}");
    world_put(w,
              "{'kind':'RoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'ci',"
              "'namespace':'kube-public'},'roleRef':{'kind':'Role','name':'ci'},'subjects':[{'kind':'User',"
              "'name':'system:anonymous'}]}");
    world_put(
        w, "{'kind':'ClusterRoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':"
           "'kubeadm:kubelet-bootstrap'},'roleRef':{'kind':'ClusterRole','name':'system:node-bootstrapper'},"
           "'subjects':[{'kind':'Group','name':'system:bootstrappers:kubeadm:default-node-token'}]}");
}

static void test_anonymous(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put_kubeadm_rules(&w);
    CHECK(&w, "system:anonymous", "system:unauthenticated", { "get /healthz", true }, { "get /livez", true },
          { "get /readyz", true }, { "get /version", true }, { "get /version/", true },
          { "get configmaps kube-public/cluster-info", true }, { "get /api", false },
          { "get /metrics", false }, { "post /healthz", false }, { "get /healthz/etcd", false },
          { "get configmaps kube-public/other", false }, { "list configmaps kube-public/-", false },
          { "get configmaps kube-system/cluster-info", false }, { "get configmaps -/cluster-info", false },
          { "get secrets kube-system/x", false },
          { "create selfsubjectaccessreviews@authorization.k8s.io -", false }, { "get nodes n1", false });
    world_close(&w);
}

static void test_identities(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put_kubeadm_rules(&w);
    CHECK(&w, "root", "system:masters", { "delete nodes n1", true }, { "get /metrics", true },
          { "escalate clusterroles@rbac.authorization.k8s.io x", true });
    CHECK(&w, "me", "system:authenticated", { "get /api", true }, { "get /apis/apps", true },
          { "get /openapi/v2", true }, { "get /version", true },
          { "create selfsubjectaccessreviews@authorization.k8s.io -", true },
          { "create selfsubjectrulesreviews@authorization.k8s.io -", true },
          { "create selfsubjectreviews@authentication.k8s.io -", true }, { "get pods default/x", false },
          { "create tokenreviews@authentication.k8s.io -", false });
    CHECK(&w, "system:bootstrap:abcdef",
          "system:bootstrappers,system:bootstrappers:kubeadm:default-node-token,system:authenticated",
          { "create certificatesigningrequests@certificates.k8s.io -", true },
          { "watch certificatesigningrequests@certificates.k8s.io -", true },
          { "delete certificatesigningrequests@certificates.k8s.io x", false }, { "get nodes n1", false },
          { "create selfsubjectrulesreviews@authorization.k8s.io -", true });
    CHECK(&w, "system:kube-scheduler", "system:authenticated", { "list pods -", true },
          { "create pods/binding default/x", true }, { "create bindings default/-", true },
          { "delete nodes n", false });
    CHECK(&w, "system:serviceaccount:kube-system:certificate-controller",
          "system:serviceaccounts,system:serviceaccounts:kube-system,system:authenticated",
          { "approve signers@certificates.k8s.io kubernetes.io/kube-apiserver-client-kubelet", true },
          { "sign signers@certificates.k8s.io kubernetes.io/kubelet-serving", true },
          { "update certificatesigningrequests/status@certificates.k8s.io x", true },
          { "sign signers@certificates.k8s.io example.com/x", false });
    CHECK(&w, "system:serviceaccount:other:certificate-controller",
          "system:serviceaccounts,system:authenticated",
          { "update certificatesigningrequests/status@certificates.k8s.io x", false });
    world_close(&w);
}

static void test_scopes(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    world_put(
        &w,
        "{'kind':'RoleBinding','apiVersion':'rbac.authorization.k8s.io/"
        "v1','metadata':{'name':'b','namespace':"
        "'default'},'roleRef':{'kind':'ClusterRole','name':'admin'},'subjects':[{'kind':'User','name':'eve'},"
        "{'kind':'ServiceAccount','name':'robot'}]}");
    world_put(
        &w,
        "{'kind':'ClusterRoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'lost'},"
        "'roleRef':{'kind':'ClusterRole','name':'no-such-role'},'subjects':[{'kind':'User','name':'eve'}]}");
    CHECK(&w, "eve", "system:authenticated", { "delete pods default/x", true },
          { "create roles@rbac.authorization.k8s.io default/-", true }, { "get pods/log default/x", true },
          { "delete pods kube-system/x", false }, { "list pods -", false }, { "get nodes n1", false },
          { "get /metrics", false });
    CHECK(&w, "system:serviceaccount:default:robot", "system:authenticated", { "get pods default/x", true },
          { "get pods other/x", false });
    world_close(&w);
}

/* A user's own role takes part in aggregation as soon as it carries the label, also over two steps. */
static void test_aggregation(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    world_put(
        &w,
        "{'kind':'ClusterRoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'b'},"
        "'roleRef':{'kind':'ClusterRole','name':'admin'},'subjects':[{'kind':'User','name':'eve'}]}");
    CHECK(&w, "eve", "system:authenticated", { "get widgets@example.com default/x", false });
    struct api_object *o = world_put(
        &w,
        "{'kind':'ClusterRole','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'w','labels':{"
        "'rbac.authorization.k8s.io/aggregate-to-view':'true'}},'rules':[{'verbs':['get'],'apiGroups':["
        "'example.com'],'resources':['widgets']}]}");
    CHECK(&w, "eve", "system:authenticated", { "get widgets@example.com default/x", true });
    struct api_object *last = NULL;
    assert_int_equal(api_registry_delete(w.g, o, &last, &w.st), 0);
    api_object_unref(last);
    CHECK(&w, "eve", "system:authenticated", { "get widgets@example.com default/x", false });
    world_close(&w);
}

static void test_rules(void **state)
{
    static const struct {
        const char *rule, *ask;
        bool yes;
    } cases[] = {
        { "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}", "get pods a/b", true },
        { "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}", "get pods/log a/b", false },
        { "{'verbs':['get'],'apiGroups':[''],'resources':['*']}", "get pods/log a/b", true },
        { "{'verbs':['get'],'apiGroups':[''],'resources':['*/log']}", "get pods/log a/b", true },
        { "{'verbs':['get'],'apiGroups':[''],'resources':['*/log']}", "get pods a/b", false },
        { "{'verbs':['*'],'apiGroups':['*'],'resources':['pods/log']}", "get pods/log a/b", true },
        { "{'verbs':['*'],'apiGroups':['apps'],'resources':['*']}", "get pods a/b", false },
        { "{'verbs':['get'],'apiGroups':[''],'resources':['pods'],'resourceNames':['b']}", "get pods a/b",
          true },
        { "{'verbs':['create'],'apiGroups':[''],'resources':['pods'],'resourceNames':['b']}",
          "create pods a/-", false },
        { "{'verbs':['get'],'nonResourceURLs':['/x/*']}", "get /x/y", true },
        { "{'verbs':['get'],'nonResourceURLs':['/x/*']}", "get /x", false },
        { "{'verbs':['get'],'nonResourceURLs':['/x']}", "get /x/", false },
        { "{'verbs':['get'],'nonResourceURLs':['*']}", "get /x", true },
        { "{'verbs':['get'],'nonResourceURLs':['*']}", "get pods a/b", false },
        { "{'verbs':['get']}", "get pods a/b", false },
        { "{}", "get pods a/b", false },
        { "{'verbs':'get','apiGroups':'','resources':{}}", "get pods a/b", false },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *rule = tu_json(cases[i].rule);
        struct ask q;
        ask_parse(&q, cases[i].ask, NULL);
        if (api_rule_allows(rule, &q.a) != cases[i].yes)
            fail_msg("%s: %s", cases[i].rule, cases[i].ask);
        ask_clear(&q);
    }
}

static void test_node(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    world_put(
        &w,
        "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default'},'spec':{'nodeName':'"
        "n1',"
        "'serviceAccountName':'robot','volumes':[{'name':'a','secret':{'secretName':'s1'}},{'name':'b',"
        "'projected':{'sources':[{'configMap':{'name':'c1'}}]}},{'name':'c','persistentVolumeClaim':{"
        "'claimName':'pvc1'}}],'containers':[{'name':'x','envFrom':[{'secretRef':{'name':'s2'}}],'env':[{"
        "'name':'E','valueFrom':{'configMapKeyRef':{'name':'c2','key':'k'}}}]}],'imagePullSecrets':[{'name':"
        "'s3'}]}}");
    world_put(&w, "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'q','namespace':'default'},'spec':{'"
                  "nodeName':'n2',"
                  "'containers':[{'name':'x','envFrom':[{'secretRef':{'name':'s9'}}]}]}}");
    CHECK(&w, "system:node:n1", "system:nodes,system:authenticated", { "get nodes n1", true },
          { "get nodes n2", false }, { "list nodes -", false }, { "watch nodes n1", true },
          { "create nodes -", true }, { "update nodes/status n1", true }, { "delete nodes n1", false },
          { "get secrets default/s1", true }, { "get secrets default/s2", true },
          { "watch secrets default/s3", true }, { "get secrets default/s9", false },
          { "list secrets default/-", false }, { "get secrets kube-system/s1", false },
          { "update secrets default/s1", false }, { "get configmaps default/c1", true },
          { "get configmaps default/c2", true }, { "get configmaps default/c3", false },
          { "get persistentvolumeclaims default/pvc1", true },
          { "create serviceaccounts/token default/robot", true },
          { "create serviceaccounts/token default/other", false },
          { "get serviceaccounts default/robot", true }, { "get pods default/p", true },
          { "get pods default/q", false }, { "get pods default/none", false },
          { "list pods - spec.nodeName=n1", true },
          { "watch pods - metadata.name!=x,spec.nodeName==n1", true },
          { "list pods - spec.nodeName=n2", false }, { "list pods - spec.nodeName!=n1", false },
          { "list pods -", false }, { "create pods default/-", true }, { "delete pods default/q", true },
          { "create pods/eviction default/q", true },
          { "update leases@coordination.k8s.io kube-node-lease/n1", true },
          { "update leases@coordination.k8s.io kube-node-lease/n2", false },
          { "get leases@coordination.k8s.io kube-system/n1", false },
          { "create leases@coordination.k8s.io kube-node-lease/-", true },
          { "create csinodes@storage.k8s.io -", true }, { "get csinodes@storage.k8s.io n2", false },
          { "create certificatesigningrequests@certificates.k8s.io -", true },
          { "create events@events.k8s.io default/-", true }, { "list services -", true },
          { "delete services default/x", false },
          { "create subjectaccessreviews@authorization.k8s.io -", true }, { "get /metrics", false },
          { "get /api", true });
    CHECK(&w, "system:node:n1", "system:authenticated", { "get nodes n1", false }); /* not in the group */
    CHECK(&w, "system:node:", "system:nodes,system:authenticated", { "create nodes -", false });
    CHECK(&w, "n1", "system:nodes,system:authenticated", { "get nodes n1", false });

    struct api_user u = user("system:node:n1", "system:nodes,system:authenticated");
    struct ask q;
    cu_autofree char *why = NULL;
    ask_parse(&q, "get nodes n2", &u);
    assert_false(api_authorize(w.z, &q.a, &why));
    assert_non_null(why);
    ask_clear(&q);
    ask_parse(&q, "get /metrics", &u);
    free(why);
    assert_false(api_authorize(w.z, &q.a, &why));
    assert_null(why);
    ask_clear(&q);
    api_user_clear(&u);
    world_close(&w);
}

static void test_modes(void **state)
{
    struct world w;
    struct api_authz *z = NULL;
    struct cu_err err = CU_ERR_INIT;
    struct cu_strlist modes = CU_STRLIST_INIT;
    struct api_user u = user("me", "system:authenticated"), m = user("root", "system:masters");
    struct ask q;
    (void)state;
    world_open(&w);
    ask_parse(&q, "delete nodes x", &u);
    assert_int_equal(api_authz_new(&modes, w.g, &z, NULL), 0); /* none given: upstream's default */
    assert_true(api_authorize(z, &q.a, NULL));
    api_authz_free(z);
    cu_strlist_add(&modes, "AlwaysDeny");
    assert_int_equal(api_authz_new(&modes, w.g, &z, NULL), 0);
    assert_false(api_authorize(z, &q.a, NULL));
    q.a.user = &m;
    assert_true(api_authorize(z, &q.a, NULL));
    api_authz_free(z);
    cu_strlist_add(&modes, "Webhook");
    assert_int_equal(api_authz_new(&modes, w.g, &z, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "Webhook"));
    cu_err_clear(&err);
    cu_strlist_clear(&modes);
    ask_clear(&q);
    api_user_clear(&u);
    api_user_clear(&m);
    world_close(&w);
}

static void test_list_of_rules(void **state)
{
    struct world w;
    struct api_user boot = user("system:bootstrap:abcdef",
                                "system:bootstrappers:kubeadm:default-node-token,system:authenticated");
    struct api_user node = user("system:node:n1", "system:nodes,system:authenticated");
    (void)state;
    world_open(&w);
    put_kubeadm_rules(&w);
    cu_autoval struct val *rules = api_authz_rules(w.z, &boot, "default");
    cu_autofree char *text = val_dump_json(rules, VAL_JSON_COMPACT);
    assert_false(val_get_bool(rules, "incomplete", true));
    assert_non_null(strstr(text, "\"certificatesigningrequests\""));
    assert_non_null(strstr(text, "\"/healthz\""));
    cu_autoval struct val *of_node = api_authz_rules(w.z, &node, "default");
    assert_true(val_get_bool(of_node, "incomplete", false));
    assert_non_null(val_get_str(of_node, "evaluationError"));
    api_user_clear(&boot);
    api_user_clear(&node);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anonymous), cmocka_unit_test(test_identities),
        cmocka_unit_test(test_scopes),    cmocka_unit_test(test_aggregation),
        cmocka_unit_test(test_rules),     cmocka_unit_test(test_node),
        cmocka_unit_test(test_modes),     cmocka_unit_test(test_list_of_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
