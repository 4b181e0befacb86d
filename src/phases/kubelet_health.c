/* phases/kubelet_health.c - waiting until the kubelet answers on its health port (spec init 10.1 step 4).
 * Must not know which command waits. */
#include "phases/kubelet_health.h"

#include "base/ip.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/constants.h"
#include "config/types.h"
#include "http/client.h"
#include "phases/component_cause.h"
#include "phases/kubelet.h"

#define INTERVAL_MS 500
#define REQUEST_MS 2000

struct health {
    struct ph_ctx *ctx;
    struct http_client *http;
    char *url;
};

static enum cu_wait_state healthy(void *arg, char **missing, struct cu_err *err)
{
    struct health *h = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autoresponse struct http_response response = HTTP_RESPONSE_INIT;
    struct http_call call = { .url = h->url, .timeout_ms = REQUEST_MS };
    int r = http_client_do(h->http, &call, &response, &e);
    if (r == 0 && response.code == 200)
        return CU_WAIT_DONE;
    if (ph_component_failed(h->ctx, "kubelet", err))
        return CU_WAIT_FINAL;
    *missing =
        r < 0 ? cu_strdup(cu_err_text(&e)) : cu_asprintf("it answers with HTTP status %d", response.code);
    return CU_WAIT_PENDING;
}

/* Where to look when it does not come. */
static void say_help(struct ph_ctx *c)
{
    if (ph_kubelet_is_direct(c))
        ph_say(c, "[kubelet-check] See what the kubelet said:  less %s", PH_KUBELET_LOG);
    else
        ph_say(c, "[kubelet-check] The kubelet is not running or not healthy. On a machine with systemd see "
                  "why with:\n"
                  "\t- 'systemctl status kubelet'\n"
                  "\t- 'journalctl -xeu kubelet'");
}

int ph_kubelet_wait_healthy(struct ph_ctx *c, int64_t timeout_ms, struct cu_err *err)
{
    const struct val *doc = c->init->cluster.kubelet.doc;
    int port = (int)val_get_int(doc, "healthzPort", CFG_PORT_KUBELET_HEALTHZ);
    cu_autofree char *at = cu_host_port(cu_or(val_get_str(doc, "healthzBindAddress"), "127.0.0.1"), port);
    cu_autofree char *url = cu_asprintf("http://%s/healthz", at),
                     *what = cu_asprintf("the kubelet to answer on %s", url);
    cu_autofree char *limit = cu_format_duration(timeout_ms * 1000000);
    struct health h = { .ctx = c, .url = url };
    int64_t start = cu_mono_ms();
    if (port == 0) {
        ph_say(c, "[kubelet-check] Not waiting for the kubelet: healthzPort is 0");
        return 0;
    }
    ph_say(c, "[kubelet-check] Waiting for a healthy kubelet at %s. This can take up to %s", url, limit);
    struct http_client_options o = { .timeout_ms = REQUEST_MS };
    h.http = http_client_new(&o);
    int r = ph_wait(c, what, timeout_ms, INTERVAL_MS, healthy, &h, err);
    http_client_free(h.http);
    cu_autofree char *took = cu_format_duration((cu_mono_ms() - start) * 1000000);
    if (r == 0)
        ph_say(c, "[kubelet-check] The kubelet is healthy after %s", took);
    else
        say_help(c);
    return r;
}
