/* CoreDNS and kube-proxy for other versions, and recognising Corefiles. */
#include "common.h"
#include "manifests/addons.h"

static const struct val *of_kind(const struct val *list, const char *kind)
{
    for (size_t i = 0; i < val_len(list); i++)
        if (cu_streq(val_get_str(val_at(list, i), "kind"), kind))
            return val_at(list, i);
    return NULL;
}

static void old_coredns(void **state)
{
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.23.0\n", NULL);
    cu_autoval struct val *dns = NULL;
    assert_int_equal(mf_coredns(&c->cluster, 5, NULL, NULL, &dns, NULL), 0);
    const struct val *spec = val_find(of_kind(dns, "Deployment"), "spec", "template", "spec", NULL);
    const struct val *container = val_at(val_get(spec, "containers"), 0);
    assert_int_equal(val_get_int(val_get(of_kind(dns, "Deployment"), "spec"), "replicas", 0), 5);
    assert_null(val_get(spec, "affinity"));
    assert_int_equal(val_len(val_get(spec, "tolerations")), 3);
    assert_int_equal(val_len(val_get(container, "ports")), 3);
    assert_int_equal(val_int(val_find(container, "livenessProbe", "httpGet", "port", NULL), 0), 8080);
    assert_string_equal(
        val_str(val_at(val_find(container, "securityContext", "capabilities", "drop", NULL), 0)), "all");
    assert_int_equal(val_len(val_get(of_kind(dns, "ClusterRole"), "rules")), 3);
    const char *corefile = val_find_str(of_kind(dns, "ConfigMap"), "data", "Corefile", NULL);
    assert_null(strstr(corefile, "disable"));
    assert_true(mf_corefile_is_default(corefile));
    cfg_init_free(c);
}

static void corefiles(void **state)
{
    static const struct {
        const char *text;
        bool is_default;
    } rows[] = {
        { "", true },
        { "# only a comment\n\n", true },
        { ".:53 {\n}\n", false },
        { ".:53 {\n    errors\n    health\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods "
          "insecure\n"
          "       upstream\n       fallthrough in-addr.arpa ip6.arpa\n    }\n    prometheus :9153\n"
          "    proxy . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n",
          true },
        { ".:53 {\n    errors\n    log\n    health\n    ready\n    kubernetes cluster.local {\n       pods "
          "insecure\n"
          "       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n"
          "    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n",
          false },
        { ".:53 {\n errors\n}\nexample.org {\n forward . 1.1.1.1\n}\n", false },
        { "example.org {\n errors\n}\n", false },
        { ".:53 {\n errors\n", false },
        { "}\n", false },
        { "{\n", false },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++)
        if (mf_corefile_is_default(rows[i].text) != rows[i].is_default)
            fail_msg("%s", rows[i].text);
    assert_true(mf_corefile_is_default(NULL));
}

static void proxy_takes_environment_and_prints(void **state)
{
    char *const environment[] = { (char[]){ "NO_PROXY=x" }, (char[]){ "HTTP_PROXY=y" }, NULL };
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    cu_autoval struct val *proxy = mf_kube_proxy(c, environment);
    const struct val *spec = val_find(of_kind(proxy, "DaemonSet"), "spec", "template", "spec", NULL);
    const struct val *env = val_get(val_at(val_get(spec, "containers"), 0), "env");
    assert_int_equal(val_len(env), 3);
    assert_string_equal(val_get_str(val_at(env, 1), "name"), "HTTP_PROXY");
    assert_non_null(val_find(of_kind(proxy, "ConfigMap"), "metadata", "annotations", NULL));
    cu_autofree char *text = mf_print_addon(proxy);
    assert_true(cu_has_prefix(text, "---\napiVersion: v1\nkind: ServiceAccount\n"));
    assert_null(strstr(text, "component-config.hash"));
    assert_non_null(strstr(text, "subjects:\n- kind: Group\n"));
    assert_non_null(val_find(of_kind(proxy, "ConfigMap"), "metadata", "annotations", NULL));
    cfg_init_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(old_coredns), cmocka_unit_test(corefiles),
                                        cmocka_unit_test(proxy_takes_environment_and_prints) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
