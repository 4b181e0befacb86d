/* Get and list through the whole server: forms, selectors, paging, wrong requests. */
#include "harness.h"

static void test_forms(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'b','labels':{'x':'1'}},'data':{'k':'v'}}");
    hs_make(&h, CM, "{'metadata':{'name':'a'}}");
    autoanswer one = expect(200, &h, "GET", CM "/b", NULL, NULL);
    assert_string_equal(val_get_str(one.body, "kind"), "ConfigMap");
    assert_non_null(strstr(one.head, "Content-Type: application/json"));
    autoanswer list = expect(200, &h, "GET", CM, NULL, NULL);
    assert_string_equal(val_get_str(list.body, "kind"), "ConfigMapList");
    assert_string_equal(val_get_str(list.body, "apiVersion"), "v1");
    const struct val *items = val_get(list.body, "items");
    assert_int_equal(val_len(items), 2);
    assert_string_equal(val_find_str(val_at(items, 0), "metadata", "name", NULL), "a");
    assert_null(val_get(val_at(items, 0), "kind"));
    assert_string_equal(val_find_str(val_at(items, 1), "data", "k", NULL), "v");
    autoanswer table =
        expect(200, &h, "GET", CM,
               "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n", NULL);
    assert_string_equal(val_get_str(table.body, "kind"), "Table");
    assert_int_equal(val_len(val_get(table.body, "rows")), 2);
    assert_non_null(hs_rev(table.body));
    autoanswer partial =
        expect(200, &h, "GET", CM,
               "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io\r\n", NULL);
    const struct val *first = val_at(val_get(partial.body, "items"), 0);
    assert_string_equal(val_get_str(first, "kind"), "PartialObjectMetadata");
    assert_null(val_get(first, "data"));
    autoanswer none = expect(200, &h, "GET", "/api/v1/nodes", NULL, NULL);
    assert_true(val_is_list(val_get(none.body, "items")));
    autoanswer head = expect(200, &h, "GET", "/api/v1/namespaces/other/configmaps", NULL, NULL);
    assert_int_equal(val_len(val_get(head.body, "items")), 0);
    hs_stop(&h);
}

static size_t count(struct harness *h, const char *query)
{
    cu_autofree char *path = cu_asprintf(CM "?%s", query);
    autoanswer a = expect(200, h, "GET", path, NULL, NULL);
    return val_len(val_get(a.body, "items"));
}

static void test_selectors(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    hs_make(&h, CM, "{'metadata':{'name':'a','labels':{'x':'1'}}}");
    hs_make(&h, CM, "{'metadata':{'name':'b','labels':{'x':'2'}}}");
    hs_make(&h, CM, "{'metadata':{'name':'c'}}");
    assert_int_equal(count(&h, "labelSelector=x%3D1"), 1);
    assert_int_equal(count(&h, "labelSelector=x"), 2);
    assert_int_equal(count(&h, "labelSelector=%21x"), 1);
    assert_int_equal(count(&h, "labelSelector=x+in+(1,2)"), 2);
    assert_int_equal(count(&h, "fieldSelector=metadata.name%3Db"), 1);
    assert_int_equal(count(&h, "fieldSelector=metadata.name%3Dzz"), 0);
    assert_int_equal(count(&h, "fieldSelector=metadata.name%21%3Db"), 2);
    expect_only(400, &h, "GET", CM "?labelSelector=a%20b%20c", NULL, NULL);
    expect_only(400, &h, "GET", CM "?fieldSelector=data.k%3Dv", NULL, NULL);
    hs_stop(&h);
}

static void test_paging(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    for (int i = 0; i < 7; i++) {
        cu_autofree char *body = cu_asprintf("{'metadata':{'name':'c%d'}}", i);
        hs_make(&h, CM, body);
    }
    cu_autofree char *token = cu_strdup("");
    size_t seen = 0, pages = 0;
    do {
        cu_autofree char *path = cu_asprintf(CM "?limit=3%s%s", *token ? "&continue=" : "", token);
        autoanswer a = expect(200, &h, "GET", path, NULL, NULL);
        const struct val *items = val_get(a.body, "items"), *m = val_get(a.body, "metadata");
        for (size_t i = 0; i < val_len(items); i++) {
            char want[8];
            snprintf(want, sizeof(want), "c%zu", seen++);
            assert_string_equal(val_find_str(val_at(items, i), "metadata", "name", NULL), want);
        }
        assert_int_equal(val_get_int(m, "remainingItemCount", 0), 7 - seen);
        free(token);
        token = cu_strdup(cu_or(val_get_str(m, "continue"), ""));
        pages++;
    } while (*token);
    assert_int_equal(seen, 7);
    assert_int_equal(pages, 3);
    expect_only(400, &h, "GET", CM "?limit=1&continue=zzz", NULL, NULL);
    expect_only(400, &h, "GET", CM "?limit=x", NULL, NULL);
    expect_only(422, &h, "GET", CM "?resourceVersionMatch=Exact", NULL, NULL);
    expect_only(422, &h, "GET", CM "?sendInitialEvents=true", NULL, NULL);
    expect_only(410, &h, "GET", CM "?resourceVersionMatch=Exact&resourceVersion=2", NULL, NULL);
    hs_stop(&h);
}

static void test_wrong(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    expect_only(404, &h, "GET", CM "/absent", NULL, NULL);
    autoanswer unknown = expect(404, &h, "GET", "/api/v1/foos", NULL, NULL);
    assert_string_equal(val_get_str(unknown.body, "reason"), "NotFound");
    autoanswer page = expect(404, &h, "GET", "/apis/foo/v1/bars", NULL, NULL);
    assert_string_equal(page.text, "404 page not found\n");
    expect_only(404, &h, "GET", "/nosuch", NULL, NULL);
    expect_only(404, &h, "GET", "/api/v1/namespaces/ns/nodes", NULL, NULL);
    expect_only(404, &h, "GET", CM "/absent/status", NULL, NULL);
    expect_only(405, &h, "PUT", CM, NULL, "{}");
    expect_only(405, &h, "POST", CM "/x", NULL, "{}");
    expect_only(405, &h, "POST", "/api/v1/configmaps", NULL, "{'metadata':{'name':'x'}}");
    expect_only(405, &h, "DELETE", "/api/v1/configmaps", NULL, NULL);
    expect_only(405, &h, "OPTIONS", CM, NULL, NULL);
    expect_only(405, &h, "POST", "/version", NULL, "{}");
    expect_only(406, &h, "GET", CM, "Accept: text/plain\r\n", NULL);
    expect_only(400, &h, "GET", CM "?includeObject=x", NULL, NULL);
    expect_only(400, &h, "GET", "/api/v1/nodes/%zz", NULL, NULL);
    expect_only(400, &h, "GET", CM "?resourceVersion=abc", NULL, NULL);
    expect_only(401, &h, "GET", CM, "Authorization: Bearer abc\r\n", NULL);
    hs_stop(&h);
}

static void test_future_version(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    int64_t start = cu_mono_ms();
    autoanswer a = expect(504, &h, "GET", CM "?resourceVersion=99999999", NULL, NULL);
    assert_in_range(cu_mono_ms() - start, 2500, 6000);
    assert_non_null(strstr(a.head, "Retry-After: 1"));
    assert_string_equal(val_get_str(val_at(val_find(a.body, "details", "causes", NULL), 0), "reason"),
                        "ResourceVersionTooLarge");
    hs_stop(&h);
}

static void test_pages(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    autoanswer ready = expect(200, &h, "GET", "/readyz", NULL, NULL);
    assert_string_equal(ready.text, "ok");
    h.s.policy_ready = false;
    autoanswer not_ready = expect(500, &h, "GET", "/livez", NULL, NULL);
    assert_non_null(
        strstr(not_ready.text, "[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\n"));
    assert_non_null(strstr(not_ready.text, "livez check failed\n"));
    h.s.policy_ready = true;
    autoanswer verbose = expect(200, &h, "GET", "/livez?verbose&exclude=ping&exclude=nothing", NULL, NULL);
    assert_true(cu_has_prefix(verbose.text, "[+]ping excluded: ok\n[+]log ok\n[+]etcd ok\n"));
    assert_true(cu_has_suffix(verbose.text, "no matches for \"nothing\"\nlivez check passed\n"));
    assert_null(strstr(verbose.text, "informer-sync"));
    expect_only(200, &h, "GET", "/readyz/informer-sync", NULL, NULL);
    expect_only(404, &h, "GET", "/healthz/informer-sync", NULL, NULL);
    autoanswer version = expect(200, &h, "GET", "/version", NULL, NULL);
    assert_string_equal(val_get_str(version.body, "gitVersion"), "v1.36.2");
    autoanswer root = expect(200, &h, "GET", "/", NULL, NULL);
    assert_true(val_len(val_get(root.body, "paths")) > 40);
    autoanswer api = expect(200, &h, "GET", "/api", NULL, NULL);
    assert_string_equal(val_get_str(api.body, "kind"), "APIVersions");
    autoanswer metrics = expect(200, &h, "GET", "/metrics", NULL, NULL);
    assert_non_null(
        strstr(metrics.text, "apiserver_resource_objects{group=\"\",resource=\"namespaces\"} 1\n"));
    expect_only(200, &h, "GET", "/openapi/v2", NULL, NULL);
    expect_only(200, &h, "GET", "/openapi/v3", NULL, NULL);
    expect_only(200, &h, "GET", "/openapi/v3/apis/apps/v1", NULL, NULL);
    expect_only(404, &h, "GET", "/openapi/v3/apis/foo/v1", NULL, NULL);
    expect_only(200, &h, "GET", "/apis/apps/v1", NULL, NULL);
    expect_only(404, &h, "GET", "/apis/foo", NULL, NULL);
    hs_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms), cmocka_unit_test(test_selectors),      cmocka_unit_test(test_paging),
        cmocka_unit_test(test_wrong), cmocka_unit_test(test_future_version), cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
