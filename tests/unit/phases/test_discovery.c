/* Discovery against good, broken and hostile servers: a man in the middle who presents another CA, strips the signature,
 * replays what he recorded or answers with garbage is never trusted, and never learns the token. */
#include "../cmocka_all.h"
#include "../scratch.h"

#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/types.h"
#include "http/server.h"
#include "codec/value.h"
#include "kube/kubeconfig.h"
#include "phases/discovery.h"
#include "pki/ca.h"
#include "pki/jws.h"
#include "pki/pin.h"

#include <pthread.h>
#include <string.h>

#define TOKEN_ID "abcdef"
#define TOKEN_SECRET "0123456789abcdef"
#define TOKEN TOKEN_ID "." TOKEN_SECRET
#define HOUR_MS 3600000

/* Who speaks TLS and what cluster-info says. */
struct identity {
    struct pki_ca ca;
    char *ca_pem, *cert_pem, *key_pem, *pin;
};
struct fixture {
    struct identity good, evil;
    char *dir;
};

/* One server: answers cluster-info with these data. */
struct server {
    struct http_loop *loop;
    struct http_server *http;
    pthread_t thread;
    int port;
    char *kubeconfig, *jws;   /* jws NULL: stripped */
    char *second;             /* kubeconfig from the second request on; NULL: the same */
    const char *raw;          /* the whole body instead; NULL: a ConfigMap */
    bool refuse_token;        /* 401 to whoever shows credentials */
    int requests, authorized; /* how many came, how many showed credentials */
};

static struct identity identity_new(const char *cn)
{
    struct identity i = { 0 };
    int64_t now = cu_now_ms();
    pki_autokey struct pki_key *key = NULL, *leaf = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    cu_autostrlist struct cu_strlist ips = CU_STRLIST_INIT;
    cu_strlist_add(&ips, "127.0.0.1");
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(pki_key_generate(PKI_ECDSA_P256, &leaf, NULL), 0);
    assert_int_equal(pki_ca_create(cn, key, now - HOUR_MS, now + HOUR_MS, &i.ca, NULL), 0);
    const struct pki_cert_spec spec = { .cn = "kube-apiserver",
                                        .ekus = PKI_EKU_SERVER_AUTH,
                                        .ips = &ips,
                                        .not_before_ms = now - HOUR_MS,
                                        .not_after_ms = now + HOUR_MS };
    assert_int_equal(pki_cert_issue(&spec, leaf, i.ca.cert, i.ca.key, &cert, NULL), 0);
    i.ca_pem = pki_cert_pem(i.ca.cert);
    i.cert_pem = pki_cert_pem(cert);
    i.key_pem = pki_key_pem(leaf);
    i.pin = pki_pin(i.ca.cert);
    return i;
}

static void identity_free(struct identity *i)
{
    pki_ca_clear(&i->ca);
    free(i->ca_pem);
    free(i->cert_pem);
    cu_free_secret(i->key_pem);
    free(i->pin);
}

/* What a cluster-info says that trusts `who`. Caller frees. */
static char *cluster_info(const struct identity *who, const char *server)
{
    const struct kube_config_spec spec = {
        .cluster = "", .server = server, .ca_pem = who->ca_pem, .user = ""
    };
    kube_autoconfig struct kube_config *k = kube_config_build(&spec);
    return kube_config_dump(k);
}

static void handle(void *arg, struct http_request *req)
{
    struct server *s = arg;
    s->requests++;
    if (http_request_header(req, "Authorization")) {
        s->authorized++;
        if (s->refuse_token) {
            http_respond_text(req, 401,
                              "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":"
                              "\"Unauthorized\",\"message\":\"Unauthorized\",\"code\":401}");
            return;
        }
    }
    if (s->raw) {
        http_respond_text(req, 200, s->raw);
        return;
    }
    cu_autoval struct val *map = val_new_map();
    struct val *data = val_need_map(map, "data");
    val_set_str(map, "kind", "ConfigMap");
    val_set_str(map, "apiVersion", "v1");
    val_set_str(data, "kubeconfig", s->requests > 1 && s->second ? s->second : s->kubeconfig);
    if (s->jws)
        val_set_str(data, "jws-kubeconfig-" TOKEN_ID, s->jws);
    cu_autofree char *text = val_dump_json(map, 0);
    const struct http_header headers[] = { { "Content-Type", "application/json" }, { NULL, NULL } };
    http_respond(req, 200, headers, text, strlen(text));
}

static void *serve(void *arg)
{
    http_loop_run(arg);
    return NULL;
}

/* TLS as `tls`; cluster-info about `info`, signed with `secret` (NULL: not at all). */
static void server_start(struct server *s, const struct identity *tls, const struct identity *info,
                         const char *secret)
{
    const struct http_server_options o = { .handle = handle, .arg = s };
    const struct http_tls t = { .cert_pem = tls->cert_pem, .key_pem = tls->key_pem };
    struct http_tls_context *context = NULL;
    s->loop = http_loop_new();
    s->http = http_server_new(s->loop, &o);
    assert_int_equal(http_server_add_tls(s->http, &t, &context, NULL), 0);
    assert_int_equal(http_server_listen(s->http, "127.0.0.1", 0, context, &s->port, NULL), 0);
    cu_autofree char *url = cu_asprintf("https://127.0.0.1:%d", s->port);
    s->kubeconfig = cluster_info(info, url);
    if (secret)
        s->jws = pki_jws_sign(TOKEN_ID, secret, s->kubeconfig, strlen(s->kubeconfig));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s->loop), 0);
}

static void server_stop(struct server *s)
{
    http_loop_stop(s->loop);
    pthread_join(s->thread, NULL);
    http_server_free(s->http);
    http_loop_free(s->loop);
    free(s->kubeconfig);
    free(s->jws);
    free(s->second);
}

/* A join that discovers by token; pin NULL: unsafe. */
static struct cfg_join *join_by_token(const struct server *s, const char *pin)
{
    struct cfg_join *j = cfg_join_new();
    struct cfg_discovery_token *t = j->discovery.bootstrap_token = cu_calloc(1, sizeof(*t));
    t->token = cu_strdup(TOKEN);
    t->api_server_endpoint = cu_asprintf("127.0.0.1:%d", s->port);
    t->unsafe_skip_ca_verification = !pin;
    if (pin)
        cu_strlist_add(&t->ca_cert_hashes, pin);
    cfg_set_str(&j->discovery.tls_bootstrap_token, TOKEN);
    j->timeouts.discovery = (struct cfg_duration){ .ns = 700000000, .set = true };
    return j;
}

static struct cfg_join *join_by_file(const char *path, const char *tls_token)
{
    struct cfg_join *j = cfg_join_new();
    j->discovery.file = cu_calloc(1, sizeof(*j->discovery.file));
    j->discovery.file->kube_config_path = cu_strdup(path);
    cfg_set_str(&j->discovery.tls_bootstrap_token, tls_token);
    j->timeouts.discovery = (struct cfg_duration){ .ns = 700000000, .set = true };
    return j;
}

/* Runs discovery; what it found is checked to trust `good` alone. Takes the join over. */
static int discover(struct cfg_join *join, const struct fixture *f, char **user_token, struct cu_err *err)
{
    struct ph_ctx c = { .flow = PH_JOIN, .join = join, .out = stdout, .errout = stderr };
    struct kube_config *found = NULL;
    int r = ph_discover(&c, &found, err);
    if (r == 0) {
        cu_autofree char *pem = NULL;
        assert_int_equal(kube_config_ca(found, &pem, NULL), 0);
        assert_string_equal(pem, f->good.ca_pem);
        if (user_token)
            *user_token = cu_strdup(val_get_str(kube_config_current_user(found), "token"));
    } else {
        assert_null(c.bootstrap);
    }
    ph_ctx_clear(&c);
    return r;
}

/* What validation lets through and no server can be: told at once, not after the time for discovery. */
static void test_no_server(void **state)
{
    static const char *const endpoints[] = { "a:b", ":6443", "a:0", "a:" };
    for (size_t i = 0; i < CU_LEN(endpoints); i++) {
        const struct server nowhere = { .port = 1 };
        struct cfg_join *j = join_by_token(&nowhere, NULL);
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cfg_set_str(&j->discovery.bootstrap_token->api_server_endpoint, endpoints[i]);
        assert_int_equal(discover(j, *state, NULL, &err), -CU_E_INVALID);
        assert_non_null(strstr(err.msg, "host:port"));
    }
}

static void test_good(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *token = NULL;
    server_start(&s, &f->good, &f->good, TOKEN_SECRET);
    int r = discover(join_by_token(&s, f->good.pin), f, &token, &err);
    server_stop(&s);
    assert_int_equal(r, 0);
    assert_string_equal(token, TOKEN);
    assert_int_equal(s.authorized, 0); /* discovery itself is anonymous */
}

static void test_several_pins(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->good, &f->good, TOKEN_SECRET);
    struct cfg_join *join = join_by_token(&s, f->evil.pin);
    cu_strlist_add(&join->discovery.bootstrap_token->ca_cert_hashes, f->good.pin);
    int r = discover(join, f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, 0);
}

/* The hostile ones: each row is one thing a man in the middle can do without the cluster's CA key. */
static void test_hostile(void **state)
{
    const struct fixture *f = *state;
    const struct {
        const char *what;
        const struct identity *tls, *info;
        const char *secret; /* NULL: the signature is stripped */
        const char *pin;
        const char *says;
    } rows[] = {
        { "replays the cluster's own cluster-info under another certificate", &f->evil, &f->good,
          TOKEN_SECRET, f->good.pin, "certificate" },
        { "names another CA, without knowing the secret", &f->evil, &f->evil, "xxxxxxxxxxxxxxxx", f->good.pin,
          "not signed with the secret" },
        { "names another CA, and knows the secret", &f->evil, &f->evil, TOKEN_SECRET, f->good.pin,
          "does not match" },
        { "strips the signature from the cluster's own", &f->evil, &f->good, NULL, f->good.pin,
          "no signature" },
        { "strips the signature from his own", &f->evil, &f->evil, NULL, f->good.pin, "does not match" },
        { "without pins: does not know the secret", &f->evil, &f->evil, "xxxxxxxxxxxxxxxx", NULL,
          "not signed with the secret" },
        { "without pins: strips the signature", &f->evil, &f->evil, NULL, NULL, "no signature" },
        { "an honest server, a wrong pin", &f->good, &f->good, TOKEN_SECRET, f->evil.pin, "does not match" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct server s = { 0 };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        server_start(&s, rows[i].tls, rows[i].info, rows[i].secret);
        int r = discover(join_by_token(&s, rows[i].pin), f, NULL, &err);
        server_stop(&s);
        if (r == 0 || !strstr(cu_err_text(&err), rows[i].says) || s.authorized || !s.requests)
            fail_msg("a server that %s: result %d, \"%s\", %d of %d requests with the token", rows[i].what, r,
                     cu_err_text(&err), s.authorized, s.requests);
    }
}

static void test_garbage(void **state)
{
    const struct fixture *f = *state;
    static const char *const bodies[] = {
        "",
        "<html><body>Please log in</body></html>",
        "{",
        "[]",
        "null",
        "{\"kind\":\"ConfigMap\",\"data\":[]}",
        "{\"kind\":\"ConfigMap\",\"data\":{\"kubeconfig\":7,\"jws-kubeconfig-abcdef\":[]}}",
        "{\"kind\":\"ConfigMap\",\"data\":{\"kubeconfig\":\"\",\"jws-kubeconfig-abcdef\":\"..\"}}",
        "{\"kind\":\"ConfigMap\",\"data\":{\"kubeconfig\":\"\\u0000\",\"jws-kubeconfig-abcdef\":\"x\"}}",
    };
    for (size_t i = 0; i < CU_LEN(bodies); i++) {
        struct server s = { .raw = bodies[i] };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        server_start(&s, &f->evil, &f->evil, TOKEN_SECRET);
        int r = discover(join_by_token(&s, f->good.pin), f, NULL, &err);
        server_stop(&s);
        if (r == 0 || !err.msg || s.authorized)
            fail_msg("garbage %zu: result %d, \"%s\"", i, r, cu_err_text(&err));
    }
}

/* A signed text that is no kubeconfig, or one without a CA. */
static void test_signed_nonsense(void **state)
{
    const struct fixture *f = *state;
    static const char *const texts[] = {
        ": not yaml: [",
        "kind: Config\napiVersion: v1\nclusters: []\n",
        ("kind: Config\napiVersion: v1\nclusters:\n- name: \"\"\n  cluster:\n    "
         "server: https://127.0.0.1:1\n"),
    };
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        struct server s = { 0 };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        server_start(&s, &f->good, &f->good, NULL);
        free(s.kubeconfig);
        s.kubeconfig = cu_strdup(texts[i]);
        s.jws = pki_jws_sign(TOKEN_ID, TOKEN_SECRET, texts[i], strlen(texts[i]));
        int r = discover(join_by_token(&s, i % 2 ? f->good.pin : NULL), f, NULL, &err);
        server_stop(&s);
        assert_true(r < 0 && err.msg);
    }
}

static void test_changed_in_between(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->good, &f->good, TOKEN_SECRET);
    s.second = cluster_info(&f->good, "https://192.0.2.1:6443");
    int r = discover(join_by_token(&s, f->good.pin), f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, -CU_E_AUTH);
    assert_non_null(strstr(err.msg, "changed between"));
}

/* Unknown to the cluster: said at once, with the command; the token is shown to the verified server alone. */
static void test_unknown_token(void **state)
{
    const struct fixture *f = *state;
    struct server s = { .refuse_token = true };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->good, &f->good, NULL);
    int r = discover(join_by_token(&s, f->good.pin), f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, -CU_E_FINAL);
    assert_non_null(strstr(err.msg, "kubeadm token create --print-join-command"));
    assert_null(strstr(err.msg, TOKEN_SECRET));
    assert_int_equal(s.authorized, 1);
}

/* A certificate that does not name the address the node was told to use. */
static void test_name_not_covered(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->good, &f->good, TOKEN_SECRET);
    struct cfg_join *join = join_by_token(&s, f->good.pin);
    free(join->discovery.bootstrap_token->api_server_endpoint);
    join->discovery.bootstrap_token->api_server_endpoint = cu_asprintf("localhost:%d", s.port);
    int r = discover(join, f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, -CU_E_AUTH);
    assert_non_null(strstr(err.msg, "localhost"));
}

static void test_nobody_there(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->good, &f->good, TOKEN_SECRET);
    struct cfg_join *join = join_by_token(&s, f->good.pin);
    server_stop(&s);
    assert_int_equal(discover(join, f, NULL, &err), -CU_E_TIMEOUT);
    assert_non_null(strstr(err.msg, "127.0.0.1"));
}

enum credentials { NOTHING, BEARER, CERTIFICATE };

/* A discovery file; ca NULL: it names none. Caller frees the path. */
static char *write_file(const struct fixture *f, const struct server *s, const struct identity *ca,
                        enum credentials how)
{
    cu_autofree char *url = cu_asprintf("https://127.0.0.1:%d", s->port);
    const struct kube_config_spec spec = { .cluster = "kubernetes",
                                           .server = url,
                                           .ca_pem = ca ? ca->ca_pem : NULL,
                                           .user = "joiner",
                                           .cert_pem = how == CERTIFICATE ? f->good.cert_pem : NULL,
                                           .key_pem = how == CERTIFICATE ? f->good.key_pem : NULL,
                                           .token = how == BEARER ? "file-token" : NULL };
    kube_autoconfig struct kube_config *k = kube_config_build(&spec);
    char *path = cu_path_join(f->dir, "discovery.conf");
    assert_int_equal(kube_config_save(k, path, NULL), 0);
    return path;
}

static void test_file(void **state)
{
    const struct fixture *f = *state;
    const struct {
        enum credentials how;
        const char *tls_token, *wanted; /* the user's token afterwards */
        int result;
    } rows[] = { { BEARER, NULL, "file-token", 0 },
                 { BEARER, TOKEN, TOKEN, 0 },
                 { CERTIFICATE, NULL, NULL, 0 },
                 { NOTHING, TOKEN, TOKEN, 0 },
                 { NOTHING, NULL, NULL, -CU_E_INVALID } };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct server s = { 0 };
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autofree char *token = NULL;
        server_start(&s, &f->good, &f->good, NULL);
        cu_autofree char *path = write_file(f, &s, &f->good, rows[i].how);
        int r = discover(join_by_file(path, rows[i].tls_token), f, &token, &err);
        server_stop(&s);
        if (r != rows[i].result || (r == 0 && !cu_streq(token, rows[i].wanted)))
            fail_msg("file %zu: result %d (%s), token %s", i, r, cu_err_text(&err), token ? token : "none");
    }
}

/* The file's CA decides: a server that another one signed is refused at once, and learns no token. */
static void test_file_other_ca(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->evil, &f->evil, TOKEN_SECRET);
    cu_autofree char *path = write_file(f, &s, &f->good, BEARER);
    int r = discover(join_by_file(path, NULL), f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, -CU_E_AUTH);
    assert_int_equal(s.requests, 0);
}

static void test_file_broken(void **state)
{
    const struct fixture *f = *state;
    static const char *const texts[] = {
        "",
        "- a\n",
        "kind: Config\napiVersion: v1\n",
        "{{{",
        ("kind: Config\napiVersion: v1\nclusters:\n- name: a\n  cluster: {}\n"
         "contexts:\n- name: c\n  context: {cluster: a}\ncurrent-context: c\n"),
    };
    cu_autofree char *path = cu_path_join(f->dir, "broken.conf");
    for (size_t i = 0; i < CU_LEN(texts); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(cu_file_write_str(path, texts[i], 0600, NULL), 0);
        assert_true(discover(join_by_file(path, TOKEN), f, NULL, &err) < 0);
        assert_non_null(err.msg);
    }
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(discover(join_by_file("/nosuch/file", TOKEN), f, NULL, &err), -CU_E_NOTFOUND);
}

/* https URLs are verified with the machine's own authorities; nobody there knows this one. */
static void test_url_unverified(void **state)
{
    const struct fixture *f = *state;
    struct server s = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    server_start(&s, &f->evil, &f->good, NULL);
    cu_autofree char *url = cu_asprintf("https://127.0.0.1:%d/discovery.conf", s.port);
    int r = discover(join_by_file(url, TOKEN), f, NULL, &err);
    server_stop(&s);
    assert_int_equal(r, -CU_E_AUTH);
    assert_int_equal(s.requests, 0);
}

static int setup(void **state)
{
    struct fixture *f = cu_calloc(1, sizeof(*f));
    f->good = identity_new("kubernetes");
    f->evil = identity_new("kubernetes");
    void *dir = NULL;
    int r = scratch_setup(&dir);
    f->dir = dir;
    *state = f;
    return r;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    identity_free(&f->good);
    identity_free(&f->evil);
    void *dir = f->dir;
    int r = scratch_teardown(&dir);
    free(f);
    return r;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_several_pins),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_signed_nonsense),
        cmocka_unit_test(test_changed_in_between),
        cmocka_unit_test(test_unknown_token),
        cmocka_unit_test(test_name_not_covered),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_file_other_ca),
        cmocka_unit_test(test_file_broken),
        cmocka_unit_test(test_url_unverified),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
