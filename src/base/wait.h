/* base/wait.h - the one way to wait. A wait knows what it waits for, says every few seconds what is still
 * missing, and ends at once when a probe finds a cause that waiting cannot mend. */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include "base/err.h"
#include <stdint.h>

enum cu_wait_state {
    CU_WAIT_DONE,    /* what was waited for is there */
    CU_WAIT_PENDING, /* not yet; `missing` says in a few words what is missing (may be set to NULL) */
    CU_WAIT_FINAL,   /* it will never come; `err` holds the cause and its mend */
};

struct cu_wait {
    const char *what;    /* "the kubelet to answer on http://127.0.0.1:10248/healthz" */
    int64_t timeout_ms;  /* limit for the whole wait, monotonic clock */
    int64_t interval_ms; /* longest pause between probes; the first pauses are shorter (2, 4, 8... ms) */
    int64_t report_ms;   /* pause between reports; 0 = 3000; the first comes after a second at the latest */
    /* *missing: owned by the wait once set. Called on the caller's thread; must not block for long. */
    enum cu_wait_state (*probe)(void *arg, char **missing, struct cu_err *err);
    /* Called when a report is due and once when `missing` changes after the first second; NULL: silent. */
    void (*report)(void *arg, const char *what, const char *missing, int64_t elapsed_ms);
    void *arg;
};

/* 0; -CU_E_TIMEOUT with "timed out after 4m0s waiting for <what>: <last missing>"; the probe's code on
 * CU_WAIT_FINAL; -CU_E_CANCELED after cu_wait_cancel(). */
int cu_wait_for(const struct cu_wait *w, struct cu_err *err);

/* Async-signal-safe: makes running and later waits return -CU_E_CANCELED. */
void cu_wait_cancel(void);

#endif
