/* Paths and Accept headers. */
#include "apiserver/accept.h"
#include "apiserver/path.h"
#include "base/str.h"
#include "test_util.h"

static void path(const char *raw, const char *want)
{
    struct api_path p;
    assert_int_equal(api_path_parse(raw, &p, NULL), 0);
    cu_autofree char *got =
        cu_asprintf("%s%s|%s|%s|%s|%s|%s|%s%s", p.resource_request ? "R " : "", p.group, p.version, p.ns,
                    p.resource, p.name, p.sub, p.r ? "r" : "", p.s ? "s" : "");
    assert_string_equal(got, want);
    api_path_clear(&p);
}

static void test_paths(void **state)
{
    (void)state;
    path("/", "||||||");
    path("/healthz", "||||||");
    path("/api", "||||||");
    path("/api/v1", "|v1|||||");
    path("/apis/apps", "apps||||||");
    path("/apis/apps/v1", "apps|v1|||||");
    path("/api/v1/nodes", "R |v1||nodes|||r");
    path("/api/v1/nodes/n1/status", "R |v1||nodes|n1|status|rs");
    path("/api/v1/namespaces", "R |v1||namespaces|||r");
    path("/api/v1/namespaces/ns", "R |v1|ns|namespaces|ns||r");
    path("/api/v1/namespaces/ns/finalize", "R |v1|ns|namespaces|ns|finalize|rs");
    path("/api/v1/namespaces/ns/pods", "R |v1|ns|pods|||r");
    path("/api/v1/namespaces/ns/pods/p/", "R |v1|ns|pods|p||r");
    path("/api/v1/namespaces/ns/pods/p/binding", "R |v1|ns|pods|p|binding|rs");
    path("/api/v1/namespaces/ns/pods/p/nothing", "R |v1|ns|pods|p|nothing|r");
    path("/apis/rbac.authorization.k8s.io/v1/namespaces/ns/roles/kubeadm%3Ax",
         "R rbac.authorization.k8s.io|v1|ns|roles|kubeadm:x||r");
    path("/apis/rbac.authorization.k8s.io/v1/clusterroles/a%2Fb",
         "R rbac.authorization.k8s.io|v1||clusterroles|a/b||r");
    path("/apis/foo/v1/bars/x", "R foo|v1||bars|x||");
    path("/api/v1/watch/namespaces/ns/pods", "R |v1|ns|pods|||r");
    struct api_path p;
    assert_int_equal(api_path_parse("/api/v1/nodes/%zz", &p, NULL), -CU_E_INVALID);
}

#define TABLE "application/json;as=Table;v=v1;g=meta.k8s.io"

static void form(const char *accept, bool list, int want)
{
    enum api_form f;
    bool ok = api_accept_form(accept, list, &f);
    assert_int_equal(ok ? (int)f : -1, want);
}

static void test_accept(void **state)
{
    (void)state;
    form(NULL, false, API_FORM_OBJECT);
    form("", true, API_FORM_OBJECT);
    form("*/*", true, API_FORM_OBJECT);
    form("application/vnd.kubernetes.protobuf,application/json", false, API_FORM_OBJECT);
    form("application/vnd.kubernetes.protobuf, */*", false, API_FORM_OBJECT);
    form("application/vnd.kubernetes.protobuf", false, -1);
    form("text/plain", false, -1);
    form(TABLE ",application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", true, API_FORM_TABLE);
    form("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", true, API_FORM_OBJECT);
    form("application/json;as=Table;v=v1beta1;g=meta.k8s.io", true, -1);
    form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", false, API_FORM_PARTIAL);
    form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", true, -1);
    form("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", true, API_FORM_PARTIAL);
    form("application/json; charset=utf-8", true, API_FORM_OBJECT);
    assert_true(api_accept_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                                      "application/json"));
    assert_false(
        api_accept_aggregated("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
                              "application/json"));
    assert_false(api_accept_aggregated("application/json, */*"));
    assert_false(api_accept_aggregated(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths), cmocka_unit_test(test_accept) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
