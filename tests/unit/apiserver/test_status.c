/* Failures in the shapes clients and scripts look at. */
#include "apiserver/request.h"
#include "test_util.h"

static void check(struct api_status *s, const char *want)
{
    tu_assert_json(s->body, want);
    assert_int_equal(val_get_int(s->body, "code", 0), s->code);
    api_status_clear(s);
}

static void test_objects(void **state)
{
    (void)state;
    struct api_status s = API_STATUS_INIT;
    const struct api_resource *cm = api_resource_find("", "v1", "configmaps");
    const struct api_resource *lease = api_resource_find("coordination.k8s.io", "v1", "leases");
    assert_int_equal(api_fail_not_found(&s, cm, "y"), -1);
    check(&s, "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'configmaps "
              "\\'y\\' not "
              "found','reason':'NotFound','details':{'name':'y','kind':'configmaps'},'code':404}");
    api_fail_exists(&s, lease, "l");
    check(
        &s,
        "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':"
        "'leases.coordination.k8s.io \\'l\\' already exists','reason':'AlreadyExists','details':{'name':'l',"
        "'group':'coordination.k8s.io','kind':'leases'},'code':409}");
    api_fail_conflict(&s, cm, "a", "why");
    check(
        &s,
        "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'Operation cannot be "
        "fulfilled on configmaps \\'a\\': "
        "why','reason':'Conflict','details':{'name':'a','kind':'configmaps'},"
        "'code':409}");
    api_fail_forbidden(&s, cm, "", "no");
    check(&s, "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'configmaps is "
              "forbidden: no','reason':'Forbidden','details':{'kind':'configmaps'},'code':403}");
    api_fail(&s, 401, "Unauthorized", "Unauthorized");
    check(&s, "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'Unauthorized','"
              "reason':"
              "'Unauthorized','code':401}");
}

static void test_denied(void **state)
{
    (void)state;
    struct api_status s = API_STATUS_INIT;
    struct api_user u = { .name = cu_strdup("system:anonymous") };
    struct api_attributes a = { .user = &u,
                                .verb = "list",
                                .resource_request = true,
                                .path = "/x",
                                .group = "",
                                .version = "v1",
                                .resource = "configmaps",
                                .subresource = "",
                                .ns = "pt",
                                .name = "" };
    api_fail_denied(&s, &a, NULL);
    check(&s, "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'configmaps is "
              "forbidden: User \\'system:anonymous\\' cannot list resource \\'configmaps\\' in API group "
              "\\'\\' in the "
              "namespace \\'pt\\'','reason':'Forbidden','details':{'kind':'configmaps'},'code':403}");
    a = (struct api_attributes){ .user = &u,
                                 .verb = "get",
                                 .resource_request = true,
                                 .path = "/x",
                                 .group = "",
                                 .version = "v1",
                                 .resource = "nodes",
                                 .subresource = "status",
                                 .ns = "",
                                 .name = "x" };
    api_fail_denied(&s, &a, "because");
    check(&s,
          "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'nodes \\'x\\' is "
          "forbidden: User \\'system:anonymous\\' cannot get resource \\'nodes/status\\' in API group \\'\\' "
          "at the "
          "cluster scope: because','reason':'Forbidden','details':{'name':'x','kind':'nodes'},'code':403}");
    a = (struct api_attributes){ .user = &u, .verb = "get", .path = "/api" };
    api_fail_denied(&s, &a, NULL);
    check(&s,
          "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'forbidden: User "
          "\\'system:anonymous\\' cannot get path \\'/api\\'','reason':'Forbidden','details':{},'code':403}");
    api_user_clear(&u);
}

static void test_invalid(void **state)
{
    (void)state;
    struct api_status s = API_STATUS_INIT;
    struct api_invalid e = API_INVALID_INIT;
    assert_int_equal(api_invalid_finish(&e, &s, "Pod", "", "p"), 0);
    assert_null(s.body);
    api_invalid_add(&e, "FieldValueRequired", "spec.containers", "Required value");
    assert_int_equal(api_invalid_finish(&e, &s, "Pod", "", "p"), -1);
    check(
        &s,
        "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'Pod \\'p\\' is "
        "invalid: "
        "spec.containers: Required value','reason':'Invalid','details':{'name':'p','kind':'Pod','causes':[{"
        "'reason':'FieldValueRequired','message':'Required value','field':'spec.containers'}]},'code':422}");
    api_invalid_add(&e, "FieldValueInvalid", "a", "Invalid value: %d: x", 1);
    api_invalid_add(&e, "FieldValueInvalid", "b", "Invalid value: 2: y");
    api_invalid_finish(&e, &s, "Role", "rbac.authorization.k8s.io", "");
    assert_string_equal(val_get_str(s.body, "message"),
                        "Role.rbac.authorization.k8s.io \"\" is invalid: [a: Invalid "
                        "value: 1: x, b: Invalid value: 2: y]");
    api_status_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_objects), cmocka_unit_test(test_denied),
                                        cmocka_unit_test(test_invalid) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
