/* Every rule of spec config 11 and 12 on one input each: `kubeadm config validate` by field, kind and offending value.
 * Findings are written "field=value" (Invalid), "field!" (Required), "field~" (wrong type), "field?" (unknown),
 * "field#" (twice), "field*" (found while defaulting), and a word in brackets for what has no field. */
#include "host.h"
#include "config/validate.h"

#define V3(kind) "apiVersion: kubeadm.k8s.io/v1beta3\nkind: " kind "\n"
#define RESET_V4 "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\n"
#define UPGRADE_V4 "apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\n"
#define KUBELET "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define TOKEN "token: abcdef.0123456789abcdef"
#define BY_TOKEN(endpoint)                                                                                   \
    JOIN_V4 "discovery: {bootstrapToken: {" TOKEN ", apiServerEndpoint: '" endpoint                          \
            "', unsafeSkipCAVerification: true}}\n"
#define BY_FILE(path) JOIN_V4 "discovery: {file: {kubeConfigPath: '" path "'}}\n"
#define KEY32 "0123456789abcdef0123456789ABCDEF"

/* The value of "field: Invalid value: VALUE: detail". */
static char *value_of(const struct cfg_error *e)
{
    const char *from = strstr(e->text, "Invalid value: ") + strlen("Invalid value: ");
    const char *end = strstr(from, ": ");

    if (*from == '"')
        for (end = from + 1; *end != '"'; end++)
            end += *end == '\\';
    return cu_strndup(from, (size_t)(end - from) + (*from == '"'));
}

static char *told(const struct cfg_error *e)
{
    if (e->kind == CFG_ERR_INVALID) {
        cu_autofree char *value = value_of(e);
        return cu_asprintf("%s=%s", e->field, value);
    }
    switch (e->kind) {
    case CFG_ERR_REQUIRED: return cu_asprintf("%s!", e->field);
    case CFG_ERR_TYPE: return cu_asprintf("%s~", e->field);
    case CFG_ERR_UNKNOWN_FIELD: return cu_asprintf("%s?", e->field);
    case CFG_ERR_DUPLICATE_KEY: return cu_asprintf("%s#", e->field);
    case CFG_ERR_OTHER: return cu_asprintf("%s*", e->field);
    case CFG_ERR_VERSION: return cu_strdup("(version)");
    case CFG_ERR_TOO_OLD: return cu_strdup("(too old)");
    case CFG_ERR_SYNTAX: return cu_strdup("(syntax)");
    case CFG_ERR_NO_KIND: return cu_strdup("(no kind)");
    case CFG_ERR_TWICE: return cu_strdup("(twice)");
    case CFG_ERR_OLD_VERSION: return cu_strdup("(old)");
    case CFG_ERR_UNKNOWN_KIND: return cu_strdup("(unknown)");
    case CFG_ERR_INVALID: break;
    }
    return cu_strdup("");
}

static char *validate(const char *dir, const char *text)
{
    cu_autofree char *path = test_file(dir, text);
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    cu_autostrlist struct cu_strlist all = CU_STRLIST_INIT;
    struct cfg_load_options o = test_options(NULL, &errors);

    o.strict = o.upstream_versions = true;
    int r = cfg_validate_file(path, &o, NULL);
    assert_int_equal(r<0, errors.n> 0);
    for (size_t i = 0; i < errors.n; i++)
        cu_strlist_take(&all, told(&errors.v[i]));
    return cu_strlist_join(&all, " ");
}

struct row {
    const char *text, *want;
};

static void check(void **state, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cu_autofree char *got = validate(*state, rows[i].text);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: want [%s], got [%s]", rows[i].text, rows[i].want, got);
    }
}

static void documents(void **state)
{
    static const struct row rows[] = {
        { "", "" },
        { KUBELET "foo: 1\n", "" }, /* nothing that is validated */
        { RESET_V4 "---\n" KUBELET "foo: 1\n", "" },
        { CLUSTER_V4 "---\n" KUBELET "foo: 1\n", "foo?" },
        { CLUSTER_V4 "---\n" KUBELET "maxPods: '1'\n", "maxPods~" },
        { CLUSTER_V4 "---\n" JOIN_V4 "foo: 1\n", "foo?" },
        { CLUSTER_V4 "---\n", "" },
        { CLUSTER_V4 "--- # text\n" INIT_V4, "" },
        { CLUSTER_V4 "--- text\n" INIT_V4, "(syntax)" },
        { "# text\n---\n" CLUSTER_V4, "(no kind)" },
        { CLUSTER_V4 "---\n# text\n", "(no kind)" },
        { "---\n---\n" CLUSTER_V4, "(no kind)" },
        { "apiVersion: v1\nkind: ConfigMap\n", "(no kind)" },
        { "apiVersion: kubeadm.k8s.io/v1beta4\nKind: InitConfiguration\n", "(no kind)" },
        { "apiVersion: kubeadm.k8s.io/\nkind: InitConfiguration\n", "(no kind)" },
        { "apiVersion: kubeadm.k8s.io/v1beta4\nkind: Init\n", "(unknown)" },
        { "apiVersion: kubeadm.k8s.io/v1beta4\nkind: 5\n", "(unknown)" },
        { "apiVersion: kubeadm.k8s.io/v1alpha4\nkind: Foo\n", "(unknown)" },
        { "apiVersion: kubeadm.k8s.io/v1alpha2\nkind: Foo\n", "" }, /* old, and never used */
        { "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: InitConfiguration\n", "(old)" },
        { CLUSTER_V4 "---\napiVersion: kubeadm.k8s.io/v1beta1\nkind: Foo\n", "(old)" },
        { "apiVersion: kubeadm.k8s.io/v1beta4/x\nkind: InitConfiguration\n", "(no kind)" },
        { "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\n",
          "" }, /* known, not read */
        { "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n", "(unknown)" },
        { CLUSTER_V4 "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\n",
          "(unknown)" },
        { V3("ResetConfiguration"), "(unknown)" },
        { V3("UpgradeConfiguration"), "(unknown)" },
        { "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n", "(unknown)" },
        { "apiVersion: kubeadm.k8s.io/v1\nkind: InitConfiguration\n---\napiVersion: a/b\nkind: C\n",
          "(unknown) (unknown)" },
        { CLUSTER_V4 "---\n" V3("ClusterConfiguration"), "(twice)" },
        { CLUSTER_V4 "---\n" INIT_V4 "---\n" INIT_V4 "---\n" CLUSTER_V4, "(twice) (twice)" },
        { CLUSTER_V4 "clusterName: a\nclusterName: b\nNetworking: {}\n", "clusterName# Networking?" },
        { CLUSTER_V4 "networking: {podSubnet: 1, podSubnet: 10.0.0.0/16}\n", "networking.podSubnet#" },
        { CLUSTER_V4 "z: 1\na: {b: 1}\ndns: {type: CoreDNS}\n", "a? dns.type? z?" },
        { "{\"apiVersion\": \"kubeadm.k8s.io/v1beta4\", \"kind\": \"InitConfiguration\"}", "" },
        { INIT_V4 "localAPIEndpoint: &a {bindPort: 1}\nnodeRegistration: {<<: *a}\n",
          "nodeRegistration.bindPort?" },
        { CLUSTER_V4 "controllerManager: &a {extraVolumes: []}\nscheduler: {<<: *a, extraArgs: []}\n", "" },
        { CLUSTER_V4 "controllerManager: &a {extraArgs: []}\nscheduler: {<<: *a, extraArgs: []}\n",
          "scheduler.extraArgs#" },
        { CLUSTER_V4 "controllerManager: &a {extraArgs: []}\nscheduler: {extraArgs: [], <<: *a}\n",
          "scheduler.extraArgs#" },
    };
    check(state, rows, CU_LEN(rows));
}

static void types(void **state)
{
    static const struct row rows[] = {
        { INIT_V4 "localAPIEndpoint: {bindPort: 6443.0}\n", "" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 1e3}\n", "" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 0x1933}\n", "" },
        { INIT_V4 "localAPIEndpoint: {bindPort: null}\n", "" },
        { INIT_V4 "localAPIEndpoint: {bindPort: '6443'}\n", "localAPIEndpoint.bindPort~" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 64.5}\n", "localAPIEndpoint.bindPort~" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 2147483648}\n", "localAPIEndpoint.bindPort~" },
        { INIT_V4 "nodeRegistration: {name: n}\n", "nodeRegistration.name~" },
        { INIT_V4 "nodeRegistration: {name: 2030-01-01}\n", "" },
        { INIT_V4 "dryRun: 'true'\n", "dryRun~" },
        { INIT_V4 "dryRun: on\n", "" },
        { INIT_V4 "skipPhases: addon\n", "skipPhases~" },
        { INIT_V4 "patches: ''\n", "patches~" },
        { INIT_V4 "timeouts: {discovery: 0}\n", "timeouts.discovery~" },
        { INIT_V4 "timeouts: {discovery: '0', etcdAPICall: -1.5h, tlsBootstrap: .5s}\n", "" },
        { INIT_V4 "timeouts: {discovery: '5'}\n", "timeouts.discovery~" },
        { INIT_V4 "timeouts: {discovery: 1d}\n", "timeouts.discovery~" },
        { INIT_V4 "timeouts: {discovery: 9999999h}\n", "timeouts.discovery~" },
        { INIT_V4 "bootstrapTokens: [{token: ''}]\n", "bootstrapTokens[0].token*" },
        { INIT_V4 "bootstrapTokens: [{token: null}, null]\n", "" },
        { INIT_V4 "bootstrapTokens: [{expires: 2030-01-01}]\n", "bootstrapTokens[0].expires~" },
        { INIT_V4 "nodeRegistration: {kubeletExtraArgs: {v: '2'}}\n", "nodeRegistration.kubeletExtraArgs~" },
        { INIT_V4 "nodeRegistration: {kubeletExtraArgs: [{name: v, value: 2}]}\n",
          "nodeRegistration.kubeletExtraArgs[0].value~" },
        { V3("InitConfiguration") "nodeRegistration: {kubeletExtraArgs: {v: '2'}}\n", "" },
        { V3("InitConfiguration") "nodeRegistration: {kubeletExtraArgs: {v: 2}}\n",
          "nodeRegistration.kubeletExtraArgs.v~" },
        { V3("InitConfiguration") "nodeRegistration: {kubeletExtraArgs: [{name: v, value: '2'}]}\n",
          "nodeRegistration.kubeletExtraArgs~" },
        { V3("InitConfiguration") "dryRun: true\ntimeouts: {}\n", "dryRun? timeouts?" },
        { V3("InitConfiguration") "nodeRegistration: {imagePullSerial: true}\n",
          "nodeRegistration.imagePullSerial?" },
        { V3("ClusterConfiguration") "apiServer: {timeoutForControlPlane: 1m, extraEnvs: []}\nproxy: {}\n",
          "apiServer.extraEnvs? proxy?" },
        { V3("ClusterConfiguration") "encryptionAlgorithm: x\ncertificateValidityPeriod: 1h\n"
                                     "caCertificateValidityPeriod: 1h\ndns: {disabled: true}\n",
          "caCertificateValidityPeriod? certificateValidityPeriod? dns.disabled? encryptionAlgorithm?" },
        { V3("ClusterConfiguration") "etcd: {external: {endpoints: ['https://a'], httpEndpoints: []}}\n",
          "etcd.external.httpEndpoints?" },
        { CLUSTER_V4 "apiServer: {timeoutForControlPlane: 1m}\n", "apiServer.timeoutForControlPlane?" },
        { CLUSTER_V4 "controllerManager: {certSANs: []}\n", "controllerManager.certSANs?" },
        { CLUSTER_V4 "featureGates: {NodeLocalCRISocket: 'true'}\n", "featureGates.NodeLocalCRISocket~" },
        { CLUSTER_V4 "kubernetesVersion: 1.36\n", "kubernetesVersion~" },
        { CLUSTER_V4 "apiServer: {extraEnvs: [{name: X, valueFrom: {resourceFieldRef: {divisor: 1x}}}]}\n",
          "apiServer.extraEnvs[0].valueFrom.resourceFieldRef.divisor~" },
        { CLUSTER_V4 "apiServer: {extraEnvs: [{name: X, valueFrom: {fieldRef: {path: x}}}]}\n",
          "apiServer.extraEnvs[0].valueFrom.fieldRef.path?" },
        { JOIN_V4 "discovery: {timeout: 5m}\n", "discovery.timeout?" },
        { UPGRADE_V4 "plan: {certificateRenewal: true}\n", "plan.certificateRenewal?" },
        { UPGRADE_V4 "node: {kubernetesVersion: v1.36.0}\n", "node.kubernetesVersion?" },
        { UPGRADE_V4 "diff: {contextLines: 99999999999}\n", "" },
    };
    check(state, rows, CU_LEN(rows));
}

static void networks(void **state)
{
    static const struct row rows[] = {
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,'}\n",
          "networking.serviceSubnet=\"10.0.0.0/16,\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16, fd00::/108'}\n",
          "networking.serviceSubnet=\"10.0.0.0/16, fd00::/108\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: 'fd00::/108,10.0.0.0/12'}\n", "" },
        { CLUSTER_V4 "networking: {serviceSubnet: 'fd00::/107'}\n",
          "networking.serviceSubnet=\"fd00::/107\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/29,fd00::/125'}\n",
          "networking.serviceSubnet=\"10.0.0.0/29\" networking.serviceSubnet=\"fd00::/125\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: 10.0.0.0/0}\n",
          "networking.serviceSubnet=\"0.0.0.0/0\" networking.serviceSubnet=\"0.0.0.0/0\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: '10.0.0.0/16,10.1.0.0/16,fd00::/108'}\n",
          "networking.serviceSubnet=\"10.0.0.0/16,10.1.0.0/16,fd00::/108\"" },
        { CLUSTER_V4 "networking: {serviceSubnet: '010.0.0.0/16'}\n", "" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/29}\n",
          "networking.podSubnet=\"10.0.0.0/29\" networking.podSubnet=\"10.0.0.0/29\"" },
        { CLUSTER_V4 "networking: {podSubnet: 'fd00::/47'}\n", "networking.podSubnet=\"fd00::/47\"" },
        { CLUSTER_V4 "networking: {podSubnet: '10.244.0.0/16,fd00::/48'}\n", "" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/16}\ncontrollerManager: {extraArgs: "
                     "[{name: node-cidr-mask-size-ipv4, value: x}]}\n",
          "networking.podSubnet=\"10.0.0.0/16\"" },
        { CLUSTER_V4 "networking: {podSubnet: 10.0.0.0/25}\ncontrollerManager: {extraArgs: "
                     "[{name: allocate-node-cidrs, value: 'false'},"
                     " {name: allocate-node-cidrs, value: 'true'}]}\n",
          "networking.podSubnet=\"10.0.0.0/25\"" },
        { CLUSTER_V4 "networking: {dnsDomain: A.b}\n", "networking.dnsDomain=\"A.b\"" },
        { CLUSTER_V4 "networking: {dnsDomain: a.b.}\n", "networking.dnsDomain=\"a.b.\"" },
        { CLUSTER_V4 "controlPlaneEndpoint: 'cp.example.org:'\n", "" },
        { CLUSTER_V4 "controlPlaneEndpoint: '[fd00::1]:1'\n", "" },
        { CLUSTER_V4 "controlPlaneEndpoint: '[fd00::1]'\n", "controlPlaneEndpoint*" },
        { CLUSTER_V4 "controlPlaneEndpoint: ':6443'\n", "controlPlaneEndpoint*" },
        { CLUSTER_V4 "controlPlaneEndpoint: 'a:+1'\n", "controlPlaneEndpoint*" },
        { CLUSTER_V4 "controlPlaneEndpoint: 'a:65536'\n", "controlPlaneEndpoint*" },
    };
    check(state, rows, CU_LEN(rows));
}

static void cluster(void **state)
{
    static const struct row rows[] = {
        { CLUSTER_V4 "apiServer: {certSANs: ['*.a.b', A.B, 'fd00::1', 010.0.0.1, '300.1.1.1']}\n", "" },
        { CLUSTER_V4 "apiServer: {certSANs: ['*', 'a.*', '', '10.0.0.1:1', 'fe80::1%eth0']}\n",
          "apiServer.certSANs=\"*\" apiServer.certSANs=\"a.*\" apiServer.certSANs=\"\" "
          "apiServer.certSANs=\"10.0.0.1:1\" apiServer.certSANs=\"fe80::1%eth0\"" },
        { CLUSTER_V4 "scheduler: {extraArgs: [{name: a, value: ''}, {name: '', value: b}, null]}\n",
          "scheduler.extraArgs=\"index 1\" scheduler.extraArgs=\"index 2\"" },
        { CLUSTER_V4 "certificatesDir: ./x\n", "certificatesDir=\"./x\"" },
        { CLUSTER_V4 "featureGates: {X: true, NodeLocalCRISocket: false}\n",
          "featureGates={\"NodeLocalCRISocket\":false,\"X\":true}" },
        { CLUSTER_V4 "imageRepository: a//b\n", "imageRepository=\"a//b\"" },
        { CLUSTER_V4 "imageRepository: /a\n", "imageRepository=\"/a\"" },
        { CLUSTER_V4 "imageRepository: https://a\n", "imageRepository=\"https://a\"" },
        { CLUSTER_V4 "imageRepository: 'a_b:5000'\n", "imageRepository=\"a_b:5000\"" },
        { CLUSTER_V4 "imageRepository: Reg.Example:5000/a__b/c-d\n", "" },
        { CLUSTER_V4 "imageRepository: '[fd00::1]:5000/a'\n", "" },
        { CLUSTER_V4 "dns: {imageRepository: A/B}\n", "dns.imageRepository=\"A/B\"" },
        { CLUSTER_V4 "etcd: {local: null, external: null}\n", "" },
        { CLUSTER_V4 "etcd: {external: {}}\n", "etcd.external.endpoints=[]" },
        { CLUSTER_V4 "etcd: {local: {serverCertSANs: [A.b], extraArgs: [null], imageRepository: 'a b'}}\n",
          "etcd.local.serverCertSANs=\"A.b\" etcd.local.imageRepository=\"a b\" "
          "etcd.local.extraArgs=\"index 0\"" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['10.0.0.1:2379']}}\n",
          "etcd.external.endpoints=\"10.0.0.1:2379\" etcd.external.httpEndpoints=\"10.0.0.1:2379\"" },
        { CLUSTER_V4 "etcd: {external: {endpoints: [e], httpEndpoints: ['http://e'], caFile: ca}}\n",
          "etcd.external.endpoints=\"e\" etcd.external.endpoints=\"e\" etcd.external.caFile=\"ca\"" },
        { CLUSTER_V4 "etcd: {external: {endpoints: ['https://e'], certFile: /c, keyFile: /k}}\n",
          "etcd.external=\"\"" },
        { CLUSTER_V4 "encryptionAlgorithm: rsa-2048\n", "encryptionAlgorithm=\"rsa-2048\"" },
        { CLUSTER_V4 "kubernetesVersion: v1.36.0-rc.1+x\n", "" },
        { CLUSTER_V4 "kubernetesVersion: ci/v1.36.0+1\n", "" },
        { CLUSTER_V4 "kubernetesVersion: v1.036.0\n", "(version)" },
        { CLUSTER_V4 "kubernetesVersion: k8s/v1.36.0\n", "(version)" },
        { CLUSTER_V4 "kubernetesVersion: v1.36.0abc\n", "(version)" },
        { CLUSTER_V4 "kubernetesVersion: stable-1.0\n", "(version)" },
        { CLUSTER_V4 "kubernetesVersion: v1.35.0-rc.1\n", "(too old)" },
        { CLUSTER_V4 "kubernetesVersion: v1.99.0\n", "" },
    };
    check(state, rows, CU_LEN(rows));
}

static void nodes_and_tokens(void **state)
{
    static const struct row rows[] = {
        { INIT_V4 "nodeRegistration: {name: N1}\n", "" },
        { INIT_V4 "nodeRegistration: {name: '-a'}\n", "nodeRegistration.name=\"-a\"" },
        { INIT_V4 "nodeRegistration: {name: '  '}\n", "nodeRegistration.name*" },
        { INIT_V4 "nodeRegistration: {criSocket: unixfoo}\n", "nodeRegistration.criSocket=\"unixfoo\"" },
        { INIT_V4 "nodeRegistration: {criSocket: 'unix://%zz'}\n",
          "nodeRegistration.criSocket=\"unix://%zz\"" },
        { INIT_V4 "nodeRegistration: {criSocket: 'tcp://x'}\n", "" },
        { INIT_V4 "nodeRegistration: {imagePullPolicy: always}\n",
          "nodeRegistration.imagePullPolicy=\"always\"" },
        { INIT_V4 "bootstrapTokens: [{" TOKEN ", usages: [signing, b, a, b]}]\n",
          "bootstrapTokens.0.usages=[\"signing\",\"b\",\"a\",\"b\"] "
          "bootstrapTokens.0.groups=[\"system:bootstrappers:kubeadm:default-node-token\"]" },
        { INIT_V4 "bootstrapTokens: [{}, {groups: [x]}]\n", "bootstrapTokens.1.groups=[\"x\"]" },
        { INIT_V4 "bootstrapTokens: [{expires: '2030-01-01T00:00:00Z'}]\n", "bootstrapTokens.0=\"\"" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 65536}\n", "localAPIEndpoint.bindPort=65536" },
        { INIT_V4 "localAPIEndpoint: {advertiseAddress: x}\n", "localAPIEndpoint.advertiseAddress*" },
        { INIT_V4 "certificateKey: " KEY32 KEY32 "\n", "" },
        { INIT_V4 "certificateKey: abc\n", "certificateKey=(not shown)" },
        { INIT_V4 "certificateKey: " KEY32 "\n", "certificateKey=(not shown)" },
    };
    check(state, rows, CU_LEN(rows));
}

static void join(void **state)
{
    static const struct row rows[] = {
        { JOIN_V4, "discovery=\"\"" },
        { BY_TOKEN("a:1"), "" },
        { BY_TOKEN("[fd00::1]:1"), "" },
        { BY_TOKEN(":6443"), "" }, /* the halves are not looked at here */
        { BY_TOKEN("a:b"), "" },
        { BY_TOKEN("a"), "discovery.bootstrapToken.apiServerEndpoint=\"a\"" },
        { BY_TOKEN("fd00::1"), "discovery.bootstrapToken.apiServerEndpoint=\"fd00::1\"" },
        { BY_TOKEN("https://a:6443"), "discovery.bootstrapToken.apiServerEndpoint=\"https://a:6443\"" },
        { BY_TOKEN(""), "discovery.bootstrapToken! discovery.bootstrapToken.apiServerEndpoint=\"\"" },
        { JOIN_V4 "discovery: {bootstrapToken: {" TOKEN ", apiServerEndpoint: 'a:1'}}\n",
          "discovery.bootstrapToken.caCertHashes=\"\"" },
        { JOIN_V4 "discovery: {bootstrapToken: {token: x, apiServerEndpoint: 'a:1', caCertHashes: [q]}}\n",
          "discovery.bootstrapToken.token=(not shown) discovery.tlsBootstrapToken=(not shown)" },
        { JOIN_V4 "discovery: {bootstrapToken: {" TOKEN ", apiServerEndpoint: 'a:1', caCertHashes: [q]},"
                  " file: {kubeConfigPath: /etc/passwd}}\n",
          "discovery=\"\"" },
        { BY_FILE(""), "discovery.file.kubeConfigPath=\"\"" },
        { BY_FILE("/etc/passwd"), "" },
        { BY_FILE("/no/such"), "discovery.file.kubeConfigPath=\"/no/such\"" },
        { BY_FILE("file:///etc/pass%77d?x#y"), "" },
        { BY_FILE("FILE://host/etc/passwd"), "" },
        { BY_FILE("file:etc/passwd"), "discovery.file.kubeConfigPath=\"\"" },
        { BY_FILE("http://x/y"), "discovery.file.kubeConfigPath=\"http://x/y\"" },
        { BY_FILE("HTTPS://x/y"), "" },
        { BY_FILE(":x"), "discovery.file.kubeConfigPath=\":x\"" },
        { JOIN_V4 "discovery: {file: {kubeConfigPath: /etc/passwd}, tlsBootstrapToken: zz}\n",
          "discovery.tlsBootstrapToken=(not shown)" },
        { BY_TOKEN("a:1") "caCertPath: ca.crt\n", "caCertPath=\"ca.crt\"" },
        { BY_TOKEN("a:1") "caCertPath: /ca.pem\n", "caCertPath=\"/ca.pem\"" },
        { BY_TOKEN("a:1") "controlPlane: {localAPIEndpoint: {bindPort: -1}, certificateKey: x}\n",
          "controlPlane.localAPIEndpoint.bindPort=-1 controlPlane.certificateKey=(not shown)" },
        { BY_TOKEN("a:1") "controlPlane: {localAPIEndpoint: {advertiseAddress: x}}\n",
          "controlPlane.localAPIEndpoint.advertiseAddress*" },
    };
    check(state, rows, CU_LEN(rows));
}

static void reset_and_upgrade(void **state)
{
    static const struct row rows[] = {
        { RESET_V4, "" },
        { RESET_V4 "unmountFlags: [MNT_FORCE, mnt_force, null]\n",
          "unmountFlags=\"index 1\" unmountFlags=\"index 2\"" },
        { RESET_V4 "certificatesDir: x\ncriSocket: unixx\n", "criSocket=\"unixx\" certificatesDir=\"x\"" },
        { UPGRADE_V4, "" },
        { UPGRADE_V4 "apply: {patches: {}, kubernetesVersion: x}\n", "apply.patches.directory=\"\"" },
        { UPGRADE_V4 "apply: {imagePullPolicy: x}\nnode: {patches: {directory: d}, imagePullPolicy: x}\n",
          "node.patches.directory=\"d\" apply.imagePullPolicy=\"x\" node.imagePullPolicy=\"x\"" },
    };
    check(state, rows, CU_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(documents),         SCRATCH_TEST(types),
        SCRATCH_TEST(networks),          SCRATCH_TEST(cluster),
        SCRATCH_TEST(nodes_and_tokens),  SCRATCH_TEST(join),
        SCRATCH_TEST(reset_and_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
