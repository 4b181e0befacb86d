/* What becomes of objects on their way into the store: defaults, preparation, validation. */
#include "test_util.h"

#include "apiserver/defaults.h"
#include "apiserver/fields.h"
#include "apiserver/service_ip.h"
#include "apiserver/validate.h"
#include "base/str.h"

#define NOW 1795413600000 /* 2026-11-23T06:00:00Z */

static char user_name[] = "jane", group_name[] = "dev";
static char *groups[] = { group_name, NULL };
static const struct api_user user = { .name = user_name, .groups = { groups, 1, 0 }, .authenticated = true };

static struct api_write write_of(const char *group, const char *resource, const char *ns, const char *name)
{
    struct api_write w = { api_resource_find(group, "v1", resource), "", ns, name, &user, NOW };
    assert_non_null(w.r);
    return w;
}

/* The whole way of a create; the object, or NULL with *s filled. */
static struct val *create(const struct api_write *w, const char *json, struct api_status *s)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *obj = tu_json(json);
    if (api_conform(w->r->group, w->r->version, w->r->kind, obj, NULL, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    api_default(w->r, obj);
    if (api_prepare_create(w, obj, s) < 0 || api_validate_create(w, obj, s) < 0)
        return NULL;
    return cu_steal(&obj);
}

static struct val *must_create(const struct api_write *w, const char *json)
{
    struct api_status s = API_STATUS_INIT;
    struct val *obj = create(w, json, &s);
    if (!obj)
        fail_msg("%s: %s", json, val_get_str(s.body, "message"));
    return obj;
}

static struct val *update(const struct api_write *w, const struct val *old, const char *json,
                          struct api_status *s)
{
    cu_autoval struct val *obj = tu_json(json);
    api_default(w->r, obj);
    if (api_prepare_update(w, old, obj, s) < 0 || api_validate_update(w, old, obj, s) < 0)
        return NULL;
    return cu_steal(&obj);
}

static void assert_refused(struct api_status *s, struct val *obj, int code, const char *text)
{
    assert_null(obj);
    assert_int_equal(s->code, code);
    const char *message = val_get_str(s->body, "message");
    if (!strstr(message, text))
        fail_msg("\"%s\" does not say \"%s\"", message, text);
    api_status_clear(s);
}

static void created_metadata(void **state)
{
    struct api_write w = write_of("", "configmaps", "ns1", "");
    struct api_status s = API_STATUS_INIT;
    (void)state;
    cu_autoval struct val *obj = must_create(
        &w,
        "{'metadata':{'generateName':'cm-','uid':'mine','creationTimestamp':'2020-01-01T00:00:00Z','"
        "generation':7,"
        "'deletionTimestamp':'2020-01-01T00:00:00Z','managedFields':[{}],'selfLink':'/x'},'data':{'a':'b'}}");
    struct val *meta = val_get(obj, "metadata");
    const char *name = val_get_str(meta, "name"), *uid = val_get_str(meta, "uid");
    assert_int_equal(strlen(name), 8);
    assert_memory_equal(name, "cm-", 3);
    assert_int_equal(strlen(uid), 36);
    val_set_str(meta, "name", "N");
    val_set_str(meta, "uid", "U");
    tu_assert_json(
        obj,
        "{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'N','generateName':'cm-','namespace':'ns1',"
        "'uid':'U','creationTimestamp':'2026-11-23T06:00:00Z'},'data':{'a':'b'}}");

    assert_refused(&s, create(&w, "{'metadata':{'name':'a','namespace':'other'}}", &s), 400, "namespace");
    assert_refused(&s, create(&w, "{'metadata':{'name':'a','resourceVersion':'1'}}", &s), 400,
                   "resourceVersion");
    assert_refused(&s, create(&w, "{'kind':'Secret','metadata':{'name':'a'}}", &s), 400, "Secret");
    assert_refused(&s, create(&w, "{'apiVersion':'v2','metadata':{'name':'a'}}", &s), 400, "v2");
    assert_refused(&s, create(&w, "{}", &s), 422, "metadata.name: Required value");
}

static void created_kinds(void **state)
{
    static const struct {
        const char *group, *resource, *ns, *in, *at, *out;
    } cases[] = {
        { "", "namespaces", "", "{'metadata':{'name':'pt'},'status':{'phase':'Terminating'}}", "status",
          "{'phase':'Active'}" },
        { "", "namespaces", "", "{'metadata':{'name':'pt'}}", "spec", "{'finalizers':['kubernetes']}" },
        { "", "nodes", "", "{'metadata':{'name':'a'},'status':{'capacity':{'cpu':'2'}}}", "status",
          "{'capacity':{'cpu':'2'},'allocatable':{'cpu':'2'}}" },
        { "", "secrets", "n",
          "{'metadata':{'name':'a'},'stringData':{'k':'v'},'data':{'k':'AA==','l':'AA=='}}", "data",
          "{'k':'dg==','l':'AA=='}" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c','image':'i','resources':{'limits':"
          "{'cpu':'1','memory':'1Gi'}}}]},'status':{'phase':'Running'}}",
          "status", "{'phase':'Pending','qosClass':'Guaranteed'}" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c','image':'i','resources':{'requests':"
          "{'cpu':'1'}}},{'name':'d','image':'i'}]}}",
          "status", "{'phase':'Pending','qosClass':'Burstable'}" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'r:5000/"
          "i:1','ports':"
          "[{'containerPort':8}],'livenessProbe':{'httpGet':{'port':1}},'env':[{'name':'A','valueFrom':{'"
          "fieldRef':{'fieldPath':'x'}}}]}],"
          "'volumes':[{'name':'e'},{'name':'s','secret':{'secretName':'s'}},{'name':'h','hostPath':{'path':'/"
          "'}},{'name':'p','projected':"
          "{'sources':[{'serviceAccountToken':{'path':'t'}}]}}],'serviceAccountName':'x'}}",
          "spec",
          "{'containers':[{'name':'c','image':'r:5000/"
          "i:1','ports':[{'containerPort':8,'protocol':'TCP','hostPort':8}],"
          "'livenessProbe':{'httpGet':{'port':1,'path':'/"
          "','scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,"
          "'failureThreshold':3},'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'x','apiVersion':'"
          "v1'}}}],"
          "'imagePullPolicy':'IfNotPresent','terminationMessagePath':'/dev/"
          "termination-log','terminationMessagePolicy':'File','resources':{}}],"
          "'volumes':[{'name':'e','emptyDir':{}},{'name':'s','secret':{'secretName':'s','defaultMode':420}},{"
          "'name':'h','hostPath':"
          "{'path':'/"
          "','type':''}},{'name':'p','projected':{'sources':[{'serviceAccountToken':{'path':'t','"
          "expirationSeconds':3600}}],"
          "'defaultMode':420}}],'serviceAccountName':'x','serviceAccount':'x','hostNetwork':true,'dnsPolicy':"
          "'ClusterFirst',"
          "'restartPolicy':'Always','securityContext':{},'terminationGracePeriodSeconds':30,'schedulerName':'"
          "default-scheduler',"
          "'enableServiceLinks':true}" },
        { "", "services", "n",
          "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}],'selector':{'a':'b'}},'status':{'x':1}}",
          "spec",
          "{'ports':[{'port':80,'protocol':'TCP','targetPort':80}],'selector':{'a':'b'},'sessionAffinity':'"
          "None','type':'ClusterIP',"
          "'internalTrafficPolicy':'Cluster'}" },
        { "", "services", "n", "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}]}}", "status",
          "{'loadBalancer':{}}" },
        { "apps", "daemonsets", "n",
          "{'metadata':{'name':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':"
          "{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}},'status':{'numberReady':5}"
          "}",
          "status",
          "{'currentNumberScheduled':0,'numberMisscheduled':0,'desiredNumberScheduled':0,'numberReady':0}" },
        { "storage.k8s.io", "csidrivers", "", "{'metadata':{'name':'d'}}", "spec",
          "{'attachRequired':true,'podInfoOnMount':false,'storageCapacity':false,'requiresRepublish':false,"
          "'fsGroupPolicy':'ReadWriteOnceWithFSType','volumeLifecycleModes':['Persistent']}" },
        { "rbac.authorization.k8s.io", "rolebindings", "n",
          "{'metadata':{'name':'b'},'roleRef':{'kind':'Role','name':'r'},'subjects':"
          "[{'kind':'User','name':'u'},{'kind':'ServiceAccount','name':'s','namespace':'n'}]}",
          "subjects",
          "[{'kind':'User','name':'u','apiGroup':'rbac.authorization.k8s.io'},{'kind':'ServiceAccount','name'"
          ":'s','namespace':'n'}]" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct api_write w = write_of(cases[i].group, cases[i].resource, cases[i].ns, "");
        cu_autoval struct val *obj = must_create(&w, cases[i].in), *again = val_copy(obj);
        tu_assert_json(val_get(obj, cases[i].at), cases[i].out);
        api_default(w.r, again); /* defaults of defaults are the same */
        tu_assert_equal(again, obj);
    }
}

static const char job_json[] =
    "{'metadata':{'name':'j'},'spec':{'template':{'spec':{'restartPolicy':'Never','containers':"
    "[{'name':'c','image':'i'}]}}}}";

static void created_job(void **state)
{
    struct api_write w = write_of("batch", "jobs", "n", "");
    (void)state;
    cu_autoval struct val *obj = must_create(&w, job_json);
    const char *uid = val_find_str(obj, "metadata", "uid", NULL);
    const struct val *labels = val_find(obj, "spec", "template", "metadata", "labels", NULL);
    assert_int_equal(val_len(labels), 4);
    assert_string_equal(val_get_str(labels, "job-name"), "j");
    assert_string_equal(val_get_str(val_find(obj, "spec", "selector", "matchLabels", NULL),
                                    "batch.kubernetes.io/controller-uid"),
                        uid);
    assert_int_equal(val_int(val_find(obj, "metadata", "generation", NULL), 0), 1);
    assert_int_equal(val_int(val_find(obj, "spec", "completions", NULL), 0), 1);
    assert_int_equal(val_int(val_find(obj, "spec", "backoffLimit", NULL), 0), 6);
}

static void refused_objects(void **state)
{
    static const struct {
        const char *group, *resource, *ns, *in, *text;
    } cases[] = {
        { "", "configmaps", "n", "{'metadata':{'name':'Bad_Name'}}",
          "metadata.name: Invalid value: \"Bad_Name\"" },
        { "", "configmaps", "n", "{'metadata':{'name':'a','labels':{'a b':'c'}}}", "metadata.labels" },
        { "", "configmaps", "n", "{'metadata':{'name':'a','labels':{'a':'-'}}}", "metadata.labels" },
        { "", "configmaps", "n", "{'metadata':{'name':'a','annotations':{'/':''}}}", "metadata.annotations" },
        { "", "configmaps", "n", "{'metadata':{'name':'a','finalizers':['no spaces']}}",
          "metadata.finalizers" },
        { "", "configmaps", "n",
          "{'metadata':{'name':'a','ownerReferences':[{'kind':'Pod','name':'x','apiVersion':'v1'}]}}",
          "metadata.ownerReferences[0].uid: Required value" },
        { "", "configmaps", "n", "{'metadata':{'name':'a'},'data':{'a/b':''}}", "data[a/b]: Invalid value" },
        { "", "configmaps", "n", "{'metadata':{'name':'a'},'data':{'..a':''}}", "data[..a]" },
        { "", "configmaps", "n", "{'metadata':{'name':'a'},'data':{'a':''},'binaryData':{'a':'AA=='}}",
          "data[a]" },
        { "", "secrets", "n", "{'metadata':{'name':'a'},'type':'kubernetes.io/tls'}",
          "data[tls.key]: Required value" },
        { "", "namespaces", "", "{'metadata':{'name':'a.b'}}", "metadata.name" },
        { "", "services", "n", "{'metadata':{'name':'1a'},'spec':{'ports':[{'port':1}]}}", "metadata.name" },
        { "", "services", "n", "{'metadata':{'name':'a'}}", "spec.ports: Required value" },
        { "", "services", "n", "{'metadata':{'name':'a'},'spec':{'ports':[{'port':70000}]}}",
          "spec.ports[0].port: Invalid value: 70000" },
        { "", "services", "n", "{'metadata':{'name':'a'},'spec':{'ports':[{'port':1},{'port':2}]}}",
          "spec.ports[1].name: Required" },
        { "", "services", "n", "{'metadata':{'name':'a'},'spec':{'type':'X','ports':[{'port':1}]}}",
          "spec.type: Unsupported value: \"X\": supported values: \"ClusterIP\", \"ExternalName\"" },
        { "", "pods", "n", "{'metadata':{'name':'a'}}", "spec.containers: Required value" },
        { "", "pods", "n", "{'metadata':{'name':'a'},'spec':{'containers':[{'image':'i'}]}}",
          "spec.containers[0].name: Required value" },
        { "", "pods", "n", "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c'}]}}",
          "spec.containers[0].image: Required value" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c','image':'i'},{'name':'c','image':'i'}]}"
          "}",
          "spec.containers[1].name: Duplicate value: \"c\"" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c','image':'i','volumeMounts':[{'name':'v'"
          ",'mountPath':'/'}]}]}}",
          "spec.containers[0].volumeMounts[0].name: Not found: \"v\"" },
        { "", "pods", "n",
          "{'metadata':{'name':'a'},'spec':{'restartPolicy':'No','containers':[{'name':'c','image':'i'}]}}",
          "spec.restartPolicy" },
        { "", "nodes", "", "{'metadata':{'name':'a'},'spec':{'taints':[{'key':'k','effect':'Go'}]}}",
          "spec.taints[0].effect: Unsupported" },
        { "", "nodes", "", "{'metadata':{'name':'a'},'spec':{'podCIDR':'10.0.0.0'}}", "spec.podCIDR" },
        { "apps", "deployments", "n",
          "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':{'spec':"
          "{'containers':[{'name':'c','image':'i'}]}}}}",
          "does not match template" },
        { "apps", "deployments", "n",
          "{'metadata':{'name':'a'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i'}]}}}}",
          "spec.selector: Required value" },
        { "batch", "jobs", "n",
          "{'metadata':{'name':'a'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i'}]}}}}",
          "spec.template.spec.restartPolicy" },
        { "rbac.authorization.k8s.io", "roles", "n", "{'metadata':{'name':'a/b'}}", "metadata.name" },
        { "rbac.authorization.k8s.io", "roles", "n",
          "{'metadata':{'name':'a'},'rules':[{'apiGroups':[''],'resources':['pods']}]}", "rules[0].verbs" },
        { "rbac.authorization.k8s.io", "roles", "n",
          "{'metadata':{'name':'a'},'rules':[{'verbs':['get'],'nonResourceURLs':['/x']}]}",
          "namespaced rules" },
        { "rbac.authorization.k8s.io", "clusterrolebindings", "",
          "{'metadata':{'name':'a'},'roleRef':{'kind':'Role','name':'r'}}",
          "roleRef.kind: Unsupported value: \"Role\"" },
        { "certificates.k8s.io", "certificatesigningrequests", "",
          "{'metadata':{'name':'a'},'spec':{'request':'AAAA','signerName':'x',"
          "'usages':['tea','tea'],'expirationSeconds':5}}",
          "spec.request" },
        { "certificates.k8s.io", "certificatesigningrequests", "",
          "{'metadata':{'name':'a'},'spec':{'request':'AAAA','signerName':"
          "'kubernetes.io/legacy-unknown','usages':['client auth']}}",
          "legacy signerName" },
        { "scheduling.k8s.io", "priorityclasses", "", "{'metadata':{'name':'system-x'},'value':1}",
          "reserved" },
        { "scheduling.k8s.io", "priorityclasses", "", "{'metadata':{'name':'x'},'value':1000000001}",
          "1000000000" },
        { "coordination.k8s.io", "leases", "n", "{'metadata':{'name':'x'},'spec':{'leaseDurationSeconds':0}}",
          "leaseDurationSeconds" },
        { "", "events", "n", "{'metadata':{'name':'x'},'involvedObject':{'namespace':'other'}}",
          "involvedObject.namespace" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct api_write w = write_of(cases[i].group, cases[i].resource, cases[i].ns, "");
        struct api_status s = API_STATUS_INIT;
        assert_refused(&s, create(&w, cases[i].in, &s), 422, cases[i].text);
    }
}

static void too_large(void **state)
{
    struct api_write w = write_of("", "configmaps", "n", "");
    struct api_status s = API_STATUS_INIT;
    cu_autofree char *big = cu_malloc(1024 * 1024 + 2);
    (void)state;
    memset(big, 'x', 1024 * 1024 + 1);
    big[1024 * 1024 + 1] = '\0';
    cu_autofree char *json = cu_asprintf("{'metadata':{'name':'a'},'data':{'a':'%s'}}", big);
    assert_refused(&s, create(&w, json, &s), 422, "Too long");
    json[strlen(json) - 4] = '\''; /* one byte less */
    json[strlen(json) - 3] = '}';
    json[strlen(json) - 1] = ' ';
    val_unref(must_create(&w, json));
}

static void updates(void **state)
{
    struct api_write w = write_of("apps", "deployments", "n", "");
    struct api_status s = API_STATUS_INIT;
    static const char spec[] = "'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'"
                               "b'}},'spec':{'containers':"
                               "[{'name':'c','image':'i'}]}}";
    (void)state;
    cu_autofree char *first = cu_asprintf("{'metadata':{'name':'d'},'spec':{%s}}", spec);
    cu_autoval struct val *old = must_create(&w, first);
    w.name = "d";

    /* the same again, only labels, then replicas; status never through the object */
    cu_autoval struct val *same = update(&w, old, first, &s);
    tu_assert_equal(same, old);
    cu_autofree char *labels = cu_asprintf(
        "{'metadata':{'name':'d','labels':{'x':'y'},'generation':9},'spec':{%s},'status':{'replicas':3}}",
        spec);
    cu_autoval struct val *labelled = update(&w, old, labels, &s);
    assert_int_equal(val_int(val_find(labelled, "metadata", "generation", NULL), 0), 1);
    assert_int_equal(val_len(val_get(labelled, "status")), 0);
    cu_autofree char *scaled = cu_asprintf("{'metadata':{'name':'d'},'spec':{'replicas':3,%s}}", spec);
    cu_autoval struct val *more = update(&w, old, scaled, &s);
    assert_int_equal(val_int(val_find(more, "metadata", "generation", NULL), 0), 2);

    cu_autofree char *other = cu_replace(first, "'a':'b'", "'a':'z'");
    assert_refused(&s, update(&w, old, other, &s), 422,
                   "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"z\"}}: field is immutable");
    assert_refused(&s, update(&w, old, "{'metadata':{'name':'e'}}", &s), 400, "name");
    assert_refused(&s, update(&w, old, "{'metadata':{'name':'d','uid':'1234'}}", &s), 409, "UID");

    /* through status: only status and metadata move */
    w.sub = "status";
    cu_autofree char *through =
        cu_asprintf("{'metadata':{'name':'d'},'spec':{'replicas':9,%s},'status':{'replicas':3}}", spec);
    cu_autoval struct val *status = update(&w, old, through, &s);
    tu_assert_equal(val_get(status, "spec"), val_get(old, "spec"));
    tu_assert_json(val_get(status, "status"), "{'replicas':3}");
    assert_int_equal(val_int(val_find(status, "metadata", "generation", NULL), 0), 1);

    /* scale */
    cu_autoval struct val *scale = api_scale_of(w.r, status);
    tu_assert_json(val_get(scale, "spec"), "{'replicas':1}");
    tu_assert_json(val_get(scale, "status"), "{'replicas':3,'selector':'a=b'}");
    val_set_int(val_get(scale, "spec"), "replicas", -1);
    assert_int_equal(api_scale_apply(&w, scale, status, &s), -1);
    assert_int_equal(s.code, 422);
    api_status_clear(&s);
}

static void immutable_objects(void **state)
{
    static const struct {
        const char *group, *resource, *before, *after, *text;
    } cases[] = {
        { "", "secrets", "{'metadata':{'name':'x'},'type':'a'}", "{'metadata':{'name':'x'},'type':'b'}",
          "type" },
        { "", "configmaps", "{'metadata':{'name':'x'},'immutable':true,'data':{'a':'b'}}",
          "{'metadata':{'name':'x'},'immutable':true,'data':{'a':'c'}}", "data: Forbidden" },
        { "", "configmaps", "{'metadata':{'name':'x'},'immutable':true}", "{'metadata':{'name':'x'}}",
          "immutable: Forbidden" },
        { "rbac.authorization.k8s.io", "rolebindings",
          "{'metadata':{'name':'x'},'roleRef':{'kind':'Role','name':'a'}}",
          "{'metadata':{'name':'x'},'roleRef':{'kind':'Role','name':'b'}}", "cannot change roleRef" },
        { "", "pods", "{'metadata':{'name':'x'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}",
          "{'metadata':{'name':'x'},'spec':{'containers':[{'name':'c','image':'i:1'}],'hostNetwork':true}}",
          "spec: Forbidden" },
        { "", "services", "{'metadata':{'name':'x'},'spec':{'clusterIP':'10.96.0.5','ports':[{'port':1}]}}",
          "{'metadata':{'name':'x'},'spec':{'clusterIP':'10.96.0.6','ports':[{'port':1}]}}",
          "spec.clusterIP" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct api_write w = write_of(cases[i].group, cases[i].resource, "n", "");
        struct api_status s = API_STATUS_INIT;
        cu_autoval struct val *old = must_create(&w, cases[i].before);
        w.name = "x";
        val_unref(update(&w, old, cases[i].before, &s));
        assert_int_equal(s.code, 0);
        assert_refused(&s, update(&w, old, cases[i].after, &s), 422, cases[i].text);
    }
    /* images of a pod may change */
    struct api_write w = write_of("", "pods", "n", "");
    struct api_status s = API_STATUS_INIT;
    cu_autoval struct val *pod = must_create(&w, cases[4].before);
    w.name = "x";
    cu_autofree char *newer = cu_replace(cases[4].before, "i:1", "i:2");
    cu_autoval struct val *moved = update(&w, pod, newer, &s);
    assert_int_equal(val_int(val_find(moved, "metadata", "generation", NULL), 0), 2);
}

static void signing_requests(void **state)
{
    struct api_write w = write_of("certificates.k8s.io", "certificatesigningrequests", "", "");
    struct api_status s = API_STATUS_INIT;
    cu_autoval struct val *old = tu_json(
        "{'metadata':{'name':'c'},'spec':{'request':'x','username':'evil','groups':['system:masters']},"
        "'status':{'conditions':[{'type':'Approved'}]}}");
    (void)state;
    assert_int_equal(api_prepare_create(&w, old, &s), 0);
    tu_assert_json(val_get(old, "spec"), "{'request':'x','username':'jane','groups':['dev']}");
    tu_assert_json(val_get(old, "status"), "{}");

    w.name = "c";
    w.sub = "approval";
    static const char approve[] =
        "{'metadata':{'name':'c'},'spec':{'request':'y'},'status':{'certificate':'Q0VSVA==','conditions':"
        "[{'type':'Approved','status':'True','reason':'AutoApproved'}]}}";
    cu_autoval struct val *approved = update(&w, old, approve, &s);
    tu_assert_json(val_get(approved, "status"),
                   "{'conditions':[{'type':'Approved','status':'True','reason':'AutoApproved',"
                   "'lastUpdateTime':'2026-11-23T06:00:00Z','lastTransitionTime':'2026-11-23T06:00:00Z'}]}");
    tu_assert_equal(val_get(approved, "spec"), val_get(old, "spec"));
    assert_refused(
        &s,
        update(&w, old,
               "{'metadata':{'name':'c'},'status':{'conditions':[{'type':'Approved','status':'True'},"
               "{'type':'Denied','status':'True'}]}}",
               &s),
        422, "mutually exclusive");
    assert_refused(&s, update(&w, approved, "{'metadata':{'name':'c'},'status':{}}", &s), 422,
                   "may not remove");
    assert_refused(
        &s,
        update(&w, old,
               "{'metadata':{'name':'c'},'status':{'conditions':[{'type':'Approved','status':'False'}]}}",
               &s),
        422, "must be \"True\"");

    w.sub = "status";
    static const char pem[] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="; /* -----BEGIN CERTIFICATE----- */
    cu_autofree char *issue = cu_asprintf("{'metadata':{'name':'c'},'status':{'certificate':'%s'}}", pem);
    cu_autoval struct val *issued = update(&w, approved, issue, &s);
    assert_string_equal(val_find_str(issued, "status", "certificate", NULL), pem);
    assert_int_equal(val_len(val_find(issued, "status", "conditions", NULL)), 1);
    assert_refused(&s, update(&w, issued, "{'metadata':{'name':'c'},'status':{'certificate':''}}", &s), 422,
                   "status.certificate");
    assert_refused(&s, update(&w, approved, "{'metadata':{'name':'c'},'status':{'certificate':'QUFB'}}", &s),
                   422, "PEM");
    /* the verdict cannot be given here */
    cu_autoval struct val *sneaky = update(&w, old, approve, &s);
    assert_null(sneaky); /* its certificate is no PEM */
    api_status_clear(&s);
    cu_autoval struct val *plain = update(
        &w, old, "{'metadata':{'name':'c'},'status':{'conditions':[{'type':'Denied','status':'True'}]}}", &s);
    tu_assert_json(val_get(plain, "status"), "{}");
}

static void namespaces(void **state)
{
    struct api_write w = write_of("", "namespaces", "", "");
    struct api_status s = API_STATUS_INIT;
    (void)state;
    cu_autoval struct val *old = must_create(&w, "{'metadata':{'name':'t'}}");
    assert_string_equal(val_get_str(val_find(old, "metadata", "labels", NULL), "kubernetes.io/metadata.name"),
                        "t");
    val_set_str(val_get(old, "metadata"), "deletionTimestamp", "2026-11-23T06:00:00Z");
    w.name = "t";
    cu_autoval struct val *kept = update(&w, old, "{'metadata':{'name':'t'},'spec':{}}", &s);
    assert_false(api_is_finished(w.r, kept));
    assert_string_equal(val_find_str(kept, "metadata", "deletionTimestamp", NULL), "2026-11-23T06:00:00Z");
    assert_refused(&s, update(&w, old, "{'metadata':{'name':'t','finalizers':['a/b']}}", &s), 422,
                   "no new finalizers");
    w.sub = "finalize";
    cu_autoval struct val *done = update(&w, old, "{'metadata':{'name':'t'},'spec':{}}", &s);
    assert_true(api_is_finished(w.r, done));
    assert_string_equal(val_find_str(done, "status", "phase", NULL), "Active");
}

/* One bit per port, the number written big end first: 30000 is the lowest bit of the last byte. */
static void port_range(void **state)
{
    (void)state;
    cu_autoval struct val *others = tu_json(
        "[{'metadata':{'namespace':'n','name':'a'},'spec':{'ports':[{'nodePort':30000},{'nodePort':30009}]}},"
        "{'metadata':{'namespace':'n','name':'own'},'spec':{'ports':[{'nodePort':31000}]}},"
        "{'metadata':{'namespace':'m','name':'own'},'spec':{'ports':[{'port':80},{'nodePort':8080},{'"
        "nodePort':32768}]}}]");
    cu_autoval struct val *own =
        tu_json("{'metadata':{'namespace':'n','name':'own'},'spec':{'ports':[{'nodePort':30017}]}}");
    cu_autofree char *text = api_service_port_range(others, own); /* 0x02 02 01 */
    assert_string_equal(text, "{\"kind\":\"RangeAllocation\",\"apiVersion\":\"v1\",\"metadata\":{},"
                              "\"range\":\"30000-32767\",\"data\":\"AgIB\"}");
    cu_autoval struct val *none = val_new_list(), *plain = tu_json("{'metadata':{'name':'x'}}");
    cu_autofree char *empty = api_service_port_range(none, plain);
    assert_non_null(strstr(empty, "\"data\":\"\""));
    cu_autoval struct val *last = tu_json("{'metadata':{'name':'x'},'spec':{'ports':[{'nodePort':32767}]}}");
    cu_autofree char *full = api_service_port_range(none, last);
    assert_non_null(strstr(full, "\"data\":\"gAAA")); /* 346 bytes, the first bit of the first */
}

static void services(void **state)
{
    cu_autostrlist struct cu_strlist ranges = CU_STRLIST_INIT;
    struct api_status s = API_STATUS_INIT;
    (void)state;
    cu_strlist_add(&ranges, "10.96.0.0/29"); /* .2 to .6 can be given away */
    cu_autoval struct val *others = val_new_list();
    for (int i = 0; i < 5; i++) {
        struct val *svc =
            tu_json("{'metadata':{'namespace':'n'},'spec':{'type':'NodePort','ports':[{'port':1}]}}");
        val_set_strf(val_get(svc, "metadata"), "name", "s%d", i);
        assert_int_equal(api_service_assign(svc, &ranges, others, &s), 0);
        cu_autofree char *before = val_dump_json(svc, VAL_JSON_COMPACT);
        assert_int_equal(api_service_assign(svc, &ranges, others, &s), 0); /* what is there stays */
        cu_autofree char *after = val_dump_json(svc, VAL_JSON_COMPACT);
        assert_string_equal(before, after);
        tu_assert_json(val_find(svc, "spec", "ipFamilies", NULL), "['IPv4']");
        int64_t port = val_get_int(val_at(val_find(svc, "spec", "ports", NULL), 0), "nodePort", 0);
        assert_in_range(port, 30000, 32767);
        for (size_t k = 0; k < val_len(others); k++)
            assert_string_not_equal(val_find_str(val_at(others, k), "spec", "clusterIP", NULL),
                                    val_find_str(svc, "spec", "clusterIP", NULL));
        val_append(others, svc);
    }
    static const struct {
        const char *in;
        int code;
        const char *text;
    } cases[] = {
        { "{'metadata':{'name':'x'},'spec':{}}", 500, "no free address" },
        { "{'metadata':{'name':'x'},'spec':{'clusterIP':'10.96.0.2'}}", 422, "already allocated" },
        { "{'metadata':{'name':'x'},'spec':{'clusterIP':'10.97.0.2'}}", 422, "not in the valid range" },
        { "{'metadata':{'name':'x'},'spec':{'clusterIP':'fd00::1'}}", 422, "not in the valid range" },
        { "{'metadata':{'name':'x'},'spec':{'clusterIP':'10.96.0.1','type':'NodePort','ports':[{'nodePort':"
          "80}]}}",
          422, "30000-32767" },
    };
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *svc = tu_json(cases[i].in);
        assert_int_equal(api_service_assign(svc, &ranges, others, &s), -1);
        assert_refused(&s, NULL, cases[i].code, cases[i].text);
    }
    cu_autoval struct val *headless = tu_json("{'metadata':{'name':'x'},'spec':{'clusterIP':'None'}}");
    assert_int_equal(api_service_assign(headless, &ranges, others, &s), 0);
    tu_assert_json(
        val_get(headless, "spec"),
        "{'clusterIP':'None','clusterIPs':['None'],'ipFamilies':['IPv4'],'ipFamilyPolicy':'SingleStack'}");
    cu_autoval struct val *external =
        tu_json("{'metadata':{'name':'x'},'spec':{'type':'ExternalName','externalName':'a','clusterIP':''}}");
    assert_int_equal(api_service_assign(external, &ranges, others, &s), 0);
    tu_assert_json(val_get(external, "spec"), "{'type':'ExternalName','externalName':'a'}");
    cu_strlist_add(&ranges, "fd00::/112");
    cu_autoval struct val *dual = tu_json(
        "{'metadata':{'name':'x'},'spec':{'ipFamilyPolicy':'RequireDualStack','clusterIP':'10.96.0.1'}}");
    assert_int_equal(api_service_assign(dual, &ranges, others, &s), 0);
    tu_assert_json(val_find(dual, "spec", "ipFamilies", NULL), "['IPv4','IPv6']");
    assert_int_equal(val_len(val_find(dual, "spec", "clusterIPs", NULL)), 2);
}

/* A PUT without the allocated parts keeps them. */
static void service_updates(void **state)
{
    struct api_write w = write_of("", "services", "n", "s");
    struct api_status s = API_STATUS_INIT;
    (void)state;
    cu_autoval struct val *old = tu_json(
        "{'kind':'Service','apiVersion':'v1','metadata':{'name':'s','namespace':'n','uid':'u'},'spec':{"
        "'type':'NodePort','clusterIP':'10.96.0.5','clusterIPs':['10.96.0.5'],'ipFamilies':['IPv4'],'"
        "ipFamilyPolicy':'SingleStack',"
        "'ports':[{'port':80,'protocol':'TCP','targetPort':80,'nodePort':30001}]},'status':{'loadBalancer':{}"
        "}}");
    cu_autoval struct val *now =
        update(&w, old, "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80}]}}", &s);
    assert_non_null(now);
    assert_string_equal(val_find_str(now, "spec", "clusterIP", NULL), "10.96.0.5");
    assert_int_equal(val_get_int(val_at(val_find(now, "spec", "ports", NULL), 0), "nodePort", 0), 30001);
    tu_assert_json(val_get(now, "status"), "{'loadBalancer':{}}");
}

static void traits(void **state)
{
    (void)state;
    assert_true(api_traits(api_resource_find("coordination.k8s.io", "v1", "leases")) ==
                (API_CREATE_ON_UPDATE | API_UPDATE_NEEDS_VERSION));
    assert_true(api_traits(api_resource_find("", "v1", "pods")) & API_GRACEFUL);
    assert_true(api_traits(api_resource_find("", "v1", "configmaps")) == 0);
    cu_autofree char *long_name =
        api_generate_name("a123456789b123456789c123456789d123456789e123456789f123456789");
    assert_int_equal(strlen(long_name), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(created_metadata),
        cmocka_unit_test(created_kinds),
        cmocka_unit_test(created_job),
        cmocka_unit_test(refused_objects),
        cmocka_unit_test(too_large),
        cmocka_unit_test(updates),
        cmocka_unit_test(immutable_objects),
        cmocka_unit_test(signing_requests),
        cmocka_unit_test(namespaces),
        cmocka_unit_test(port_range),
        cmocka_unit_test(services),
        cmocka_unit_test(service_updates),
        cmocka_unit_test(traits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
