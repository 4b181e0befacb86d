/* Checks of ports, proxies, names and an external etcd. They must not change anything. */
#include "base/ip.h"
#include "base/semver.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/value.h"
#include "config/constants.h"
#include "config/types.h"
#include "base/file.h"
#include "base/limits.h"
#include "http/client.h"
#include "http/proxy.h"
#include "kube/client.h"
#include "node/net.h"
#include "phases/preflight.h"
#include <string.h>

enum { SKEW_LIMIT_MS = 30000 }; /* certificates are good from five minutes before they are made */

static void check_port(struct ph_checks *k, int port)
{
    cu_autofree char *name = cu_asprintf("%d", port);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = node_port_free(port, &err);
    cu_autofree char *owner = r == -CU_E_EXISTS ? node_port_owner(ph_checks_ctx(k)->sys, port) : NULL;
    if (r == -CU_E_EXISTS)
        ph_check_fail(k, name, "Port %d is in use%s%s%s", port, owner ? " (by " : "", cu_or(owner, ""),
                      owner ? ")" : "");
    else if (r < 0)
        ph_check_fail(k, name, "Port %d cannot be listened on: %s", port, cu_err_text(&err));
    if (r < 0)
        ph_check_fix(k, "ss -ltnp 'sport = :%d' shows what has it; stop that", port);
}

void ph_check_port(struct ph_checks *k, const struct ph_check *row)
{
    check_port(k, row->port);
}

static const struct cfg_endpoint *local_endpoint(const struct ph_ctx *c)
{
    const struct cfg_join_control_plane *joining = c->join ? c->join->control_plane : NULL;
    return joining ? &joining->local_api_endpoint : &c->init->local_api_endpoint;
}

void ph_check_api_port(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    check_port(k, local_endpoint(ph_checks_ctx(k))->bind_port);
}

/* `range`: what to put into NO_PROXY. */
static void warn_if_proxied(struct ph_checks *k, const char *url, const char *range)
{
    cu_autofree char *proxy = http_proxy_for(url);
    if (!proxy)
        return;
    ph_check_warn(k, NULL, "connections to %s go through the proxy %s, which is seldom meant", url, proxy);
    ph_check_fix(k, "export NO_PROXY=\"$NO_PROXY,%s\" no_proxy=\"$no_proxy,%s\"", range, range);
}

void ph_check_proxy(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const char *host = local_endpoint(ph_checks_ctx(k))->advertise_address;
    cu_autofree char *url =
        strchr(host, ':') ? cu_asprintf("https://[%s]:1234", host) : cu_asprintf("https://%s", host);
    warn_if_proxied(k, url, host);
}

/* Host of an endpoint without its port; NULL when it is none. Caller frees. */
static char *host_of(const char *endpoint)
{
    char *host = NULL;
    int port = -1;
    return !cu_is_empty(endpoint) && cu_split_host_port(endpoint, &host, &port, NULL) == 0 ? host : NULL;
}

static char *discovery_host(const struct ph_ctx *c)
{
    const struct cfg_discovery_token *t = c->join->discovery.bootstrap_token;
    return t ? host_of(t->api_server_endpoint) : NULL;
}

void ph_check_proxy_discovery(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autofree char *host = discovery_host(ph_checks_ctx(k));
    if (!host)
        return;
    cu_autofree char *url = cu_asprintf(strchr(host, ':') ? "https://[%s]" : "https://%s", host);
    warn_if_proxied(k, url, host);
}

static void check_cidr(struct ph_checks *k, const char *text)
{
    struct cu_cidr cidr;
    struct cu_ip ip;
    char first[CU_IP_MAX];
    if (!cu_cidr_parse_sloppy(text, &cidr) || !cu_cidr_nth(&cidr, 1, &ip)) {
        ph_check_fail(k, NULL, "\"%s\" is no CIDR, or too small a one", text);
        ph_check_fix(k, "give --service-cidr and --pod-network-cidr good ranges");
        return;
    }
    cu_ip_format(&ip, first);
    cu_autofree char *at = cu_host_port(first, 1234), *url = cu_asprintf("https://%s/", at);
    warn_if_proxied(k, url, text);
}

void ph_check_proxy_cidrs(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct cfg_cluster *cluster = &ph_checks_ctx(k)->init->cluster;
    cu_autostrlist struct cu_strlist cidrs = CU_STRLIST_INIT;
    cu_strlist_split(&cidrs, cu_or(cluster->networking.service_subnet, ""), ',');
    cu_strlist_split(&cidrs, cu_or(cluster->networking.pod_subnet, ""), ',');
    for (size_t i = 0; i < cidrs.n; i++)
        if (*cidrs.v[i])
            check_cidr(k, cidrs.v[i]);
}

void ph_check_endpoint_name(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autofree char *host = c->init ? host_of(c->init->cluster.control_plane_endpoint) : discovery_host(c);
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cu_ip ip;
    if (!host || cu_ip_parse_sloppy(host, &ip) || node_resolve(c->sys, host, &found, &err) == 0)
        return;
    ph_check_warn(k, NULL, "the control plane's endpoint cannot be found by its name: %s", cu_err_text(&err));
    ph_check_fix(k, "echo '<address> %s' >>/etc/hosts, or a record in the DNS", host);
}

void ph_check_hostname(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const char *name = ph_checks_node(k)->name;
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (!cu_is_qualified_name(name)) {
        ph_check_warn(k, NULL, "\"%s\" is not a good node name: at most 63 letters, digits, '-', '_' and '.'",
                      name);
        ph_check_fix(k, "give a good name with --node-name");
    }
    if (node_resolve(ph_checks_ctx(k)->sys, name, &found, &err) == 0)
        return;
    ph_check_warn(k, NULL, "hostname \"%s\" could not be reached", name);
    ph_check_warn(k, NULL, "hostname \"%s\": %s", name, cu_err_text(&err));
}

/* A clock far from the API server's makes certificates look expired or not yet valid. */
void ph_check_clock_skew(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    int64_t skew = c->kube ? kube_client_clock_skew_ms(c->kube) : 0;
    if (skew <= -SKEW_LIMIT_MS || skew >= SKEW_LIMIT_MS)
        ph_check_warn(k, NULL, "this machine's clock is %lld s %s the API server's",
                      (long long)(skew < 0 ? -skew : skew) / 1000, skew < 0 ? "ahead of" : "behind");
}

enum { ETCD_TIMEOUT_MS = 10000, ETCD_TRIES = 4, ETCD_PAUSE_MS = 5000 };

struct etcd_wait {
    struct http_client *client;
    const char *url;
    struct http_response answer;
    int tries;
};

static enum cu_wait_state ask_etcd(void *arg, char **missing, struct cu_err *err)
{
    struct etcd_wait *w = arg;
    const struct http_call call = { .url = w->url, .max_response = LIM_PROC_FILE };
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = http_client_do(w->client, &call, &w->answer, &why);
    if (r == 0 && w->answer.code < 500)
        return CU_WAIT_DONE;
    *missing = r < 0 ? cu_strdup(cu_err_text(&why)) : cu_asprintf("HTTP status %d", w->answer.code);
    if (++w->tries < ETCD_TRIES)
        return CU_WAIT_PENDING;
    cu_fail(err, CU_E_FINAL, "%s: %s", w->url, *missing);
    return CU_WAIT_FINAL;
}

static void check_etcd_answer(struct ph_checks *k, const struct etcd_wait *w)
{
    struct val *doc = NULL;
    struct cu_semver v;
    const char *text = NULL;
    /* the embedded API server asks for nothing newer than learners */
    const char *minimum = ph_checks_ctx(k)->embedded ? "3.4.0" : CFG_MIN_EXTERNAL_ETCD;
    if (val_parse_json(cu_or(w->answer.body, ""), w->answer.len, &doc, NULL) == 0)
        text = val_get_str(doc, "etcdserver");
    if (!text || cu_semver_parse(text, &v, NULL) < 0)
        ph_check_fail(k, NULL, "%s does not answer with the version of an etcd server", w->url);
    else if (!cu_semver_at_least(&v, minimum))
        ph_check_fail(k, NULL, "the external etcd at %s has version %s; at least %s is needed", w->url, text,
                      minimum);
    val_unref(doc);
}

/* <endpoint>/version, with single slashes in the path. Caller frees. */
static char *version_url(const char *endpoint)
{
    char *url = cu_asprintf("%s/version", endpoint), *scheme_end = strstr(url, "://");
    char *from = scheme_end ? scheme_end + 3 : url, *to = from;
    for (; *from; from++)
        if (*from != '/' || from[1] != '/')
            *to++ = *from;
    *to = '\0';
    return url;
}

static void check_endpoint(struct ph_checks *k, struct http_client *client, const char *endpoint)
{
    cu_autofree char *url = version_url(endpoint);
    cu_autofree char *what = cu_asprintf("etcd to answer on %s", url);
    struct etcd_wait w = { .client = client, .url = url, .answer = HTTP_RESPONSE_INIT };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t limit = (int64_t)ETCD_TRIES * (ETCD_TIMEOUT_MS + ETCD_PAUSE_MS);
    if (ph_wait(ph_checks_ctx(k), &(struct ph_waiting){ what, limit, ETCD_PAUSE_MS, ask_etcd, &w }, &err) < 0)
        ph_check_fail(k, NULL, "cannot ask the external etcd for its version: %s", cu_err_text(&err));
    else
        check_etcd_answer(k, &w);
    http_response_clear(&w.answer);
}

void ph_check_etcd_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct cfg_etcd_external *e = ph_checks_ctx(k)->init->cluster.etcd.external;
    const struct cu_strlist *endpoints = e->http_endpoints.n ? &e->http_endpoints : &e->endpoints;
    cu_autofree char *ca = NULL, *cert = NULL;
    cu_autowipe char *key = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = cu_is_empty(e->ca_file) ? 0 : cu_file_read(e->ca_file, LIM_PEM_FILE, &ca, NULL, &err);
    bool pair = !cu_is_empty(e->cert_file) && !cu_is_empty(e->key_file);
    if (r == 0 && pair)
        r = cu_file_read(e->cert_file, LIM_PEM_FILE, &cert, NULL, &err);
    if (r == 0 && pair)
        r = cu_file_read(e->key_file, LIM_PEM_FILE, &key, NULL, &err);
    if (r < 0) {
        ph_check_fail(k, NULL, "cannot read the certificates of the external etcd: %s", cu_err_text(&err));
        return;
    }
    const struct http_client_options o = {
        .ca_pem = ca, .cert_pem = cert, .key_pem = key, .timeout_ms = ETCD_TIMEOUT_MS
    };
    struct http_client *client = http_client_new(&o);
    for (size_t i = 0; i < endpoints->n; i++)
        check_endpoint(k, client, endpoints->v[i]);
    http_client_free(client);
}
