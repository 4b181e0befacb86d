/* Static Pods: versions, addresses, stores and patches the recordings do not cover. */
#include "common.h"
#include "manifests/pod.h"

static void embedded_store(void **state)
{
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\netcd:\n  external:\n    endpoints:\n"
                                    "    - sqlite:///var/lib/cubeadm/state.db\n",
                                    NULL);
    assert_false(mf_wants(MF_ETCD, c));
    assert_true(mf_wants(MF_API_SERVER, c));
    cu_autoval struct val *pod = mf_pod(MF_API_SERVER, c, NULL);
    assert_true(has_argument(pod, "--etcd-servers=sqlite:///var/lib/cubeadm/state.db"));
    cu_autofree char *text = mf_pod_text(pod);
    assert_null(strstr(text, "--etcd-cafile"));
    assert_null(strstr(text, "--etcd-certfile"));
    assert_null(strstr(text, "--etcd-keyfile"));
    assert_null(strstr(text, "etcd-certs-0"));
    cfg_init_free(c);
}

/* kubernetesVersion 1.23.0 gets that version's manifests (spec versions 7, 8). */
static void old_version(void **state)
{
    (void)state;
    struct cfg_init *c =
        configured("kubernetesVersion: v1.23.0\nscheduler:\n  extraArgs:\n  - name: address\n"
                   "    value: x\n",
                   NULL);
    cu_autoval struct val *scheduler = mf_pod(MF_SCHEDULER, c, NULL),
                          *kcm = mf_pod(MF_CONTROLLER_MANAGER, c, NULL);
    cu_autoval struct val *etcd = mf_pod(MF_ETCD, c, NULL);
    const struct val *container = container_of(scheduler),
                     *get = val_find(container, "livenessProbe", "httpGet", NULL);
    assert_string_equal(val_get_str(get, "path"), "/healthz");
    assert_int_equal(val_get_int(get, "port", 0), 10259);
    assert_null(val_get(container, "ports"));
    assert_null(val_get(container, "readinessProbe"));
    assert_null(val_find(scheduler, "spec", "priority", NULL));
    /* The user's arguments are sorted in. */
    assert_string_equal(val_str(val_at(val_get(container, "command"), 1)), "--address=x");
    assert_non_null(named(val_find(kcm, "spec", "volumes", NULL), "flexvolume-dir"));
    assert_false(has_argument(etcd, "--feature-gates=InitialCorruptCheck=true"));
    assert_true(has_argument(etcd, "--experimental-initial-corrupt-check=true"));
    assert_false(has_argument(etcd, "--experimental-watch-progress-notify-interval=5s"));
    cfg_init_free(c);
}

static void etcd_flags_follow_the_image(void **state)
{
    static const struct {
        const char *version, *tag;
        bool new_flags;
        const char *live;
    } rows[] = {
        { "v1.36.2", "3.6.8-0", true, "/livez" },
        { "v1.36.2", "3.5.24-0", false, "/livez" },
        { "v1.28.0", "3.5.10-0", false, "/health?exclude=NOSPACE&serializable=true" },
        { "v1.28.0", "3.5.1-0", false, "/health" },
        { "v1.36.2", "3.7.0-0", true, "/livez" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *text = cu_asprintf("kubernetesVersion: %s\netcd:\n  local:\n    imageTag: %s\n",
                                             rows[i].version, rows[i].tag);
        struct cfg_init *c = configured(text, NULL);
        cu_autoval struct val *etcd = mf_pod(MF_ETCD, c, NULL);
        assert_int_equal(has_argument(etcd, "--feature-gates=InitialCorruptCheck=true"), rows[i].new_flags);
        assert_int_equal(has_argument(etcd, "--experimental-initial-corrupt-check=true"), !rows[i].new_flags);
        assert_string_equal(val_find_str(container_of(etcd), "livenessProbe", "httpGet", "path", NULL),
                            rows[i].live);
        cfg_init_free(c);
    }
}

static void member_that_joins(void **state)
{
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    struct mf_host host = { .initial_cluster = "a=https://192.0.2.9:2380,node1=https://192.0.2.10:2380" };
    cu_autoval struct val *etcd = mf_pod(MF_ETCD, c, &host);
    assert_true(
        has_argument(etcd, "--initial-cluster=a=https://192.0.2.9:2380,node1=https://192.0.2.10:2380"));
    assert_true(has_argument(etcd, "--initial-cluster-state=existing"));
    cfg_init_free(c);
}

static void addresses(void **state)
{
    (void)state;
    struct cfg_init *c =
        configured("kubernetesVersion: v1.36.2\nnetworking:\n  serviceSubnet: fd00:10::/112\n"
                   "controllerManager:\n  extraArgs:\n  - name: bind-address\n    value: 0.0.0.0\n"
                   "etcd:\n  local:\n    extraArgs:\n    - name: listen-metrics-urls\n"
                   "      value: https://[fd00::7]:2399,http://x\n",
                   "'fd00::10'");
    cu_autoval struct val *etcd = mf_pod(MF_ETCD, c, NULL), *kcm = mf_pod(MF_CONTROLLER_MANAGER, c, NULL);
    const struct val *get = val_find(container_of(etcd), "livenessProbe", "httpGet", NULL);
    assert_string_equal(val_get_str(get, "host"), "fd00::7");
    assert_string_equal(val_get_str(get, "scheme"), "HTTPS");
    assert_int_equal(val_get_int(val_at(val_get(container_of(etcd), "ports"), 0), "containerPort", 0), 2399);
    assert_true(has_argument(etcd, "--listen-client-urls=https://[::1]:2379,https://[fd00::10]:2379"));
    assert_null(val_find(container_of(kcm), "livenessProbe", "httpGet", "host", NULL));
    cfg_init_free(c);
}

static void proxies_and_external_ca(void **state)
{
    char *const environment[] = { (char[]){ "PATH=/bin" }, (char[]){ "no_proxy=10.0.0.0/8" },
                                  (char[]){ "HTTPS_PROXY=http://p:1" }, (char[]){ "http_proxy=" }, NULL };
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\ncontrollerManager:\n  extraEnvs:\n"
                                    "  - name: HTTPS_PROXY\n    value: mine\n",
                                    NULL);
    struct mf_host host = { .environment = environment, .external_ca = true };
    cu_autoval struct val *kcm = mf_pod(MF_CONTROLLER_MANAGER, c, &host), *etcd = mf_pod(MF_ETCD, c, &host);
    const struct val *env = val_get(container_of(kcm), "env");
    assert_int_equal(val_len(env), 2);
    assert_string_equal(val_get_str(val_at(env, 0), "value"), "mine");
    assert_string_equal(val_get_str(val_at(env, 1), "name"), "no_proxy");
    assert_null(val_get(container_of(etcd), "env"));
    assert_true(has_argument(kcm, "--cluster-signing-cert-file="));
    assert_true(has_argument(kcm, "--cluster-signing-key-file="));
    cfg_init_free(c);
}

static void arguments_are_found(void **state)
{
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    cu_autoval struct val *pod = mf_pod(MF_API_SERVER, c, NULL);
    char *out = NULL;
    assert_int_equal(mf_pod_argument(pod, "kube-apiserver", "secure-port", &out, NULL), 0);
    assert_string_equal(out, "6443");
    free(out);
    assert_int_equal(mf_pod_argument(pod, "kube-apiserver", "no-such", &out, NULL), 0);
    assert_null(out);
    assert_int_equal(mf_pod_argument(pod, "etcd", "name", &out, NULL), -CU_E_INVALID);
    assert_int_equal(mf_pod_argument(NULL, "etcd", "name", &out, NULL), -CU_E_INVALID);
    cfg_init_free(c);
}

static struct val *yaml(const char *text)
{
    struct val *v = NULL;
    assert_int_equal(codec_yaml_parse(text, strlen(text), &v, NULL), 0);
    return v;
}

static void patches_apply_in_order(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autostrlist struct cu_strlist applied = CU_STRLIST_INIT;
    cu_autoval struct val *one = yaml("metadata: {labels: {a: '1'}}"),
                          *two = yaml("[{op: test, path: /metadata/labels/a, value: '1'}]");
    cu_autoval struct val *bad = yaml("[{op: remove, path: /nothing}]");
    struct cfg_patch rows[] = { { (char[]){ "kube-scheduler" }, CFG_PATCH_STRATEGIC, (char[]){ "s.yaml" },
                                  one },
                                { (char[]){ "etcd" }, CFG_PATCH_JSON, (char[]){ "e.yaml" }, bad },
                                { (char[]){ "kube-scheduler" }, CFG_PATCH_JSON, (char[]){ "t.yaml" }, two } };
    struct cfg_patch_set set = { rows, CU_LEN(rows), CU_LEN(rows), CU_STRLIST_INIT, CU_STRLIST_INIT };
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    cu_autoval struct val *pod = mf_pod(MF_SCHEDULER, c, NULL);
    assert_int_equal(mf_apply_patches(&pod, "kube-scheduler", &set, &applied, &err), 0);
    assert_int_equal(applied.n, 2);
    assert_string_equal(applied.v[1], "application/json-patch+json");
    assert_string_equal(val_find_str(pod, "metadata", "labels", "a", NULL), "1");
    cu_autoval struct val *before = val_copy(pod);
    assert_int_equal(mf_apply_patches(&pod, "etcd", &set, NULL, &err), -CU_E_CONFLICT);
    assert_non_null(strstr(err.msg, "e.yaml"));
    assert_true(val_equal(pod, before));
    assert_int_equal(mf_apply_patches(&pod, "kube-apiserver", &set, NULL, NULL), 0);
    assert_int_equal(mf_apply_patches(&pod, "kube-apiserver", NULL, NULL, NULL), 0);
    cfg_init_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedded_store),
        cmocka_unit_test(old_version),
        cmocka_unit_test(etcd_flags_follow_the_image),
        cmocka_unit_test(member_that_joins),
        cmocka_unit_test(addresses),
        cmocka_unit_test(proxies_and_external_ca),
        cmocka_unit_test(arguments_are_found),
        cmocka_unit_test(patches_apply_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
