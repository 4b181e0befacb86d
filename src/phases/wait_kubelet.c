/* Waits for the kubelet's own health check. It must not know how the kubelet was started. */
#include "base/ip.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/types.h"
#include "http/client.h"
#include "phases/causes.h"
#include "phases/kubelet.h"
#include "phases/patches.h"
#include "phases/wait.h"

enum { POLL_MS = 500, REQUEST_MS = 2000 };

struct kubelet_wait {
    struct ph_ctx *ctx;
    struct http_client *client;
    const char *url;
};

static enum cu_wait_state probe(void *arg, char **missing, struct cu_err *err)
{
    struct kubelet_wait *w = arg;
    const struct http_call call = { .url = w->url, .max_response = 4096 };
    cu_autoresponse struct http_response answer = HTTP_RESPONSE_INIT;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = http_client_do(w->client, &call, &answer, &why);
    if (r == 0 && answer.code == 200)
        return CU_WAIT_DONE;
    *missing = r == 0               ? cu_asprintf("it answers with HTTP status %d", answer.code)
               : r == -CU_E_REFUSED ? cu_strdup("nobody listens there yet")
                                    : cu_strdup(cu_err_text(&why));
    return ph_cause_kubelet(w->ctx, missing, err);
}

static void say_help(struct ph_ctx *c)
{
    ph_say(c, "[kubelet-check] The kubelet is not healthy.");
    if (ph_kubelet_is_direct(c))
        ph_say(c, "\nThe kubelet was started directly. Look at its log:\n\t- 'less %s'", PH_KUBELET_LOG);
    else
        ph_say(c, "\nEither it does not run, or it is unhealthy because of a setting of this machine (such "
                  "as required "
                  "cgroups turned off). Look at it with:\n\t- 'systemctl status kubelet'\n\t- 'journalctl "
                  "-xeu kubelet'");
}

/* Where the kubelet answers; *url NULL: nowhere. The user's patches may say so too: its file has them. */
static int find_url(struct ph_ctx *c, char **url, struct cu_err *err)
{
    cu_autoval struct val *doc = val_copy(c->init->cluster.kubelet.doc);
    int r = ph_patches_apply(c, "kubeletconfiguration", &doc, err);
    if (r < 0)
        return r;
    int port = (int)val_get_int(doc, "healthzPort", 10248);
    cu_autofree char *at = cu_host_port(cu_or(val_get_str(doc, "healthzBindAddress"), "127.0.0.1"), port);
    *url = port ? cu_asprintf("http://%s/healthz", at) : NULL;
    return 0;
}

int ph_wait_kubelet(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_timeouts *limits = c->join ? &c->join->timeouts : &c->init->timeouts;
    cu_autofree char *url = NULL;
    int r = find_url(c, &url, err);
    if (r < 0)
        return r;
    if (!url) {
        ph_say(
            c,
            "[kubelet-check] The kubelet's health check is turned off (healthzPort: 0); not waiting for it");
        return 0;
    }
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would wait for the kubelet to answer on %s", url);
        return 0;
    }
    cu_autofree char *limit = cu_format_duration(limits->kubelet_health_check.ns);
    cu_autofree char *what = cu_asprintf("the kubelet to be healthy at %s", url);
    ph_say(c, "[kubelet-check] Waiting for a healthy kubelet at %s. This can take up to %s", url, limit);
    const struct http_client_options o = { .timeout_ms = REQUEST_MS };
    struct kubelet_wait w = { .ctx = c, .client = http_client_new(&o), .url = url };
    int64_t begin = cu_mono_us();
    r = ph_wait(c, &(struct ph_waiting){ what, cfg_ms(limits->kubelet_health_check), POLL_MS, probe, &w },
                err);
    http_client_free(w.client);
    cu_autofree char *took = cu_format_duration((cu_mono_us() - begin) * 1000);
    if (r == 0)
        ph_say(c, "[kubelet-check] The kubelet is healthy after %s", took);
    else if (r != -CU_E_CANCELED)
        say_help(c);
    return r;
}
