/* Reports of waits, the events file and the table of times. It must not know what the steps do. */
#include "workflow/progress.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/value.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct step_time {
    char *name; /* owned */
    const char *state;
    int64_t begin_us, took_us;
};

struct wf_progress {
    FILE *out;
    bool colour, timing;
    int events_fd; /* -1: none */
    bool events_owned;
    struct step_time *v;
    size_t n, cap;
    int64_t begin_us;
};

int wf_progress_new(const struct wf_progress_opts *o, struct wf_progress **out, struct cu_err *err)
{
    int fd = -1;
    bool owned = false;
    if (cu_streq(o->events_path, "-")) {
        fd = STDERR_FILENO;
    } else if (!cu_is_empty(o->events_path)) {
        fd = open(o->events_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0)
            return cu_fail_errno(err, errno, "cannot open the events file %s", o->events_path);
        owned = true;
    }
    struct wf_progress *p = cu_calloc(1, sizeof(*p));
    *p = (struct wf_progress){ .out = o->out,
                               .colour = o->colour,
                               .timing = o->timing,
                               .events_fd = fd,
                               .events_owned = owned,
                               .begin_us = cu_mono_us() };
    *out = p;
    return 0;
}

void wf_progress_free(struct wf_progress *p)
{
    if (!p)
        return;
    if (p->events_owned)
        close(p->events_fd);
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].name);
    free(p->v);
    free(p);
}

/* One write per line, so that lines of several processes never mix. A full disk must not stop the run: the
 * events are a convenience. */
static void write_event(struct wf_progress *p, const char *step, const char *state, int64_t took_us,
                        const char *message)
{
    if (p->events_fd < 0)
        return;
    char now[CU_RFC3339_MAX];
    cu_rfc3339_micro(cu_now_ms(), now);
    cu_autoval struct val *e = val_new_map();
    val_set_str(e, "step", step);
    val_set_str(e, "state", state);
    val_set_str(e, "time", now);
    val_set(e, "duration", val_new_real((double)took_us / 1e6));
    val_set_str(e, "message", message ? message : "");
    cu_autofree char *line = val_dump_json(e, VAL_JSON_COMPACT);
    cu_autofree char *full = cu_asprintf("%s\n", line);
    ssize_t done = write(p->events_fd, full, strlen(full));
    (void)done;
}

static struct step_time *find_open(struct wf_progress *p, const char *step)
{
    for (size_t i = p->n; i-- > 0;)
        if (!p->v[i].state && cu_streq(p->v[i].name, step))
            return &p->v[i];
    return NULL;
}

void wf_progress_begin(struct wf_progress *p, const char *step)
{
    if (!p)
        return;
    cu_grow(&p->v, &p->cap, p->n + 1, sizeof(*p->v));
    p->v[p->n++] = (struct step_time){ .name = cu_strdup(step), .begin_us = cu_mono_us() };
    write_event(p, step, "running", 0, NULL);
}

void wf_progress_end(struct wf_progress *p, const char *step, const char *state, const char *message)
{
    if (!p)
        return;
    struct step_time *s = find_open(p, step);
    if (s) {
        s->state = state;
        s->took_us = cu_mono_us() - s->begin_us;
    }
    write_event(p, step, state, s ? s->took_us : 0, message);
}

void wf_progress_wait(void *progress, const char *what, const char *missing, int64_t elapsed_ms)
{
    struct wf_progress *p = progress;
    if (!p)
        return;
    const char *dim = p->colour ? "\033[2m" : "", *plain = p->colour ? "\033[0m" : "";
    cu_autofree char *took = cu_format_duration(elapsed_ms / 1000 * 1000000000);
    fprintf(p->out, "%s[wait] %s%s%s (%s)%s\n", dim, what, missing ? ": " : "", missing ? missing : "", took,
            plain);
    fflush(p->out);
    write_event(p, what, "waiting", elapsed_ms * 1000, missing);
}

static void print_row(const struct wf_progress *p, int width, const char *name, int64_t took_us,
                      const char *state)
{
    bool failed = cu_streq(state, "failed");
    const char *on = !p->colour ? "" : failed ? "\033[31m" : "\033[32m", *off = p->colour ? "\033[0m" : "";
    fprintf(p->out, "  %-*s  %8.3fs  %s%s%s\n", width, name, (double)took_us / 1e6, on, state, off);
}

static bool is_failed(const struct step_time *s)
{
    return !s->state || cu_streq(s->state, "failed");
}

/* Some thirty phases do nothing or next to nothing; they would push what matters off the screen. */
static bool is_worth_a_row(const struct step_time *s)
{
    return is_failed(s) || s->took_us >= 1000;
}

void wf_progress_table(struct wf_progress *p)
{
    if (!p || !p->timing || p->n == 0)
        return;
    int width = 5;
    for (size_t i = 0; i < p->n; i++) {
        int len = (int)strlen(p->v[i].name);
        width = len > width && is_worth_a_row(&p->v[i]) ? len : width;
    }
    fprintf(p->out, "\n[timing] phases that took a millisecond or more\n");
    bool failed = false;
    for (size_t i = 0; i < p->n; i++) {
        failed = failed || is_failed(&p->v[i]);
        if (is_worth_a_row(&p->v[i]))
            print_row(p, width, p->v[i].name, p->v[i].took_us,
                      is_failed(&p->v[i]) ? "failed" : p->v[i].state);
    }
    print_row(p, width, "total", cu_mono_us() - p->begin_us, failed ? "failed" : "done");
}
