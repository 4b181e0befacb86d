/* Which image is asked for when, how often, and what becomes of it. Must not know how a runtime is asked. */
#include "cri/pull.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/wait.h"
#include "cri/door.h"
#include "cri/platform.h"
#include "http/loop.h"
#include <sys/utsname.h>

enum { TRIES = 5, TICK_MS = 100 };

struct run;
struct cri_pull_call {
    struct run *run;
    struct cri_pull_image *image;
    void *handle; /* of the door, while open */
    bool open;
    enum {
        CHECKING,
        PULLING,
        LOOKING
    } step; /* is it there? then pull; did that bring one for this machine? */
};

struct run {
    const struct cri_pull *p;
    const struct cri_pull_door *door;
    struct http_loop *loop;
    struct cri_pull_image *v;
    struct cri_pull_call *calls;
    size_t n, n_open, n_failed;
    struct utsname host;
};

static void tell(const struct run *r)
{
    if (r->p->report)
        r->p->report(r->p->arg, r->v, r->n);
}

static void ask(struct cri_pull_call *call)
{
    const struct run *r = call->run;
    call->open = true;
    if (call->step != PULLING) {
        call->handle = r->door->present(r->door->arg, r->loop, call->image->image, call);
    } else {
        call->image->tries++;
        call->handle = r->door->pull(r->door->arg, r->loop, call->image->image, call);
    }
}

/* Starts the next image, or all of them. */
static void start(struct run *r)
{
    for (size_t i = 0; i < r->n && (r->p->parallel || r->n_open == 0); i++) {
        if (r->v[i].state != CRI_PULL_WAITING || (r->n_failed && r->p->stop_at_failed))
            continue;
        r->v[i].state = CRI_PULL_RUNNING;
        r->v[i].started_us = cu_mono_us();
        r->n_open++;
        r->calls[i].step = r->p->check_first ? CHECKING : PULLING;
        ask(&r->calls[i]);
    }
    tell(r);
}

static void finish(struct cri_pull_call *call, enum cri_pull_state state)
{
    struct run *r = call->run;
    call->image->state = state;
    call->image->finished_us = cu_mono_us();
    r->n_failed += state == CRI_PULL_FAILED;
    r->n_open--;
    start(r);
    if (r->n_open == 0)
        http_loop_stop(r->loop);
}

/* Before a pull. What is there for another machine, or may be there, is pulled: the registry may have another by now. */
static void checked(struct cri_pull_call *call, bool yes, const char *platform, const struct cu_err *err)
{
    const char *machine = call->run->host.machine;
    bool foreign = cri_platform_is_foreign(platform, machine);
    if (yes && !foreign) {
        finish(call, CRI_PULL_PRESENT);
        return;
    }
    if (err)
        call->image->doubt = cu_strdup(cu_err_text(err));
    else if (yes)
        call->image->doubt = cri_platform_cause(platform, machine);
    call->step = PULLING;
    ask(call);
}

static void pulled(struct cri_pull_call *call, bool yes, const struct cu_err *err)
{
    struct cri_pull_image *image = call->image;
    bool final = false;
    if (yes) {
        call->step = LOOKING;
        ask(call);
        return;
    }
    free(image->cause);
    image->cause = cri_pull_cause(
        image->image, err ? cu_err_text(err) : "the runtime pulled it but gives no reference to it", &final);
    if (final || image->tries >= TRIES)
        finish(call, CRI_PULL_FAILED);
    else
        ask(call);
}

/* Behind a pull. Runtimes take whatever a registry has when it offers no choice. */
static void looked_at(struct cri_pull_call *call, const char *platform)
{
    const char *machine = call->run->host.machine;
    bool foreign = cri_platform_is_foreign(platform, machine);
    if (foreign) {
        free(call->image->cause);
        call->image->cause = cri_platform_cause(platform, machine);
    }
    finish(call, foreign ? CRI_PULL_FAILED : CRI_PULL_DONE);
}

void cri_pull_answer(struct cri_pull_call *call, bool yes, const char *platform, const struct cu_err *err)
{
    call->open = false;
    switch (call->step) {
    case CHECKING: checked(call, yes, platform, err); break;
    case PULLING: pulled(call, yes, err); break;
    case LOOKING: looked_at(call, platform); break;
    }
}

static enum cu_wait_state probe(void *arg, char **missing, struct cu_err *err)
{
    struct run *r = arg;
    (void)missing, (void)err;
    if (r->n_open)
        http_loop_run_for(r->loop, TICK_MS);
    tell(r);
    return r->n_open ? CU_WAIT_PENDING : CU_WAIT_DONE;
}

static int verdict(const struct run *r, struct cu_err *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].state == CRI_PULL_FAILED)
            return cu_fail(err, CU_E_SERVER, "failed to pull image \"%s\": %s", r->v[i].image, r->v[i].cause);
    return 0;
}

int cri_pull_images(struct cri_client *c, const struct cri_pull *p, struct cri_pull_image **out,
                    struct cu_err *err)
{
    const struct cri_pull_door of_client = cri_door_of(c);
    struct run r = {
        .p = p, .door = p->door ? p->door : &of_client, .loop = http_loop_new(), .n = p->images->n
    };
    uname(&r.host);
    r.v = cu_calloc(r.n + 1, sizeof(*r.v));
    r.calls = cu_calloc(r.n + 1, sizeof(*r.calls));
    for (size_t i = 0; i < r.n; i++) {
        r.v[i].image = p->images->v[i];
        r.calls[i] = (struct cri_pull_call){ .run = &r, .image = &r.v[i] };
    }
    const struct cu_wait wait = { .what = "images to be pulled",
                                  .timeout_ms = INT64_MAX / 4,
                                  .interval_ms = 1,
                                  .probe = probe,
                                  .arg = &r };
    start(&r);
    int status = cu_wait_for(&wait, err);
    for (size_t i = 0; i < r.n; i++)
        if (r.calls[i].open)
            r.door->cancel(r.calls[i].handle);
    http_loop_free(r.loop);
    free(r.calls);
    *out = r.v;
    return status < 0 ? status : verdict(&r, err);
}

void cri_pull_free(struct cri_pull_image *v, size_t n)
{
    for (size_t i = 0; v && i < n; i++) {
        free(v[i].cause);
        free(v[i].doubt);
    }
    free(v);
}
