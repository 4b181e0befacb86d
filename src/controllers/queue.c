/* controllers/queue.c - work to be done, by key. Must not know what a key means. */
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "controllers/parts.h"

#define SLICE_MS 20 /* then the loop gets a turn for other things */
#define FIRST_RETRY_MS 20
#define LONGEST_RETRY_MS 30000
#define COMPLAIN_AFTER 3 /* failures: conflicts and races mend themselves in the first tries */

struct entry {
    int64_t due_ms; /* monotonic; INT64_MAX: not due, only counting failures */
    int failures;
};

struct ctl_queue {
    struct ctl_queue *next;
    struct ctl *c;
    const char *name;
    int (*reconcile)(void *arg, const char *key, struct cu_err *err);
    void *arg;
    struct cu_map *entries;
    struct http_timer *timer;
};

static struct entry *earliest(struct ctl_queue *q, const char **key)
{
    struct entry *best = NULL;
    size_t pos = 0;
    const char *k;
    void *value;
    while (cu_map_next(q->entries, &pos, &k, &value)) {
        struct entry *e = value;
        if (e->due_ms < INT64_MAX && (!best || e->due_ms < best->due_ms)) {
            best = e;
            *key = k;
        }
    }
    return best;
}

static void arm(struct ctl_queue *q)
{
    const char *key = NULL;
    struct entry *e = q->c->active ? earliest(q, &key) : NULL;
    if (!e) {
        http_timer_stop(q->timer);
        return;
    }
    int64_t wait = e->due_ms - cu_mono_ms();
    http_timer_set(q->timer, wait > 0 ? wait : 0);
}

static int64_t retry_pause(int failures)
{
    int64_t ms = FIRST_RETRY_MS;
    for (int i = 1; i < failures && ms < LONGEST_RETRY_MS; i++)
        ms *= 2;
    return ms < LONGEST_RETRY_MS ? ms : LONGEST_RETRY_MS;
}

static void work_on(struct ctl_queue *q, const char *borrowed_key)
{
    cu_autofree char *key = cu_strdup(borrowed_key);
    struct entry *e = cu_map_get(q->entries, key);
    e->due_ms = INT64_MAX; /* an event during the work puts it in again */
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = q->reconcile(q->arg, key, &err);
    e = cu_map_get(q->entries, key);
    if (r >= 0) {
        e->failures = 0;
        if (e->due_ms == INT64_MAX)
            cu_map_remove(q->entries, key);
        return;
    }
    e->failures++;
    if (r == -CU_E_AUTH)
        ctl_accounts_renew(q->c);
    if (e->failures == COMPLAIN_AFTER)
        cu_log_warning("%s: %s: %s", q->name, key, cu_err_text(&err));
    else
        cu_log_debug(2, "%s: %s: %s", q->name, key, cu_err_text(&err));
    ctl_queue_add_after(q, key, retry_pause(e->failures));
}

static void on_timer(void *arg)
{
    struct ctl_queue *q = arg;
    int64_t start = cu_mono_ms();
    const char *key = NULL;
    struct entry *e;
    while (q->c->active && (e = earliest(q, &key)) && e->due_ms <= cu_mono_ms() &&
           cu_mono_ms() - start < SLICE_MS)
        work_on(q, key);
    arm(q);
}

struct ctl_queue *ctl_queue_new(struct ctl *c, const char *name,
                                int (*reconcile)(void *arg, const char *key, struct cu_err *err), void *arg)
{
    struct ctl_queue *q = cu_calloc(1, sizeof(*q));
    q->c = c;
    q->name = name;
    q->reconcile = reconcile;
    q->arg = arg;
    q->entries = cu_map_new(free);
    q->timer = http_timer_new(c->loop, on_timer, q);
    q->next = c->queues;
    c->queues = q;
    return q;
}

void ctl_queue_add_after(struct ctl_queue *q, const char *key, int64_t ms)
{
    struct entry *e = cu_map_get(q->entries, key);
    if (!e) {
        e = cu_calloc(1, sizeof(*e));
        e->due_ms = INT64_MAX;
        cu_map_set(q->entries, key, e);
    }
    int64_t due = cu_mono_ms() + ms;
    if (due < e->due_ms)
        e->due_ms = due;
    arm(q);
}

void ctl_queue_add(struct ctl_queue *q, const char *key)
{
    ctl_queue_add_after(q, key, 0);
}

void ctl_queues_kick(struct ctl *c)
{
    for (struct ctl_queue *q = c->queues; q; q = q->next)
        arm(q);
}

void ctl_queues_free(struct ctl *c)
{
    for (struct ctl_queue *q = c->queues, *next; q; q = next) {
        next = q->next;
        http_timer_free(q->timer);
        cu_map_free(q->entries);
        free(q);
    }
    c->queues = NULL;
}
