/* agent/probe.c - probes as data and as a state machine.
 * Must not open connections; container.c asks and tells the answer. */
#include "agent/probe.h"

#include <string.h>

#include "agent/manifest.h"
#include "base/ip.h"
#include "base/str.h"
#include "base/strlist.h"

#define EAGER_MIN_MS 20
#define EAGER_MAX_MS 1000

/* Number of seconds or of times in a probe, within 0..max; the default when absent. -1 when it is neither. */
static int64_t number(const struct val *probe, const char *key, int64_t fallback)
{
    const struct val *v = val_get(probe, key);
    if (val_kind(v) == VAL_NULL)
        return fallback;
    int64_t n = val_int(v, -1);
    return n >= 0 && n <= 1000000 ? n : -1;
}

static char **headers_of(const struct val *get)
{
    const struct val *list = val_get(get, "httpHeaders");
    struct cu_strlist out = CU_STRLIST_INIT;
    for (size_t i = 0; i < val_len(list); i++) {
        const char *name = val_get_str(val_at(list, i), "name"),
                   *value = val_get_str(val_at(list, i), "value");
        if (name && value && !strpbrk(name, "\r\n") && !strpbrk(value, "\r\n"))
            cu_strlist_addf(&out, "%s: %s", name, value);
    }
    return out.v;
}

static int parse_get(const struct val *container, const struct val *get, const char *field, char **url,
                     struct cu_err *err)
{
    int port = agent_manifest_port(container, val_get(get, "port"));
    if (port < 0)
        return cu_fail(err, CU_E_INVALID, "%s.httpGet.port: neither a port number nor the name of one",
                       field);
    const char *scheme = cu_or(val_get_str(get, "scheme"), "HTTP");
    if (!cu_strcaseeq(scheme, "HTTP") && !cu_strcaseeq(scheme, "HTTPS"))
        return cu_fail(err, CU_E_INVALID, "%s.httpGet.scheme: \"%s\" is neither HTTP nor HTTPS", field,
                       scheme);
    cu_autofree char *lower = cu_lower(scheme);
    cu_autofree char *host_port = cu_host_port(cu_or(val_get_str(get, "host"), "127.0.0.1"), port);
    const char *path = cu_or(val_get_str(get, "path"), "/");
    *url = cu_asprintf("%s://%s%s%s", lower, host_port, *path == '/' ? "" : "/", path);
    return 0;
}

int agent_probe_spec_parse(const struct val *container, const char *field, struct agent_probe_spec *out,
                           struct cu_err *err)
{
    const struct val *probe = val_get(container, field), *get = val_get(probe, "httpGet");
    if (val_kind(probe) == VAL_NULL)
        return 0;
    if (!val_is_map(get))
        return cu_fail(err, CU_E_INVALID, "%s: the process runtime probes with httpGet only", field);
    int64_t delay = number(probe, "initialDelaySeconds", 0), period = number(probe, "periodSeconds", 10);
    int64_t timeout = number(probe, "timeoutSeconds", 1), good = number(probe, "successThreshold", 1);
    int64_t bad = number(probe, "failureThreshold", 3);
    if (delay < 0 || period < 0 || timeout < 0 || good < 0 || bad < 0)
        return cu_fail(err, CU_E_INVALID, "%s: delays and thresholds must be whole numbers from 0 to 1000000",
                       field);
    cu_autofree char *url = NULL;
    int r = parse_get(container, get, field, &url, err);
    if (r < 0)
        return r;
    *out = (struct agent_probe_spec){ .url = cu_steal(&url),
                                      .headers = headers_of(get),
                                      .initial_delay_ms = delay * 1000,
                                      .period_ms = (period ? period : 10) * 1000,
                                      .timeout_ms = (timeout ? timeout : 1) * 1000,
                                      .success_threshold = good ? (int)good : 1,
                                      .failure_threshold = bad ? (int)bad : 3 };
    return 1;
}

void agent_probe_spec_clear(struct agent_probe_spec *s)
{
    for (char **h = s->headers; h && *h; h++)
        free(*h);
    free(s->headers);
    free(s->url);
    *s = (struct agent_probe_spec){ .url = NULL };
}

/* While waiting for the first success: soon at first, then ever more rarely. */
static int64_t eager_pause(const struct agent_probe *p, int64_t now_ms)
{
    int64_t pause = (now_ms - p->start_ms) / 20;
    return pause < EAGER_MIN_MS ? EAGER_MIN_MS : pause > EAGER_MAX_MS ? EAGER_MAX_MS : pause;
}

static void plan(struct agent_probe *p, int64_t now_ms)
{
    p->next_ms = p->counted_ms;
    if (p->eager && p->result != AGENT_PROBE_UP && now_ms + eager_pause(p, now_ms) < p->next_ms)
        p->next_ms = now_ms + eager_pause(p, now_ms);
}

void agent_probe_begin(struct agent_probe *p, const struct agent_probe_spec *spec, bool eager, int64_t now_ms)
{
    *p = (struct agent_probe){
        .spec = spec, .eager = eager, .start_ms = now_ms, .counted_ms = now_ms + spec->initial_delay_ms
    };
    plan(p, now_ms);
}

bool agent_probe_note(struct agent_probe *p, bool ok, int64_t now_ms)
{
    enum agent_probe_result before = p->result;
    bool counts = now_ms >= p->counted_ms;
    if (counts)
        p->counted_ms = now_ms + p->spec->period_ms;
    if (ok || counts) {
        p->in_row = p->in_row && p->last_ok == ok ? p->in_row + 1 : 1;
        p->last_ok = ok;
        if (p->in_row >= (ok ? p->spec->success_threshold : p->spec->failure_threshold)) {
            p->result = ok ? AGENT_PROBE_UP : AGENT_PROBE_DOWN;
            if (ok)
                p->eager = false;
        }
    }
    if (ok && p->counted_ms > now_ms + p->spec->period_ms)
        p->counted_ms = now_ms + p->spec->period_ms; /* up within the initial delay: no need to sit it out */
    plan(p, now_ms);
    return p->result != before;
}
