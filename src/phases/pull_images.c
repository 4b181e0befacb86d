/* Lines about images being pulled. Must not know how they are pulled. */
#include "phases/pull_images.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cri/pull.h"

#define CLEAR_LINE "\r\033[K"

struct show {
    const struct ph_pull *p;
    bool terminal, drawn;
    size_t told; /* images whose end was told, in list order */
};

static bool ended(const struct cri_pull_image *i)
{
    return i->state == CRI_PULL_DONE || i->state == CRI_PULL_PRESENT || i->state == CRI_PULL_FAILED;
}

static double seconds(int64_t from_us, int64_t to_us)
{
    return (double)(to_us - from_us) / 1e6;
}

static void erase(struct show *s)
{
    if (s->drawn)
        fputs(CLEAR_LINE, s->p->out);
    s->drawn = false;
}

/* Lines that stay. On a terminal each says its place and time, so that one sees what took long. */
static void tell_ended(struct show *s, const struct cri_pull_image *v, size_t n)
{
    for (; s->told < n && ended(&v[s->told]); s->told++) {
        const struct cri_pull_image *i = &v[s->told];
        if (i->doubt)
            cu_log_warning("image \"%s\" may be present and is pulled all the same: %s", i->image, i->doubt);
        if (i->state == CRI_PULL_FAILED)
            continue;
        erase(s);
        if (s->terminal && !s->p->say_pulled)
            fprintf(s->p->out, "%s %s %zu of %zu: %s (%.1fs)\n", s->p->prefix,
                    i->state == CRI_PULL_PRESENT ? "Present" : "Pulled", s->told + 1, n, i->image,
                    seconds(i->started_us, i->finished_us));
        else if (s->p->say_pulled)
            fprintf(s->p->out, "%s Pulled %s\n", s->p->prefix, i->image);
    }
}

/* The line that is written over: how many are done, which is the oldest under way, and for how long. */
static void draw(struct show *s, const struct cri_pull_image *v, size_t n)
{
    const struct cri_pull_image *oldest = NULL;
    size_t done = 0, running = 0;
    for (size_t i = 0; i < n; i++) {
        done += ended(&v[i]);
        running += v[i].state == CRI_PULL_RUNNING;
        if (v[i].state == CRI_PULL_RUNNING && !oldest)
            oldest = &v[i];
    }
    erase(s);
    if (!oldest)
        return;
    cu_autofree char *more = running > 1 ? cu_asprintf(" and %zu more", running - 1) : cu_strdup("");
    fprintf(s->p->out, "%s Pulling %zu of %zu: %s%s (%.0fs)", s->p->prefix, done + 1, n, oldest->image, more,
            seconds(oldest->started_us, cu_mono_us()));
    s->drawn = true;
}

static void report(void *arg, const struct cri_pull_image *v, size_t n)
{
    struct show *s = arg;
    tell_ended(s, v, n);
    if (s->terminal)
        draw(s, v, n);
    fflush(s->p->out);
}

int ph_pull_images(struct cri_client *c, const struct ph_pull *p, struct cu_strlist *failed,
                   struct cu_err *err)
{
    struct show show = { .p = p, .terminal = isatty(fileno(p->out)) };
    const struct cri_pull pull = { .images = p->images,
                                   .check_first = p->check_first,
                                   .parallel = p->parallel,
                                   .stop_at_failed = p->stop_at_failed,
                                   .report = report,
                                   .arg = &show };
    struct cri_pull_image *v = NULL;
    int r = cri_pull_images(c, &pull, &v, err);
    erase(&show);
    fflush(p->out);
    for (size_t i = 0; i < p->images->n; i++)
        if (v[i].state == CRI_PULL_FAILED)
            cu_strlist_addf(failed, "failed to pull image \"%s\": %s", v[i].image, v[i].cause);
    cri_pull_free(v, p->images->n);
    return r;
}
