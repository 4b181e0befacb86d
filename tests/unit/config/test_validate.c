#include "host.h"
#include "base/buf.h"
#include "base/limits.h"
#include "config/gates.h"
#include "config/validate.h"
#include <time.h>

/* Fields of the findings about an init configuration given as text, joined by spaces. Caller frees. */
static char *findings(const char *dir, const char *text)
{
    cu_autofree char *path = test_file(dir, text);
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    cu_autostrlist struct cu_strlist fields = CU_STRLIST_INIT;
    struct cfg_load_options o = test_options(NULL, &errors);
    struct cfg_init *c = NULL;
    int r = cfg_load_init(path, &o, &c, NULL);

    assert_int_equal(r<0, errors.n> 0);
    cfg_init_free(c);
    for (size_t i = 0; i < errors.n; i++)
        cu_strlist_add(&fields, errors.v[i].field);
    return cu_strlist_join(&fields, " ");
}

static void rules_of_init(void **state)
{
    static const struct {
        const char *text, *fields;
    } table[] = {
        { INIT_V4, "" },
        { INIT_V4 "nodeRegistration: {name: a_b}\n", "nodeRegistration.name" },
        { INIT_V4 "nodeRegistration: {kubeletExtraArgs: [{name: '', value: x}]}\n",
          "nodeRegistration.kubeletExtraArgs" },
        { INIT_V4 "nodeRegistration: {imagePullPolicy: never}\n", "nodeRegistration.imagePullPolicy" },
        { INIT_V4 "localAPIEndpoint: {bindPort: -1}\n", "localAPIEndpoint.bindPort" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 65536}\n", "localAPIEndpoint.bindPort" },
        { INIT_V4 "certificateKey: '00'\n", "certificateKey" },
        { INIT_V4 "bootstrapTokens: [{usages: [x, signing]}]\n",
          "bootstrapTokens.0.usages bootstrapTokens.0.groups" },
        { INIT_V4 "bootstrapTokens: [{groups: [a, 'system:bootstrappers:b-']}]\n",
          "bootstrapTokens.0.groups bootstrapTokens.0.groups" },
        { INIT_V4 "bootstrapTokens: [{expires: '2030-01-01T00:00:00Z'}]\n", "bootstrapTokens.0" },
        { CLUSTER_V4 "networking: {serviceSubnet: 10.0.0.0/8}\n", "networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {serviceSubnet: 10.0.0.0/29}\n", "networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {serviceSubnet: 10.0.0.0/28}\n", "" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,fd00::/108'}\n", "" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,10.1.0.0/16'}\n", "networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/8,10.1.0.0/30'}\n",
          "networking.serviceSubnet networking.serviceSubnet networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,fd00::/112,fd01::/64'}\n",
          "networking.serviceSubnet networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,'}\n", "networking.serviceSubnet" },
        { CLUSTER_V4 "networking: {podSubnet: '10.0.0.0/16,10.1.0.0/29'}\n",
          "networking.podSubnet networking.podSubnet networking.podSubnet" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/25}\n", "networking.podSubnet" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/7}\n", "networking.podSubnet" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/8}\n", "" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/25}\n"
                     "controllerManager: {extraArgs: [{name: allocate-node-cidrs, value: 'false'}]}\n",
          "" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/25}\n"
                     "controllerManager: {extraArgs: [{name: node-cidr-mask-size-ipv4, value: '26'}]}\n",
          "" },
        { CLUSTER_V4 "apiServer: {certSANs: ['*.a.b', 10.0.0.1, a.b, 'x_y', '*']}\n",
          "apiServer.certSANs apiServer.certSANs" },
        { CLUSTER_V4 "certificatesDir: pki\n", "certificatesDir" },
        { CLUSTER_V4 "featureGates: {Nope: true}\n", "featureGates" },
        { CLUSTER_V4 "featureGates: {EtcdLearnerMode: true}\n", "featureGates" },
        { CLUSTER_V4 "featureGates: {EtcdLearnerMode: true}\nkubernetesVersion: v1.30.0\n", "" },
        { CLUSTER_V4 "imageRepository: a b\n", "imageRepository" },
        { CLUSTER_V4 "dns: {imageRepository: a/B}\n", "dns.imageRepository" },
        { CLUSTER_V4 "encryptionAlgorithm: RSA-1024\n", "encryptionAlgorithm" },
        { CLUSTER_V4 "etcd: {local: {}, external: {endpoints: ['https://e:1']}}\n", "etcd" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['http://e:1'], caFile: /ca}}\n",
          "etcd.external.endpoints" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['sqlite:///var/lib/x.db']}}\n", "" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['sqlite:///a', 'http://b']}}\n",
          "etcd.external.endpoints" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['http://b'], keyFile: k}}\n",
          "etcd.external etcd.external.endpoints etcd.external.keyFile" },
        { CLUSTER_V4 "etcd: {local: {dataDir: data, serverCertSANs: [_], peerCertSANs: [_]}}\n",
          "etcd.local.dataDir etcd.local.serverCertSANs etcd.local.peerCertSANs" },
        { CLUSTER_V4 "controlPlaneEndpoint: 'a:b'\n", "controlPlaneEndpoint" },
        { CLUSTER_V4 "kubernetesVersion: banana\n", "kubernetesVersion" },
    };
    for (size_t i = 0; i < CU_LEN(table); i++) {
        cu_autofree char *got = findings(*state, table[i].text);
        if (strcmp(got, table[i].fields) != 0)
            fail_msg("%s: want [%s], got [%s]", table[i].text, table[i].fields, got);
    }
}

static void ignored_preflight_errors(void **state)
{
    cu_autostrlist struct cu_strlist flag = CU_STRLIST_INIT, config = CU_STRLIST_INIT, out = CU_STRLIST_INIT;
    (void)state;
    cu_strlist_add(&flag, "Swap");
    cu_strlist_add(&config, "swap");
    cu_strlist_add(&config, "Port-6443");
    assert_int_equal(cfg_ignored_preflight(&flag, &config, &out, NULL), 0);
    assert_int_equal(out.n, 2);
    assert_string_equal(out.v[0], "port-6443");
    cu_strlist_add(&flag, "ALL");
    assert_int_equal(cfg_ignored_preflight(&flag, &config, &out, NULL), -CU_E_INVALID);
}

static void flags_beside_config(void **state)
{
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)state;
    cu_strlist_add(&names, "token");
    assert_int_equal(cfg_check_mixed_flags(&names, NULL), 0); /* no --config */
    cu_strlist_add(&names, "config");
    cu_strlist_add(&names, "skip-phases");
    cu_strlist_add(&names, "fix-preflight");
    cu_strlist_add(&names, "cert-dir");
    cu_strlist_add(&names, "v");
    assert_int_equal(cfg_check_mixed_flags(&names, &err), -CU_E_INVALID);
    assert_string_equal(err.msg, "can not mix '--config' with arguments [cert-dir token]");
}

static void tokens(void **state)
{
    static const char *const bad[] = { "",
                                       "abcdef",
                                       "abcdef.0123456789abcde",
                                       "abcdef.0123456789abcdef0",
                                       "Abcdef.0123456789abcdef",
                                       "abcde.f0123456789abcdef",
                                       "abcdef 0123456789abcdef" };
    (void)state;
    for (int i = 0; i < 100; i++) {
        cu_autowipe char *token = cfg_new_token();
        assert_true(cfg_is_token(token));
    }
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_false(cfg_is_token(bad[i]));
    assert_true(cfg_is_token_id("abc123"));
    assert_false(cfg_is_token_id("abc1234"));
    assert_true(cfg_is_token_group("system:bootstrappers:a"));
    assert_false(cfg_is_token_group("system:bootstrappers:"));
    assert_false(cfg_is_token_group("system:masters"));
    assert_false(cfg_is_token_group("system:bootstrappers:A"));
}

static void gates(void **state)
{
    struct cfg_init *c = cfg_init_new();
    struct cfg_gates *g = &c->cluster.feature_gates;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT, help = CU_STRLIST_INIT,
                                     notes = CU_STRLIST_INIT;
    (void)state;
    assert_int_equal(cfg_gates_parse(g, " NodeLocalCRISocket = false ,, PublicKeysECDSA=T", &warnings, NULL),
                     0);
    assert_int_equal(warnings.n, 1);
    assert_false(cfg_gate_on(g, "NodeLocalCRISocket"));
    assert_string_equal(cfg_key_algorithm(&c->cluster), "ECDSA-P256");
    assert_int_equal(cfg_gates_parse(g, "Nope=true", NULL, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_gates_parse(g, "NodeLocalCRISocket", NULL, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_gates_parse(g, "NodeLocalCRISocket=maybe", NULL, NULL), -CU_E_INVALID);
    cfg_gates_set(g, "EtcdLearnerMode", false);
    cfg_gates_notes(g, 36, &notes);
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.v[0],
                        "there is no feature gate EtcdLearnerMode any more: EtcdLearnerMode=false has no "
                        "effect");
    assert_string_equal(
        notes.v[1],
        "the feature gate PublicKeysECDSA is deprecated and will be removed: PublicKeysECDSA=true");
    cu_strlist_clear(&notes);
    cfg_gates_notes(g, 32, &notes); /* that minor still knows it */
    assert_int_equal(notes.n, 1);
    cfg_gates_help(&help);
    assert_int_equal(help.n, 3);
    assert_string_equal(help.v[0], "NodeLocalCRISocket=true|false (default=true)");
    assert_string_equal(help.v[1], "PublicKeysECDSA=true|false (DEPRECATED - default=false)");
    assert_string_equal(help.v[2], "RootlessControlPlane=true|false (ALPHA - default=false)");
    cfg_init_free(c);
}

static void findings_are_told_together(void **state)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)state;
    assert_int_equal(cfg_errors_report(&e, NULL), 0);
    cfg_errors_add(&e, CFG_ERR_INVALID, "a", "\"x\"", "bad");
    assert_int_equal(cfg_errors_report(&e, &err), -CU_E_INVALID);
    assert_string_equal(err.msg, "a: Invalid value: \"x\": bad");
    cfg_errors_add(&e, CFG_ERR_INVALID, "a", "\"x\"", "bad"); /* an exact repetition */
    cfg_errors_add(&e, CFG_ERR_REQUIRED, "b", NULL, "give it");
    assert_int_equal(cfg_errors_report(&e, &err), -CU_E_INVALID);
    assert_string_equal(err.msg, "[a: Invalid value: \"x\": bad, b: Required value: give it]");
    cu_autofree char *quoted = cfg_quote("a\"b\\c\nd\x01");
    assert_string_equal(quoted, "\"a\\\"b\\\\c\\nd\\x01\"");
}

/* The map comes with each gate that is wrong; neither time nor text may grow with its square. */
static void very_many_gates(void **state)
{
    enum { MANY = 20000, SHOWN = 4096 };
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_TEXT);
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    struct cfg_load_options o = test_options(NULL, &errors);
    struct cfg_init *c = NULL;
    clock_t start = clock();

    cu_buf_add(&text, CLUSTER_V4 "featureGates:\n");
    for (int i = MANY; i > 0; i--)
        cu_buf_addf(&text, "  \"Gate\u00e9%d\": true\n", i);
    cu_autofree char *path = test_file(*state, cu_buf_str(&text));
    assert_true(cfg_load_init(path, &o, &c, NULL) < 0);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 2);
    assert_int_equal(errors.n, 200);
    for (size_t i = 0; i < errors.n; i++)
        assert_in_range(strlen(errors.v[i].text), SHOWN, SHOWN + 200);
    assert_non_null(strstr(errors.v[0].text, "...: there is no feature gate \"Gate\u00e91\""));
    cfg_init_free(c);
}

/* A value is cut between characters, never inside of one. */
static void long_values_are_cut(void **state)
{
    cfg_autoerrors struct cfg_errors e = CFG_ERRORS_INIT;
    char value[4100];
    (void)state;
    memset(value, 'a', sizeof(value));
    memcpy(value + 4095, "\u00e9", 3);
    cfg_errors_add(&e, CFG_ERR_INVALID, "f", value, "bad");
    assert_int_equal(strlen(e.v[0].text), strlen("f: Invalid value: ") + 4095 + strlen("...: bad"));
    value[4095] = 'a', value[4096] = '\0';
    cfg_errors_add(&e, CFG_ERR_INVALID, "f", value, "bad");
    assert_int_equal(strlen(e.v[1].text), strlen("f: Invalid value: ") + 4096 + strlen(": bad"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(rules_of_init),
        cmocka_unit_test(ignored_preflight_errors),
        cmocka_unit_test(flags_beside_config),
        cmocka_unit_test(tokens),
        cmocka_unit_test(gates),
        cmocka_unit_test(findings_are_told_together),
        SCRATCH_TEST(very_many_gates),
        cmocka_unit_test(long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
