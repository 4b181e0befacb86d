/* CoreDNS and kube-proxy for other versions, and recognising Corefiles. */
#include "common.h"
#include "manifests/addons.h"
#include "manifests/corefile.h"

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

/* Rows of spec init 11.2: what stands in ".:53", or whole Corefiles, and what each version's changes make of it. */
static void corefiles_migrate(void **state)
{
    static const struct {
        const char *from, *text, *want; /* want NULL: no migration is called for */
    } rows[] = {
        { "1.8.0", ".:53 {\n kubernetes x {\n  upstream\n }\n proxy . /a\n}\n", NULL },
        { "v1.14.1", ".:53 {\n health\n}\n", NULL },
        { "", ".:53 {\n proxy . /a\n}\n", NULL },
        { "1.14.2", ".:53 {\n proxy . /a\n}\n", NULL },
        { "1.7.0", ".:53 {\n health\n forward . /a\n}\n", NULL },
        { "1.6.7", ".:53 {\n forward . /etc/resolv.conf\n}\n",
          ".:53 {\n    forward . /etc/resolv.conf {\n        max_concurrent 1000\n    }\n}\n" },
        { "1.6.7", ".:53 {\n forward . /a {\n  max_concurrent 5\n }\n}\n", NULL },
        { "1.6.2",
          "a.ex:53 {\n health :8080\n kubernetes a b {\n  upstream /x\n  resyncperiod 5m\n  ttl 30\n }\n}\n",
          "a.ex:53 {\n    health :8080 {\n        lameduck 5s\n    }\n    kubernetes a b {\n        ttl 30\n "
          "   }\n}\n" },
        { "1.7.1", ". {\n kubernetes cl.ex in-addr.arpa {\n  transfer to * 10.0.0.1\n }\n}\n",
          ". {\n    kubernetes cl.ex in-addr.arpa\n    transfer cl.ex {\n        to * 10.0.0.1\n    }\n}\n" },
        { "1.4.0",
          ".:53 {\n errors # \"odd\n proxy . 1.1.1.1 8.8.8.8 {\n  policy least_conn\n  except a.ex \"b c\"\n"
          "  fail_timeout 3s\n  protocol force_tcp x\n  health_check /h\n }\n kubernetes c {\n  endpoint a b "
          "c\n }\n}\n",
          ".:53 {\n    errors\n    forward . 1.1.1.1 8.8.8.8 {\n        force_tcp\n        except a.ex \"b "
          "c\"\n"
          "        force_tcp\n        max_concurrent 1000\n    }\n    kubernetes c {\n        endpoint a\n   "
          " }\n"
          "    ready\n}\n" },
        { "1.4.0", ".:53 {\n ready\n proxy stub.ex 10.0.0.1\n proxy . /a\n}\n",
          ".:53 {\n    ready\n    forward . /a {\n        max_concurrent 1000\n    }\n}\n\n"
          "stub.ex {\n    forward . 10.0.0.1 {\n        max_concurrent 1000\n    }\n    loop\n    errors\n"
          "    cache 30\n}\n" },
        { "1.1.3",
          ". {\n proxy . /a {\n  protocol https_google\n }\n health {\n  lameduck 1s\n }\n ready\n}\n",
          ". {\n    forward . /a {\n        max_concurrent 1000\n    }\n    health {\n        lameduck 1s\n  "
          "  }\n"
          "    ready\n    loop\n}\n" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        bool needs;
        cu_autofree char *got = NULL;
        assert_int_equal(mf_corefile_needs_migration(rows[i].text, rows[i].from, "v1.14.2", &needs, NULL), 0);
        if (needs != (rows[i].want != NULL))
            fail_msg("row %zu: %s", i, needs ? "needs" : "needs none");
        if (!needs)
            continue;
        assert_int_equal(mf_corefile_migrate(rows[i].text, rows[i].from, "v1.14.2", &got, NULL), 0);
        if (!cu_streq(got, rows[i].want))
            fail_msg("row %zu: wanted\n%sgot\n%s", i, rows[i].want, got);
    }
}

static void corefiles_that_cannot_migrate(void **state)
{
    static const struct {
        const char *from, *text, *says;
        bool readable; /* only the migration finds it */
    } rows[] = {
        { "1.6.8", ".:53 {\n}\n", "1.6.8", false },
        { "v1.14.2-mine", ".:53 {\n}\n", "v1.14.2-mine", false },
        { "1.4.0", ".:53 {\n errors\n", "ends inside", false },
        { "1.4.0", ".:53 {\n}\n}\n", "too many", false },
        { "1.4.0", ". {\n a \"b\n}\n", "quote", false },
        { "1.4.0", ". {\n {\n  a\n }\n}\n", "without a name", false },
        { "1.4.0", ". {\n a {\n  b {\n   c\n  }\n }\n}\n", "too many", false },
        { "1.4.0", "a.ex {\n proxy b.ex 10.0.0.1\n}\n", "b.ex", true },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *got = NULL;
        bool needs;
        int r = mf_corefile_needs_migration(rows[i].text, rows[i].from, "1.14.2", &needs, &err);
        assert_int_equal(r, rows[i].readable ? 0 : -CU_E_INVALID);
        if (r == 0)
            assert_int_equal(mf_corefile_migrate(rows[i].text, rows[i].from, "1.14.2", &got, &err),
                             -CU_E_INVALID);
        if (!strstr(cu_err_text(&err), rows[i].says))
            fail_msg("row %zu: %s", i, cu_err_text(&err));
    }
}

#define BLOCK(lines) ".:53 {\n    errors\n" lines "}\n"

static void corefiles_and_versions(void **state)
{
    static const struct {
        const char *text, *from, *to;
        int result;
        const char *notices;
    } rows[] = {
        { BLOCK("    cache 30\n"), "1.13.1", "1.14.2", 0, "" },
        { BLOCK("    erratic\n"), "1.13.1", "1.14.2", 0, "plugin \"erratic\"" },
        { BLOCK("    erratic\n"), "1.14.2", "1.14.2", 0, "" }, /* nothing is on the way */
        { BLOCK("    cache 30 {\n        bogus 1\n    }\n"), "1.13.1", "1.14.2", 0,
          "option \"bogus\" of plugin \"cache\"" },
        { BLOCK("    errors {\n        stacktrace\n    }\n"), "1.9.1", "1.14.2", 0,
          "option \"stacktrace\" of plugin \"errors\"" }, /* 1.9.2 does not know it */
        { BLOCK("    errors {\n        stacktrace\n    }\n"), "1.9.2", "1.14.2", 0, "" },
        { BLOCK("    forward . /etc/resolv.conf {\n        fail_fast\n    }\n"), "1.11.3", "1.11.4", 0, "" },
        { BLOCK("    forward . /etc/resolv.conf {\n        fail_fast\n    }\n"), "1.11.3", "1.12.0", 0,
          "option \"fail_fast\" of plugin \"forward\"" },
        { BLOCK("    hosts {\n        10.0.0.1 a b\n        fd00::a:1 c\n        ttl 5\n    }\n"), "1.13.1",
          "1.14.2", 0, "" },
        { BLOCK("    hosts {\n        a 10.0.0.1\n    }\n"), "1.13.1", "1.14.2", 0,
          "option \"a\" of plugin \"hosts\"" },
        { BLOCK("    rewrite {\n        answer name a b\n        answers x\n    }\n"), "1.13.1", "1.14.2", 0,
          "option \"answers\" of plugin \"rewrite\"" },
        { BLOCK(""), "1.7.0", "1.14.2", -CU_E_INVALID, "" },
        { BLOCK(""), "", "1.14.2", -CU_E_INVALID, "" },
        { BLOCK(""), "1.14.2", "1.13.1", -CU_E_INVALID, "" },
        { ".:53 {\n errors\n", "1.13.1", "1.14.2", -CU_E_INVALID, "" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autostrlist struct cu_strlist notices = CU_STRLIST_INIT;
        int r = mf_corefile_check(rows[i].text, rows[i].from, rows[i].to, &notices, NULL);
        cu_autofree char *all = cu_strlist_join(&notices, ", ");
        if (r != rows[i].result || strcmp(all, rows[i].notices) != 0)
            fail_msg("row %zu: %d, %s", i, r, all);
    }
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(corefiles_and_versions),
                                        cmocka_unit_test(old_coredns),
                                        cmocka_unit_test(corefiles),
                                        cmocka_unit_test(corefiles_migrate),
                                        cmocka_unit_test(corefiles_that_cannot_migrate),
                                        cmocka_unit_test(proxy_takes_environment_and_prints) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
