/* workflow/progress.h - tells people and programs what a run is doing: one line per report of a wait, an
 * events file with one JSON object per line, and the table of times at the end. It must not know what the
 * phases do. */
#ifndef WORKFLOW_PROGRESS_H
#define WORKFLOW_PROGRESS_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct wf_progress_opts {
    FILE *out;               /* progress lines and the table of times; borrowed */
    const char *events_path; /* file to append events to (mode 0600), "-" for standard error; NULL: none */
    bool colour;             /* terminal: dim reports, coloured states */
    bool timing;             /* print the table at the end */
};

struct wf_progress;
int wf_progress_new(const struct wf_progress_opts *o, struct wf_progress **p, struct cu_err *err);
void wf_progress_free(struct wf_progress *p); /* NULL is fine */

/* A step begins and ends; steps may nest. `state` is "done", "failed" or "skipped"; message may be NULL.
 * Event: {"step":"certs/ca","state":"running","time":"<RFC 3339
 * micro>","duration":<seconds>,"message":"..."}. */
void wf_progress_begin(struct wf_progress *p, const char *step);
void wf_progress_end(struct wf_progress *p, const char *step, const char *state, const char *message);

/* Fits cu_wait.report with cu_wait.arg = the progress: one line "[wait] <what>: <missing> (12s)" and an event
 * with state "waiting". A wait whose probe needs another `arg` calls it from its own report function. */
void wf_progress_wait(void *progress, const char *what, const char *missing, int64_t elapsed_ms);

/* The times of the steps that took a millisecond or more, or failed, and of all together; only when asked for in the
 * options. */
void wf_progress_table(struct wf_progress *p);

#endif
