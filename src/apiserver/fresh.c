/* apiserver/fresh.c - lets requests wait until the objects in memory are new enough.
 * Must not know what handlers do. */
#include "apiserver/fresh.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <inttypes.h>
#include <string.h>

#define FUTURE_MS 3000 /* spec apiserver 3.3 */
#define FUTURE_STEP_MS 100
#define TOO_LARGE "Too large resource version" /* what clients look for */

/* A request that waits. */
struct waiting {
    struct api_call *c;
    api_handler h;
    int64_t rev; /* to be reached; 0: none */
    struct http_timer *timer;
    int64_t give_up_ms;
};

static void go_on(struct waiting *w, int failed, struct api_status *st)
{
    struct api_call *c = w->c;
    api_handler h = w->h;
    http_timer_free(w->timer);
    free(w);
    cu_strlist_clear(&c->warnings); /* of a first try */
    api_call_end(c, failed < 0 ? failed : h(c, st), st);
}

static bool reached(const struct waiting *w)
{
    return api_registry_revision(w->c->srv->registry) >= w->rev;
}

static int fail_too_large(const struct waiting *w, struct api_status *st)
{
    api_fail(st, 504, "Timeout", TOO_LARGE ": %" PRId64 ", current: %" PRId64, w->rev,
             api_registry_revision(w->c->srv->registry));
    struct val *details = val_need_map(st->body, "details"), *cause = val_new_map();
    val_set_str(cause, "reason", "ResourceVersionTooLarge");
    val_set_str(cause, "message", TOO_LARGE);
    val_append(val_need_list(details, "causes"), cause);
    val_set_int(details, "retryAfterSeconds", 1);
    return -1;
}

/* Nobody has written that version yet: looked at again until it comes or the time is up. */
static void look_again(void *arg)
{
    struct waiting *w = arg;
    struct api_status st = API_STATUS_INIT;
    if (!reached(w) && cu_mono_ms() < w->give_up_ms && !http_request_client_left(w->c->http))
        http_timer_set(w->timer, FUTURE_STEP_MS);
    else
        go_on(w, reached(w) ? 0 : fail_too_large(w, &st), &st);
}

static void wait_for_future(struct waiting *w)
{
    w->give_up_ms = cu_mono_ms() + FUTURE_MS;
    w->timer = http_timer_new(w->c->srv->loop, look_again, w);
    http_timer_set(w->timer, FUTURE_STEP_MS);
}

static void on_current(void *arg, struct api_status *st)
{
    struct waiting *w = arg;
    if (st->code || reached(w))
        go_on(w, st->code ? -1 : 0, st);
    else
        wait_for_future(w);
}

/* 0: nothing is to be waited for. */
static int wait_until_fresh(struct api_call *c, api_handler h, int64_t rev, struct api_status *st)
{
    struct waiting *w = cu_calloc(1, sizeof(*w));
    *w = (struct waiting){ .c = c, .h = h, .rev = rev };
    int waits = api_registry_current(c->srv->registry, on_current, w, st);
    if (waits == 0 && !reached(w)) {
        wait_for_future(w);
        return API_KEPT;
    }
    if (waits <= 0)
        free(w);
    return waits > 0 ? API_KEPT : waits;
}

static bool is_read(const struct api_call *c)
{
    return strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0;
}

enum need { NEED_NOTHING, NEED_CURRENT, NEED_REVISION };

/* *rev: of NEED_REVISION. What is wrong with a query the handlers say. */
static enum need need_of(const struct api_call *c, api_handler h, int64_t *rev)
{
    const char *text = api_query(c, "resourceVersion");
    if (!is_read(c)) /* of many objects, those another server made are not to be left out */
        return h == api_delete_collection ? NEED_CURRENT : NEED_NOTHING;
    if (!*text || *api_query(c, "continue"))
        return NEED_CURRENT;
    if (h == api_watch && !api_query_bool(c, "sendInitialEvents", false))
        return NEED_NOTHING;
    if (cu_parse_i64(text, 0, INT64_MAX, rev, NULL) < 0 || *rev <= api_registry_revision(c->srv->registry))
        return NEED_NOTHING;
    return NEED_REVISION;
}

/* A write that failed: was it perhaps refused for what another server has changed meanwhile? writes: what
 * api_registry_writes() said before. */
static bool may_be_outdated(const struct api_call *c, api_handler h, uint64_t writes,
                            const struct api_status *st)
{
    bool refused = st->code == 403 || st->code == 404 || st->code == 409;
    return refused && !is_read(c) && h != api_delete_collection &&
           api_registry_writes(c->srv->registry) == writes;
}

int api_fresh(struct api_call *c, api_handler h, struct api_status *st)
{
    int64_t rev = 0;
    uint64_t writes = api_registry_writes(c->srv->registry);
    enum need need = need_of(c, h, &rev);
    int result = need == NEED_NOTHING ? 0 : wait_until_fresh(c, h, rev, st);
    if (result)
        return result;
    result = h(c, st);
    if (result >= 0 || !may_be_outdated(c, h, writes, st) || wait_until_fresh(c, h, 0, st) <= 0)
        return result;
    api_status_clear(st);
    return API_KEPT;
}
