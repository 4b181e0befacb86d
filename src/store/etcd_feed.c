/* The thread that watches etcd: one watch over everything, kept up through broken connections, dead endpoints and
 * compaction. Must not know who takes the changes. */
#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"
#include "store/etcd_private.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define CHECK_MS 2000     /* how long one endpoint may take to answer */
#define CHECK_UP_MS 2000  /* pause between checks while all is well */
#define CHECK_DOWN_MS 300 /* and while etcd is away */
#define AGAIN_MAX_MS 1000 /* longest pause before the next attempt at a watch */

void store_feed_change_free(struct store_feed_change *ch)
{
    free(ch->key);
    free(ch->value);
    free(ch->prev);
    free(ch);
}

void store_known_set(struct cu_map *known, const char *key, int64_t rev)
{
    cu_map_set(known, key, (void *)(intptr_t)rev);
}

void store_feed_ring(const struct store_feed *f)
{
    uint64_t one = 1;
    if (write(f->event_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        cu_log_error("etcd feed: eventfd: %s", strerror(errno));
}

/* Queues a change; `floor` > 0 says that history before it is not kept. */
static void queue(struct store_feed *f, const struct etcd_change *ec, int64_t floor)
{
    struct store_feed_change *ch = cu_calloc(1, sizeof(*ch));
    ch->key = cu_strdup(ec->kv.key);
    ch->value = ec->deleted ? NULL : cu_memdup(ec->kv.value, ec->kv.n);
    ch->prev = ec->prev ? cu_memdup(ec->prev, ec->prev_n) : NULL;
    ch->c = (struct store_change){ .kv = { .key = ch->key,
                                           .value = ch->value,
                                           .n = ec->deleted ? 0 : ec->kv.n,
                                           .create_rev = ec->kv.create_rev,
                                           .mod_rev = ec->kv.mod_rev },
                                   .deleted = ec->deleted,
                                   .prev = ch->prev,
                                   .prev_n = ec->prev_n };
    if (ec->deleted)
        cu_map_remove(f->known, ec->kv.key);
    else
        store_known_set(f->known, ec->kv.key, ec->kv.mod_rev);
    f->last = ec->kv.mod_rev;
    pthread_mutex_lock(&f->lock);
    *f->end = ch;
    f->end = &ch->next;
    f->newest = ec->kv.mod_rev;
    if (floor)
        f->floor = floor;
    pthread_cond_broadcast(&f->arrived);
    pthread_mutex_unlock(&f->lock);
    store_feed_ring(f);
}

static void set_state(struct store_feed *f, bool up, const char *why)
{
    pthread_mutex_lock(&f->lock);
    bool changed = f->up != up;
    f->up = up;
    if (changed && !up)
        f->down_ms = cu_mono_ms();
    free(f->why);
    f->why = up ? NULL : cu_strdup(why);
    pthread_mutex_unlock(&f->lock);
    if (changed && up)
        cu_log_info("etcd answers at %s", etcd_client_endpoint(f->client));
    else if (changed)
        cu_log_error("etcd is away: %s", why);
}

/* What a full read found: changes that were missed. */
struct resync {
    struct store_feed *f;
    struct cu_map *present;
    struct etcd_change *v;
    size_t n, cap;
};

static int resync_one(void *arg, const struct etcd_kv *kv)
{
    struct resync *r = arg;
    cu_map_set(r->present, kv->key, r);
    if (kv->mod_rev <= r->f->last)
        return 0;
    cu_grow(&r->v, &r->cap, r->n + 1, sizeof(*r->v));
    struct etcd_kv copy = *kv;
    copy.key = cu_strdup(kv->key);
    copy.value = cu_memdup(kv->value, kv->n);
    r->v[r->n++] = (struct etcd_change){ .kv = copy };
    return 0;
}

static int by_revision(const void *a, const void *b)
{
    const struct etcd_change *x = a, *y = b;
    return x->kv.mod_rev < y->kv.mod_rev ? -1 : x->kv.mod_rev > y->kv.mod_rev;
}

/* Keys that are gone count as deleted at the revision of the read; they come last, so order is kept. */
static void queue_vanished(struct store_feed *f, const struct cu_map *present, int64_t rev)
{
    cu_autostrlist struct cu_strlist gone = CU_STRLIST_INIT;
    const char *key;
    void *value;
    size_t pos = 0;
    while (cu_map_next(f->known, &pos, &key, &value))
        if (!cu_map_get(present, key))
            cu_strlist_add(&gone, key);
    for (size_t i = 0; i < gone.n; i++) {
        struct etcd_change ch = { .kv = { .key = gone.v[i], .value = "", .mod_rev = rev }, .deleted = true };
        queue(f, &ch, rev);
    }
}

/* The revision to go on from is forgotten: reads everything and tells the difference. */
static void resync(struct store_feed *f)
{
    struct resync r = { .f = f, .present = cu_map_new(NULL) };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t rev = 0;
    if (etcd_list(f->client, f->root, resync_one, &r, &rev, &err) == 0) {
        cu_log_warning("etcd has forgotten revision %lld: read again at %lld, %zu changes",
                       (long long)f->last + 1, (long long)rev, r.n);
        qsort(r.v, r.n, sizeof(*r.v), by_revision);
        for (size_t i = 0; i < r.n; i++)
            queue(f, &r.v[i], rev);
        queue_vanished(f, r.present, rev);
        f->last = f->whole = rev;
        pthread_mutex_lock(&f->lock);
        f->floor = rev;
        pthread_mutex_unlock(&f->lock);
        store_round_look(f);
    } else {
        cu_log_error("read everything again: %s", cu_err_text(&err));
    }
    for (size_t i = 0; i < r.n; i++) {
        char *key, *value; /* copies of resync_one() */
        memcpy(&key, &r.v[i].kv.key, sizeof(key));
        memcpy(&value, &r.v[i].kv.value, sizeof(value));
        free(key);
        free(value);
    }
    free(r.v);
    cu_map_free(r.present);
}

static void watch_created(void *arg)
{
    struct store_feed *f = arg;
    f->failures = 0;
    set_state(f, true, NULL);
}

static void watch_change(void *arg, const struct etcd_change *ch)
{
    struct store_feed *f = arg;
    if (ch->kv.mod_rev < f->last)
        return;
    if (cu_has_prefix(ch->kv.key, f->root))
        queue(f, ch, 0);
    else
        f->last = ch->kv.mod_rev;
}

static void watch_told(void *arg, int64_t rev)
{
    struct store_feed *f = arg;
    if (rev > f->whole)
        f->whole = rev;
    store_round_look(f);
}

/* An etcd with roles may let this server read its own keys only. */
static void narrow(struct store_feed *f)
{
    f->narrow = true;
    cu_log_warning(
        "etcd lets this server watch %s only: each read that must be the latest writes a key there. To read "
        "without writing:  etcdctl role grant-permission ROLE read '' --prefix",
        f->root);
}

static void watch_end(void *arg, int64_t compacted, const struct cu_err *err)
{
    struct store_feed *f = arg;
    f->watch = NULL;
    cu_log_debug(1, "etcd watch ended: %s", cu_err_text(err));
    if (compacted > 0)
        resync(f);
    else if (err->code == CU_E_FORBIDDEN && !f->narrow)
        narrow(f);
    else if (f->failures++ > 0)
        etcd_client_next(f->client);
    int64_t pause = f->failures <= 1 ? 0 : 20LL << (f->failures < 7 ? f->failures : 7);
    http_timer_set(f->again, pause < AGAIN_MAX_MS ? pause : AGAIN_MAX_MS);
    http_timer_set(f->check, 0);
}

/* Over all keys where that is allowed, also those of others: so every revision is seen to pass, and who waits for one never waits for nothing.
 * (etcd can be asked how far a watch is, but before 3.4.25 and 3.5.8 the answer may run ahead of the changes.) */
static void start_watch(struct store_feed *f)
{
    static const struct etcd_watch_events events = { watch_created, watch_change, watch_told, watch_end };
    if (f->watch)
        etcd_watch_cancel(f->watch);
    free(f->watched);
    f->watched = cu_strdup(etcd_client_endpoint(f->client));
    f->watch = etcd_watch_start(f->loop, f->client, f->narrow ? f->root : "", f->last + 1, &events, f);
}

static void start_again(void *arg)
{
    struct store_feed *f = arg;
    if (!f->watch)
        start_watch(f);
}

void store_feed_follow(struct store_feed *f)
{
    if (!f->watch || cu_streq(f->watched, etcd_client_endpoint(f->client)))
        return;
    cu_log_info("etcd: the watch moves from %s to %s", f->watched, etcd_client_endpoint(f->client));
    start_watch(f);
}

/* At each endpoint once; moves to the first that answers. */
static void checked(void *arg, int64_t rev, const struct cu_err *why)
{
    struct store_feed *f = arg;
    bool up = !why->code;
    (void)rev;
    f->checking = NULL;
    if (!up && ++f->checks < etcd_client_count(f->client)) {
        etcd_client_next(f->client);
        http_timer_set(f->check, 0);
        return;
    }
    f->checks = 0;
    if (up)
        store_feed_follow(f);
    if (up && !f->watch) /* comes up with the watch */
        http_timer_set(f->again, 0);
    else
        set_state(f, up, cu_err_text(why));
    http_timer_set(f->check, up ? CHECK_UP_MS : CHECK_DOWN_MS);
}

/* A read through the leader: finds members that are cut off, which a watch alone would not tell. */
static void check(void *arg)
{
    struct store_feed *f = arg;
    if (!f->checking)
        f->checking = etcd_current_start(f->loop, f->client, f->root, CHECK_MS, checked, f);
}

static void *run(void *arg)
{
    struct store_feed *f = arg;
    start_watch(f);
    http_timer_set(f->check, CHECK_UP_MS);
    http_loop_run(f->loop);
    return NULL;
}

struct store_feed *store_feed_start(struct etcd_client *client, const char *root, struct cu_map *known,
                                    int64_t after, int event_fd)
{
    struct store_feed *f = cu_calloc(1, sizeof(*f));
    pthread_condattr_t attr;
    f->loop = http_loop_new();
    f->client = client;
    f->root = cu_strdup(root);
    f->again = http_timer_new(f->loop, start_again, f);
    f->check = http_timer_new(f->loop, check, f);
    f->known = known;
    f->last = f->whole = f->newest = f->floor = after;
    f->end = &f->first;
    f->event_fd = event_fd;
    store_round_init(f);
    f->up = true; /* the list that came before has answered */
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&f->arrived, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&f->thread, NULL, run, f) != 0)
        abort(); /* out of memory */
    return f;
}

void store_feed_stop(struct store_feed *f)
{
    if (!f)
        return;
    http_loop_stop(f->loop);
    pthread_join(f->thread, NULL);
    store_round_clear(f);
    if (f->checking)
        etcd_current_cancel(f->checking);
    if (f->watch)
        etcd_watch_cancel(f->watch);
    http_timer_free(f->again);
    http_timer_free(f->check);
    http_loop_free(f->loop);
    etcd_client_free(f->client);
    for (struct store_feed_change *ch = f->first, *next; ch; ch = next) {
        next = ch->next;
        store_feed_change_free(ch);
    }
    pthread_cond_destroy(&f->arrived);
    pthread_mutex_destroy(&f->lock);
    cu_map_free(f->known);
    free(f->root);
    free(f->watched);
    free(f->why);
    free(f);
}

int store_feed_take(struct store_feed *f, int64_t until, int64_t wait_ms, struct store_feed_change **first,
                    struct cu_err *err)
{
    struct timespec limit;
    uint64_t count;
    int failed = 0, r = 0;
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_sec += wait_ms / 1000;
    limit.tv_nsec += (wait_ms % 1000) * 1000000;
    limit.tv_sec += limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    pthread_mutex_lock(&f->lock);
    while (f->newest < until && r == 0)
        r = pthread_cond_timedwait(&f->arrived, &f->lock, &limit);
    if (f->newest < until)
        failed =
            cu_fail(err, CU_E_TIMEOUT, "etcd: revision %lld was written, but the watch has not told it: %s",
                    (long long)until, cu_or(f->why, "it is slow"));
    *first = f->first;
    f->first = NULL;
    f->end = &f->first;
    /* who is told by event_fd of a settled round may not be who takes the queue now */
    if (!f->round.settled && read(f->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        failed = cu_fail_errno(err, errno, "etcd feed: eventfd");
    pthread_mutex_unlock(&f->lock);
    return failed;
}

int store_feed_check(struct store_feed *f, int64_t patience_ms, struct cu_err *err)
{
    pthread_mutex_lock(&f->lock);
    bool fine = f->up || cu_mono_ms() - f->down_ms < patience_ms;
    int failed = fine ? 0 : cu_fail(err, CU_E_UNREACHABLE, "%s", cu_or(f->why, "etcd is away"));
    pthread_mutex_unlock(&f->lock);
    return failed;
}

int64_t store_feed_floor(struct store_feed *f)
{
    pthread_mutex_lock(&f->lock);
    int64_t floor = f->floor;
    pthread_mutex_unlock(&f->lock);
    return floor;
}
