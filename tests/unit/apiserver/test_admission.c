/* What is changed or refused before it is stored. */
#include "base/encode.h"
#include "pki/csr.h"
#include "security.h"

/* Admits; 0 or the code of the refusal. obj and old are JSON or NULL; *out (may be NULL) is the changed object. */
static int admit(struct world *w, const struct api_user *u, const char *ask, const char *obj, const char *old,
                 struct val **out)
{
    struct ask q;
    ask_parse(&q, ask, u);
    cu_autoval struct val *o = obj ? tu_json(obj) : NULL, *before = old ? tu_json(old) : NULL;
    api_status_clear(&w->st);
    int r = api_admit(w->ad, &q.a, o, before, &w->st);
    if (out)
        *out = val_ref(o);
    ask_clear(&q);
    return r < 0 ? w->st.code : 0;
}

static void expect(struct world *w, const struct api_user *u, const char *ask, const char *obj,
                   const char *old, int want)
{
    int got = admit(w, u, ask, obj, old, NULL);
    if (got != want)
        fail_msg("%s %s: %d, not %d: %s", ask, cu_or(obj, ""), got, want,
                 cu_or(val_get_str(w->st.body, "message"), "admitted"));
}

struct fixture {
    struct world w;
    struct api_user root, node;
};

static void f_open(struct fixture *f)
{
    world_open(&f->w);
    f->root = user("root", "system:masters");
    f->node = user("system:node:n1", "system:nodes,system:authenticated");
}

static void f_close(struct fixture *f)
{
    api_user_clear(&f->root);
    api_user_clear(&f->node);
    world_close(&f->w);
}

static void test_namespaces(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    expect(&f.w, &f.root, "create configmaps default/-", "{'metadata':{'name':'a'}}", NULL, 0);
    expect(&f.w, &f.root, "create configmaps nons/-", "{'metadata':{'name':'a'}}", NULL, 404);
    tu_assert_json(f.w.st.body,
                   "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':"
                   "'namespaces \\'nons\\' not found','reason':'NotFound','details':{'name':'nons','kind':"
                   "'namespaces'},'code':404}");
    world_put(
        &f.w,
        "{'kind':'Namespace','apiVersion':'v1','metadata':{'name':'late'},'status':{'phase':'Terminating'}}");
    expect(&f.w, &f.root, "create configmaps late/-", "{'metadata':{'name':'a'}}", NULL, 403);
    const struct val *cause = val_at(val_find(f.w.st.body, "details", "causes", NULL), 0);
    assert_string_equal(val_get_str(cause, "reason"), "NamespaceTerminating");
    assert_string_equal(val_get_str(cause, "field"), "metadata.namespace");
    expect(&f.w, &f.root, "update configmaps late/a", "{'metadata':{'name':'a'}}", "{}", 0);
    expect(&f.w, &f.root, "delete configmaps late/a", NULL, "{}", 0);
    expect(&f.w, &f.root, "delete namespaces kube-system", NULL, "{}", 403);
    expect(&f.w, &f.root, "delete namespaces default", NULL, "{}", 403);
    expect(&f.w, &f.root, "delete namespaces late", NULL, "{}", 0);
    f_close(&f);
}

static void test_pod(void **state)
{
    struct fixture f;
    struct val *v = NULL;
    (void)state;
    f_open(&f);
    const char *pod =
        "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'a'},{'name':'b','volumeMounts':[{'name':'x',"
        "'mountPath':'/var/run/secrets/kubernetes.io/serviceaccount'}]}]}}";
    expect(&f.w, &f.root, "create pods default/-", pod, NULL, 403); /* no service account yet */
    world_put(
        &f.w,
        "{'kind':'ServiceAccount','apiVersion':'v1','metadata':{'name':'default','namespace':'default'},"
        "'imagePullSecrets':[{'name':'pull'}]}");
    assert_int_equal(admit(&f.w, &f.root, "create pods default/-", pod, NULL, &v), 0);
    struct val *spec = val_get(v, "spec");
    assert_string_equal(val_get_str(spec, "serviceAccountName"), "default");
    assert_string_equal(val_get_str(spec, "serviceAccount"), "default");
    assert_int_equal(val_get_int(spec, "priority", -1), 0);
    assert_string_equal(val_get_str(spec, "preemptionPolicy"), "PreemptLowerPriority");
    tu_assert_json(val_get(spec, "imagePullSecrets"), "[{'name':'pull'}]");
    tu_assert_json(val_get(spec, "tolerations"),
                   "[{'key':'node.kubernetes.io/"
                   "not-ready','operator':'Exists','effect':'NoExecute','tolerationSeconds':300},"
                   "{'key':'node.kubernetes.io/"
                   "unreachable','operator':'Exists','effect':'NoExecute','tolerationSeconds':300}]");
    assert_int_equal(val_len(val_get(spec, "volumes")), 1);
    struct val *vol = val_at(val_get(spec, "volumes"), 0);
    const char *name = val_get_str(vol, "name");
    assert_true(cu_has_prefix(name, "kube-api-access-") && strlen(name) == strlen("kube-api-access-") + 5);
    tu_assert_json(
        val_get(vol, "projected"),
        "{'sources':[{'serviceAccountToken':{'expirationSeconds':3607,'path':'token'}},{'configMap':{'name':"
        "'kube-root-ca.crt','items':[{'key':'ca.crt','path':'ca.crt'}]}},{'downwardAPI':{'items':[{'path':"
        "'namespace','fieldRef':{'apiVersion':'v1','fieldPath':'metadata.namespace'}}]}}],'defaultMode':"
        "420}");
    const struct val *a = val_at(val_get(spec, "containers"), 0), *b = val_at(val_get(spec, "containers"), 1);
    assert_string_equal(val_get_str(val_at(val_get(a, "volumeMounts"), 0), "name"), name);
    assert_true(val_get_bool(val_at(val_get(a, "volumeMounts"), 0), "readOnly", false));
    assert_int_equal(val_len(val_get(b, "volumeMounts")), 1);
    val_unref(v);
    assert_int_equal(
        admit(&f.w, &f.root, "create pods default/-",
              "{'spec':{'automountServiceAccountToken':false,'containers':[{'name':'a'}],'tolerations':[{"
              "'operator':'Exists'}]}}",
              NULL, &v),
        0);
    assert_int_equal(val_len(val_find(v, "spec", "volumes", NULL)), 0);
    assert_int_equal(val_len(val_find(v, "spec", "tolerations", NULL)), 1);
    val_unref(v);
    expect(&f.w, &f.root, "create pods default/-", "{'spec':{'serviceAccountName':'nobody'}}", NULL, 403);
    f_close(&f);
}

static void test_priority(void **state)
{
    struct fixture f;
    struct val *v = NULL;
    (void)state;
    f_open(&f);
    world_put(
        &f.w,
        "{'kind':'ServiceAccount','apiVersion':'v1','metadata':{'name':'default','namespace':'default'}}");
    assert_int_equal(admit(&f.w, &f.root, "create pods default/-",
                           "{'spec':{'priorityClassName':'system-node-critical'}}", NULL, &v),
                     0);
    assert_int_equal(val_get_int(val_get(v, "spec"), "priority", 0), 2000001000);
    val_unref(v);
    expect(&f.w, &f.root, "create pods default/-", "{'spec':{'priorityClassName':'nope'}}", NULL, 403);
    expect(&f.w, &f.root, "create pods default/-", "{'spec':{'priority':7}}", NULL, 403);
    expect(&f.w, &f.root, "create pods default/-",
           "{'spec':{'priorityClassName':'system-node-critical','priority':2000001000}}", NULL, 0);
    world_put(
        &f.w,
        "{'kind':'PriorityClass','apiVersion':'scheduling.k8s.io/v1','metadata':{'name':'low'},'value':5,"
        "'globalDefault':true,'preemptionPolicy':'Never'}");
    assert_int_equal(admit(&f.w, &f.root, "create pods default/-", "{'spec':{}}", NULL, &v), 0);
    assert_string_equal(val_find_str(v, "spec", "priorityClassName", NULL), "low");
    assert_string_equal(val_find_str(v, "spec", "preemptionPolicy", NULL), "Never");
    val_unref(v);
    assert_int_equal(
        admit(&f.w, &f.root, "update pods default/p", "{'spec':{}}", "{'spec':{'priority':9}}", &v), 0);
    assert_int_equal(val_get_int(val_get(v, "spec"), "priority", 0), 9);
    val_unref(v);
    const char *second = "{'metadata':{'name':'other'},'value':6,'globalDefault':true}";
    expect(&f.w, &f.root, "create priorityclasses@scheduling.k8s.io -", second, NULL, 403);
    expect(&f.w, &f.root, "update priorityclasses@scheduling.k8s.io low",
           "{'metadata':{'name':'low'},'value':5,'globalDefault':true}", "{}", 0);
    f_close(&f);
}

#define OWNER "'ownerReferences':[{'apiVersion':'v1','kind':'Node','name':'n1','uid':'u1','controller':true}]"
#define MIRROR "'annotations':{'kubernetes.io/config.mirror':'x'}"

static void test_node_pods(void **state)
{
    static const struct {
        const char *pod;
        int code;
    } cases[] = {
        { "{'metadata':{'name':'p'," MIRROR "," OWNER "},'spec':{'nodeName':'n1','priorityClassName':"
          "'system-node-critical','priority':2000001000}}",
          0 },
        { "{'metadata':{'name':'p'," OWNER "},'spec':{'nodeName':'n1'}}", 403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER "},'spec':{'nodeName':'n2'}}", 403 },
        { "{'metadata':{'name':'p'," MIRROR "},'spec':{'nodeName':'n1'}}", 403 },
        { "{'metadata':{'name':'p'," MIRROR
          ",'ownerReferences':[{'apiVersion':'v1','kind':'Node','name':'n1','uid':'u2',"
          "'controller':true}]},'spec':{'nodeName':'n1'}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR
          ",'ownerReferences':[{'apiVersion':'v1','kind':'Node','name':'n1','uid':'u1',"
          "'controller':true,'blockOwnerDeletion':true}]},'spec':{'nodeName':'n1'}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER
          "},'spec':{'nodeName':'n1','serviceAccountName':'default'}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER
          "},'spec':{'nodeName':'n1','volumes':[{'name':'s','secret':{"
          "'secretName':'s'}}]}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER
          "},'spec':{'nodeName':'n1','volumes':[{'name':'s','configMap':{"
          "'name':'s'}}]}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER
          "},'spec':{'nodeName':'n1','volumes':[{'name':'s','projected':{"
          "'sources':[{'serviceAccountToken':{'path':'t'}}]}}]}}",
          403 },
        { "{'metadata':{'name':'p'," MIRROR "," OWNER
          "},'spec':{'nodeName':'n1','volumes':[{'name':'s','hostPath':{"
          "'path':'/etc'}}]}}",
          0 },
    };
    struct fixture f;
    (void)state;
    f_open(&f);
    world_put(&f.w, "{'kind':'Node','apiVersion':'v1','metadata':{'name':'n1','uid':'u1'}}");
    for (size_t i = 0; i < CU_LEN(cases); i++)
        expect(&f.w, &f.node, "create pods kube-system/-", cases[i].pod, NULL, cases[i].code);
    expect(&f.w, &f.node, "delete pods kube-system/p", NULL, "{'spec':{'nodeName':'n1'}}", 0);
    expect(&f.w, &f.node, "delete pods kube-system/p", NULL, "{'spec':{'nodeName':'n2'}}", 403);
    expect(&f.w, &f.node, "patch pods/status kube-system/p", "{'spec':{'nodeName':'n1'},'status':{}}",
           "{'spec':{'nodeName':'n1'}}", 0);
    expect(&f.w, &f.node, "patch pods/status kube-system/p", "{'spec':{'nodeName':'n2'}}",
           "{'spec':{'nodeName':'n2'}}", 403);
    expect(&f.w, &f.node, "patch pods/status kube-system/p",
           "{'metadata':{'labels':{'a':'b'}},'spec':{'nodeName':'n1'}}", "{'spec':{'nodeName':'n1'}}", 403);
    world_put(&f.w, "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'q','namespace':'default'},'spec':{'"
                    "nodeName':'n2'}}");
    expect(&f.w, &f.node, "create pods/eviction default/q", "{'metadata':{'name':'q'}}", NULL, 403);
    f_close(&f);
}

static void test_node_object(void **state)
{
    struct fixture f;
    struct val *v = NULL;
    (void)state;
    f_open(&f);
    assert_int_equal(
        admit(&f.w, &f.node, "create nodes -",
              "{'metadata':{'name':'n1','labels':{'kubernetes.io/hostname':'n1','kubernetes.io/os':'linux',"
              "'cubeadm.io/runtime':'process','node.kubernetes.io/x':'y'}}}",
              NULL, &v),
        0);
    tu_assert_json(val_get(v, "spec"),
                   "{'taints':[{'key':'node.kubernetes.io/not-ready','effect':'NoSchedule'}]}");
    val_unref(v);
    expect(&f.w, &f.node, "create nodes -", "{'metadata':{'name':'n2'}}", NULL, 403);
    static const char *const bad[] = { "node-restriction.kubernetes.io/a",
                                       "x.node-restriction.kubernetes.io/a",
                                       "node-role.kubernetes.io/control-plane", "kubernetes.io/a",
                                       "a.k8s.io/b" };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autofree char *with = cu_asprintf("{'metadata':{'name':'n1','labels':{'%s':'x'}}}", bad[i]);
        expect(&f.w, &f.node, "create nodes -", with, NULL, 403);
        expect(&f.w, &f.node, "update nodes n1", with, with, 0); /* not changed */
        expect(&f.w, &f.node, "update nodes n1", "{'metadata':{'name':'n1'}}", with, 403);
        expect(&f.w, &f.root, "update nodes n1", with, "{'metadata':{'name':'n1'}}", 0);
    }
    expect(&f.w, &f.node, "update nodes n1", "{'metadata':{'name':'n1'}}",
           "{'metadata':{'name':'n1'},'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]}}", 403);
    expect(&f.w, &f.node, "patch nodes/status n1", "{'metadata':{'name':'n1'},'status':{}}",
           "{'metadata':{'name':'n1'}}", 0);
    expect(&f.w, &f.node, "patch nodes/status n2", "{'metadata':{'name':'n2'},'status':{}}",
           "{'metadata':{'name':'n2'}}", 403);
    expect(&f.w, &f.node, "create leases@coordination.k8s.io kube-node-lease/-", "{'metadata':{'name':'n1'}}",
           NULL, 0);
    expect(&f.w, &f.node, "create leases@coordination.k8s.io kube-node-lease/-", "{'metadata':{'name':'n2'}}",
           NULL, 403);
    expect(&f.w, &f.node, "create csinodes@storage.k8s.io -", "{'metadata':{'name':'n2'}}", NULL, 403);
    expect(&f.w, &f.node, "create csinodes@storage.k8s.io -", "{'metadata':{'name':'n1'}}", NULL, 0);
    f_close(&f);
}

static void test_node_tokens(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    world_put(
        &f.w,
        "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default','uid':'u1'},'spec':{"
        "'nodeName':'n1','volumes':[{'name':'t','projected':{'sources':[{'serviceAccountToken':{'path':'t'}}]"
        "}}]}}");
    const char *ask = "create serviceaccounts/token default/robot";
#define REF(name, uid) "'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'" name "','uid':'" uid "'}"
    expect(&f.w, &f.node, ask, "{'spec':{" REF("p", "u1") "}}", NULL, 0);
    expect(&f.w, &f.node, ask, "{'spec':{" REF("p", "u2") "}}", NULL, 403);
    expect(&f.w, &f.node, ask, "{'spec':{" REF("q", "u1") "}}", NULL, 403);
    expect(&f.w, &f.node, ask, "{'spec':{}}", NULL, 403);
    expect(&f.w, &f.node, ask, "{'spec':{'audiences':['vault']," REF("p", "u1") "}}", NULL, 403);
    expect(&f.w, &f.root, ask, "{'spec':{}}", NULL, 0);
    f_close(&f);
}

static char *csr_json(const char *cn, const char *org, const char *signer)
{
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT;
    pki_autokey struct pki_key *k = NULL;
    pki_autocsr struct pki_csr *csr = NULL;
    cu_strlist_add(&orgs, org);
    struct pki_cert_spec spec = { .cn = cn, .orgs = &orgs };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &k, NULL), 0);
    assert_int_equal(pki_csr_create(&spec, k, &csr, NULL), 0);
    cu_autofree char *pem = pki_csr_pem(csr);
    cu_autofree char *b64 = cu_base64(pem, strlen(pem));
    return cu_asprintf("{'metadata':{'name':'c'},'spec':{'signerName':'%s','request':'%s'}}", signer, b64);
}

static void test_certificates(void **state)
{
    struct fixture f;
    struct api_user eve = user("eve", "system:authenticated");
    struct api_user ctl =
        user("system:serviceaccount:kube-system:certificate-controller", "system:authenticated");
    const char *create = "create certificatesigningrequests@certificates.k8s.io -";
    const char *approve = "update certificatesigningrequests/approval@certificates.k8s.io c";
    const char *status = "update certificatesigningrequests/status@certificates.k8s.io c";
    (void)state;
    f_open(&f);
    cu_autofree char *own =
        csr_json("system:node:n1", "system:nodes", "kubernetes.io/kube-apiserver-client-kubelet");
    cu_autofree char *other =
        csr_json("system:node:n2", "system:nodes", "kubernetes.io/kube-apiserver-client-kubelet");
    cu_autofree char *client = csr_json("eve", "system:masters", "kubernetes.io/kube-apiserver-client");
    cu_autofree char *harmless = csr_json("eve", "devs", "kubernetes.io/kube-apiserver-client");
    expect(&f.w, &f.node, create, own, NULL, 0);
    expect(&f.w, &f.node, create, other, NULL, 403);
    expect(&f.w, &f.node, create, "{'spec':{'signerName':'kubernetes.io/kubelet-serving','request':'AAAA'}}",
           NULL, 403);
    expect(&f.w, &eve, create, client, NULL, 403);
    expect(&f.w, &eve, create, harmless, NULL, 0);
    expect(&f.w, &eve, approve, own, own, 403);
    expect(&f.w, &ctl, approve, own, own, 0);
    expect(&f.w, &ctl, approve, harmless, harmless, 403); /* may sign for that signer, not approve */
    cu_autofree char *issued = cu_replace(own, "'spec':", "'status':{'certificate':'QQ=='},'spec':");
    expect(&f.w, &eve, status, issued, own, 403);
    expect(&f.w, &eve, status, own, own, 0); /* nothing that counts */
    expect(&f.w, &ctl, status, issued, own, 0);
    api_user_clear(&eve);
    api_user_clear(&ctl);
    f_close(&f);
}

static void test_escalation(void **state)
{
    static const struct {
        const char *ask, *obj, *old;
        int code;
    } cases[] = {
        { "create roles@rbac.authorization.k8s.io default/-",
          "{'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}", NULL, 0 },
        { "create roles@rbac.authorization.k8s.io default/-",
          "{'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods','nodes']}]}", NULL, 403 },
        { "create roles@rbac.authorization.k8s.io default/-",
          "{'rules':[{'verbs':['*'],'apiGroups':[''],'resources':['pods']}]}", NULL, 403 },
        { "create roles@rbac.authorization.k8s.io kube-system/-",
          "{'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}", NULL, 403 },
        { "create clusterroles@rbac.authorization.k8s.io -",
          "{'rules':[{'verbs':['get'],'nonResourceURLs':['/healthz']}]}", NULL, 0 },
        { "create clusterroles@rbac.authorization.k8s.io -",
          "{'rules':[{'verbs':['get'],'nonResourceURLs':['*']}]}", NULL, 403 },
        { "create clusterroles@rbac.authorization.k8s.io -",
          "{'aggregationRule':{'clusterRoleSelectors':[{'matchLabels':{'a':'b'}}]}}", NULL, 403 },
        { "update roles@rbac.authorization.k8s.io default/r",
          "{'metadata':{'labels':{'a':'b'}},'rules':[{'verbs':['*'],'apiGroups':['*'],'resources':['*']}]}",
          "{'rules':[{'verbs':['*'],'apiGroups':['*'],'resources':['*']}]}", 0 },
        { "create rolebindings@rbac.authorization.k8s.io default/-",
          "{'roleRef':{'kind':'ClusterRole','name':'admin'},'subjects':[{'kind':'User','name':'x'}]}", NULL,
          0 },
        { "create rolebindings@rbac.authorization.k8s.io default/-",
          "{'roleRef':{'kind':'ClusterRole','name':'cluster-admin'},'subjects':[{'kind':'User','name':'x'}]}",
          NULL, 403 },
        { "create clusterrolebindings@rbac.authorization.k8s.io -",
          "{'roleRef':{'kind':'ClusterRole','name':'admin'},'subjects':[{'kind':'User','name':'x'}]}", NULL,
          403 },
        { "create rolebindings@rbac.authorization.k8s.io default/-",
          "{'roleRef':{'kind':'Role','name':'none'},'subjects':[{'kind':'User','name':'x'}]}", NULL, 404 },
        { "create rolebindings@rbac.authorization.k8s.io default/-",
          "{'roleRef':{'kind':'ClusterRole','name':'system:node'},'subjects':[{'kind':'User','name':'x'}]}",
          NULL, 0 },
        { "update rolebindings@rbac.authorization.k8s.io default/b",
          "{'metadata':{'labels':{'a':'b'}},'roleRef':{'kind':'ClusterRole','name':'cluster-admin'}}",
          "{'roleRef':{'kind':'ClusterRole','name':'cluster-admin'}}", 0 },
    };
    struct fixture f;
    struct api_user eve = user("eve", "system:authenticated");
    (void)state;
    f_open(&f);
    world_put(&f.w, "{'kind':'RoleBinding','apiVersion':'rbac.authorization.k8s.io/"
                    "v1','metadata':{'name':'b','namespace':"
                    "'default'},'roleRef':{'kind':'ClusterRole','name':'admin'},'subjects':[{'kind':'User','"
                    "name':'eve'}]}");
    world_put(&f.w, "{'kind':'ClusterRole','apiVersion':'rbac.authorization.k8s.io/"
                    "v1','metadata':{'name':'binder'},'rules':[{"
                    "'verbs':['bind'],'apiGroups':['rbac.authorization.k8s.io'],'resources':['clusterroles'],"
                    "'resourceNames':['system:node']}]}");
    world_put(&f.w,
              "{'kind':'ClusterRoleBinding','apiVersion':'rbac.authorization.k8s.io/"
              "v1','metadata':{'name':'binder'},"
              "'roleRef':{'kind':'ClusterRole','name':'binder'},'subjects':[{'kind':'User','name':'eve'}]}");
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        expect(&f.w, &eve, cases[i].ask, cases[i].obj, cases[i].old, cases[i].code);
        expect(&f.w, &f.root, cases[i].ask, cases[i].obj, cases[i].old, 0);
    }
    api_user_clear(&eve);
    f_close(&f);
}

static void test_switched_off(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f);
    api_admission_free(f.w.ad);
    cu_strlist_add(&f.w.opt.disable_admission_plugins, "NodeRestriction");
    cu_strlist_add(&f.w.opt.disable_admission_plugins, "NamespaceLifecycle");
    f.w.ad = api_admission_new(&f.w.opt, f.w.g, f.w.z);
    expect(&f.w, &f.node, "create nodes -", "{'metadata':{'name':'n2'}}", NULL, 0);
    expect(&f.w, &f.root, "delete namespaces default", NULL, "{}", 0);
    f_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_namespaces),   cmocka_unit_test(test_pod),
        cmocka_unit_test(test_priority),     cmocka_unit_test(test_node_pods),
        cmocka_unit_test(test_node_object),  cmocka_unit_test(test_node_tokens),
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_escalation),
        cmocka_unit_test(test_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
