/* Questions about users and rights. */
#include "apiserver/reviews.h"
#include "security.h"

struct fixture {
    struct world w;
    struct api_auth *auth;
    struct api_user me;
};

static void f_open(struct fixture *f, const char *name, const char *groups)
{
    world_open(&f->w);
    f->w.opt.enable_bootstrap_token_auth = true;
    assert_int_equal(api_auth_new(&f->w.opt, f->w.g, &f->auth, NULL), 0);
    f->me = user(name, groups);
}

static void f_close(struct fixture *f)
{
    api_auth_free(f->auth);
    api_user_clear(&f->me);
    world_close(&f->w);
}

/* Status of the answer as JSON, or the code of the refusal as text. Caller frees. */
static char *review(struct fixture *f, const char *group, const char *resource, const char *ns,
                    const char *body)
{
    const struct api_resource *r = api_resource_find(group, "v1", resource);
    cu_autoval struct val *b = tu_json(body), *out = NULL;
    struct api_attributes a = { .user = &f->me,
                                .verb = "create",
                                .resource_request = true,
                                .path = "",
                                .group = group,
                                .version = "v1",
                                .resource = resource,
                                .subresource = "",
                                .ns = ns,
                                .name = "",
                                .field_selector = "",
                                .label_selector = "" };
    const struct api_review q = { r, &a, b, cu_now_ms() };
    assert_non_null(r);
    assert_true(api_review_is(r));
    api_status_clear(&f->w.st);
    if (api_review_create(f->auth, f->w.z, &q, &out, &f->w.st) < 0)
        return cu_asprintf("%d", f->w.st.code);
    assert_string_equal(val_get_str(out, "kind"), r->kind);
    assert_true(val_equal(val_get(out, "spec"), val_get(b, "spec")));
    return val_dump_json(val_get(out, "status"), VAL_JSON_COMPACT | VAL_JSON_SORT);
}

static void expect(struct fixture *f, const char *group, const char *resource, const char *body,
                   const char *want)
{
    cu_autofree char *got =
        review(f, group, resource, cu_streq(resource, "localsubjectaccessreviews") ? "default" : "", body);
    cu_autofree char *w = cu_replace(want, "'", "\"");
    if (!cu_streq(got, w))
        fail_msg("%s %s: %s", resource, body, got);
}

#define AUTHZ "authorization.k8s.io"
#define AUTHN "authentication.k8s.io"

static void test_access(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f, "me", "system:authenticated");
    expect(&f, AUTHZ, "selfsubjectaccessreviews",
           "{'spec':{'nonResourceAttributes':{'verb':'get','path':'/healthz'}}}", "{'allowed':true}");
    expect(&f, AUTHZ, "selfsubjectaccessreviews",
           "{'spec':{'resourceAttributes':{'verb':'get','resource':'nodes'}}}", "{'allowed':false}");
    expect(&f, AUTHZ, "selfsubjectaccessreviews", "{'spec':{}}", "422");
    expect(&f, AUTHZ, "selfsubjectaccessreviews",
           "{'spec':{'resourceAttributes':{'verb':'get'},'nonResourceAttributes':{'verb':'get','path':'/'}}}",
           "422");
    expect(&f, AUTHZ, "subjectaccessreviews",
           "{'spec':{'user':'root','groups':['system:masters'],'resourceAttributes':{'verb':'delete','"
           "resource':'nodes'}}}",
           "{'allowed':true}");
    expect(&f, AUTHZ, "subjectaccessreviews",
           "{'spec':{'resourceAttributes':{'verb':'delete','resource':'nodes'}}}", "422");
    expect(&f, AUTHZ, "subjectaccessreviews",
           "{'spec':{'user':'system:node:n1','groups':['system:nodes'],'resourceAttributes':{'verb':'list','"
           "resource':'pods',"
           "'fieldSelector':{'requirements':[{'key':'spec.nodeName','operator':'In','values':['n1']}]}}}}",
           "{'allowed':true}");
    expect(&f, AUTHZ, "subjectaccessreviews",
           "{'spec':{'user':'system:node:n1','groups':['system:nodes'],'resourceAttributes':{'verb':'get','"
           "resource':'nodes',"
           "'name':'n2'}}}",
           "{'allowed':false,'reason':'node \\'n1\\' may read only its own Node object'}");
    expect(
        &f, AUTHZ, "localsubjectaccessreviews",
        "{'spec':{'user':'a','resourceAttributes':{'verb':'get','resource':'pods','namespace':'default'}}}",
        "{'allowed':false}");
    expect(&f, AUTHZ, "localsubjectaccessreviews",
           "{'spec':{'user':'a','resourceAttributes':{'verb':'get','resource':'pods','namespace':'other'}}}",
           "422");
    f_close(&f);
}

static void test_identity(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f, "system:node:n1", "system:nodes,system:authenticated");
    expect(&f, AUTHN, "selfsubjectreviews", "{'metadata':{}}",
           "{'userInfo':{'groups':['system:nodes','system:authenticated'],'username':'system:node:n1'}}");
    expect(&f, AUTHN, "tokenreviews", "{'spec':{}}", "400");
    cu_autofree char *bad =
        review(&f, AUTHN, "tokenreviews", "", "{'spec':{'token':'abcdef.0123456789abcdef'}}");
    assert_null(strstr(bad, "authenticated\":true"));
    assert_non_null(strstr(bad, "\"error\""));
    assert_null(strstr(bad, "0123456789abcdef"));
    world_put(
        &f.w,
        "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'bootstrap-token-abcdef','namespace':"
        "'kube-system'},'type':'bootstrap.kubernetes.io/token','data':{'token-id':'YWJjZGVm','token-secret':"
        "'MDEyMzQ1Njc4OWFiY2RlZg==','usage-bootstrap-authentication':'dHJ1ZQ=='}}");
    expect(
        &f, AUTHN, "tokenreviews", "{'spec':{'token':'abcdef.0123456789abcdef'}}",
        "{'authenticated':true,'user':{'groups':['system:authenticated','system:bootstrappers'],'username':"
        "'system:bootstrap:abcdef'}}");
    f_close(&f);
}

static void test_rules(void **state)
{
    struct fixture f;
    (void)state;
    f_open(&f, "me", "system:authenticated");
    expect(&f, AUTHZ, "selfsubjectrulesreviews", "{'spec':{}}", "400");
    cu_autofree char *text =
        review(&f, AUTHZ, "selfsubjectrulesreviews", "", "{'spec':{'namespace':'default'}}");
    cu_autoval struct val *v = tu_json(text);
    assert_false(val_get_bool(v, "incomplete", true));
    assert_true(val_len(val_get(v, "resourceRules")) > 0);
    assert_true(val_len(val_get(v, "nonResourceRules")) > 0);
    f_close(&f);
}

static void test_others_are_none(void **state)
{
    (void)state;
    assert_false(api_review_is(api_resource_find("", "v1", "pods")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_others_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
