/* The cells of a pod that need thought: ready count, status word, restarts. Source of the rules: spec
 * apiserver 3.10. Must not know other kinds. */
#include "apiserver/table_cells.h"

#include "apiserver/scalar.h"
#include "base/str.h"
#include "base/timefmt.h"

/* What the walk over a pod's containers finds out. */
struct pod_view {
    char *status; /* owned */
    int64_t ready, total, restarts;
    int64_t last_restart; /* seconds since 1970; INT64_MIN: none */
};

static void set_status(struct pod_view *v, char *text)
{
    free(v->status);
    v->status = text;
}

static bool condition_true(const struct val *obj, const char *type)
{
    return cu_streq(val_get_str(api_condition(api_at(obj, "status.conditions"), type), "status"), "True");
}

/* "OOMKilled", else "Signal:9" or "ExitCode:1". */
static char *end_reason(const char *prefix, const struct val *terminated)
{
    const char *reason = api_text_at(terminated, "reason");
    if (reason[0])
        return cu_asprintf("%s%s", prefix, reason);
    int64_t signal = val_get_int(terminated, "signal", 0);
    if (signal)
        return cu_asprintf("%sSignal:%lld", prefix, (long long)signal);
    return cu_asprintf("%sExitCode:%lld", prefix, (long long)val_get_int(terminated, "exitCode", 0));
}

static void count_restarts(struct pod_view *v, const struct val *status)
{
    int64_t end = api_time_seconds(val_str(api_at(status, "lastState.terminated.finishedAt")), INT64_MIN);
    v->restarts += val_get_int(status, "restartCount", 0);
    if (end > v->last_restart)
        v->last_restart = end;
}

static bool is_sidecar(const struct val *obj, const char *name)
{
    const struct val *list = api_at(obj, "spec.initContainers");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *c = val_at(list, i);
        if (cu_streq(val_get_str(c, "name"), name))
            return cu_streq(val_get_str(c, "restartPolicy"), "Always");
    }
    return false;
}

/* True when an init container is still open; sidecars gets what counts after initialization too. */
static bool view_init(const struct val *obj, struct pod_view *v, struct pod_view *sidecars)
{
    const struct val *list = api_at(obj, "status.initContainerStatuses");
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *s = val_at(list, i);
        const struct val *ended = api_at(s, "state.terminated");
        const char *waiting = api_text_at(s, "state.waiting.reason");
        bool sidecar = is_sidecar(obj, val_get_str(s, "name"));
        count_restarts(v, s);
        if (sidecar)
            count_restarts(sidecars, s);
        if (ended && val_get_int(ended, "exitCode", 0) == 0)
            continue;
        if (sidecar && val_get_bool(s, "started", false)) {
            v->ready += val_get_bool(s, "ready", false);
            continue;
        }
        if (ended)
            set_status(v, end_reason("Init:", ended));
        else if (waiting[0] && !cu_streq(waiting, "PodInitializing"))
            set_status(v, cu_asprintf("Init:%s", waiting));
        else
            set_status(v, cu_asprintf("Init:%zu/%zu", i, val_len(api_at(obj, "spec.initContainers"))));
        return true;
    }
    return false;
}

static void view_main(const struct val *obj, struct pod_view *v)
{
    const struct val *list = api_at(obj, "status.containerStatuses");
    cu_autofree char *error = NULL;
    bool running = false;
    for (size_t i = val_len(list); i-- > 0;) {
        const struct val *s = val_at(list, i);
        const struct val *ended = api_at(s, "state.terminated");
        const char *waiting = api_text_at(s, "state.waiting.reason");
        count_restarts(v, s);
        if (waiting[0]) {
            set_status(v, cu_strdup(waiting));
        } else if (ended) {
            set_status(v, end_reason("", ended));
            if (val_get_int(ended, "exitCode", 0) != 0) {
                free(error);
                error = cu_strdup(v->status);
            }
        } else if (val_get_bool(s, "ready", false) && api_at(s, "state.running")) {
            running = true;
            v->ready++;
        }
    }
    if (!cu_streq(v->status, "Completed") || !running)
        return;
    if (condition_true(obj, "Ready"))
        set_status(v, cu_strdup("Running"));
    else
        set_status(v, error ? cu_steal(&error) : cu_strdup("NotReady"));
}

static struct pod_view view_pod(const struct val *obj)
{
    struct pod_view v = { NULL, 0, (int64_t)val_len(api_at(obj, "spec.containers")), 0, INT64_MIN };
    struct pod_view sidecars = { NULL, 0, 0, 0, INT64_MIN };
    const struct val *inits = api_at(obj, "spec.initContainers");
    const char *reason = api_text_at(obj, "status.reason"), *phase = api_text_at(obj, "status.phase");

    v.status = cu_strdup(cu_or(reason, phase));
    const struct val *scheduled = api_condition(api_at(obj, "status.conditions"), "PodScheduled");
    if (cu_streq(val_get_str(scheduled, "reason"), "SchedulingGated"))
        set_status(&v, cu_strdup("SchedulingGated"));
    for (size_t i = 0; i < val_len(inits); i++)
        v.total += cu_streq(val_get_str(val_at(inits, i), "restartPolicy"), "Always");
    if (!view_init(obj, &v, &sidecars) || condition_true(obj, "Initialized")) {
        v.restarts = sidecars.restarts;
        v.last_restart = sidecars.last_restart;
        view_main(obj, &v);
    }
    if (api_text_at(obj, "metadata.deletionTimestamp")[0]) {
        if (cu_streq(reason, "NodeLost"))
            set_status(&v, cu_strdup("Unknown"));
        else if (!cu_streq(phase, "Succeeded") && !cu_streq(phase, "Failed"))
            set_status(&v, cu_strdup("Terminating"));
    }
    return v;
}

struct val *api_cell_pod_ready(const struct api_cell *c)
{
    struct pod_view v = view_pod(c->obj);
    free(v.status);
    return val_new_strf("%lld/%lld", (long long)v.ready, (long long)v.total);
}

struct val *api_cell_pod_status(const struct api_cell *c)
{
    struct pod_view v = view_pod(c->obj);
    struct val *out = val_new_str(v.status);
    free(v.status);
    return out;
}

struct val *api_cell_pod_restarts(const struct api_cell *c)
{
    struct pod_view v = view_pod(c->obj);
    free(v.status);
    if (v.restarts == 0 || v.last_restart == INT64_MIN)
        return val_new_strf("%lld", (long long)v.restarts);
    cu_autofree char *age = cu_human_duration(c->now_ms / 1000 - v.last_restart);
    return val_new_strf("%lld (%s ago)", (long long)v.restarts, age);
}

struct val *api_cell_pod_gates(const struct api_cell *c)
{
    const struct val *gates = api_at(c->obj, "spec.readinessGates");
    size_t passed = 0;
    if (val_len(gates) == 0)
        return val_new_str("<none>");
    for (size_t i = 0; i < val_len(gates); i++)
        passed += condition_true(c->obj, api_text_at(val_at(gates, i), "conditionType"));
    return val_new_strf("%zu/%zu", passed, val_len(gates));
}
