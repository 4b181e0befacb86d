/* The dry-run client announces requests in upstream's form and answers from its tracker. */
#include "tests.h"
#include "base/str.h"
#include "kube/dry_run.h"
#include "kube/kubeconfig.h"

static struct val *config_map(void)
{
    struct val *o = val_new_map();
    val_set_str(o, "apiVersion", "v1");
    val_set_str(o, "kind", "ConfigMap");
    val_set_str(val_need_map(o, "metadata"), "name", "c");
    val_set_str(val_need_map(o, "metadata"), "namespace", "ns");
    return o;
}

static void test_create_then_get(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    struct kube_dry_run_options o = { .out = out, .node_name = "n1" };
    struct kube_client *c = kube_client_new_dry_run(&o);
    struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *made = config_map(), *got = NULL, *node = NULL;
    cu_autofree char *path = kube_object_path(made, true);
    assert_int_equal(kube_get(c, path, NULL, NULL, &err), -CU_E_NOTFOUND);
    cu_err_clear(&err);
    assert_int_equal(kube_create_or_update(c, made, 1000, &err), 0);
    assert_int_equal(kube_create_or_update(c, made, 1000, &err), 0); /* the second is an update */
    assert_int_equal(kube_get(c, path, NULL, &got, &err), 0);
    assert_true(val_equal(got, made));
    assert_int_equal(kube_get(c, "/api/v1/nodes/n1", NULL, &node, &err), 0);
    assert_string_equal(val_find_str(node, "metadata", "labels", "kubernetes.io/hostname", NULL), "n1");
    kube_client_free(c);
    fclose(out);
    assert_true(cu_has_prefix(
        text, "[dryrun] Would perform action GET on resource \"configmaps\" in API group \"core/v1\"\n"
              "[dryrun] Resource name \"c\", namespace \"ns\"\n"
              "[dryrun] Would perform action CREATE on resource \"configmaps\" in API group \"core/v1\"\n"
              "[dryrun] Attached object:\napiVersion: v1\nkind: ConfigMap\n"));
    assert_non_null(strstr(text, "Would perform action UPDATE"));
    free(text);
}

/* A server that cannot be reached may cost seconds each time: it is asked once. */
static void test_absent_server_is_asked_once(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    const struct kube_config_spec spec = {
        .cluster = "c", .server = "https://127.0.0.1:1", .user = "u", .context = "x", .token = "t"
    };
    kube_autoconfig struct kube_config *config = kube_config_build(&spec);
    struct cu_err err = CU_ERR_INIT;
    struct kube_client *real = NULL;
    assert_int_equal(kube_client_new(config, NULL, &real, &err), 0);
    struct kube_dry_run_options o = { .out = out, .real = real, .node_name = "n1" };
    struct kube_client *c = kube_client_new_dry_run(&o);
    cu_autoval struct val *list = NULL;
    assert_int_equal(kube_get(c, "/api/v1/namespaces/ns/configmaps/c", NULL, NULL, &err), -CU_E_NOTFOUND);
    cu_err_clear(&err);
    assert_int_equal(kube_get(c, "/api/v1/namespaces/ns/configmaps", NULL, &list, &err), 0);
    kube_client_free(c);
    fclose(out);
    char *first = strstr(text, "could not answer");
    assert_non_null(first);
    assert_null(strstr(first + 1, "could not answer"));
    assert_non_null(strstr(text, "Would perform action LIST"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_create_then_get),
                                        cmocka_unit_test(test_absent_server_is_asked_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
