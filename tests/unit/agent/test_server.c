/* tests/unit/agent/test_server.c - health for everyone on loopback, logs only for who may ask. */
#include "../cmocka_all.h"

#include <pthread.h>
#include <string.h>

#include "../scratch.h"
#include "agent/server.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/client.h"
#include "node/net.h"
#include "pki/cert.h"

struct world {
    struct http_loop *loop;
    pthread_t thread;
    struct agent_options options;
    struct agent_config config;
    struct agent_server *server;
    struct pki_key *ca_key;
    struct pki_cert *ca;
};

/* A port nobody has right now; another may take it before we do, which is unlikely enough. */
static int free_port(void)
{
    for (int port = 20000 + getpid() % 20000;; port++)
        if (node_port_free(port, NULL) == 0)
            return port;
}

static void *run(void *arg)
{
    http_loop_run(arg);
    return NULL;
}

static void world_init(struct world *w, const char *dir)
{
    *w = (struct world){ .loop = http_loop_new() };
    cu_autofree char *ca_file = cu_path_join(dir, "ca.crt");
    const struct pki_cert_spec spec = {
        .cn = "ca", .ca = true, .not_before_ms = cu_now_ms() - 1000, .not_after_ms = cu_now_ms() + 1000000
    };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &w->ca_key, NULL), 0);
    assert_int_equal(pki_cert_self_sign(&spec, w->ca_key, &w->ca, NULL), 0);
    assert_int_equal(pki_cert_save(ca_file, w->ca, NULL), 0);
    assert_int_equal(agent_options_parse(0, NULL, &w->options, NULL), 0);
    assert_int_equal(agent_config_load(NULL, &w->config, NULL), 0);
    free(w->options.cert_dir);
    free(w->options.log_dir);
    free(w->config.address);
    w->options.cert_dir = cu_path_join(dir, "pki");
    w->options.log_dir = cu_path_join(dir, "logs");
    w->config.address = cu_strdup("127.0.0.1");
    w->config.client_ca_file = cu_strdup(ca_file);
    w->config.healthz_port = free_port();
    w->config.port = 0;
    const struct agent_server_spec s = { .loop = w->loop,
                                         .options = &w->options,
                                         .config = &w->config,
                                         .node_name = "n1",
                                         .node_ip = "127.0.0.1" };
    assert_int_equal(agent_server_new(&s, &w->server, NULL), 0);
    struct agent_server *second = NULL;
    assert_int_equal(agent_server_new(&s, &second, NULL), -CU_E_EXISTS);
    assert_null(second);
    w->config.port = free_port();
    assert_int_equal(agent_server_listen_tls(w->server, NULL), 0);
    assert_int_equal(pthread_create(&w->thread, NULL, run, w->loop), 0);
}

static void world_clear(struct world *w)
{
    http_loop_stop(w->loop);
    pthread_join(w->thread, NULL);
    agent_server_free(w->server);
    http_loop_free(w->loop);
    agent_options_clear(&w->options);
    agent_config_clear(&w->config);
    pki_key_free(w->ca_key);
    pki_cert_free(w->ca);
}

static int get(const struct world *w, struct http_client *c, bool tls, const char *path, char **body)
{
    cu_autoresponse struct http_response r = HTTP_RESPONSE_INIT;
    cu_autofree char *url = cu_asprintf("%s://127.0.0.1:%d%s", tls ? "https" : "http",
                                        tls ? w->config.port : w->config.healthz_port, path);
    assert_int_equal(http_client_do(c, &(struct http_call){ .url = url }, &r, NULL), 0);
    if (body) {
        free(*body);
        *body = cu_steal(&r.body);
    }
    return r.code;
}

static struct http_client *client_as(const struct world *w, const char *cn, const char *org)
{
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT;
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    cu_strlist_add(&orgs, org);
    const struct pki_cert_spec spec = { .cn = cn,
                                        .orgs = &orgs,
                                        .ekus = PKI_EKU_CLIENT_AUTH,
                                        .not_before_ms = cu_now_ms() - 1000,
                                        .not_after_ms = cu_now_ms() + 1000000 };
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_cert_issue(&spec, key, w->ca, w->ca_key, &cert, NULL), 0);
    cu_autofree char *cert_pem = pki_cert_pem(cert), *key_pem = pki_key_pem(key);
    return http_client_new(
        &(struct http_client_options){ .cert_pem = cert_pem, .key_pem = key_pem, .insecure = true });
}

static void test_health(void **state)
{
    struct world w;
    cu_autofree char *body = NULL;
    world_init(&w, *state);
    struct http_client *c = http_client_new(&(struct http_client_options){ .insecure = true });
    assert_int_equal(get(&w, c, false, "/healthz", &body), 200);
    assert_string_equal(body, "ok");
    assert_int_equal(get(&w, c, false, "/other", NULL), 404);
    assert_int_equal(get(&w, c, false, "/containerLogs/kube-system/a/c", NULL), 404);
    assert_int_equal(get(&w, c, true, "/healthz", NULL), 401); /* without a certificate */
    http_client_free(c);
    world_clear(&w);
}

static void test_logs(void **state)
{
    struct world w;
    cu_autofree char *body = NULL, *dir = cu_path_join(*state, "logs/etcd"),
                     *log = cu_path_join(dir, "c.log");
    cu_autofree char *old = cu_path_join(dir, "c.previous.log");
    world_init(&w, *state);
    assert_int_equal(cu_mkdir_p(dir, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(log, "one\ntwo\nthree\n", 0600, NULL), 0);
    assert_int_equal(cu_file_write_str(old, "before\n", 0600, NULL), 0);
    struct http_client *api = client_as(&w, "kube-apiserver-kubelet-client", "x");
    struct http_client *admin = client_as(&w, "kubernetes-admin", "kubeadm:cluster-admins");
    struct http_client *node = client_as(&w, "system:node:n2", "system:nodes");
    assert_int_equal(get(&w, api, true, "/containerLogs/kube-system/etcd-n1/c", &body), 200);
    assert_string_equal(body, "one\ntwo\nthree\n");
    assert_int_equal(get(&w, api, true, "/containerLogs/kube-system/etcd-n1/c?tailLines=1", &body), 200);
    assert_string_equal(body, "three\n");
    assert_int_equal(
        get(&w, admin, true, "/containerLogs/kube-system/etcd-n1/c?limitBytes=5&tailLines=2", &body), 200);
    assert_string_equal(body, "two\nt");
    assert_int_equal(get(&w, api, true, "/containerLogs/kube-system/etcd-n1/c?previous=true", &body), 200);
    assert_string_equal(body, "before\n");
    assert_int_equal(
        get(&w, api, true, "/containerLogs/kube-system/etcd-n1/c?follow=true&limitBytes=7", &body), 200);
    assert_string_equal(body, "one\ntwo");
    assert_int_equal(get(&w, api, true, "/containerLogs/other/etcd-n1/c", NULL), 404);
    assert_int_equal(get(&w, api, true, "/containerLogs/kube-system/etcd-n1/none", NULL), 404);
    static const char *const bad[] = { "/containerLogs/kube-system/etcd-n1", "/containerLogs/a/b/c/d",
                                       "/containerLogs/kube-system/..%2f..%2fetc/c", "/containerLogs/x/.a/c",
                                       "/containerLogs/kube-system/etcd-n1/C" };
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_int_equal(get(&w, api, true, bad[i], NULL), 400);
    assert_int_equal(get(&w, api, true, "/exec/x/y/z", NULL), 404);
    assert_int_equal(get(&w, node, true, "/containerLogs/kube-system/etcd-n1/c", NULL), 403);
    http_client_free(api);
    http_client_free(admin);
    http_client_free(node);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_health), SCRATCH_TEST(test_logs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
