/* Create, update and patch through the whole server: metadata, locking, patch types, options, bodies. */
#include "harness.h"

#define MERGE "Content-Type: application/merge-patch+json\r\n"
#define STRATEGIC "Content-Type: application/strategic-merge-patch+json\r\n"
#define JSONP "Content-Type: application/json-patch+json\r\n"
#define APPLY "Content-Type: application/apply-patch+yaml\r\n"
#define LEASES "/apis/coordination.k8s.io/v1/namespaces/ns/leases"
#define PODS "/api/v1/namespaces/ns/pods"

static void test_create(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    autoanswer a =
        expect(201, &h, "POST", CM, NULL, "{'metadata':{'name':'a','uid':'mine','labels':{'x':'y'}}}");
    const struct val *m = val_get(a.body, "metadata");
    assert_int_equal(strlen(val_get_str(m, "uid")), 36);
    assert_string_equal(val_get_str(m, "namespace"), "ns");
    assert_non_null(val_get_str(m, "creationTimestamp"));
    assert_non_null(val_get_str(m, "resourceVersion"));
    expect_only(409, &h, "POST", CM, NULL, "{'metadata':{'name':'a'}}");
    autoanswer g = expect(201, &h, "POST", CM, NULL, "{'metadata':{'generateName':'g-'}}");
    const char *name = val_find_str(g.body, "metadata", "name", NULL);
    assert_true(cu_has_prefix(name, "g-") && strlen(name) == 7);
    autoanswer dry = expect(201, &h, "POST", CM "?dryRun=All", NULL, "{'metadata':{'name':'dry'}}");
    assert_null(hs_rev(dry.body));
    assert_non_null(val_find_str(dry.body, "metadata", "uid", NULL));
    expect_only(404, &h, "GET", CM "/dry", NULL, NULL);
    expect_only(409, &h, "POST", CM "?dryRun=All", NULL, "{'metadata':{'name':'a'}}");
    autoanswer yaml = expect(201, &h, "POST", CM, "Content-Type: application/yaml\r\n",
                             "metadata:\n  name: yaml\ndata:\n  k: v\n");
    assert_string_equal(val_find_str(yaml.body, "data", "k", NULL), "v");
    hs_stop(&h);
}

static void test_bad_bodies(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    expect_only(400, &h, "POST", CM, NULL, "{bad");
    expect_only(400, &h, "POST", CM, NULL, "");
    expect_only(400, &h, "POST", CM, NULL, "[]");
    expect_only(400, &h, "POST", CM, NULL, "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'x'}}");
    expect_only(400, &h, "POST", CM, NULL, "{'metadata':{'name':'x','namespace':'other'}}");
    expect_only(400, &h, "POST", CM, NULL, "{'metadata':{'name':'x'},'data':[]}");
    expect_only(400, &h, "POST", CM, "Content-Type: application/vnd.kubernetes.protobuf\r\n", "k8s?");
    expect_only(400, &h, "POST", CM, "Content-Type: application/yaml\r\n", "a: [");
    expect_only(415, &h, "POST", CM, "Content-Type: text/plain\r\n", "x");
    expect_only(422, &h, "POST", CM, NULL, "{'metadata':{'name':'Not_valid'}}");
    expect_only(422, &h, "POST", CM, NULL, "{'metadata':{}}");
    expect_only(404, &h, "POST", "/api/v1/namespaces/none/configmaps", NULL, "{'metadata':{'name':'x'}}");
    expect_only(422, &h, "POST", CM "?dryRun=x", NULL, "{'metadata':{'name':'x'}}");
    expect_only(422, &h, "POST", CM "?fieldValidation=x", NULL, "{'metadata':{'name':'x'}}");
    expect_only(400, &h, "POST", CM "?fieldValidation=Strict", NULL, "{'metadata':{'name':'x'},'bogus':1}");
    autoanswer warned = expect(201, &h, "POST", CM, NULL, "{'metadata':{'name':'w'},'bogus':1}");
    assert_non_null(strstr(warned.head, "Warning: 299 - \"unknown field \\\"bogus\\\"\""));
    assert_null(val_get(warned.body, "bogus"));
    autoanswer quiet =
        expect(201, &h, "POST", CM "?fieldValidation=Ignore", NULL, "{'metadata':{'name':'q'},'x':1}");
    assert_null(strstr(quiet.head, "Warning"));
    hs_stop(&h);
}

static void test_update(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a'},'data':{'k':'1'}}");
    autoanswer old = expect(200, &h, "GET", CM "/a", NULL, NULL);
    autoanswer same = expect(200, &h, "PUT", CM "/a", NULL, "{'metadata':{'name':'a'},'data':{'k':'1'}}");
    assert_string_equal(hs_rev(same.body), hs_rev(old.body));
    autoanswer now = expect(200, &h, "PUT", CM "/a", NULL, "{'metadata':{'name':'a'},'data':{'k':'2'}}");
    assert_string_not_equal(hs_rev(now.body), hs_rev(old.body));
    assert_string_equal(val_find_str(now.body, "metadata", "uid", NULL),
                        val_find_str(old.body, "metadata", "uid", NULL));
    cu_autofree char *stale =
        cu_asprintf("{'metadata':{'name':'a','resourceVersion':'%s'}}", hs_rev(old.body));
    cu_autofree char *fresh =
        cu_asprintf("{'metadata':{'name':'a','resourceVersion':'%s'}}", hs_rev(now.body));
    expect_only(409, &h, "PUT", CM "/a", NULL, stale);
    expect_only(200, &h, "PUT", CM "/a", NULL, fresh);
    expect_only(409, &h, "PUT", CM "/a", NULL, "{'metadata':{'name':'a','uid':'other'}}");
    expect_only(400, &h, "PUT", CM "/a", NULL, "{'metadata':{'name':'b'}}");
    expect_only(400, &h, "PUT", CM "/a", NULL, "{'metadata':{'name':'a','resourceVersion':'x'}}");
    expect_only(404, &h, "PUT", CM "/none", NULL, "{'metadata':{'name':'none'}}");
    /* kinds with rules of their own */
    expect_only(201, &h, "PUT", LEASES "/l", NULL, "{'metadata':{'name':'l'},'spec':{'holderIdentity':'x'}}");
    expect_only(422, &h, "PUT", LEASES "/l", NULL, "{'metadata':{'name':'l'},'spec':{'holderIdentity':'y'}}");
    autoanswer dry =
        expect(200, &h, "PUT", CM "/a?dryRun=All", NULL, "{'metadata':{'name':'a'},'data':{'k':'9'}}");
    assert_string_equal(val_find_str(dry.body, "data", "k", NULL), "9");
    autoanswer kept = expect(200, &h, "GET", CM "/a", NULL, NULL);
    assert_null(val_get(kept.body, "data"));
    hs_stop(&h);
}

static void test_status(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, "/api/v1/nodes", "{'metadata':{'name':'n'},'status':{'phase':'x'}}");
    expect_only(200, &h, "PATCH", "/api/v1/nodes/n/status", STRATEGIC,
                "{'metadata':{'labels':{'l':'1'}},'spec':{'unschedulable':true},'status':{'conditions':[{'"
                "type':'Ready',"
                "'status':'True'}]}}");
    autoanswer a = expect(200, &h, "GET", "/api/v1/nodes/n/status", NULL, NULL);
    assert_false(val_get_bool(val_get(a.body, "spec"), "unschedulable", false));
    assert_string_equal(val_find_str(a.body, "metadata", "labels", "l", NULL), "1");
    assert_int_equal(val_len(val_find(a.body, "status", "conditions", NULL)), 1);
    expect_only(200, &h, "PATCH", "/api/v1/nodes/n", MERGE, "{'status':null,'spec':{'unschedulable':true}}");
    autoanswer b = expect(200, &h, "GET", "/api/v1/nodes/n", NULL, NULL);
    assert_true(val_get_bool(val_get(b.body, "spec"), "unschedulable", false));
    assert_int_equal(val_len(val_find(b.body, "status", "conditions", NULL)), 1);
    autoanswer table = expect(200, &h, "GET", "/api/v1/nodes/n",
                              "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n", NULL);
    const struct val *cells = val_get(val_at(val_get(table.body, "rows"), 0), "cells");
    assert_string_equal(val_str(val_at(cells, 1)), "Ready,SchedulingDisabled");
    hs_stop(&h);
}

static void test_patches(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a','finalizers':['x/y']},'data':{'k':'1','l':'2'}}");
    autoanswer merge = expect(200, &h, "PATCH", CM "/a", MERGE, "{'data':{'k':null,'m':'3'}}");
    tu_assert_json(val_get(merge.body, "data"), "{'l':'2','m':'3'}");
    autoanswer strategic =
        expect(200, &h, "PATCH", CM "/a", STRATEGIC, "{'metadata':{'finalizers':['z/w']},'data':{'l':null}}");
    tu_assert_json(val_get(strategic.body, "data"), "{'m':'3'}");
    assert_int_equal(val_len(val_find(strategic.body, "metadata", "finalizers", NULL)), 2);
    autoanswer json =
        expect(200, &h, "PATCH", CM "/a", JSONP,
               "[{'op':'test','path':'/data/m','value':'3'},{'op':'replace','path':'/data/n','value':'4'}]");
    tu_assert_json(val_get(json.body, "data"), "{'m':'3','n':'4'}");
    autoanswer none = expect(200, &h, "PATCH", CM "/a", STRATEGIC, "{}");
    assert_string_equal(hs_rev(none.body), hs_rev(json.body));
    expect_only(422, &h, "PATCH", CM "/a", JSONP, "[{'op':'test','path':'/data/m','value':'no'}]");
    expect_only(422, &h, "PATCH", CM "/a", JSONP, "[{'op':'remove','path':'/data/none'}]");
    expect_only(400, &h, "PATCH", CM "/a", JSONP, "{}");
    expect_only(400, &h, "PATCH", CM "/a", MERGE, "{bad");
    expect_only(400, &h, "PATCH", CM "/a", MERGE, "[]");
    expect_only(400, &h, "PATCH", CM "/a", MERGE, "{'metadata':{'name':'zz'}}");
    expect_only(400, &h, "PATCH", CM "/a", MERGE, "{'kind':'Secret'}");
    expect_only(409, &h, "PATCH", CM "/a", MERGE, "{'metadata':{'resourceVersion':'1'}}");
    expect_only(409, &h, "PATCH", CM "/a", MERGE, "{'metadata':{'uid':'1'}}");
    expect_only(415, &h, "PATCH", CM "/a", "Content-Type: application/json\r\n", "{}");
    expect_only(422, &h, "PATCH", CM "/a?fieldManager=m&force=true", MERGE, "{}");
    expect_only(404, &h, "PATCH", CM "/none", MERGE, "{}");
    hs_stop(&h);
}

static void test_apply(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    const char *body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n";
    expect_only(422, &h, "PATCH", CM "/a", APPLY, body);
    expect_only(201, &h, "PATCH", CM "/a?fieldManager=m", APPLY, body);
    autoanswer again = expect(200, &h, "PATCH", CM "/a?fieldManager=m&force=true", APPLY,
                              "apiVersion: v1\nkind: ConfigMap\ndata:\n  l: w\n");
    tu_assert_json(val_get(again.body, "data"), "{'k':'v','l':'w'}");
    expect_only(400, &h, "PATCH", CM "/a?fieldManager=m", APPLY, "data: {}\n");
    expect_only(400, &h, "PATCH", CM "/a?fieldManager=m", APPLY,
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
    hs_stop(&h);
}

static void test_scale(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    const char *deployments = "/apis/apps/v1/namespaces/ns/deployments";
    hs_make(&h, deployments,
            "{'metadata':{'name':'d'},'spec':{'replicas':2,'selector':{'matchLabels':{'a':'b'}},'template':{'"
            "metadata':"
            "{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}}}");
    cu_autofree char *path = cu_asprintf("%s/d/scale", deployments);
    autoanswer get = expect(200, &h, "GET", path, NULL, NULL);
    assert_string_equal(val_get_str(get.body, "kind"), "Scale");
    assert_int_equal(val_get_int(val_get(get.body, "spec"), "replicas", 0), 2);
    autoanswer patch = expect(200, &h, "PATCH", path, MERGE, "{'spec':{'replicas':5}}");
    assert_string_equal(val_get_str(patch.body, "kind"), "Scale");
    assert_int_equal(val_get_int(val_get(patch.body, "spec"), "replicas", 0), 5);
    autoanswer put = expect(200, &h, "PUT", path, NULL, "{'metadata':{'name':'d'},'spec':{'replicas':7}}");
    assert_int_equal(val_get_int(val_get(put.body, "spec"), "replicas", 0), 7);
    expect_only(422, &h, "PUT", path, NULL, "{'metadata':{'name':'d'},'spec':{'replicas':-1}}");
    expect_only(409, &h, "PUT", path, NULL,
                "{'metadata':{'name':'d','resourceVersion':'1'},'spec':{'replicas':1}}");
    cu_autofree char *whole = cu_asprintf("%s/d", deployments);
    autoanswer d = expect(200, &h, "GET", whole, NULL, NULL);
    assert_int_equal(val_get_int(val_get(d.body, "spec"), "replicas", 0), 7);
    assert_int_equal(val_get_int(val_get(d.body, "metadata"), "generation", 0), 3);
    hs_stop(&h);
}

static void test_services(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    const char *path = "/api/v1/namespaces/ns/services";
    autoanswer a =
        expect(201, &h, "POST", path, NULL, "{'metadata':{'name':'a'},'spec':{'ports':[{'port':80}]}}");
    const char *ip = val_find_str(a.body, "spec", "clusterIP", NULL);
    assert_true(cu_has_prefix(ip, "10."));
    cu_autofree char *taken =
        cu_asprintf("{'metadata':{'name':'b'},'spec':{'clusterIP':'%s','ports':[{'port':80}]}}", ip);
    expect_only(422, &h, "POST", path, NULL, taken);
    expect_only(422, &h, "POST", path, NULL,
                "{'metadata':{'name':'b'},'spec':{'clusterIP':'1.2.3.4','ports':[{'port':80}]}}");
    autoanswer kept = expect(200, &h, "PUT", "/api/v1/namespaces/ns/services/a", NULL,
                             "{'metadata':{'name':'a'},'spec':{'ports':[{'port':81}]}}");
    assert_string_equal(val_find_str(kept.body, "spec", "clusterIP", NULL), ip);
    hs_stop(&h);
}

static void test_reviews(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    autoanswer a = expect(201, &h, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", NULL,
                          "{'spec':{'resourceAttributes':{'verb':'get','resource':'pods'}}}");
    assert_true(val_get_bool(val_get(a.body, "status"), "allowed", false));
    expect_only(405, &h, "GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", NULL, NULL);
    hs_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create), cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_update),
        cmocka_unit_test(test_status), cmocka_unit_test(test_patches),    cmocka_unit_test(test_apply),
        cmocka_unit_test(test_scale),  cmocka_unit_test(test_services),   cmocka_unit_test(test_reviews),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
