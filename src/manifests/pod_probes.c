/* Health probes of static Pods (spec init 7.1, versions 7.2, 8.2).
 * Must not know about arguments, except those that move a health endpoint. */
#include "base/ip.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "manifests/pod_parts.h"
#include <string.h>

struct paths {
    const char *live, *ready, *startup; /* ready NULL: no readiness probe */
};
struct endpoint {
    const char *scheme, *host; /* host NULL: the Pod's own address */
    int port;
    char *owned;
};

static struct paths paths_of(const struct mf_pod_input *in)
{
    const struct cfg_cluster *c = &in->cfg->cluster;
    static const struct paths api = { "/livez", "/readyz", "/livez" }, old = { "/healthz", NULL, "/healthz" },
                              etcd = { "/livez", "/readyz", "/readyz" },
                              plain = { "/health", NULL, "/health" },
                              serializable = { "/health?exclude=NOSPACE&serializable=true", NULL,
                                               "/health?serializable=false" };
    switch (in->component) {
    case MF_API_SERVER: return api;
    case MF_SCHEDULER: return in->minor >= 32 ? api : old;
    case MF_ETCD:
        return mf_etcd_at_least(c, "3.5.11") ? etcd : mf_etcd_at_least(c, "3.5.3") ? serializable : plain;
    case MF_CONTROLLER_MANAGER:
    case MF_COMPONENTS: break;
    }
    return old;
}

/* First of etcd's listen-metrics-urls, when the user moved it: scheme://[user@][host][:port][/...]. */
static void metrics_url(const char *urls, struct endpoint *e)
{
    cu_autofree char *url = cu_strndup(urls, strcspn(urls, ","));
    char *host = strstr(url, "://");
    if (!host)
        return;
    *host = 0;
    host += 3;
    host[strcspn(host, "/?#")] = 0;
    const char *user = strrchr(host, '@');
    host = user ? host + (user + 1 - host) : host;
    char *close = *host == '[' ? strchr(host, ']') : NULL;
    char *colon = strrchr(close ? close : host, ':');
    int64_t port = 0;
    if ((*host == '[' && !close) || (close && close[1] && colon != close + 1) ||
        (colon && colon[1 + strspn(colon + 1, "0123456789")]))
        return; /* no URL */
    if (colon && cu_parse_i64(colon + 1, 1, 65535, &port, NULL) == 0)
        e->port = (int)port;
    if (colon)
        *colon = 0;
    if (close)
        *close = 0;
    host += close != NULL;
    e->scheme = strcasecmp(url, "https") == 0 ? "HTTPS" : "HTTP";
    if (*host)
        e->host = e->owned = cu_strdup(host);
}

static struct endpoint endpoint_of(const struct mf_pod_input *in)
{
    struct endpoint e = { "HTTPS", "127.0.0.1", 0, NULL };
    const char *moved;
    switch (in->component) {
    case MF_API_SERVER:
        e.host = mf_vars_get(&in->vars, "adv");
        e.port = in->cfg->local_api_endpoint.bind_port;
        break;
    case MF_CONTROLLER_MANAGER:
    case MF_SCHEDULER:
        e.host = cu_or(cfg_args_last(in->extra_args, "bind-address"), e.host);
        e.port = in->component == MF_SCHEDULER ? CFG_PORT_SCHEDULER : CFG_PORT_CONTROLLER_MANAGER;
        break;
    case MF_ETCD:
        e.scheme = "HTTP";
        e.host = mf_vars_get(&in->vars, "local");
        e.port = CFG_PORT_ETCD_METRICS;
        moved = cfg_args_last(in->extra_args, "listen-metrics-urls");
        if (moved)
            metrics_url(moved, &e);
        return e;
    case MF_COMPONENTS: break;
    }
    if (cu_streq(e.host, "0.0.0.0") || cu_streq(e.host, "::"))
        e.host = NULL;
    return e;
}

struct timing {
    int delay, period, failures; /* seconds; 0 is left out */
};

static void add(const struct mf_pod_input *in, const struct endpoint *e, const char *path, struct timing t,
                struct val *probe)
{
    struct val *get = val_need_map(probe, "httpGet");
    if (t.failures > 0)
        val_set_int(probe, "failureThreshold", t.failures);
    val_set_str(get, "host", e->host);
    val_set_str(get, "path", path);
    if (in->minor >= 34)
        val_set_str(get, "port", "probe-port");
    else
        val_set_int(get, "port", e->port);
    val_set_str(get, "scheme", e->scheme);
    if (t.delay > 0)
        val_set_int(probe, "initialDelaySeconds", t.delay);
    val_set_int(probe, "periodSeconds", t.period);
    val_set_int(probe, "timeoutSeconds", 15);
}

static int startup_failures(const struct cfg_init *cfg)
{
    enum { PERIOD_MS = 10000 };
    int64_t ms = cfg_ms(cfg->timeouts.control_plane_component_health_check);
    int64_t periods = ms / PERIOD_MS + (ms % PERIOD_MS > 0);
    return periods > INT32_MAX ? INT32_MAX : (int)periods;
}

void mf_pod_probes(const struct mf_pod_input *in, struct val *container)
{
    struct paths p = paths_of(in);
    struct endpoint e = endpoint_of(in);
    struct timing live = { 10, 10, 8 }, ready = { 0, 1, 3 }, startup = { 10, 10, startup_failures(in->cfg) };
    add(in, &e, p.live, live, val_need_map(container, "livenessProbe"));
    if (p.ready)
        add(in, &e, p.ready, ready, val_need_map(container, "readinessProbe"));
    add(in, &e, p.startup, startup, val_need_map(container, "startupProbe"));
    if (in->minor >= 34) {
        struct val *port = val_new_map();
        val_set_int(port, "containerPort", e.port);
        val_set_str(port, "name", "probe-port");
        val_set_str(port, "protocol", "TCP");
        val_append(val_need_list(container, "ports"), port);
    }
    free(e.owned);
}
