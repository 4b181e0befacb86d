/* agent/server.c - the agent's own HTTP answers: /healthz for kubeadm, logs for the API server.
 * Must not tell anything to who has not proved to be the API server or an administrator. */
#include "agent/server.h"

#include <string.h>

#include "agent/log_reply.h"
#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/server.h"
#include "pki/cert.h"

#define YEAR_MS (365LL * 24 * 3600 * 1000)

struct agent_server {
    struct agent_server_spec s;
    struct http_server *health, *tls; /* NULL: off */
};

static void answer_health(void *arg, struct http_request *req)
{
    const char *path = http_request_path(req);
    (void)arg;
    bool known = cu_streq(path, "/healthz") || cu_has_prefix(path, "/healthz/");
    http_respond_text(req, known ? 200 : 404, known ? "ok" : "404 page not found\n");
}

/* --- who asks --- */

static bool may_ask(const struct pki_cert *cert)
{
    const struct cu_strlist *orgs = pki_cert_orgs(cert);
    return cu_strlist_has(orgs, "system:masters") || cu_strlist_has(orgs, "kubeadm:cluster-admins") ||
           cu_streq(pki_cert_cn(cert), "kube-apiserver-kubelet-client");
}

/* 0, or the HTTP status of the refusal. */
static int judge(const struct agent_server *s, const struct http_request *req)
{
    pki_autocerts struct pki_certs roots = PKI_CERTS_INIT;
    pki_autocert struct pki_cert *cert = NULL;
    size_t n = 0;
    const void *der = http_request_peer_cert(req, &n);
    if (!der || !s->s.config->client_ca_file || pki_cert_parse_der(der, n, &cert, NULL) < 0 ||
        pki_certs_load(s->s.config->client_ca_file, &roots, NULL) < 0 ||
        pki_cert_verify(cert, &roots, PKI_EKU_CLIENT_AUTH, cu_now_ms(), NULL) < 0)
        return 401;
    return may_ask(cert) ? 0 : 403;
}

static void answer_tls(void *arg, struct http_request *req)
{
    const struct agent_server *s = arg;
    int refused = judge(s, req);
    if (refused)
        http_respond_text(req, refused, refused == 401 ? "Unauthorized" : "Forbidden");
    else if (cu_streq(http_request_path(req), "/healthz"))
        http_respond_text(req, 200, "ok");
    else if (cu_has_prefix(http_request_path(req), "/containerLogs/"))
        agent_log_reply(s->s.loop, s->s.options->log_dir, s->s.node_name, req);
    else
        http_respond_text(req, 404, "the process runtime answers /healthz and /containerLogs only\n");
}

/* --- serving certificate --- */

static bool pair_is_good(const char *cert_path, const char *key_path)
{
    pki_autocert struct pki_cert *cert = NULL;
    pki_autokey struct pki_key *key = NULL;
    return pki_cert_load(cert_path, &cert, NULL) == 0 && pki_key_load(key_path, &key, NULL) == 0 &&
           pki_cert_matches_key(cert, key) &&
           pki_cert_period(cert, cu_now_ms() + YEAR_MS / 12) == PKI_PERIOD_OK;
}

static int make_pair(const struct agent_server *s, const char *cert_path, const char *key_path,
                     struct cu_err *err)
{
    cu_autostrlist struct cu_strlist dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT;
    int64_t now = cu_now_ms();
    cu_autofree char *cn = cu_asprintf("%s@%lld", s->s.node_name, (long long)(now / 1000));
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    cu_strlist_add(&dns, s->s.node_name);
    if (!cu_is_empty(s->s.node_ip))
        cu_strlist_add(&ips, s->s.node_ip);
    const struct pki_cert_spec spec = { .cn = cn,
                                        .ekus = PKI_EKU_SERVER_AUTH,
                                        .dns = &dns,
                                        .ips = &ips,
                                        .not_before_ms = now - PKI_BACKDATE_MS,
                                        .not_after_ms = now + YEAR_MS };
    int r = pki_key_generate(PKI_ECDSA_P256, &key, err);
    if (r == 0)
        r = pki_cert_self_sign(&spec, key, &cert, err);
    if (r == 0)
        r = pki_key_save(key_path, key, err);
    return r < 0 ? r : pki_cert_save(cert_path, cert, err);
}

/* --- interface --- */

int agent_server_new(const struct agent_server_spec *spec, struct agent_server **out, struct cu_err *err)
{
    struct agent_server *s = cu_calloc(1, sizeof *s);
    s->s = *spec;
    if (spec->config->healthz_port) {
        const struct http_server_options o = { .handle = answer_health, .arg = s, .max_body = 4096 };
        s->health = http_server_new(spec->loop, &o);
        int r = http_server_listen(s->health, spec->config->healthz_address, spec->config->healthz_port, NULL,
                                   NULL, err);
        if (r < 0) {
            agent_server_free(s);
            return r;
        }
    }
    *out = s;
    return 0;
}

int agent_server_listen_tls(struct agent_server *s, struct cu_err *err)
{
    const struct http_server_options o = { .handle = answer_tls, .arg = s, .max_body = 4096 };
    cu_autofree char *cert = cu_path_join(s->s.options->cert_dir, "kubelet.crt"),
                     *key = cu_path_join(s->s.options->cert_dir, "kubelet.key");
    struct http_tls_context *context = NULL;
    if (s->s.config->port == 0)
        return 0;
    int r = pair_is_good(cert, key) ? 0 : make_pair(s, cert, key, err);
    if (r < 0)
        return r;
    s->tls = http_server_new(s->s.loop, &o);
    const struct http_tls tls = { .cert_file = cert,
                                  .key_file = key,
                                  .client_ca_file =
                                      s->s.config->client_ca_file && cu_exists(s->s.config->client_ca_file)
                                          ? s->s.config->client_ca_file
                                          : cert };
    r = http_server_add_tls(s->tls, &tls, &context, err);
    if (r == 0)
        r = http_server_listen(s->tls, s->s.config->address, s->s.config->port, context, NULL, err);
    return r;
}

void agent_server_free(struct agent_server *s)
{
    if (!s)
        return;
    http_server_free(s->health);
    http_server_free(s->tls);
    free(s);
}
