/* agent/container.c - supervision of one process: it runs, is asked how it is, ends, waits, starts again.
 * Must not know the API server; what it finds goes out as a status value. */
#include "agent/container.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/adapt.h"
#include "agent/backoff.h"
#include "agent/manifest.h"
#include "agent/probe.h"
#include "agent/process.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/client.h"

#define LOG_MAX (10 * 1024 * 1024) /* bytes of a log before it is cut */
#define TAIL_MAX 2048              /* bytes of the log kept as the reason of an end */

enum state { WAITING, RUNNING, TERMINATED };
enum probe_kind { STARTUP, READINESS, LIVENESS, N_PROBES };

static const char *const probe_fields[N_PROBES] = { "startupProbe", "readinessProbe", "livenessProbe" };
static const char *const state_names[] = { "waiting", "running", "terminated" };

struct prober {
    struct agent_container *c;
    enum probe_kind kind;
    struct agent_probe_spec spec;
    bool present, active;
    struct agent_probe state;
    struct http_timer *timer;
    struct http_transfer *transfer; /* NULL while nothing is asked */
};

struct agent_container {
    struct agent_container_spec s;
    const char *name;
    char *log, *previous_log, *probe_error; /* probe_error: NULL when all probes can be asked */
    enum state state;
    char *reason, *message;        /* why it waits or was ended */
    struct agent_process *process; /* NULL while none runs */
    bool stopping, killed_by_probe;
    int64_t started_ms, started_wall_ms; /* monotonic and wall clock */
    int restarts;
    bool ever_started;
    struct val *last; /* how the run before ended; NULL: none */
    struct agent_backoff backoff;
    struct http_timer *restart_timer, *kill_timer;
    struct http_client *http;
    struct prober probers[N_PROBES];
};

static void launch(struct agent_container *c);
static void ask(void *arg);
static void begin_probe(struct prober *p);

static void set_reason(struct agent_container *c, const char *reason, char *message)
{
    free(c->reason);
    free(c->message);
    c->reason = cu_strdup(reason);
    c->message = message;
}

static void changed(struct agent_container *c)
{
    c->s.changed(c->s.arg);
}

/* --- probes --- */

static bool started(const struct agent_container *c)
{
    const struct prober *p = &c->probers[STARTUP];
    return c->state == RUNNING && (!p->present || p->state.result == AGENT_PROBE_UP);
}

static bool ready(const struct agent_container *c)
{
    const struct prober *p = &c->probers[READINESS];
    return started(c) && (!p->present || p->state.result == AGENT_PROBE_UP);
}

static void end_probe(struct prober *p)
{
    if (p->transfer)
        http_transfer_cancel(p->transfer);
    p->transfer = NULL;
    http_timer_stop(p->timer);
    p->active = false;
}

static void end_probes(struct agent_container *c)
{
    for (int i = 0; i < N_PROBES; i++) {
        end_probe(&c->probers[i]);
        c->probers[i].state.result = AGENT_PROBE_UNKNOWN;
    }
}

static void kill_for_probe(struct agent_container *c, const char *what, const struct agent_probe *p)
{
    if (c->killed_by_probe || c->stopping)
        return;
    c->killed_by_probe = true;
    cu_log_warning("container %s of pod %s failed its %s %d times in a row (%s); restarting it", c->name,
                   c->s.launch.pod, what, p->spec->failure_threshold, p->spec->url);
    agent_process_signal(c->process, SIGTERM);
    http_timer_set(c->kill_timer, agent_manifest_grace_ms(c->s.launch.pod_spec));
}

static void probe_answered(struct prober *p, bool ok)
{
    struct agent_container *c = p->c;
    bool turned = agent_probe_note(&p->state, ok, cu_mono_ms());
    bool up = p->state.result == AGENT_PROBE_UP;
    if (p->kind != READINESS && turned && p->state.result == AGENT_PROBE_DOWN) {
        end_probes(c);
        kill_for_probe(c, probe_fields[p->kind], &p->state);
        changed(c);
        return;
    }
    if (p->kind == STARTUP && up) {
        end_probe(p);
        begin_probe(&c->probers[READINESS]);
        begin_probe(&c->probers[LIVENESS]);
    } else {
        int64_t wait = p->state.next_ms - cu_mono_ms();
        http_timer_set(p->timer, wait > 0 ? wait : 0);
    }
    if (turned)
        changed(c);
}

static void transfer_end(void *arg, int code, enum http_cause cause, const struct cu_err *err)
{
    struct prober *p = arg;
    (void)cause;
    p->transfer = NULL;
    if (code == 404 &&
        agent_adapt_probe(val_str(val_at(val_get(p->c->s.launch.container, "command"), 0)), &p->spec.url)) {
        cu_log_info("container %s: its %s is asked at %s", p->c->name, probe_fields[p->kind], p->spec.url);
        ask(p);
        return;
    }
    cu_log_debug(6, "%s of %s: %d %s", probe_fields[p->kind], p->c->name, code,
                 err->code == CU_OK ? "" : cu_err_text(err));
    probe_answered(p, err->code == CU_OK && code >= 200 && code < 400);
}

static void ask(void *arg)
{
    static const struct http_transfer_events events = { .end = transfer_end };
    struct prober *p = arg;
    struct http_call call = { .url = p->spec.url,
                              .headers = (const char *const *)p->spec.headers,
                              .timeout_ms = p->spec.timeout_ms,
                              .max_response = 1024 * 1024 };
    p->transfer = http_transfer_start(p->c->s.loop, p->c->http, &call, &events, p);
}

static void begin_probe(struct prober *p)
{
    if (!p->present || p->active)
        return;
    p->active = true;
    int64_t now = cu_mono_ms();
    /* Until the first success ask early: nobody should wait out a delay meant for slow machines. */
    agent_probe_begin(&p->state, &p->spec, p->kind != LIVENESS, now);
    if (p->kind == READINESS && p->c->probers[STARTUP].present)
        p->state.next_ms = now; /* it is up, so ask at once */
    http_timer_set(p->timer, p->state.next_ms - now);
}

static void begin_probes(struct agent_container *c)
{
    if (c->probers[STARTUP].present) {
        begin_probe(&c->probers[STARTUP]);
        return;
    }
    begin_probe(&c->probers[READINESS]);
    begin_probe(&c->probers[LIVENESS]);
}

/* --- life of the process --- */

static bool wants_restart(const struct agent_container *c, int exit_code)
{
    if (c->stopping || cu_streq(c->s.restart_policy, "Never"))
        return false;
    return !cu_streq(c->s.restart_policy, "OnFailure") || exit_code != 0;
}

static void wait_for_restart(struct agent_container *c, int64_t ran_ms)
{
    int64_t pause = agent_backoff_next(&c->backoff, ran_ms);
    cu_autofree char *text = cu_format_duration(pause * 1000000);
    c->state = WAITING;
    set_reason(c, "CrashLoopBackOff",
               cu_asprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)", text, c->name,
                           c->s.launch.pod, c->s.launch.ns, c->s.launch.hash));
    http_timer_set(c->restart_timer, pause);
}

/* exit_code: 0..255, 128 + signal, or -1 when it cannot be known (a process taken over). */
static void record_end(struct agent_container *c, int exit_code, int signo)
{
    val_unref(c->last);
    c->last = val_new_map();
    val_set_int(c->last, "exitCode", exit_code < 0 ? 255 : exit_code);
    if (signo)
        val_set_int(c->last, "signal", signo);
    val_set_str(c->last, "reason",
                exit_code == 0  ? "Completed"
                : exit_code < 0 ? "ContainerStatusUnknown"
                                : "Error");
    cu_autofree char *tail = agent_log_tail(c->log, TAIL_MAX);
    val_set_str(c->last, "message", tail);
    val_set_int(c->last, "startedMs", c->started_wall_ms);
    val_set_int(c->last, "finishedMs", cu_now_ms());
}

static void process_ended(void *arg, int status)
{
    struct agent_container *c = arg;
    int signo = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int exit_code = status < 0 ? -1 : signo ? 128 + signo : WEXITSTATUS(status);
    agent_process_free(c->process);
    c->process = NULL;
    http_timer_stop(c->kill_timer);
    end_probes(c);
    record_end(c, exit_code, signo);
    c->killed_by_probe = false;
    if (wants_restart(c, exit_code)) {
        cu_autofree char *status_text =
            exit_code < 0 ? cu_strdup("a status we cannot know") : cu_asprintf("status %d", exit_code);
        cu_log_warning("container %s of pod %s ended with %s; starting it again", c->name, c->s.launch.pod,
                       status_text);
        wait_for_restart(c, cu_mono_ms() - c->started_ms);
    } else {
        c->state = TERMINATED;
        set_reason(c, val_get_str(c->last, "reason"), NULL);
    }
    changed(c);
}

static void running(struct agent_container *c, struct agent_process *process)
{
    c->process = process;
    c->state = RUNNING;
    c->ever_started = true;
    set_reason(c, NULL, NULL);
    begin_probes(c);
}

static void launch_failed(struct agent_container *c, const struct cu_err *why)
{
    cu_log_error("container %s of pod %s: %s", c->name, c->s.launch.pod, cu_err_text(why));
    int64_t pause = agent_backoff_next(&c->backoff, 0);
    c->state = WAITING;
    set_reason(c, why->code == CU_E_INVALID ? "CreateContainerConfigError" : "CreateContainerError",
               cu_strdup(cu_err_text(why)));
    http_timer_set(c->restart_timer, pause);
}

static void launch(struct agent_container *c)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    pid_t pid;
    if (c->probe_error) {
        cu_fail(&err, CU_E_INVALID, "%s", c->probe_error);
        launch_failed(c, &err);
        return;
    }
    if (agent_launch(&c->s.launch, &pid, &err) < 0) {
        launch_failed(c, &err);
        return;
    }
    c->started_ms = cu_mono_ms();
    c->started_wall_ms = cu_now_ms();
    running(c, agent_process_new(c->s.loop, pid, true, process_ended, c));
}

static void restart_due(void *arg)
{
    struct agent_container *c = arg;
    if (c->ever_started)
        c->restarts++;
    launch(c);
    changed(c);
}

static void kill_due(void *arg)
{
    struct agent_container *c = arg;
    if (c->process)
        agent_process_signal(c->process, SIGKILL);
}

/* --- interface --- */

struct agent_container *agent_container_new(const struct agent_container_spec *s)
{
    struct agent_container *c = cu_calloc(1, sizeof *c);
    const struct http_client_options options = { .insecure = true,
                                                 .proxy_url = "",
                                                 .user_agent = "kube-probe/1.36" };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    c->s = *s;
    c->name = val_get_str(s->launch.container, "name");
    c->log = agent_log_path(s->launch.log_dir, c->name);
    c->previous_log = agent_log_previous_path(s->launch.log_dir, c->name);
    c->state = WAITING;
    set_reason(c, "ContainerCreating", NULL);
    c->restart_timer = http_timer_new(s->loop, restart_due, c);
    c->kill_timer = http_timer_new(s->loop, kill_due, c);
    c->http = http_client_new(&options);
    for (int i = 0; i < N_PROBES; i++) {
        struct prober *p = &c->probers[i];
        *p = (struct prober){ .c = c, .kind = (enum probe_kind)i, .timer = http_timer_new(s->loop, ask, p) };
        int r = agent_probe_spec_parse(s->launch.container, probe_fields[i], &p->spec, &err);
        p->present = r > 0;
        if (r < 0 && !c->probe_error)
            c->probe_error = cu_strdup(cu_err_text(&err));
    }
    return c;
}

void agent_container_free(struct agent_container *c)
{
    if (!c)
        return;
    end_probes(c);
    for (int i = 0; i < N_PROBES; i++) {
        http_timer_free(c->probers[i].timer);
        agent_probe_spec_clear(&c->probers[i].spec);
    }
    agent_process_free(c->process);
    http_timer_free(c->restart_timer);
    http_timer_free(c->kill_timer);
    http_client_free(c->http);
    val_unref(c->last);
    free(c->log);
    free(c->previous_log);
    free(c->probe_error);
    free(c->reason);
    free(c->message);
    free(c);
}

const char *agent_container_name(const struct agent_container *c)
{
    return c->name;
}

void agent_container_start(struct agent_container *c)
{
    launch(c);
    changed(c);
}

void agent_container_adopt(struct agent_container *c, pid_t pid, uint64_t start_ticks, const struct val *was)
{
    struct agent_process *process = agent_process_adopt(c->s.loop, pid, start_ticks, process_ended, c);
    c->restarts = (int)val_get_int(was, "restarts", 0);
    c->last = val_ref(val_get(was, "last"));
    if (!process) { /* gone between being found and now */
        agent_container_start(c);
        return;
    }
    c->started_ms = cu_mono_ms();
    c->started_wall_ms = val_get_int(was, "startedMs", cu_now_ms());
    running(c, process);
    changed(c);
}

void agent_container_stop(struct agent_container *c, int64_t grace_ms)
{
    c->stopping = true;
    http_timer_stop(c->restart_timer);
    end_probes(c);
    if (c->process) {
        agent_process_signal(c->process, SIGTERM);
        http_timer_set(c->kill_timer, grace_ms);
    } else if (c->state != TERMINATED) {
        c->state = TERMINATED;
    }
    changed(c);
}

bool agent_container_gone(const struct agent_container *c)
{
    return !c->process && c->stopping;
}

struct val *agent_container_status(const struct agent_container *c)
{
    struct val *v = val_new_map();
    val_set_str(v, "name", c->name);
    val_set_str(v, "state", state_names[c->state]);
    val_set_str(v, "reason", c->reason);
    val_set_str(v, "message", c->message);
    if (c->process)
        val_set_int(v, "pid", agent_process_pid(c->process));
    val_set_bool(v, "ready", ready(c));
    val_set_bool(v, "started", started(c));
    val_set_int(v, "restarts", c->restarts);
    if (c->state == RUNNING)
        val_set_int(v, "startedMs", c->started_wall_ms);
    val_set_str(v, "log", c->log);
    if (c->last)
        val_set(v, "last", val_ref(c->last));
    return v;
}

void agent_container_check_log(struct agent_container *c)
{
    agent_log_cap(c->log, c->previous_log, LOG_MAX);
}
