/* What kubectl looks for in the OpenAPI documents. */
#include "test_util.h"

#include "apiserver/openapi.h"
#include "apiserver/resource.h"

/* One level of a protobuf message: calls fn for every field that holds bytes. */
static void each_field(const uint8_t *p, size_t n,
                       void (*fn)(unsigned number, const uint8_t *p, size_t n, void *arg), void *arg)
{
    const uint8_t *end = p + n;
    while (p < end) {
        unsigned tag = *p++;
        assert_int_equal(tag & 7, 2);
        size_t len = 0;
        for (unsigned shift = 0;; shift += 7) {
            assert_true(p < end && shift < 28);
            len |= (size_t)(*p & 0x7f) << shift;
            if (*p++ < 0x80)
                break;
        }
        assert_true(len <= (size_t)(end - p));
        fn(tag >> 3, p, len, arg);
        p += len;
    }
}

static void count_path(unsigned number, const uint8_t *p, size_t n, void *arg)
{
    (void)p;
    assert_int_equal(number, 2);
    assert_true(n > 50);
    (*(size_t *)arg)++;
}

static void see_document(unsigned number, const uint8_t *p, size_t n, void *arg)
{
    if (number == 1)
        assert_memory_equal(p, "2.0", 3);
    else if (number == 8)
        each_field(p, n, count_path, arg);
    else if (number == 9)
        assert_int_equal(n, 0);
    else
        assert_int_equal(number, 2);
}

static void v2(void **state)
{
    size_t n = 0, paths = 0, wanted = 0;
    cu_autofree uint8_t *bytes = api_openapi_v2_protobuf(&n);
    (void)state;
    each_field(bytes, n, see_document, &paths);
    for (size_t i = 0; i < api_n_resources; i++)
        wanted += (api_resources[i].verbs & API_PATCH) != 0;
    assert_int_equal(paths, wanted);
    assert_non_null(memmem(bytes, n, "dryRun", 6));
    assert_non_null(memmem(bytes, n, "group: \"apps\"\nkind: Deployment\nversion: v1\n", 42));
    cu_autoval struct val *doc = api_openapi_v2();
    assert_string_equal(val_get_str(doc, "swagger"), "2.0");
}

/* Every $ref in v leads somewhere. */
static void check_refs(const struct val *schemas, const struct val *v)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;
    const char prefix[] = "#/components/schemas/";
    while (val_next(v, &it, &key, &child)) {
        if (strcmp(key, "$ref") == 0 && val_str(child)) {
            assert_memory_equal(val_str(child), prefix, sizeof(prefix) - 1);
            assert_non_null(val_get(schemas, val_str(child) + sizeof(prefix) - 1));
        } else {
            check_refs(schemas, child);
        }
    }
}

static void v3(void **state)
{
    cu_autoval struct val *index = api_openapi_v3();
    (void)state;
    assert_non_null(val_find_str(index, "paths", "apis/apps/v1", "serverRelativeURL", NULL));
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (i > 0 && strcmp(r[-1].group, r->group) == 0)
            continue;
        cu_autoval struct val *doc = api_openapi_v3_document(r->group, r->version);
        check_refs(val_find(doc, "components", "schemas", NULL), doc);
    }
    cu_autoval struct val *core = api_openapi_v3_document("", "v1");
    const struct val *patch =
        val_find(core, "paths", "/api/v1/namespaces/{namespace}/configmaps/{name}", "patch", NULL);
    tu_assert_json(val_get(patch, "x-kubernetes-group-version-kind"),
                   "{'group':'','version':'v1','kind':'ConfigMap'}");
    tu_assert_json(val_at(val_get(patch, "parameters"), 2), "{'name':'fieldValidation','in':'query'}");
    tu_assert_json(val_find(core, "components", "schemas", "io.k8s.api.core.v1.ConfigMap", "properties",
                            "binaryData", NULL),
                   "{'type':'object','additionalProperties':{'type':'string','format':'byte'}}");
    assert_non_null(val_find(core, "paths", "/api/v1/nodes/{name}", "patch", NULL));
    assert_null(api_openapi_v3_document("apps", "v2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(v2), cmocka_unit_test(v3) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
