/* tests/unit/agent/test_api.c - the API thread against a small API server: bootstrap, node, lease, mirror pods. */
#include "../cmocka_all.h"

#include <string.h>

#include "../scratch.h"
#include "agent/api.h"
#include "agent/certs.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/yaml.h"
#include "fake_api.h"

#define NODE "/api/v1/nodes/n1"
#define LEASE "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"
#define MIRROR "/api/v1/namespaces/kube-system/pods/etcd-n1"

struct world {
    struct fake_api f;
    struct agent_options options;
    struct agent_config config;
    struct agent_api *api;
};

static void write_kubeconfig(const struct world *w, const char *path, const char *token)
{
    cu_autofree char *text = cu_asprintf(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: {server: "
        "'http://127.0.0.1:%d'}}]\nusers: [{name: u, user: {token: %s}}]\ncontexts: [{name: c, context: "
        "{cluster: k, "
        "user: u}}]\n",
        w->f.port, token);
    assert_int_equal(cu_file_write_str(path, text, 0600, NULL), 0);
}

static void world_init(struct world *w, const char *dir)
{
    fake_api_start(&w->f);
    assert_int_equal(agent_options_parse(0, NULL, &w->options, NULL), 0);
    assert_int_equal(agent_config_load(NULL, &w->config, NULL), 0);
    free(w->options.cert_dir);
    free(w->options.root_dir);
    w->options.root_dir = cu_strdup(dir);
    w->options.cert_dir = cu_path_join(dir, "pki");
    w->options.kubeconfig = cu_path_join(dir, "kubelet.conf");
    w->options.bootstrap_kubeconfig = cu_path_join(dir, "bootstrap.conf");
    w->config.rotate_certificates = true;
    val_set_str(w->options.labels, "x", "y");
}

static void begin(struct world *w)
{
    const struct agent_api_spec s = {
        .options = &w->options, .config = &w->config, .node_name = "n1", .node_ip = "10.0.0.2"
    };
    assert_int_equal(agent_api_start(&s, &w->api, NULL), 0);
}

static void world_clear(struct world *w)
{
    assert_true(agent_api_stop(w->api));
    fake_api_stop(&w->f);
    agent_options_clear(&w->options);
    agent_config_clear(&w->config);
}

/* The object once `path` in it says `want` (NULL: is absent); fails after ten seconds. */
static struct val *wait_object(struct world *w, const char *object, const char *a, const char *b,
                               const char *want)
{
    for (int64_t end = cu_mono_ms() + 10000; cu_mono_ms() < end; cu_sleep_ms(5)) {
        struct val *v = fake_api_get(&w->f, object);
        if (v && cu_streq(val_find_str(v, a, b, NULL), want))
            return v;
        val_unref(v);
    }
    print_message("%s: %s.%s never became %s\n", object, a, b, want);
    fail_msg("see above");
    return NULL;
}

static void wait_gone(struct world *w, const char *object)
{
    for (int64_t end = cu_mono_ms() + 10000;; cu_sleep_ms(5)) {
        struct val *v = fake_api_get(&w->f, object);
        if (!v)
            return;
        val_unref(v);
        assert_true(cu_mono_ms() < end);
    }
}

static struct val *pods(const char *hash, bool ready)
{
    cu_autofree char *text = cu_asprintf("[{hash: %s, namespace: kube-system, name: etcd, startedMs: 1000, "
                                         "containers: [{name: c, state: running, pid: "
                                         "7, ready: %s, started: true, restarts: 0, startedMs: 1000}], pod: "
                                         "{apiVersion: v1, kind: Pod, metadata: "
                                         "{name: etcd}, spec: {containers: [{name: c, image: x}]}}}]",
                                         hash, ready ? "true" : "false");
    struct val *v = NULL;
    assert_int_equal(codec_yaml_parse(text, strlen(text), &v, NULL), 0);
    return v;
}

static void test_node_and_lease(void **state)
{
    struct world w = { .api = NULL };
    world_init(&w, *state);
    write_kubeconfig(&w, w.options.kubeconfig, "t");
    begin(&w);
    cu_autoval struct val *node = wait_object(&w, NODE, "metadata", "name", "n1");
    assert_string_equal(val_find_str(node, "metadata", "labels", "x", NULL), "y");
    cu_autoval struct val *lease = wait_object(&w, LEASE, "spec", "holderIdentity", "n1");
    assert_int_equal(val_int(val_find(lease, "spec", "leaseDurationSeconds", NULL), 0), 40);
    assert_string_equal(
        val_find_str(val_at(val_find(lease, "metadata", "ownerReferences", NULL), 0), "uid", NULL),
        val_find_str(node, "metadata", "uid", NULL));
    world_clear(&w);
}

static void test_node_is_there(void **state)
{
    struct world w = { .api = NULL };
    struct val *old = NULL;
    const char *text =
        "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {mine: kept, x: other}}, spec: "
        "{unschedulable: true}, status: {}}";
    world_init(&w, *state);
    w.config.lease_seconds = 1;
    write_kubeconfig(&w, w.options.kubeconfig, "t");
    assert_int_equal(codec_yaml_parse(text, strlen(text), &old, NULL), 0);
    fake_api_put(&w.f, NODE, old);
    begin(&w);
    cu_autoval struct val *node = wait_object(&w, NODE, "status", "phase", NULL);
    for (int64_t end = cu_mono_ms() + 5000;
         !val_find(node, "status", "nodeInfo", NULL) && cu_mono_ms() < end;) {
        cu_sleep_ms(5);
        val_unref(node);
        node = fake_api_get(&w.f, NODE);
    }
    assert_string_equal(val_find_str(node, "metadata", "labels", "mine", NULL), "kept");
    assert_string_equal(val_find_str(node, "metadata", "labels", "x", NULL), "y");
    assert_string_equal(val_find_str(node, "metadata", "labels", "kubernetes.io/hostname", NULL), "n1");
    assert_non_null(val_find(node, "spec", "unschedulable", NULL));
    for (int64_t end = cu_mono_ms() + 5000;
         fake_api_count(&w.f, "PUT " LEASE) < 2;) { /* renewed again and again */
        assert_true(cu_mono_ms() < end);
        cu_sleep_ms(10);
    }
    world_clear(&w);
}

static void test_mirror_pods(void **state)
{
    struct world w = { .api = NULL };
    world_init(&w, *state);
    write_kubeconfig(&w, w.options.kubeconfig, "t");
    begin(&w);
    agent_api_publish(w.api, pods("h1", false));
    cu_autoval struct val *one = wait_object(&w, MIRROR, "status", "phase", "Running");
    assert_string_equal(val_find_str(one, "metadata", "annotations", "kubernetes.io/config.mirror", NULL),
                        "h1");
    const char *uid = val_find_str(one, "metadata", "uid", NULL);
    agent_api_publish(w.api, pods("h1", true));
    for (int64_t end = cu_mono_ms() + 5000;; cu_sleep_ms(5)) {
        cu_autoval struct val *now = fake_api_get(&w.f, MIRROR);
        const struct val *c = val_at(val_find(now, "status", "containerStatuses", NULL), 0);
        assert_string_equal(val_find_str(now, "metadata", "uid", NULL), uid); /* the same pod all along */
        if (val_get_bool(c, "ready", false))
            break;
        assert_true(cu_mono_ms() < end);
    }
    agent_api_publish(w.api, pods("h2", true)); /* another version: another pod */
    cu_autoval struct val *two = NULL;
    for (int64_t end = cu_mono_ms() + 5000;; cu_sleep_ms(5)) {
        val_unref(two);
        two = fake_api_get(&w.f, MIRROR);
        if (cu_streq(val_find_str(two, "metadata", "annotations", "kubernetes.io/config.mirror", NULL), "h2"))
            break;
        assert_true(cu_mono_ms() < end);
    }
    assert_string_not_equal(val_find_str(two, "metadata", "uid", NULL), uid);
    fake_api_remove(&w.f, MIRROR); /* someone deletes it: it comes back */
    for (int64_t end = cu_mono_ms() + 5000;; cu_sleep_ms(5)) {
        cu_autoval struct val *three = fake_api_get(&w.f, MIRROR);
        if (three && !cu_streq(val_find_str(three, "metadata", "uid", NULL),
                               val_find_str(two, "metadata", "uid", NULL)))
            break;
        assert_true(cu_mono_ms() < end);
    }
    cu_autoval struct val *marked = fake_api_get(&w.f, MIRROR);
    cu_autofree char *before = cu_strdup(val_find_str(marked, "metadata", "uid", NULL));
    val_set_str(val_need_map(marked, "metadata"), "deletionTimestamp", "2026-01-01T00:00:00Z");
    fake_api_put(&w.f, MIRROR, val_ref(marked)); /* deleted with grace: it waits for us to let it go */
    for (int64_t end = cu_mono_ms() + 5000;; cu_sleep_ms(5)) {
        cu_autoval struct val *four = fake_api_get(&w.f, MIRROR);
        if (four && !cu_streq(val_find_str(four, "metadata", "uid", NULL), before))
            break;
        assert_true(cu_mono_ms() < end);
    }
    agent_api_publish(w.api, val_new_list());
    wait_gone(&w, MIRROR);
    world_clear(&w);
}

static void test_workload_is_refused(void **state)
{
    struct world w = { .api = NULL };
    struct val *pod = NULL, *leaving = NULL;
    const char *text =
        "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: d}, spec: {nodeName: n1, "
        "containers: [{name: c, image: x}]}, status: {phase: Pending}}";
    const char *text2 = "{apiVersion: v1, kind: Pod, metadata: {name: gone, namespace: d, deletionTimestamp: "
                        "'2026-01-01T00:00:00Z'}, spec: {nodeName: n1, containers: []}}";
    world_init(&w, *state);
    write_kubeconfig(&w, w.options.kubeconfig, "t");
    assert_int_equal(codec_yaml_parse(text, strlen(text), &pod, NULL), 0);
    assert_int_equal(codec_yaml_parse(text2, strlen(text2), &leaving, NULL), 0);
    begin(&w);
    fake_api_put(&w.f, "/api/v1/namespaces/d/pods/web", pod);
    fake_api_put(&w.f, "/api/v1/namespaces/d/pods/gone", leaving);
    cu_autoval struct val *told =
        wait_object(&w, "/api/v1/namespaces/d/pods/web", "status", "reason", "ProcessRuntime");
    assert_string_equal(val_find_str(told, "status", "phase", NULL), "Pending");
    wait_gone(&w, "/api/v1/namespaces/d/pods/gone");
    for (int64_t end = cu_mono_ms() + 5000; fake_api_count(&w.f, "POST /api/v1/namespaces/d/events") < 1;) {
        assert_true(cu_mono_ms() < end);
        cu_sleep_ms(5);
    }
    world_clear(&w);
}

static void test_bootstrap(void **state)
{
    struct world w = { .api = NULL };
    pki_autocert struct pki_cert *cert = NULL;
    cu_autofree char *conf = NULL;
    world_init(&w, *state);
    write_kubeconfig(&w, w.options.bootstrap_kubeconfig, "abcdef.0123456789abcdef");
    begin(&w);
    cu_autoval struct val *node = wait_object(&w, NODE, "metadata", "name", "n1");
    assert_non_null(node);
    assert_int_equal(agent_certs_load(w.options.cert_dir, &cert, NULL), 0);
    assert_string_equal(pki_cert_cn(cert), "system:node:n1");
    assert_int_equal(cu_file_read(w.options.kubeconfig, 100000, &conf, NULL, NULL), 0);
    assert_non_null(strstr(conf, "kubelet-client-current.pem"));
    assert_non_null(strstr(conf, "name: default-context"));
    assert_non_null(strstr(conf, "namespace: default"));
    assert_null(strstr(conf, "abcdef")); /* the token does not travel on */
    world_clear(&w);
}

static void test_denied_then_recovered(void **state)
{
    struct world w = { .api = NULL };
    pki_autocert struct pki_cert *cert = NULL;
    world_init(&w, *state);
    w.f.deny = true;
    write_kubeconfig(&w, w.options.bootstrap_kubeconfig, "abcdef.0123456789abcdef");
    begin(&w);
    const char *const ask = "POST /apis/certificates.k8s.io/v1/certificatesigningrequests";
    for (int64_t end = cu_mono_ms() + 8000; fake_api_count(&w.f, ask) < 2; cu_sleep_ms(10))
        assert_true(cu_mono_ms() < end); /* asked again */
    assert_int_equal(agent_certs_load(w.options.cert_dir, &cert, NULL), -CU_E_NOTFOUND);
    pthread_mutex_lock(&w.f.lock);
    w.f.deny = false;
    pthread_mutex_unlock(&w.f.lock);
    cu_autoval struct val *node = wait_object(&w, NODE, "metadata", "name", "n1");
    assert_non_null(node);
    world_clear(&w);
}

static void test_rotation(void **state)
{
    const int64_t day = 24 * 3600 * 1000LL, now = cu_now_ms();
    struct world w = { .api = NULL };
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *old = NULL;
    const struct pki_cert_spec spec = { .cn = "old",
                                        .ekus = PKI_EKU_CLIENT_AUTH,
                                        .not_before_ms = now - 95 * day,
                                        .not_after_ms = now + 5 * day };
    world_init(&w, *state);
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_cert_self_sign(&spec, key, &old, NULL), 0);
    cu_autofree char *cert_pem = pki_cert_pem(old), *key_pem = pki_key_pem(key);
    assert_int_equal(agent_certs_store(w.options.cert_dir, cert_pem, key_pem, now - 95 * day, NULL), 0);
    cu_autofree char *current = agent_certs_current(w.options.cert_dir);
    cu_autofree char *text = cu_asprintf(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: {server: "
        "'http://127.0.0.1:%d'}}]\nusers: [{name: u, user: {client-certificate: %s, client-key: "
        "%s}}]\ncontexts: "
        "[{name: c, context: {cluster: k, user: u}}]\n",
        w.f.port, current, current);
    assert_int_equal(cu_file_write_str(w.options.kubeconfig, text, 0600, NULL), 0);
    begin(&w);
    for (int64_t end = cu_mono_ms() + 8000;; cu_sleep_ms(10)) {
        pki_autocert struct pki_cert *c = NULL;
        assert_int_equal(agent_certs_load(w.options.cert_dir, &c, NULL), 0);
        if (cu_streq(pki_cert_cn(c), "system:node:n1"))
            break;
        assert_true(cu_mono_ms() < end);
    }
    cu_sleep_ms(300); /* one is enough: the new one is not due */
    assert_int_equal(fake_api_count(&w.f, "POST /apis/certificates.k8s.io/v1/certificatesigningrequests"), 1);
    world_clear(&w);
}

static void test_embedded_credentials(void **state)
{
    const int64_t now = cu_now_ms();
    struct world w = { .api = NULL };
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL, *seen = NULL;
    const struct pki_cert_spec spec = { .cn = "from init",
                                        .ekus = PKI_EKU_CLIENT_AUTH,
                                        .not_before_ms = now - 1000,
                                        .not_after_ms = now + 36000000 };
    world_init(&w, *state);
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_cert_self_sign(&spec, key, &cert, NULL), 0);
    cu_autofree char *cert_pem = pki_cert_pem(cert), *key_pem = pki_key_pem(key);
    cu_autofree char *cert_data = cu_base64(cert_pem, strlen(cert_pem)),
                     *key_data = cu_base64(key_pem, strlen(key_pem));
    cu_autofree char *text = cu_asprintf(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: {server: "
        "'http://127.0.0.1:%d'}}]\nusers: [{name: u, user: {client-certificate-data: %s, client-key-data: "
        "%s}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n",
        w.f.port, cert_data, key_data);
    assert_int_equal(cu_file_write_str(w.options.kubeconfig, text, 0600, NULL), 0);
    begin(&w);
    cu_autoval struct val *node = wait_object(&w, NODE, "metadata", "name", "n1");
    assert_non_null(node);
    assert_int_equal(agent_certs_load(w.options.cert_dir, &seen, NULL),
                     0); /* for kubelet-finalize to point to */
    assert_string_equal(pki_cert_cn(seen), "from init");
    world_clear(&w);
}

static void test_broken_server(void **state)
{
    struct world w = { .api = NULL };
    world_init(&w, *state);
    w.f.refuse_all = true;
    write_kubeconfig(&w, w.options.kubeconfig, "t");
    begin(&w);
    agent_api_publish(w.api, pods("h1", true));
    for (int64_t end = cu_mono_ms() + 5000; fake_api_count(&w.f, "GET " NODE) < 3; cu_sleep_ms(5))
        assert_true(cu_mono_ms() < end);
    pthread_mutex_lock(&w.f.lock);
    w.f.refuse_all = false;
    pthread_mutex_unlock(&w.f.lock);
    cu_autoval struct val *pod = wait_object(&w, MIRROR, "status", "phase", "Running");
    assert_non_null(pod);
    world_clear(&w);
}

static void test_stop_at_once(void **state)
{
    struct world w = { .api = NULL };
    world_init(&w, *state);
    begin(&w); /* neither kubeconfig is there */
    int64_t start = cu_mono_ms();
    world_clear(&w);
    assert_true(cu_mono_ms() - start < 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_node_and_lease), SCRATCH_TEST(test_node_is_there),
        SCRATCH_TEST(test_mirror_pods),    SCRATCH_TEST(test_workload_is_refused),
        SCRATCH_TEST(test_bootstrap),      SCRATCH_TEST(test_denied_then_recovered),
        SCRATCH_TEST(test_rotation),       SCRATCH_TEST(test_embedded_credentials),
        SCRATCH_TEST(test_broken_server),  SCRATCH_TEST(test_stop_at_once)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
