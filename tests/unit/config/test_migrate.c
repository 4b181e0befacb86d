/* `kubeadm config migrate`: what becomes of each field of the older version and of the timeouts (spec config 6, 17.2). */
#include "host.h"
#include "codec/yaml.h"

#define V3(kind) "apiVersion: kubeadm.k8s.io/v1beta3\nkind: " kind "\n"
#define V4(kind) "apiVersion: kubeadm.k8s.io/v1beta4\nkind: " kind "\n"
#define KUBELET "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define BY_TOKEN                                                                                             \
    "discovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: 'a:1',"                 \
    " unsafeSkipCAVerification: true}}\n"
#define HEALTH "timeouts controlPlaneComponentHealthCheck"

static int migrate(const char *dir, const char *text, char **out)
{
    cu_autofree char *path = test_file(dir, text);
    struct cfg_load_options o = test_options(NULL, NULL);
    o.strict = o.quiet_deprecated = true;
    return cfg_migrate_file(path, &o, out, NULL);
}

/* The value at keys joined by blanks in the document of a kind, as JSON; NULL when it is not there. Caller frees. */
static char *look(const char *text, const char *kind, const char *path)
{
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    cu_autostrlist struct cu_strlist keys = CU_STRLIST_INIT;

    cu_strlist_split(&keys, path, ' ');
    assert_int_equal(codec_yaml_read(text, strlen(text), CODEC_YAML_NO_DUPS, &docs, NULL), 0);
    for (size_t i = 0; i < docs.n; i++) {
        const struct val *v = docs.v[i].root;
        if (!cu_streq(val_get_str(v, "kind"), kind))
            continue;
        assert_string_equal(val_get_str(v, "apiVersion"), "kubeadm.k8s.io/v1beta4");
        for (size_t k = 0; k < keys.n; k++)
            v = val_get(v, keys.v[k]);
        return v ? val_dump_json(v, VAL_JSON_SORT) : NULL;
    }
    return NULL;
}

static void fields(void **state)
{
    static const struct {
        const char *text, *kind, *path, *want;
    } rows[] = {
        { V3("ClusterConfiguration") "apiServer: {extraArgs: {b: '1', a10: x, a9: z, B: ''}}\n",
          "ClusterConfiguration", "apiServer extraArgs",
          "[{\"name\":\"B\",\"value\":\"\"},{\"name\":\"a10\",\"value\":\"x\"},"
          "{\"name\":\"a9\",\"value\":\"z\"},{\"name\":\"b\",\"value\":\"1\"}]" },
        { V3("ClusterConfiguration") "scheduler: {extraArgs: {}}\n", "ClusterConfiguration", "scheduler",
          "{}" },
        { V3("ClusterConfiguration") "etcd: {local: {extraArgs: {a: null}}}\n", "ClusterConfiguration",
          "etcd local extraArgs", "[{\"name\":\"a\",\"value\":\"\"}]" },
        { V3("ClusterConfiguration") "etcd: {external: {endpoints: ['http://e']}}\n", "ClusterConfiguration",
          "etcd external httpEndpoints", "[\"http://e\"]" },
        { V3("ClusterConfiguration"), "ClusterConfiguration", "encryptionAlgorithm", "\"RSA-2048\"" },
        { V3("ClusterConfiguration"), "ClusterConfiguration", "certificateValidityPeriod", "\"8760h0m0s\"" },
        { V3("ClusterConfiguration"), "ClusterConfiguration", "proxy", "{}" },
        { V3("ClusterConfiguration") "apiServer: {timeoutForControlPlane: 6m}\n", "ClusterConfiguration",
          "apiServer timeoutForControlPlane", NULL },
        { V4("ClusterConfiguration") "controlPlaneEndpoint: 'cp:'\n", "ClusterConfiguration",
          "controlPlaneEndpoint", "\"cp:6443\"" },
        { V4("ClusterConfiguration") "controlPlaneEndpoint: 'fd00::1'\n---\n" V4(
              "InitConfiguration") "localAPIEndpoint: {bindPort: 7000}\n",
          "ClusterConfiguration", "controlPlaneEndpoint", "\"[fd00::1]:7000\"" },
        { V4("ClusterConfiguration") "kubernetesVersion: ci/v1.36.0+1\n", "ClusterConfiguration",
          "kubernetesVersion", "\"ci/v1.36.0+1\"" },
        { V4("ClusterConfiguration") "apiServer: {certSANs: [A.B]}\netcd: {local: {peerCertSANs: [c]}}\n",
          "ClusterConfiguration", "apiServer certSANs", "[\"a.b\"]" },
        { V4("ClusterConfiguration") "apiServer: {extraEnvs: [{name: A, valueFrom: {resourceFieldRef: "
                                     "{resource: x, divisor: 0.5}}}, {name: B, valueFrom: {fieldRef: "
                                     "{}}}]}\n",
          "ClusterConfiguration", "apiServer extraEnvs",
          "[{\"name\":\"A\",\"valueFrom\":{\"resourceFieldRef\":{\"divisor\":\"500m\",\"resource\":\"x\"}}},"
          "{\"name\":\"B\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"\"}}}]" },
        { V3("InitConfiguration"), "InitConfiguration", "nodeRegistration imagePullSerial", "true" },
        { V3("InitConfiguration") "nodeRegistration: {name: ' N1 ', taints: []}\n", "InitConfiguration",
          "nodeRegistration",
          "{\"criSocket\":\"unix:///var/run/containerd/containerd.sock\","
          "\"imagePullPolicy\":\"IfNotPresent\",\"imagePullSerial\":true,\"name\":\"n1\",\"taints\":[]}" },
        { V4("InitConfiguration") "nodeRegistration: {taints: [{key: a, timeAdded: "
                                  "2030-01-01T02:00:00+02:00}]}\n",
          "InitConfiguration", "nodeRegistration taints",
          "[{\"effect\":\"\",\"key\":\"a\",\"timeAdded\":\"2030-01-01T00:00:00Z\"}]" },
        { V4("InitConfiguration") "patches: {}\n", "InitConfiguration", "patches", "{}" },
        { V3("JoinConfiguration") BY_TOKEN, "JoinConfiguration", "discovery tlsBootstrapToken",
          "\"abcdef.0123456789abcdef\"" },
        { V3("JoinConfiguration") BY_TOKEN, "JoinConfiguration", "nodeRegistration taints", "null" },
        { V3("JoinConfiguration") BY_TOKEN "controlPlane: {}\n", "JoinConfiguration", "controlPlane",
          "{\"localAPIEndpoint\":{\"advertiseAddress\":\"192.0.2.7\",\"bindPort\":6443}}" },
        { V4("ResetConfiguration") "criSocket: /x.sock\n", "ResetConfiguration", "criSocket",
          "\"unix:///x.sock\"" },
        { V4("InitConfiguration") "---\n" KUBELET "maxPods: 1\n", "KubeletConfiguration", "kind", NULL },
        { KUBELET "maxPods: 1\n", "KubeletConfiguration", "kind", NULL },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *out = NULL;
        if (migrate(*state, rows[i].text, &out) < 0)
            fail_msg("refused: %s", rows[i].text);
        cu_autofree char *got = look(out, rows[i].kind, rows[i].path);
        if (!cu_streq(got, rows[i].want))
            fail_msg("%s%s: %s", rows[i].text, rows[i].path, got ? got : "absent");
    }
}

static void timeouts(void **state)
{
    static const struct {
        const char *text, *init, *join; /* HEALTH of the two documents; NULL: no such document */
    } rows[] = {
        { V4("InitConfiguration") "timeouts: {controlPlaneComponentHealthCheck: 3m}\n", "\"0s\"", NULL },
        { V4("ClusterConfiguration"), "\"0s\"", NULL },
        { V3("InitConfiguration"), "\"0s\"", NULL },
        { V3("ClusterConfiguration"), "\"4m0s\"", NULL },
        { V3("ClusterConfiguration") "apiServer: {timeoutForControlPlane: 6m}\n", "\"6m0s\"", NULL },
        { V3("ClusterConfiguration") "apiServer: {timeoutForControlPlane: 0s}\n---\n" V4("JoinConfiguration")
              BY_TOKEN,
          "\"0s\"", "\"4m0s\"" },
        { V3("ClusterConfiguration") "---\n" V4("JoinConfiguration") BY_TOKEN
          "timeouts: {controlPlaneComponentHealthCheck: 1m}\n",
          "\"4m0s\"", "\"4m0s\"" },
        { V4("ClusterConfiguration") "---\n" V4("JoinConfiguration") BY_TOKEN
          "timeouts: {controlPlaneComponentHealthCheck: 1m}\n",
          "\"0s\"", "\"1m0s\"" },
        { V3("JoinConfiguration") BY_TOKEN, NULL, "\"4m0s\"" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *out = NULL;
        assert_int_equal(migrate(*state, rows[i].text, &out), 0);
        cu_autofree char *init = look(out, "InitConfiguration", HEALTH);
        cu_autofree char *join = look(out, "JoinConfiguration", HEALTH);
        if (!cu_streq(init, rows[i].init) || !cu_streq(join, rows[i].join))
            fail_msg("%s: %s, %s", rows[i].text, init ? init : "-", join ? join : "-");
    }
    cu_autofree char *out = NULL;
    assert_int_equal(
        migrate(*state,
                V3("JoinConfiguration") "discovery: {timeout: 0s, file: {kubeConfigPath: 'https://x'}}\n",
                &out),
        0);
    cu_autofree char *discovery = look(out, "JoinConfiguration", "timeouts discovery");
    assert_string_equal(discovery, "\"0s\"");
}

static void refused(void **state)
{
    static const char *const rows[] = {
        V4("UpgradeConfiguration"),
        V4("InitConfiguration") "foo: 1\n",
        V4("InitConfiguration") "dryRun: true\ndryRun: true\n",
        V3("InitConfiguration") "timeouts: {}\n",
        "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\n",
        "apiVersion: a/b\nkind: C\n",
        V4("InitConfiguration") "---\n" KUBELET "foo: 1\n",
    };
    cu_autofree char *nothing = NULL;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        char *out = NULL;
        if (migrate(*state, rows[i], &out) != -CU_E_INVALID || out)
            fail_msg("taken: %s", rows[i]);
    }
    assert_int_equal(migrate(*state, "", &nothing), 0);
    assert_string_equal(nothing, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(fields),
        SCRATCH_TEST(timeouts),
        SCRATCH_TEST(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
