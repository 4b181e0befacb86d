/* agent/api.c - the thread that speaks to the API server: a row of steps, each done when it is due, tried again when it
 * failed.
 * Must not touch the processes: all it knows of them is what was published to it. */
#include "agent/api_internal.h"

#include <time.h>

#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/timefmt.h"

#define FIRST_RETRY_MS 25
#define EARLY_MS 60000 /* for so long after the start retries stay close together */
#define EARLY_RETRY_MS 1000
#define LATE_RETRY_MS 5000
#define DENIED_MS 2000
#define PATIENCE 6 /* failures before an absent server is worth a line in the log */

static const struct {
    const char *what;
    int64_t (*run)(struct agent_api *a, struct cu_err *err);
    bool needed; /* later steps make no sense while this one fails */
} steps[N_STEPS] = {
    [STEP_CREDENTIALS] = { "get credentials", agent_step_credentials, true },
    [STEP_NODE] = { "register the node", agent_step_node, true },
    [STEP_PODS] = { "show the static pods", agent_step_pods, false },
    [STEP_LEASE] = { "renew the lease", agent_step_lease, false },
    [STEP_STATUS] = { "report the node's status", agent_step_status, false },
    [STEP_ROTATE] = { "rotate the client certificate", agent_step_rotate, false },
};

static void report(struct agent_api *a, enum agent_step i, const struct cu_err *err)
{
    struct agent_step_state *st = &a->steps[i];
    bool absent = err->code == CU_E_REFUSED || err->code == CU_E_UNREACHABLE || err->code == CU_E_TIMEOUT;
    if (cu_streq(st->last_error, cu_err_text(err)) || (absent && st->failures < PATIENCE)) {
        cu_log_debug(2, "%s: %s", steps[i].what, cu_err_text(err));
        return;
    }
    free(st->last_error);
    st->last_error = cu_strdup(cu_err_text(err));
    cu_log_warning("cannot %s yet, trying on: %s", steps[i].what, cu_err_text(err));
}

static int64_t retry_pause(const struct agent_api *a, int failures, int code)
{
    if (code == -CU_E_FINAL) /* denied by someone: 2 s, doubling five times (spec join 15.1) */
        return (int64_t)DENIED_MS << (failures < 5 ? failures - 1 : 4);
    int64_t max = cu_mono_ms() - a->started_ms < EARLY_MS ? EARLY_RETRY_MS : LATE_RETRY_MS;
    int64_t pause = FIRST_RETRY_MS << (failures < 10 ? failures - 1 : 9);
    return pause < max ? pause : max;
}

/* True when the steps behind it may be done. */
static bool run_step(struct agent_api *a, enum agent_step i)
{
    struct agent_step_state *st = &a->steps[i];
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (st->due_ms > cu_mono_ms())
        return st->failures == 0 || !steps[i].needed;
    int64_t r = steps[i].run(a, &err);
    if (r >= 0) {
        if (st->last_error)
            cu_log_info("%s: done", steps[i].what);
        free(cu_steal(&st->last_error));
        st->failures = 0;
        st->due_ms = cu_mono_ms() + r;
        return true;
    }
    st->failures++;
    st->due_ms = cu_mono_ms() + retry_pause(a, st->failures, (int)r);
    report(a, i, &err);
    if (r == -CU_E_AUTH && i != STEP_CREDENTIALS) {
        atomic_store(&a->reload, true); /* another certificate may be there by now */
        agent_api_hurry(a, STEP_CREDENTIALS);
    }
    return !steps[i].needed;
}

static void run_due(void *arg)
{
    struct agent_api *a = arg;
    int reached = 0;
    while (reached < N_STEPS && !atomic_load(&a->stopping)) {
        enum agent_step i = (enum agent_step)reached++;
        if (!run_step(a, i))
            break;
    }
    int64_t next = INT64_MAX, now = cu_mono_ms();
    for (int i = 0; i < reached; i++)
        next = a->steps[i].due_ms < next ? a->steps[i].due_ms : next;
    http_timer_set(a->timer, next > now ? next - now : 0);
}

void agent_api_hurry(struct agent_api *a, enum agent_step which)
{
    a->steps[which].due_ms = 0;
    http_timer_set(a->timer, 0);
}

static void take_incoming(void *arg)
{
    struct agent_api *a = arg;
    pthread_mutex_lock(&a->lock);
    struct val *pods = cu_steal(&a->incoming);
    pthread_mutex_unlock(&a->lock);
    if (!pods)
        return;
    val_unref(a->pods);
    a->pods = pods;
    /* What changed may be the API server itself: whatever failed has another chance now. */
    for (int i = 0; i < N_STEPS; i++)
        if (a->steps[i].failures > 0)
            a->steps[i].due_ms = 0;
    agent_api_hurry(a, STEP_PODS);
}

void agent_api_publish(struct agent_api *a, struct val *pods)
{
    pthread_mutex_lock(&a->lock);
    val_unref(a->incoming);
    a->incoming = pods;
    pthread_mutex_unlock(&a->lock);
    http_loop_post(a->loop, take_incoming, a);
}

static void reload_now(void *arg)
{
    agent_api_hurry(arg, STEP_CREDENTIALS);
}

void agent_api_reload(struct agent_api *a)
{
    atomic_store(&a->reload, true);
    http_loop_post(a->loop, reload_now, a);
}

bool agent_api_sleep(struct agent_api *a, int64_t ms)
{
    int64_t end = cu_mono_ms() + ms;
    for (int64_t left = ms; left > 0 && !atomic_load(&a->stopping); left = end - cu_mono_ms())
        cu_sleep_ms(left < 50 ? left : 50);
    return !atomic_load(&a->stopping);
}

static void *thread_main(void *arg)
{
    struct agent_api *a = arg;
    http_timer_set(a->timer, 0);
    if (!atomic_load(&a->stopping))
        http_loop_run(a->loop);
    return NULL;
}

int agent_api_start(const struct agent_api_spec *s, struct agent_api **out, struct cu_err *err)
{
    struct agent_api *a = cu_calloc(1, sizeof *a);
    a->s = *s;
    a->loop = http_loop_new();
    a->timer = http_timer_new(a->loop, run_due, a);
    a->started_ms = cu_mono_ms();
    a->pods = val_new_list();
    a->mirrors = cu_map_new(agent_free_mirror);
    a->refused = cu_map_new(NULL);
    pthread_mutex_init(&a->lock, NULL);
    int r = pthread_create(&a->thread, NULL, thread_main, a);
    if (r != 0) {
        r = cu_fail_errno(err, r, "start the thread that speaks to the API server");
        http_timer_free(a->timer);
        http_loop_free(a->loop);
        val_unref(a->pods);
        cu_map_free(a->mirrors);
        cu_map_free(a->refused);
        free(a);
        return r;
    }
    *out = a;
    return 0;
}

bool agent_api_stop(struct agent_api *a)
{
    struct timespec limit;
    atomic_store(&a->stopping, true);
    http_loop_stop(a->loop);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    if (pthread_timedjoin_np(a->thread, NULL, &limit) != 0)
        return false;
    agent_drop_client(a);
    http_timer_free(a->timer);
    http_loop_free(a->loop);
    pthread_mutex_destroy(&a->lock);
    for (int i = 0; i < N_STEPS; i++)
        free(a->steps[i].last_error);
    val_unref(a->incoming);
    val_unref(a->pods);
    val_unref(a->node_status);
    val_unref(a->lease);
    cu_map_free(a->mirrors);
    cu_map_free(a->refused);
    free(a->node_uid);
    free(a);
    return true;
}
