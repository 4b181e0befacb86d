/* Component configurations: values kubeadm sets, values it keeps, the forms upstream writes (spec config 14), and the
 * advice about each. */
#include "host.h"
#include "config/component.h"

#define KUBELET "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define PROXY "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"

static struct cfg_init *load(const char *dir, const char *cluster, const char *document,
                             struct cu_strlist *warnings)
{
    cu_autofree char *text = cu_asprintf(CLUSTER_V4 "%s%s", cluster, document);
    cu_autofree char *path = test_file(dir, text);
    struct cfg_load_options o = test_options(warnings, NULL);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cfg_init *c = NULL;

    if (cfg_load_init(path, &o, &c, &err) < 0)
        fail_msg("%s: %s", text, cu_err_text(&err));
    return c;
}

static void written_forms(void **state)
{
    static const struct {
        const char *document, *path, *want; /* path: of one or two keys; want: as JSON, NULL: absent */
    } rows[] = {
        { KUBELET "maxPods: 1e2\n", "maxPods", "100" },
        { KUBELET "syncFrequency: 90s\n", "syncFrequency", "\"1m30s\"" },
        { KUBELET "syncFrequency: null\n", "syncFrequency", "\"0s\"" },
        { KUBELET "cpuCFSQuotaPeriod: 0.1s\n", "cpuCFSQuotaPeriod", "\"100ms\"" },
        { KUBELET "containerLogMonitorInterval: 0s\n", "containerLogMonitorInterval", "\"0s\"" },
        { KUBELET, "containerLogMonitorInterval", NULL },
        { KUBELET "healthzPort: 0\n", "healthzPort", "0" },
        { KUBELET "port: 0\n", "port", NULL },
        { KUBELET "failSwapOn: false\n", "failSwapOn", "false" },
        { KUBELET "runOnce: false\n", "runOnce", NULL },
        { KUBELET "resolvConf: ''\n", "resolvConf", "\"\"" },
        { KUBELET "tlsCipherSuites: []\nkubeReserved: {}\n", "tlsCipherSuites", NULL },
        { KUBELET "clusterDNS: []\n", "clusterDNS", NULL },
        { KUBELET "clusterDNS: null\n", "clusterDNS", "[\"10.96.0.10\"]" },
        { KUBELET "staticPodPath: ''\n", "staticPodPath", "\"/etc/kubernetes/manifests\"" },
        { KUBELET "rotateCertificates: false\n", "rotateCertificates", "true" },
        { KUBELET "cgroupDriver: cgroupfs\n", "cgroupDriver", "\"cgroupfs\"" },
        { KUBELET "containerRuntimeEndpoint: unix:///x\n", "containerRuntimeEndpoint", "\"unix:///x\"" },
        { KUBELET "memoryThrottlingFactor: 0.9\n", "memoryThrottlingFactor", "0.9" },
        { KUBELET "featureGates: {}\n", "featureGates", NULL },
        { KUBELET "registerWithTaints: [{key: a, timeAdded: '2030-01-01T02:00:00.5+02:00'}]\n",
          "registerWithTaints", "[{\"effect\":\"\",\"key\":\"a\",\"timeAdded\":\"2030-01-01T00:00:00Z\"}]" },
        { KUBELET "reservedMemory: [{limits: {a: 1024Mi, b: 0.5, c: 1000, d: '1e3'}}]\n", "reservedMemory",
          "[{\"limits\":{\"a\":\"1Gi\",\"b\":\"500m\",\"c\":\"1k\",\"d\":\"1e3\"},\"numaNode\":0}]" },
        { KUBELET "shutdownGracePeriodByPodPriority: [{}]\n", "shutdownGracePeriodByPodPriority",
          "[{\"priority\":0,\"shutdownGracePeriodSeconds\":0}]" },
        { KUBELET "staticPodURLHeader: {a: [x], b: null}\n", "staticPodURLHeader",
          "{\"a\":[\"x\"],\"b\":null}" },
        { KUBELET "tracing: {}\n", "tracing", "{}" },
        { KUBELET "logging: {flushFrequency: 5000}\n", "logging flushFrequency", "5000" },
        { KUBELET "logging: {flushFrequency: 90s}\n", "logging flushFrequency", "\"1m30s\"" },
        { KUBELET, "logging flushFrequency", "0" },
        { KUBELET "logging: {options: {json: {infoBufferSize: 1024}}}\n", "logging options",
          "{\"json\":{\"infoBufferSize\":\"1024\"},\"text\":{\"infoBufferSize\":\"0\"}}" },
        { KUBELET "authentication: {x509: null}\n", "authentication x509",
          "{\"clientCAFile\":\"/etc/kubernetes/pki/ca.crt\"}" },
        { KUBELET "unknown: 1\n", "unknown", NULL },
        { PROXY "clientConnection: {qps: 0.123456789}\n", "clientConnection qps", "0.12345679" },
        { PROXY "clientConnection: {qps: 16777217}\n", "clientConnection qps", "16777216" },
        { PROXY "clientConnection: {qps: 5}\n", "clientConnection qps", "5" },
        { PROXY "nodePortAddresses: []\n", "nodePortAddresses", "[]" },
        { PROXY "nodePortAddresses: null\n", "nodePortAddresses", "null" },
        { PROXY "conntrack: {maxPerCore: 0}\n", "conntrack maxPerCore", "0" },
        { PROXY, "conntrack maxPerCore", "null" },
        { PROXY "conntrack: {tcpCloseWaitTimeout: 60m}\n", "conntrack tcpCloseWaitTimeout", "\"1h0m0s\"" },
        { PROXY "windowsRunAsService: false\n", "windowsRunAsService", NULL },
        { PROXY "bindAddress: ''\n", "bindAddress", "\"0.0.0.0\"" },
        { PROXY, "clientConnection kubeconfig", "\"/var/lib/kube-proxy/kubeconfig.conf\"" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct cfg_init *c = load(*state, "", rows[i].document, NULL);
        bool kubelet = strstr(rows[i].document, "KubeletConfiguration");
        const struct val *v = kubelet ? c->cluster.kubelet.doc : c->cluster.kube_proxy.doc;
        cu_autostrlist struct cu_strlist keys = CU_STRLIST_INIT;
        cu_strlist_split(&keys, rows[i].path, ' ');
        for (size_t k = 0; k < keys.n; k++)
            v = val_get(v, keys.v[k]);
        cu_autofree char *got = v ? val_dump_json(v, VAL_JSON_SORT) : NULL;
        if (!cu_streq(got, rows[i].want))
            fail_msg("%s%s: %s", rows[i].document, rows[i].path, got ? got : "absent");
        cfg_init_free(c);
    }
}

static void defaults_follow_the_cluster(void **state)
{
    struct cfg_init *c = load(*state,
                              "networking: {serviceSubnet: 'fd00:1::/112', dnsDomain: a.b, podSubnet: "
                              "'fd00:2::/48'}\ncertificatesDir: /c\n",
                              "---\n" INIT_V4 "localAPIEndpoint: {advertiseAddress: 'fd00::5'}\n", NULL);
    const struct val *kubelet = c->cluster.kubelet.doc, *proxy = c->cluster.kube_proxy.doc;

    assert_string_equal(val_str(val_at(val_get(kubelet, "clusterDNS"), 0)), "fd00:1::a");
    assert_string_equal(val_get_str(kubelet, "clusterDomain"), "a.b");
    assert_string_equal(val_find_str(kubelet, "authentication", "x509", "clientCAFile", NULL), "/c/ca.crt");
    assert_string_equal(val_get_str(proxy, "bindAddress"), "::");
    assert_string_equal(val_get_str(proxy, "clusterCIDR"), "fd00:2::/48");
    assert_false(c->cluster.kubelet.user_supplied);
    cfg_init_free(c);
}

/* In the order of spec config 14.2, kube-proxy first; the values upstream quotes. */
static void advice(void **state)
{
    static const char *const fields[][3] = {
        { "\"bindAddress\"", "0.0.0.0", "10.0.0.1" },
        { "\"clusterCIDR\"", "10.244.0.0/16", "10.99.0.0/16" },
        { "\"clientConnection.kubeconfig\"", "/var/lib/kube-proxy/kubeconfig.conf", "/k" },
        { "\"staticPodPath\"", "/etc/kubernetes/manifests", "/m" },
        { "\"clusterDNS\"", "[10.96.0.10]", "[10.0.0.1 10.0.0.2]" },
        { "\"clusterDomain\"", "cluster.local", "d.e" },
        { "\"authentication.x509.clientCAFile\"", "/etc/kubernetes/pki/ca.crt", "/ca" },
        { "\"authentication.anonymous.enabled\"", "false", "true" },
        { "\"authorization.mode\"", "Webhook", "AlwaysAllow" },
        { "\"authentication.webhook.enabled\"", "true", "false" },
        { "\"healthzBindAddress\"", "127.0.0.1", "0.0.0.0" },
        { "\"healthzPort\"", "10248", "0" },
        { "\"readOnlyPort\"", "0", "10255" },
    };
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_init *c =
        load(*state, "networking: {podSubnet: 10.244.0.0/16}\n",
             KUBELET "staticPodPath: /m\nclusterDNS: [10.0.0.1, 10.0.0.2]\nclusterDomain: d.e\n"
                     "authentication: {x509: {clientCAFile: /ca}, anonymous: {enabled: true},"
                     " webhook: {enabled: false}}\nauthorization: {mode: AlwaysAllow}\n"
                     "healthzBindAddress: 0.0.0.0\nhealthzPort: 0\nreadOnlyPort: 10255\n"
                     "rotateCertificates: false\ncgroupDriver: cgroupfs\nfeatureGates: {X: true}\n" PROXY
                     "bindAddress: 10.0.0.1\nclusterCIDR: 10.99.0.0/16\nclientConnection: {kubeconfig: /k}\n",
             &warnings);

    assert_int_equal(warnings.n, CU_LEN(fields));
    for (size_t i = 0; i < CU_LEN(fields); i++)
        for (size_t k = 0; k < 3; k++)
            if (!strstr(warnings.v[i], fields[i][k]))
                fail_msg("no %s in: %s", fields[i][k], warnings.v[i]);
    assert_true(c->cluster.kubelet.user_supplied);
    cfg_init_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(written_forms),
        SCRATCH_TEST(defaults_follow_the_cluster),
        SCRATCH_TEST(advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
