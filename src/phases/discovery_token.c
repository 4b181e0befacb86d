/* phases/discovery_token.c - discovery by bootstrap token (spec join 6.1): cluster-info is read without trust, its
 * signature checked with the token, its CA against the pins, and then read again with trust.
 * Must not know what the token is used for later. */
#include "phases/discovery.h"

#include "base/log.h"
#include "base/str.h"
#include "base/wait.h"
#include "config/types.h"
#include "http/url.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "pki/cert.h"
#include "pki/jws.h"
#include "pki/pin.h"

#include <string.h>

#define INTERVAL_MS 500

struct attempt {
    const struct cfg_discovery_token *t;
    char id[7], secret[17];
    char *server;               /* "https://<endpoint>" */
    struct kube_client *client; /* of this round: first without trust, then with the pinned CA */
    char *kubeconfig;           /* data.kubeconfig of the last answer */
    char *jws;                  /* our token's signature in it */
    bool need_jws;
    bool token_accepted; /* asked once and not refused: only the signature is missing */
    struct ph_ctx *ctx;
};

static int split_token(struct attempt *a, struct cu_err *err)
{
    const char *token = cu_or(a->t->token, "");
    if (strlen(token) != 23 || token[6] != '.')
        return cu_fail(err, CU_E_INVALID,
                       "the discovery token is not of the form \"abcdef.0123456789abcdef\"");
    memcpy(a->id, token, 6);
    memcpy(a->secret, token + 7, 16);
    return 0;
}

/* A client that trusts only `ca` (NULL: anybody) and shows the token when asked to. */
static int make_client(const struct attempt *a, const char *ca, bool with_token, struct kube_client **out,
                       struct cu_err *err)
{
    struct kube_config_spec spec = { .cluster = "kubernetes",
                                     .server = a->server,
                                     .ca_pem = ca,
                                     .user = "discovery",
                                     .token = with_token ? a->t->token : NULL };
    kube_autoconfig struct kube_config *config = kube_config_build(&spec);
    struct kube_options o = { .insecure = !ca,
                              .no_credentials = !with_token,
                              .timeout_ms = ph_discovery_try_ms(a->ctx),
                              .max_response = PH_CLUSTER_INFO_MAX };
    return kube_client_new(config, &o, out, err);
}

/* The CA text of a cluster-info whose pins match; the pins alone vouch for it. */
static int pinned_ca(const struct attempt *a, char **pem, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autofree char *text = NULL;
    struct pki_certs certs = PKI_CERTS_INIT;
    int r = kube_config_parse(a->kubeconfig, strlen(a->kubeconfig), &config, err);
    if (r == 0)
        r = kube_config_ca(config, &text, err);
    if (r == 0)
        r = pki_certs_parse(text, strlen(text), &certs, err);
    if (r == 0)
        r = pki_pins_match(&a->t->ca_cert_hashes, &certs, err);
    pki_certs_clear(&certs);
    if (r == 0)
        *pem = cu_steal(&text);
    return r;
}

static int wrong_pin(const struct attempt *a, struct cu_err *err)
{
    return cu_wrap(err,
                   "the CA of the cluster at %s does not match --discovery-token-ca-cert-hash; get the right "
                   "one with  kubeadm token create --print-join-command",
                   a->server);
}

/* cluster-info carries no signature of our token: is the token unknown, or is the signer only late? Asked over a
 * connection that the pins vouch for, so that nobody else learns the token. */
static enum cu_wait_state why_unsigned(struct attempt *a, char **missing, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *ca = NULL;
    struct kube_client *asking = NULL;
    cu_autofree char *ignored = NULL;
    int status = 0;
    *missing = cu_asprintf(
        "cluster-info holds no signature of token \"%s\" yet; if this lasts, the token is unknown or has "
        "expired: make a new one on a control plane with  kubeadm token create --print-join-command",
        a->id);
    if (a->token_accepted || a->t->ca_cert_hashes.n == 0)
        return CU_WAIT_PENDING;
    int r = pinned_ca(a, &ca, &e);
    if (r == -CU_E_AUTH) { /* another cluster, or a wrong pin: no signature would mend that */
        cu_err_move(err, &e);
        wrong_pin(a, err);
        return CU_WAIT_FINAL;
    }
    if (r < 0)
        return CU_WAIT_PENDING;
    r = make_client(a, ca, true, &asking, &e);
    if (r == 0)
        r = kube_get_raw(asking, PH_CLUSTER_INFO_PATH, &ignored, &status, &e);
    int64_t skew = asking ? kube_client_clock_skew_ms(asking) : 0;
    kube_client_free(asking);
    if (status != 401) {
        a->token_accepted = r == 0 || r == -CU_E_FORBIDDEN;
        return CU_WAIT_PENDING;
    }
    cu_autofree char *clock = ph_clock_note(skew);
    cu_fail(err, CU_E_FINAL,
            "the cluster does not accept token \"%s\": it is unknown, its secret is wrong, or it has "
            "expired%s; make a new one on "
            "a control plane with  kubeadm token create --print-join-command",
            a->id, clock);
    return CU_WAIT_FINAL;
}

static enum cu_wait_state fetch(void *arg, char **missing, struct cu_err *err)
{
    struct attempt *a = arg;
    cu_autoval struct val *info = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(a->client, PH_CLUSTER_INFO_PATH, NULL, &info, &e);
    if (r == -CU_E_AUTH &&
        !a->need_jws) { /* the pinned CA did not sign this server's certificate, or not for this name */
        cu_autofree char *mend = ph_tls_mend(kube_client_cause(a->client), a->server);
        cu_fail(err, CU_E_AUTH, "the server at %s: %s%s", a->t->api_server_endpoint, cu_err_text(&e), mend);
        return CU_WAIT_FINAL;
    }
    if (r < 0) {
        *missing = cu_strdup(cu_err_text(&e));
        return CU_WAIT_PENDING;
    }
    cu_autofree char *key = cu_asprintf("jws-kubeconfig-%s", a->id);
    const char *kubeconfig = val_find_str(info, "data", "kubeconfig", NULL),
               *jws = val_find_str(info, "data", key, NULL);
    free(a->kubeconfig);
    free(a->jws);
    a->kubeconfig = cu_strdup(cu_or(kubeconfig, ""));
    a->jws = cu_strdup(jws);
    if (a->need_jws && cu_is_empty(jws))
        return why_unsigned(a, missing, err);
    return CU_WAIT_DONE;
}

static int fetch_until(struct attempt *a, struct cu_err *err)
{
    cu_autofree char *what = cu_asprintf("cluster-info from %s", a->server);
    int64_t timeout_ms = cfg_ms(a->ctx->join->timeouts.discovery);
    return ph_wait(a->ctx, &(struct ph_waiting){ what, timeout_ms, INTERVAL_MS, fetch, a }, err);
}

static int discover(struct attempt *a, struct kube_config **out, struct cu_err *err)
{
    cu_autofree char *first = NULL, *ca = NULL;
    int r = make_client(a, NULL, false, &a->client, err);
    a->need_jws = true;
    for (size_t i = 0; r == 0 && i < a->t->ca_cert_hashes.n; i++)
        r = pki_pin_check(a->t->ca_cert_hashes.v[i], err);
    if (r == 0)
        r = fetch_until(a, err);
    if (r < 0)
        return r;
    if (cu_is_empty(a->kubeconfig))
        return cu_fail(err, CU_E_AUTH, "cluster-info of %s holds no kubeconfig", a->server);
    if (pki_jws_verify(a->jws, a->id, a->secret, a->kubeconfig, strlen(a->kubeconfig), err) < 0)
        return cu_wrap(err,
                       "cluster-info of %s is not signed with the secret of token \"%s\": the secret is "
                       "wrong, or this is not "
                       "the server it claims to be",
                       a->server, a->id);
    if (a->t->ca_cert_hashes.n == 0)
        return kube_config_parse(a->kubeconfig, strlen(a->kubeconfig), out, err);
    r = pinned_ca(a, &ca, err);
    if (r == -CU_E_AUTH)
        return wrong_pin(a, err);
    if (r < 0)
        return cu_wrap(err, "cluster-info of %s", a->server);
    kube_client_free(a->client);
    a->client = NULL;
    a->need_jws = false;
    first = cu_steal(&a->kubeconfig);
    r = make_client(a, ca, false, &a->client, err);
    if (r == 0)
        r = fetch_until(a, err);
    if (r < 0)
        return r;
    if (!cu_streq(first, a->kubeconfig))
        return cu_fail(
            err, CU_E_AUTH,
            "cluster-info of %s changed between reading it without and with verified TLS; somebody may "
            "be in between, or it was just updated: try again",
            a->server);
    return kube_config_parse(a->kubeconfig, strlen(a->kubeconfig), out, err);
}

/* Validation takes any "a:b", as upstream does; asking there for minutes would help nobody. */
static int check_server(const struct attempt *a, struct cu_err *err)
{
    cu_autofree char *host = NULL;
    bool https;
    int port;

    if (http_url_split(a->server, &https, &host, &port) && *host && port > 0)
        return 0;
    return cu_fail(err, CU_E_INVALID,
                   "\"%s\" is not the host:port of an API server; the line `kubeadm token create "
                   "--print-join-command` prints names it",
                   a->t->api_server_endpoint);
}

int ph_discover_token(struct ph_ctx *c, const struct cfg_discovery_token *t, struct kube_config **out,
                      struct cu_err *err)
{
    struct attempt a = { .t = t, .ctx = c };
    kube_autoconfig struct kube_config *found = NULL;
    int r = split_token(&a, err);
    a.server = cu_asprintf("https://%s", t->api_server_endpoint);
    cu_log_debug(1, "reading cluster-info from %s", a.server);
    if (r == 0)
        r = check_server(&a, err);
    if (r == 0)
        r = discover(&a, &found, err);
    if (r == 0 && !kube_config_default_cluster(found))
        r = cu_fail(err, CU_E_AUTH, "cluster-info of %s names no cluster", a.server);
    kube_client_free(a.client);
    cu_wipe(a.secret, sizeof(a.secret));
    free(a.kubeconfig);
    free(a.jws);
    free(a.server);
    if (r == 0)
        *out = cu_steal(&found);
    return r;
}
