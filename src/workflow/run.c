/* Runs the selected phases of a plan in order and stops at the first error or signal. It must not know what the
 * phases do. */
#include "base/timefmt.h"
#include "base/wait.h"
#include "workflow/plan.h"
#include "workflow/progress.h"
#include <signal.h>
#include <stdatomic.h>

/* timeout(1) signals first its child and then its own group, the child among it: within that time it is one request. */
#define SAME_REQUEST_MS 1000

/* A signal handler has no other way to leave word. */
static _Atomic int64_t interrupted_ms; /* when the first signal came; 0: none did */

static void on_signal(int signo)
{
    int64_t now = cu_mono_ms(), none = 0;
    if (!atomic_compare_exchange_strong(&interrupted_ms, &none, now) && now - none >= SAME_REQUEST_MS)
        _exit(128 + signo);
    cu_wait_cancel();
}

void wf_catch_signals(void)
{
    struct sigaction sa = { .sa_handler = on_signal };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, NULL);
}

bool wf_interrupted(void)
{
    return atomic_load(&interrupted_ms) != 0;
}

static int run_step(const struct wf_step *s, const struct wf_hooks *h, struct cu_err *err)
{
    if (h->enter)
        h->enter(h->ctx, s->phase);
    if (s->phase->when) {
        bool yes = true;
        if (s->phase->when(h->ctx, &yes, err) < 0)
            return cu_wrap(err, "error execution run condition for phase %s", s->full);
        if (!yes) {
            wf_progress_end(h->progress, s->full, "skipped", NULL);
            return 0;
        }
    }
    if (!s->phase->run && !s->phase->n_children && !s->phase->all)
        return cu_fail(err, CU_E_INVALID, "phase %s is not part of this build", s->full);
    if (!s->phase->run)
        return 0;
    wf_progress_begin(h->progress, s->full);
    int r = s->phase->run(h->ctx, err);
    wf_progress_end(h->progress, s->full, r < 0 ? "failed" : "done", r < 0 ? cu_err_text(err) : NULL);
    return r < 0 ? cu_wrap(err, "error execution phase %s", s->full) : 0;
}

int wf_plan_run(const struct wf_plan *p, const struct wf_hooks *h, struct cu_err *err)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct wf_step *s = &p->v[i];
        if (!s->selected) {
            if (s->phase->run)
                wf_progress_end(h->progress, s->full, "skipped", NULL);
            continue;
        }
        if (wf_interrupted())
            return cu_fail(err, CU_E_CANCELED,
                           "interrupted before phase %s; run the same command again to go on", s->full);
        int r = run_step(s, h, err);
        if (r < 0)
            return r;
    }
    return 0;
}
