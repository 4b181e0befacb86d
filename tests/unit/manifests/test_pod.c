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

/* From 1.35 on as upstream's 1.36, which deploys both, whatever the image's tag. */
static void etcd_flags_follow_the_image(void **state)
{
    static const struct {
        const char *version, *tag;
        bool new_flags;
        const char *live;
    } rows[] = {
        { "v1.36.2", "3.6.8-0", true, "/livez" },
        { "v1.36.2", "3.5.1-0", true, "/livez" },
        { "v1.35.0", "my-own", true, "/livez" },
        { "v1.34.0", "3.5.24-0", false, "/livez" },
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

/* What spec init 7.1 says of etcd's listen-metrics-urls, and of bind-address, in probes. */
static void probed_endpoints(void **state)
{
    static const struct {
        const char *argument, *value, *scheme, *host;
        int port;
    } rows[] = {
        { "listen-metrics-urls", "http://127.0.0.1:2381,http://10.0.0.1:9", "HTTP", "127.0.0.1", 2381 },
        { "listen-metrics-urls", "https://10.0.0.1:9,http://x", "HTTPS", "10.0.0.1", 9 },
        { "listen-metrics-urls", "HTTPS://[fd00::7]/metrics", "HTTPS", "fd00::7", 2381 },
        { "listen-metrics-urls", "http://0.0.0.0:2381", "HTTP", "0.0.0.0", 2381 },
        { "listen-metrics-urls", "http://:2399", "HTTP", "127.0.0.1", 2399 },
        { "listen-metrics-urls", "https://", "HTTPS", "127.0.0.1", 2381 },
        { "listen-metrics-urls", "https://me@host:1?q", "HTTPS", "host", 1 },
        { "listen-metrics-urls", "http://host:0", "HTTP", "host", 2381 },
        { "listen-metrics-urls", "https://host:x", "HTTP", "127.0.0.1", 2381 },
        { "listen-metrics-urls", "host", "HTTP", "127.0.0.1", 2381 },
        { "listen-metrics-urls", "", "HTTP", "127.0.0.1", 2381 },
        { "bind-address", "10.0.0.1", "HTTPS", "10.0.0.1", 10259 },
        { "bind-address", "0.0.0.0", "HTTPS", NULL, 10259 },
        { "bind-address", "'::'", "HTTPS", NULL, 10259 },
        { "secure-port", "'1'", "HTTPS", "127.0.0.1", 10259 },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        bool etcd = strchr(rows[i].argument, 'm') != NULL;
        cu_autofree char *text = cu_asprintf(
            "kubernetesVersion: v1.36.2\n%s:\n%s    extraArgs:\n    - name: %s\n      value: %s\n",
            etcd ? "etcd" : "scheduler", etcd ? "  local:\n" : "", rows[i].argument,
            *rows[i].value ? rows[i].value : "''");
        struct cfg_init *c = configured(text, NULL);
        cu_autoval struct val *pod = mf_pod(etcd ? MF_ETCD : MF_SCHEDULER, c, NULL);
        const struct val *get = val_find(container_of(pod), "startupProbe", "httpGet", NULL);
        int64_t port = val_get_int(val_at(val_get(container_of(pod), "ports"), 0), "containerPort", 0);
        if (!cu_streq(val_get_str(get, "scheme"), rows[i].scheme) ||
            !cu_streq(val_get_str(get, "host"), rows[i].host) || port != rows[i].port)
            fail_msg("%s=%s: %s %s %d", rows[i].argument, rows[i].value, val_get_str(get, "scheme"),
                     cu_or(val_get_str(get, "host"), "(none)"), (int)port);
        assert_true(rows[i].host || !val_get(get, "host"));
        cfg_init_free(c);
    }
}

/* ceil(seconds / 10); 0 is left out. */
static void startup_takes_as_long_as_the_timeout(void **state)
{
    static const struct {
        int64_t ms;
        int failures;
    } rows[] = { { 240000, 24 }, { 1000, 1 }, { 10000, 1 }, { 10001, 2 }, { 30500, 4 }, { 0, 0 } };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
        c->timeouts.control_plane_component_health_check =
            (struct cfg_duration){ rows[i].ms * 1000000, true };
        cu_autoval struct val *pod = mf_pod(MF_SCHEDULER, c, NULL);
        if (val_get_int(val_get(container_of(pod), "startupProbe"), "failureThreshold", 0) !=
            rows[i].failures)
            fail_msg("%d ms", (int)rows[i].ms);
        cfg_init_free(c);
    }
}

/* The user's arguments stand behind the defaults, in the order given, twice when given twice. */
static void arguments_of_the_user(void **state)
{
    static const char *const versions[] = { "v1.35.0", "v1.36.2" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(versions); i++) {
        cu_autofree char *text =
            cu_asprintf("kubernetesVersion: %s\nscheduler:\n  extraArgs:\n  - {name: v, value: '4'}\n"
                        "  - {name: leader-elect, value: 'false'}\n  - {name: a, value: ''}\n"
                        "  - {name: v, value: '2'}\n",
                        versions[i]);
        struct cfg_init *c = configured(text, NULL);
        cu_autoval struct val *pod = mf_pod(MF_SCHEDULER, c, NULL),
                              *kcm = mf_pod(MF_CONTROLLER_MANAGER, c, NULL);
        cu_autofree char *json = val_dump_json(val_get(container_of(pod), "command"), 0);
        assert_string_equal(
            json, "[\"kube-scheduler\",\"--authentication-kubeconfig=/etc/kubernetes/scheduler.conf\","
                  "\"--authorization-kubeconfig=/etc/kubernetes/scheduler.conf\","
                  "\"--bind-address=127.0.0.1\",\"--kubeconfig=/etc/kubernetes/scheduler.conf\","
                  "\"--v=4\",\"--leader-elect=false\",\"--a=\",\"--v=2\"]");
        assert_null(named(val_find(kcm, "spec", "volumes", NULL), "flexvolume-dir"));
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

/* What the Pod type does not know gets lost; what it always writes is written. */
static void patched_pods_are_written_anew(void **state)
{
    static const char patch[] =
        "{unknown: 1, spec: {hostPID: false, strange: {a: 1}, nodeSelector: {}, "
        "terminationGracePeriodSeconds: 0,"
        " volumes: [{name: v, emptyDir: {sizeLimit: 1024Ki, size: 1}}],"
        " tolerations: [{operator: Exists, key: ''}],"
        " containers: [{name: etcd, Image: x, tty: false, env: [{name: A, value: ''}, {name: B, valueFrom: "
        "{resourceFieldRef: {resource: limits.cpu}}}], lifecycle: {preStop: {httpGet: {path: /}}}},"
        " {name: side, volumeMounts: [{name: v}]}]}}";
    static const char *const want[] = { "hostPID", "strange", "unknown", "nodeSelector", "Image", "tty" };
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    cu_autoval struct val *doc = yaml(patch), *pod = mf_pod(MF_ETCD, c, NULL);
    struct cfg_patch one = { (char[]){ "etcd" }, CFG_PATCH_MERGE, (char[]){ "e.yaml" }, doc };
    struct cfg_patch_set set = { &one, 1, 1, CU_STRLIST_INIT, CU_STRLIST_INIT };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (mf_apply_patches(&pod, "etcd", &set, NULL, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    cu_autofree char *text = val_dump_json(pod, 0);
    for (size_t i = 0; i < CU_LEN(want); i++)
        if (strstr(text, want[i]))
            fail_msg("%s is left in %s", want[i], text);
    assert_non_null(strstr(text, "\"terminationGracePeriodSeconds\":0"));
    assert_non_null(strstr(text, "\"emptyDir\":{\"sizeLimit\":\"1Mi\"}"));
    assert_non_null(strstr(text, "\"tolerations\":[{\"operator\":\"Exists\"}]"));
    assert_non_null(strstr(text, "{\"name\":\"A\"}"));
    assert_non_null(strstr(text, "\"resource\":\"limits.cpu\",\"divisor\":\"0\""));
    assert_non_null(strstr(text, "\"httpGet\":{\"path\":\"/\",\"port\":0}"));
    assert_non_null(strstr(text, "\"resources\":{},\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"\"}]"));
    assert_non_null(strstr(text, "\"status\":{}"));
    cfg_init_free(c);
}

/* Patched Pods are read as Pods again: wrong kinds are refused, quantities get their canonical form. */
static void patched_pods_are_pods(void **state)
{
    static const struct {
        const char *patch, *wrong; /* wrong: the field the error names, NULL: good */
        const char *cpu, *memory;
    } rows[] = {
        { "{spec: {containers: [{name: etcd, resources: {requests: {cpu: 0.5, memory: 1024Mi}}}]}}", NULL,
          "500m", "1Gi" },
        { "{spec: {containers: [{name: etcd, resources: {requests: {cpu: 2000m, memory: 1500M}}}]}}", NULL,
          "2", "1500M" },
        { "{spec: {containers: [{name: etcd, resources: {requests: {cpu: 1}}}]}}", NULL, "1", "100Mi" },
        { "{metadata: {annotations: {a: null}}}", NULL, "100m", "100Mi" },
        { "{metadata: {annotations: {enabled: true}}}", "metadata.annotations.enabled", NULL, NULL },
        { "{metadata: {labels: {x: 1}}}", "metadata.labels.x", NULL, NULL },
        { "{spec: {priority: high}}", "spec.priority", NULL, NULL },
        { "{spec: {hostNetwork: 'false'}}", "spec.hostNetwork", NULL, NULL },
        { "{spec: {containers: [{name: etcd, env: [{name: A, value: 1}]}]}}",
          "spec.containers[0].env[0].value", NULL, NULL },
        { "{spec: {containers: [{name: etcd, command: [etcd, 1]}]}}", "spec.containers[0].command[1]", NULL,
          NULL },
        { "{spec: {containers: [{name: etcd, livenessProbe: {periodSeconds: '9'}}]}}",
          "spec.containers[0].livenessProbe.periodSeconds", NULL, NULL },
        { "{spec: {containers: [{name: etcd, resources: {limits: {memory: much}}}]}}",
          "spec.containers[0].resources.limits.memory", NULL, NULL },
        { "{spec: {volumes: [{name: v, hostPath: /x}]}}", "spec.volumes[0].hostPath", NULL, NULL },
        { "{spec: {topologySpreadConstraints: [{maxSkew: '1', topologyKey: z}]}}",
          "spec.topologySpreadConstraints[0].maxSkew", NULL, NULL },
        { "{spec: {securityContext: {runAsUser: 3000000000}}}", NULL, "100m", "100Mi" },
        { "{spec: {priority: 3000000000}}", "spec.priority", NULL, NULL },
        { "{spec: {containers: [{name: etcd, livenessProbe: {httpGet: {port: [1]}}}]}}",
          "spec.containers[0].livenessProbe.httpGet.port", NULL, NULL },
        { "{kind: Deployment}", "Deployment", NULL, NULL },
        { "{$patch: delete}", "kind \"\"", NULL, NULL },
        { "{apiVersion: null}", "apiVersion \"\"", NULL, NULL },
        { "{kind: Node}", "kind \"Node\"", NULL, NULL },
    };
    (void)state;
    struct cfg_init *c = configured("kubernetesVersion: v1.36.2\n", NULL);
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = yaml(rows[i].patch), *pod = mf_pod(MF_ETCD, c, NULL);
        struct cfg_patch one = { (char[]){ "etcd" }, CFG_PATCH_STRATEGIC, (char[]){ "e.yaml" }, doc };
        struct cfg_patch_set set = { &one, 1, 1, CU_STRLIST_INIT, CU_STRLIST_INIT };
        int r = mf_apply_patches(&pod, "etcd", &set, NULL, &err);
        if ((r < 0) != (rows[i].wrong != NULL) ||
            (rows[i].wrong && !strstr(cu_err_text(&err), rows[i].wrong)))
            fail_msg("%s: %s", rows[i].patch, cu_err_text(&err));
        const struct val *requests = val_find(container_of(pod), "resources", "requests", NULL);
        if (rows[i].cpu && (!cu_streq(val_get_str(requests, "cpu"), rows[i].cpu) ||
                            !cu_streq(val_get_str(requests, "memory"), rows[i].memory)))
            fail_msg("%s: %s %s", rows[i].patch, val_get_str(requests, "cpu"),
                     val_get_str(requests, "memory"));
    }
    cu_autoval struct val *shapeless = yaml("{spec: 3}"), *pod = mf_pod(MF_ETCD, c, NULL);
    struct cfg_patch one = { (char[]){ "etcd" }, CFG_PATCH_MERGE, (char[]){ "e.yaml" }, shapeless };
    struct cfg_patch_set set = { &one, 1, 1, CU_STRLIST_INIT, CU_STRLIST_INIT };
    assert_int_equal(mf_apply_patches(&pod, "etcd", &set, NULL, NULL), -CU_E_INVALID);
    cfg_init_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedded_store),
        cmocka_unit_test(old_version),
        cmocka_unit_test(etcd_flags_follow_the_image),
        cmocka_unit_test(probed_endpoints),
        cmocka_unit_test(startup_takes_as_long_as_the_timeout),
        cmocka_unit_test(arguments_of_the_user),
        cmocka_unit_test(member_that_joins),
        cmocka_unit_test(addresses),
        cmocka_unit_test(proxies_and_external_ca),
        cmocka_unit_test(arguments_are_found),
        cmocka_unit_test(patches_apply_in_order),
        cmocka_unit_test(patched_pods_are_pods),
        cmocka_unit_test(patched_pods_are_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
