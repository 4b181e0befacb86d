#include "host.h"
#include "base/buf.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/images.h"
#include "config/validate.h"

/* Loads a text; returns the code, and what loading said in *said (owned). */
static int load(const char *dir, const char *text, struct cfg_init **out, struct cu_strlist *warnings,
                char **said)
{
    cu_autofree char *path = test_file(dir, text);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cfg_load_options o = test_options(warnings, NULL);
    int r = cfg_load_init(path, &o, out, &err);

    if (said)
        *said = r < 0 ? cu_strdup(cu_err_text(&err)) : cu_strdup("");
    return r;
}

static void nothing_given(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *c = NULL;
    (void)state;
    assert_int_equal(cfg_load_init(NULL, &o, &c, NULL), 0);
    assert_string_equal(c->node.name, "tester");
    assert_string_equal(c->node.cri_socket, CFG_CRI_CONTAINERD);
    assert_int_equal(c->node.taints.n, 1);
    assert_string_equal(c->local_api_endpoint.advertise_address, "192.0.2.7");
    assert_int_equal(c->local_api_endpoint.bind_port, 6443);
    assert_string_equal(c->cluster.kubernetes_version, CFG_KUBERNETES_VERSION);
    assert_non_null(c->cluster.etcd.local);
    assert_int_equal(c->bootstrap_tokens.n, 1);
    assert_int_equal(strlen(c->bootstrap_tokens.v[0].token), 23);
    assert_int_equal(cfg_ms(c->timeouts.discovery), 300000);
    cu_autofree char *endpoint = cfg_endpoint(c);
    assert_string_equal(endpoint, "192.0.2.7:6443");
    cfg_init_free(c);
}

static void flags_fill_what_they_name(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *flags = cfg_init_new(), *c = NULL;
    (void)state;
    cfg_set_str(&flags->cluster.networking.pod_subnet, "10.244.0.0/16");
    cfg_set_str(&flags->cluster.control_plane_endpoint, "cp.example.org");
    flags->local_api_endpoint.bind_port = 7443;
    cfg_args_add(&flags->cluster.api_server.extra_args, "v", "4");
    o.init_flags = flags;
    o.node_name = "Raw Name";
    assert_int_equal(cfg_load_init(NULL, &o, &c, NULL), 0);
    assert_string_equal(c->cluster.control_plane_endpoint, "cp.example.org:7443");
    assert_string_equal(c->node.name, "Raw Name");
    assert_string_equal(cfg_args_last(&c->cluster.api_server.extra_args, "v"), "4");
    assert_string_equal(val_get_str(c->cluster.kube_proxy.doc, "clusterCIDR"), "10.244.0.0/16");
    cfg_init_free(flags);
    cfg_init_free(c);
}

/* A file as kubeadm 1.23 wrote it (issue: it loads, says what is deprecated and keeps its version). */
static void a_file_of_1_23(void **state)
{
    struct cfg_init *c = NULL;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cu_autofree char *said = NULL;
    int r = load(
        *state,
        "apiVersion: kubeadm.k8s.io/v1beta3\n"
        "bootstrapTokens:\n- groups:\n  - system:bootstrappers:kubeadm:default-node-token\n"
        "  token: abcdef.0123456789abcdef\n  ttl: 24h0m0s\n  usages:\n  - signing\n  - authentication\n"
        "kind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: 1.2.3.4\n  bindPort: 6443\n"
        "nodeRegistration:\n  criSocket: /var/run/dockershim.sock\n  imagePullPolicy: IfNotPresent\n"
        "  name: node\n  taints: null\n---\n"
        "apiServer:\n  timeoutForControlPlane: 6m0s\napiVersion: kubeadm.k8s.io/v1beta3\n"
        "certificatesDir: /etc/kubernetes/pki\nclusterName: kubernetes\ncontrollerManager: {}\ndns: {}\n"
        "etcd:\n  local:\n    dataDir: /var/lib/etcd\nimageRepository: k8s.gcr.io\n"
        "kind: ClusterConfiguration\nkubernetesVersion: 1.23.0\nnetworking:\n  dnsDomain: cluster.local\n"
        "  serviceSubnet: 10.96.0.0/12\nscheduler: {}\n",
        &c, &warnings, &said);

    assert_string_equal(said, "");
    assert_int_equal(r, 0);
    assert_string_equal(c->cluster.kubernetes_version, "v1.23.0");
    assert_string_equal(c->node.cri_socket, "unix:///var/run/dockershim.sock");
    assert_int_equal(cfg_ms(c->timeouts.control_plane_component_health_check), 360000);
    cu_autofree char *all = cu_strlist_join(&warnings, "\n");
    assert_non_null(strstr(all, "kubeadm.k8s.io/v1beta3"));
    assert_non_null(strstr(all, "dockershim"));
    assert_non_null(strstr(all, "k8s.gcr.io"));
    assert_null(strstr(all, "timeoutForControlPlane")); /* upstream moves it without a word */
    cu_autofree char *etcd = cfg_image_etcd(&c->cluster);
    assert_string_equal(etcd, "k8s.gcr.io/etcd:3.5.1-0");
    cu_autofree char *dns = cfg_image_coredns(&c->cluster);
    assert_string_equal(dns, "k8s.gcr.io/coredns/coredns:v1.8.6");
    cu_autostrlist struct cu_strlist args = CU_STRLIST_INIT;
    cfg_kubelet_args(&c->node, &c->cluster, "node", 23, false, &args);
    cu_autofree char *line = cu_strlist_join(&args, " ");
    assert_string_equal(line, "--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.6");
    assert_null(val_get(c->cluster.kubelet.doc, "crashLoopBackOff"));
    assert_null(val_get(c->cluster.kube_proxy.doc, "nftables"));
    assert_string_equal(val_get_str(c->cluster.kube_proxy.doc, "udpIdleTimeout"), "0s");
    cfg_init_free(c);
}

static void embedded_store(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *c = NULL;
    cu_autofree char *path = test_file(*state, CLUSTER_V4 "etcd:\n  local:\n    dataDir: /data\n");

    o.embedded = true;
    assert_int_equal(cfg_load_init(NULL, &o, &c, NULL), 0);
    assert_true(cfg_is_embedded_store(&c->cluster));
    assert_null(c->cluster.etcd.local);
    assert_string_equal(c->cluster.etcd.external->endpoints.v[0], CFG_SQLITE_STORE);
    cfg_init_free(c);
    assert_int_equal(cfg_load_init(path, &o, &c, NULL), 0); /* a named etcd is kept */
    assert_false(cfg_is_embedded_store(&c->cluster));
    cfg_init_free(c);
}

static void errors_name_line_column_and_field(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        { CLUSTER_V4 "clusterName: [a]\n", "line 3, column 14" },
        { CLUSTER_V4 "clusterName: [a]\n", "clusterName" },
        { CLUSTER_V4 "networking: {serviceSubnet: nope}\n",
          "networking.serviceSubnet: Invalid value: \"nope\"" },
        { CLUSTER_V4 "apiServer:\n  extraArgs: {a: b}\n", "apiServer.extraArgs" },
        { INIT_V4 "bootstrapTokens:\n- token: nodots\n", "bootstrapTokens[0].token" },
        { INIT_V4 "localAPIEndpoint: {bindPort: 99999999999}\n", "bindPort" },
        { INIT_V4 "timeouts: {discovery: 5}\n", "timeouts.discovery" },
        { "kind: InitConfiguration\n", "apiVersion" },
        { INIT_V4 "---\n" INIT_V4, "two documents" },
        { "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\n", "v1.22" },
        { "apiVersion: kubeadm.k8s.io/v1beta9\nkind: InitConfiguration\n", "kubeadm.k8s.io/v1beta9" },
        { "a: {\n", "line " },
        { "", "no InitConfiguration" },
        { JOIN_V4, "no InitConfiguration" },
    };
    for (size_t i = 0; i < CU_LEN(table); i++) {
        struct cfg_init *c = NULL;
        cu_autofree char *said = NULL;
        assert_int_equal(load(*state, table[i].text, &c, NULL, &said), -CU_E_INVALID);
        assert_null(c);
        if (!strstr(said, table[i].want))
            fail_msg("want \"%s\" in: %s", table[i].want, said);
    }
}

static void unknown_fields_warn_unless_strict(void **state)
{
    struct cfg_init *c = NULL;
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    static const char text[] =
        CLUSTER_V4 "clusterName: a\nclusterName: b\nnoSuch: 1\nnetworking:\n  podSubnets: x\n";
    struct cfg_load_options o = test_options(NULL, &errors);

    assert_int_equal(load(*state, text, &c, &warnings, NULL), 0);
    assert_string_equal(c->cluster.cluster_name, "b");
    assert_int_equal(warnings.n, 1); /* all of a document together */
    assert_non_null(strstr(warnings.v[0], "line 4, column 1: key \"clusterName\" already set in map, "));
    assert_non_null(strstr(warnings.v[0], "unknown field \"networking.podSubnets\""));
    assert_non_null(strstr(warnings.v[0], "Version:\"v1beta4\", Kind:\"ClusterConfiguration\"}: strict"));
    cfg_init_free(c);
    cu_autofree char *path = test_file(*state, text);
    o.strict = true;
    assert_int_equal(cfg_load_init(path, &o, &c, NULL), -CU_E_INVALID);
    assert_int_equal(errors.n, 3);
    assert_int_equal(errors.v[0].kind, CFG_ERR_DUPLICATE_KEY);
    assert_string_equal(errors.v[1].field, "networking.podSubnets");
}

/* What the other documents of a file come to (spec config 10, 11.2): the loading's end and the warnings. */
static void other_documents(void **state)
{
#define KUBELET "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    static const struct {
        const char *text;
        bool good;
        const char *warnings[3];
    } table[] = {
        { CLUSTER_V4 "---\n" JOIN_V4, true, { "ignored" } },
        { CLUSTER_V4 "---\n" JOIN_V4 "foo: 1\n", true, { "\"foo\"", "ignored" } },
        { CLUSTER_V4 "---\n" JOIN_V4 "caCertPath: 1\n", true, { "\"caCertPath\"", "ignored" } },
        { CLUSTER_V4 "---\napiVersion: kubeadm.k8s.io/v1beta9\nkind: JoinConfiguration\n",
          true,
          { "no kind", "ignored" } },
        { CLUSTER_V4 "---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ResetConfiguration\n",
          true,
          { "deprecated", "no kind", "ignored" } },
        { CLUSTER_V4 "---\napiVersion: a/b\nkind: KubeletConfiguration\n", true, { "no kind", "ignored" } },
        { CLUSTER_V4 "---\napiVersion: kubeadm.k8s.io/v1beta2\nkind: JoinConfiguration\n", false, { NULL } },
        { CLUSTER_V4 "---\n" KUBELET "foo: 1\n", true, { "\"foo\"", "\"foo\"" } },
        { CLUSTER_V4 "---\n" KUBELET "maxPods: x\n", false, { "\"maxPods\"", "\"maxPods\"" } },
        { CLUSTER_V4 "---\napiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n",
          false,
          { "no kind" } },
        { CLUSTER_V4 "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: Other\n", false, { "no kind" } },
        { CLUSTER_V4 "clusterName: 1\nfoo: 1\n", false, { "\"clusterName\"" } },
        { "apiVersion: a/b\nkind: ClusterConfiguration\n", false, { "no kind" } },
        { "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n---\n" CLUSTER_V4,
          true,
          { "v1beta3" } },
    };
    for (size_t i = 0; i < CU_LEN(table); i++) {
        cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
        cu_autofree char *said = NULL;
        struct cfg_init *c = NULL;
        size_t n = 0;
        int r = load(*state, table[i].text, &c, &warnings, &said);

        cfg_init_free(c);
        if ((r == 0) != table[i].good)
            fail_msg("%s: %s", table[i].text, said);
        for (; n < CU_LEN(table[i].warnings) && table[i].warnings[n]; n++)
            if (n >= warnings.n || !strstr(warnings.v[n], table[i].warnings[n]))
                fail_msg("%s: no warning %s", table[i].text, table[i].warnings[n]);
        if (n != warnings.n)
            fail_msg("%s: %zu warnings", table[i].text, warnings.n);
    }
}

static void findings_are_bounded(void **state)
{
    cu_autobuf struct cu_buf text = CU_BUF_INIT(1 << 20);
    cfg_autoerrors struct cfg_errors errors = CFG_ERRORS_INIT;
    struct cfg_load_options o = test_options(NULL, &errors);
    struct cfg_init *c = NULL;

    cu_buf_add(&text, CLUSTER_V4);
    for (int i = 0; i < 1000; i++)
        cu_buf_addf(&text, "clusterName: a\nunknown%d: 1\n", i);
    cu_autofree char *path = test_file(*state, cu_buf_str(&text));
    o.strict = true;
    assert_int_equal(cfg_load_init(path, &o, &c, NULL), -CU_E_INVALID);
    assert_int_equal(errors.n, 100);
}

static void secrets_are_not_told(void **state)
{
    static const char *const texts[] = {
        INIT_V4 "certificateKey: deadbeefsecret\n",
        INIT_V4 "bootstrapTokens:\n- token: topsecretvalue\n",
        INIT_V4 "bootstrapTokens:\n- token: [topsecretvalue]\n",
    };
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        struct cfg_init *c = NULL;
        cu_autofree char *said = NULL;
        assert_int_equal(load(*state, texts[i], &c, NULL, &said), -CU_E_INVALID);
        assert_null(strstr(said, "secret"));
    }
}

static void missing_and_forbidden_files(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *c = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *path = cu_path_join(*state, "absent.yaml");

    assert_int_equal(cfg_load_init(path, &o, &c, &err), -CU_E_NOTFOUND);
    assert_non_null(strstr(err.msg, "absent.yaml"));
    assert_int_equal(cfg_load_init(*state, &o, &c, NULL), -CU_E_INVALID); /* a folder */
}

static void many_sockets_ask_for_a_choice(void *arg, struct cu_strlist *found)
{
    (void)arg;
    cu_strlist_add(found, CFG_CRI_CONTAINERD);
    cu_strlist_add(found, CFG_CRI_CRIO);
}

static void one_socket(void *arg, struct cu_strlist *found)
{
    (void)arg;
    cu_strlist_add(found, CFG_CRI_CRIO);
}

static void runtime_detection(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *c = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)state;
    o.host.find_cri = one_socket;
    assert_int_equal(cfg_load_init(NULL, &o, &c, NULL), 0); /* not asked to look */
    assert_string_equal(c->node.cri_socket, CFG_CRI_CONTAINERD);
    cfg_init_free(c);
    o.detect_cri = true;
    assert_int_equal(cfg_load_init(NULL, &o, &c, NULL), 0);
    assert_string_equal(c->node.cri_socket, CFG_CRI_CRIO);
    cfg_init_free(c);
    o.host.find_cri = many_sockets_ask_for_a_choice;
    assert_int_equal(cfg_load_init(NULL, &o, &c, &err), -CU_E_INVALID);
    assert_non_null(strstr(err.msg, "--cri-socket"));
}

static void from_the_cluster(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_init *c = NULL;
    (void)state;
    assert_int_equal(
        cfg_from_cluster("apiServer:\n  extraArgs:\n    authorization-mode: Node,RBAC\n"
                         "  timeoutForControlPlane: 7m0s\napiVersion: kubeadm.k8s.io/v1beta3\n"
                         "kind: ClusterConfiguration\nkubernetesVersion: v1.28.3\nunknownField: 1\n"
                         "featureGates: {EtcdLearnerMode: true}\n",
                         &o, &c, NULL),
        0);
    assert_string_equal(cfg_args_last(&c->cluster.api_server.extra_args, "authorization-mode"), "Node,RBAC");
    assert_int_equal(cfg_ms(c->timeouts.control_plane_component_health_check), 420000);
    assert_int_equal(
        cfg_set_component(
            c, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 7\n", false,
            &o, NULL),
        0);
    assert_int_equal(val_get_int(c->cluster.kubelet.doc, "maxPods", 0), 7);
    assert_false(c->cluster.kubelet.user_supplied);
    assert_int_equal(cfg_set_component(c,
                                       "apiVersion: kubelet.config.k8s.io/v9\nkind: KubeletConfiguration\n",
                                       false, &o, NULL),
                     -CU_E_INVALID);
    /* written back for upstream's kubeadm of that minor */
    cu_autoval struct val *stored = cfg_encode_cluster(&c->cluster, CFG_V1BETA3);
    assert_string_equal(val_find_str(stored, "apiServer", "extraArgs", "authorization-mode", NULL),
                        "Node,RBAC");
    assert_string_equal(val_find_str(stored, "apiServer", "timeoutForControlPlane", NULL), "7m0s");
    assert_null(val_get(stored, "encryptionAlgorithm"));
    cfg_set_str(&c->cluster.encryption_algorithm, "ECDSA-P256");
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    cfg_validate_warn(&c->cluster, &warnings);
    assert_int_equal(warnings.n, 1);
    assert_non_null(strstr(warnings.v[0], "encryptionAlgorithm"));
    cfg_init_free(c);
    assert_int_equal(cfg_from_cluster("x: 1\n", &o, &c, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_from_cluster("{", &o, &c, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_from_cluster("", &o, &c, NULL), -CU_E_INVALID);
}

static void stored_form_by_minor(void **state)
{
    static const struct {
        const char *version, *api, *mode;
    } table[] = {
        { "v1.29.3", "kubeadm.k8s.io/v1beta3", "Node,RBAC" },
        { "v1.30.0", "kubeadm.k8s.io/v1beta3", NULL },
        { "v1.31.0", "kubeadm.k8s.io/v1beta4", NULL },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        struct cfg_init *c = cfg_init_new();
        cfg_set_str(&c->cluster.kubernetes_version, table[i].version);
        cfg_default_init_static(c);
        cu_autoval struct val *doc = cfg_encode_stored(&c->cluster);
        const char *mode = val_find_str(doc, "apiServer", "extraArgs", "authorization-mode", NULL);
        assert_string_equal(val_get_str(doc, "apiVersion"), table[i].api);
        assert_string_equal(mode ? mode : "", table[i].mode ? table[i].mode : "");
        cfg_init_free(c);
    }
}

static void join_reset_upgrade(void **state)
{
    struct cfg_load_options o = test_options(NULL, NULL);
    struct cfg_join *j = NULL;
    struct cfg_reset *r = NULL;
    struct cfg_upgrade *u = NULL;
    cu_autofree char *path = test_file(
        *state, JOIN_V4 "discovery:\n  bootstrapToken:\n    token: abcdef.0123456789abcdef\n"
                        "    apiServerEndpoint: 192.0.2.1:6443\n    unsafeSkipCAVerification: true\n"
                        "controlPlane: {}\n");
    assert_int_equal(cfg_load_join(path, &o, &j, NULL), 0);
    assert_string_equal(j->discovery.tls_bootstrap_token, "abcdef.0123456789abcdef");
    assert_string_equal(j->control_plane->local_api_endpoint.advertise_address, "192.0.2.7");
    assert_int_equal(j->node.taints.n, 1);
    struct cfg_join *copy = cfg_join_copy(j);
    assert_string_equal(copy->discovery.bootstrap_token->api_server_endpoint, "192.0.2.1:6443");
    cfg_join_free(copy);
    cfg_join_free(j);
    assert_int_equal(cfg_load_reset(path, &o, &r, NULL), -CU_E_INVALID); /* the kind is not in the file */
    assert_int_equal(cfg_load_reset(NULL, &o, &r, NULL), 0);
    assert_string_equal(r->certificates_dir, CFG_PKI_DIR);
    cfg_reset_free(r);
    assert_int_equal(cfg_load_upgrade(NULL, &o, &u, NULL), 0);
    assert_true(cfg_is_yes(u->apply.certificate_renewal));
    assert_false(cfg_is_yes(u->apply.force_upgrade));
    cfg_upgrade_free(u);
    assert_int_equal(cfg_load_join(NULL, &o, &j, NULL), -CU_E_INVALID); /* no way to find a cluster */
}

static void file_urls_become_paths(void **state)
{
    struct cfg_join *j = cfg_join_new();
    (void)state;
    j->discovery.file = cu_calloc(1, sizeof(*j->discovery.file));
    cfg_set_str(&j->discovery.file->kube_config_path, "file:///tmp/x.conf");
    cfg_default_join_static(j);
    assert_string_equal(j->discovery.file->kube_config_path, "/tmp/x.conf");
    cfg_join_free(j);
}

static void addons_and_phases(void **state)
{
    struct cfg_init *c = cfg_init_new();
    cu_autostrlist struct cu_strlist skip = CU_STRLIST_INIT;
    (void)state;
    c->cluster.dns.disabled = true;
    cfg_couple_addons(&c->cluster, &skip);
    assert_int_equal(skip.n, 1);
    assert_string_equal(skip.v[0], "addon/coredns");
    assert_false(c->cluster.proxy.disabled);
    cu_strlist_add(&skip, "addon");
    cfg_couple_addons(&c->cluster, &skip);
    assert_true(c->cluster.proxy.disabled);
    assert_int_equal(skip.n, 2);
    cfg_init_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(flags_fill_what_they_name),
        SCRATCH_TEST(a_file_of_1_23),
        SCRATCH_TEST(embedded_store),
        SCRATCH_TEST(errors_name_line_column_and_field),
        SCRATCH_TEST(unknown_fields_warn_unless_strict),
        SCRATCH_TEST(other_documents),
        SCRATCH_TEST(findings_are_bounded),
        SCRATCH_TEST(secrets_are_not_told),
        SCRATCH_TEST(missing_and_forbidden_files),
        cmocka_unit_test(runtime_detection),
        cmocka_unit_test(from_the_cluster),
        cmocka_unit_test(stored_form_by_minor),
        SCRATCH_TEST(join_reset_upgrade),
        cmocka_unit_test(file_urls_become_paths),
        cmocka_unit_test(addons_and_phases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
