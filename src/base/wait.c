/* base/wait.c - waits that say what they wait for.
 * Must not know what is waited for; probing and reporting belong to the caller. */
#include "base/wait.h"

#include <signal.h>
#include <string.h>

#include "base/str.h"
#include "base/timefmt.h"

#define REPORT_MS 3000
#define QUIET_MS 1000 /* a change in the first second is not worth a line */
#define SLICE_MS 20   /* a cancel is noticed within this time */

static volatile sig_atomic_t canceled;

void cu_wait_cancel(void)
{
    canceled = 1;
}

struct run {
    const struct cu_wait *w;
    int64_t start, next_report;
    char *missing; /* what the last probe said; owned */
};

static void report(struct run *r, char *missing)
{
    int64_t now = cu_mono_ms(), elapsed = now - r->start;
    bool changed = missing && !cu_streq(missing, r->missing) && elapsed >= QUIET_MS;
    if (missing) {
        free(r->missing);
        r->missing = missing;
    }
    if (now < r->next_report && !changed)
        return;
    int64_t every = r->w->report_ms > 0 ? r->w->report_ms : REPORT_MS;
    r->next_report = now + every;
    if (r->w->report)
        r->w->report(r->w->arg, r->w->what, cu_or(r->missing, "not yet there"), elapsed);
}

static bool pause_for(int64_t ms)
{
    int64_t end = cu_mono_ms() + ms;
    for (int64_t left = ms; left > 0 && !canceled; left = end - cu_mono_ms())
        cu_sleep_ms(left < SLICE_MS ? left : SLICE_MS);
    return !canceled;
}

static int run(struct run *r, struct cu_err *err)
{
    const struct cu_wait *w = r->w;
    int64_t deadline = r->start + w->timeout_ms, pause_ms = 2;
    for (;;) {
        if (canceled)
            return cu_fail(err, CU_E_CANCELED, "interrupted while waiting for %s", w->what);
        cu_autoerr struct cu_err cause = CU_ERR_INIT;
        char *missing = NULL;
        enum cu_wait_state state = w->probe(w->arg, &missing, &cause);
        if (state != CU_WAIT_PENDING)
            free(cu_steal(&missing));
        if (state == CU_WAIT_DONE)
            return 0;
        if (state == CU_WAIT_FINAL) {
            if (cause.code == CU_OK)
                return cu_fail(err, CU_E_FINAL, "waiting for %s cannot succeed", w->what);
            int code = -(int)cause.code;
            cu_err_move(err, &cause);
            return code;
        }
        report(r, missing);
        int64_t left = deadline - cu_mono_ms();
        if (left <= 0) {
            cu_autofree char *limit = cu_format_duration(w->timeout_ms * 1000000);
            return cu_fail(err, CU_E_TIMEOUT, "timed out after %s waiting for %s: %s", limit, w->what,
                           cu_or(r->missing, "not yet there"));
        }
        int64_t interval = w->interval_ms > 0 ? w->interval_ms : 1;
        pause_ms = pause_ms < interval ? pause_ms : interval;
        pause_for(pause_ms < left ? pause_ms : left);
        pause_ms *= 2;
    }
}

int cu_wait_for(const struct cu_wait *w, struct cu_err *err)
{
    struct run r = { .w = w, .start = cu_mono_ms() };
    int64_t every = w->report_ms > 0 ? w->report_ms : REPORT_MS;
    r.next_report = r.start + (every < QUIET_MS ? every : QUIET_MS); /* the first reason is told soon */
    int code = run(&r, err);
    free(r.missing);
    return code;
}
