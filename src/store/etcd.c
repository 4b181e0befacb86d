/* The etcd engine: reads and conditional writes on the owner's thread, changes from the feed's thread.
 * Must not know what the values mean. */
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "store/etcd_private.h"
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#define PUMP_MS 5000
#define RETRY_MS 5000 /* a new leader is elected meanwhile; the owner waits with all its clients */
#define HISTORY_MS 5000
#define PATIENCE_MS                                                                                          \
    5000 /* questions wait for an etcd that is away, but not for one that has been so for this long */
#define COMPACT_KEY "compact_rev_key" /* shared with real API servers (spec apiserver 7.4) */

static struct store_etcd *engine(struct store *s)
{
    return (struct store_etcd *)s;
}

static int dial(const struct store_etcd *s, struct etcd_client **out, struct cu_err *err)
{
    struct etcd_options o = { .endpoints = (const char *const *)s->endpoints,
                              .n = s->n_endpoints,
                              .ca_pem = s->ca_pem,
                              .cert_pem = s->cert_pem,
                              .key_pem = s->key_pem,
                              .retry_ms = RETRY_MS,
                              .max_message = 64 * 1024 * 1024 };
    return etcd_client_new(&o, out, err);
}

struct list {
    struct cu_map *known; /* NULL: not wanted */
    store_visit_fn fn;
    void *arg;
};

static int list_one(void *arg, const struct etcd_kv *kv)
{
    struct list *l = arg;
    struct store_kv out = { kv->key, kv->value, kv->n, kv->create_rev, kv->mod_rev };
    if (l->known)
        store_known_set(l->known, kv->key, kv->mod_rev);
    return l->fn(l->arg, &out);
}

static int list(struct store *s, const char *prefix, store_visit_fn fn, void *arg, int64_t *rev,
                struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    struct list l = { .fn = fn, .arg = arg };
    if (!e->feed && cu_streq(prefix, e->root)) {
        cu_map_free(e->known);
        l.known = e->known = cu_map_new(NULL);
    }
    return etcd_list(e->client, prefix, list_one, &l, rev, err);
}

/* Fails at once while etcd is known to be away: the owner has one thread for all clients. */
static int swap(struct store_etcd *e, const struct etcd_swap *w, int64_t *rev, struct cu_err *err)
{
    int failed = e->feed ? store_feed_check(e->feed, 0, err) : 0;
    return failed < 0 ? failed : etcd_swap(e->client, w, rev, err);
}

static struct etcd_swap swap_of(const struct store_item *item, int64_t expected)
{
    struct etcd_swap w = { .key = item->key, .value = item->value, .n = item->n, .expected = expected };
    struct store_guard *g = item->guard;
    if (g) {
        w.also = (struct etcd_put){ g->key, g->value, g->n };
        w.also_expected = g->expected;
        w.also_lost = &g->lost;
    }
    return w;
}

static int create(struct store *s, const struct store_item *item, int64_t *rev, struct cu_err *err)
{
    struct etcd_swap w = swap_of(item, 0);
    return swap(engine(s), &w, rev, err);
}

static int create_all(struct store *s, const struct store_item *items, size_t n, int64_t *rev,
                      struct cu_err *err)
{
    int64_t last = 0;
    for (size_t i = 0; i < n; i++) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        int failed = create(s, &items[i], &last, &why);
        if (failed < 0 && failed != -CU_E_EXISTS) {
            if (err)
                cu_err_move(err, &why);
            return failed;
        }
    }
    if (rev)
        *rev = last; /* 0 when all existed: nothing to wait for */
    return 0;
}

static int update(struct store *s, const struct store_item *item, int64_t expected, int64_t *rev,
                  struct cu_err *err)
{
    struct etcd_swap w = swap_of(item, expected);
    return swap(engine(s), &w, rev, err);
}

/* Changes of the past, read by a watch of its own up to the last change the owner has been told of. */
struct past {
    struct http_loop *loop;
    struct etcd_watch *watch;
    const char *prefix;
    int64_t until;
    store_change_fn fn;
    void *arg;
    int result;
    bool done, expired;
    struct cu_err *err;
};

static void past_change(void *arg, const struct etcd_change *ec)
{
    struct past *p = arg;
    if (p->done)
        return;
    if (ec->kv.mod_rev <= p->until && cu_has_prefix(ec->kv.key, p->prefix)) {
        struct store_change c = { .kv = { ec->kv.key, ec->deleted ? NULL : ec->kv.value, ec->kv.n,
                                          ec->kv.create_rev, ec->kv.mod_rev },
                                  .deleted = ec->deleted,
                                  .prev = ec->prev,
                                  .prev_n = ec->prev_n };
        p->result = p->fn(p->arg, &c);
    }
    if (ec->kv.mod_rev >= p->until || p->result) {
        p->done = true;
        http_loop_stop(p->loop);
    }
}

static void past_end(void *arg, int64_t compacted, const struct cu_err *why)
{
    struct past *p = arg;
    p->watch = NULL;
    if (p->done)
        return;
    p->done = true;
    p->result = cu_fail(p->err, compacted > 0 ? CU_E_EXPIRED : why->code, "%s", cu_err_text(why));
    http_loop_stop(p->loop);
}

/* Hands fn the changes of keys with that prefix from `after` on, until p->until or until it says stop. */
static int replay(struct store_etcd *e, const char *prefix, int64_t after, struct past *p)
{
    static const struct etcd_watch_events events = { .change = past_change, .end = past_end };
    struct etcd_client *client = NULL;
    int failed = dial(e, &client, p->err);
    if (failed < 0)
        return failed;
    p->loop = http_loop_new();
    p->watch = etcd_watch_start(p->loop, client, prefix, after + 1, &events, p);
    for (int64_t end = cu_mono_ms() + HISTORY_MS; !p->done && cu_mono_ms() < end;)
        http_loop_run_for(p->loop, 50);
    if (!p->done)
        p->result = cu_fail(p->err, CU_E_TIMEOUT, "etcd has not told the changes after revision %lld in time",
                            (long long)after);
    if (p->watch)
        etcd_watch_cancel(p->watch);
    http_loop_free(p->loop);
    etcd_client_free(client);
    return p->result;
}

static int history(struct store *s, const char *prefix, int64_t after, store_change_fn fn, void *arg,
                   struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    int64_t floor = e->feed ? store_feed_floor(e->feed) : 0;
    if (!e->feed || after < floor)
        return cu_fail(err, CU_E_EXPIRED, "changes after revision %lld are not kept, only those after %lld",
                       (long long)after, (long long)floor);
    if (after >= e->told)
        return 0;
    struct past p = { .prefix = prefix, .until = e->told, .fn = fn, .arg = arg, .err = err };
    return replay(e, e->root, after, &p); /* all the owner is told of: the change at `until` ends it */
}

struct deletion {
    const char *key;
    int64_t rev;
};

static int is_deletion(void *arg, const struct store_change *c)
{
    struct deletion *d = arg;
    if (!c->deleted || !cu_streq(c->kv.key, d->key))
        return 0;
    d->rev = c->kv.mod_rev;
    return 1;
}

static int remove_key(struct store *s, const char *key, int64_t expected, int64_t *rev, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    struct etcd_swap w = { .key = key, .expected = expected };
    int64_t at = 0;
    int failed = swap(e, &w, &at, err);
    if (failed == 0 && at == 0) { /* answered at the second time of asking: the watch knows when it went */
        struct deletion d = { .key = key };
        struct past p = { .prefix = key, .until = INT64_MAX, .fn = is_deletion, .arg = &d, .err = err };
        failed = replay(e, key, expected, &p);
        at = d.rev;
    }
    if (rev)
        *rev = at;
    return failed;
}

static int feed(struct store *s, int64_t after, store_change_fn fn, void *arg, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    struct etcd_client *client = NULL;
    int failed = dial(e, &client, err);
    if (failed < 0)
        return failed;
    if (!e->known)
        e->known = cu_map_new(NULL);
    e->fn = fn;
    e->fn_arg = arg;
    e->told = after;
    e->feed = store_feed_start(client, e->root, cu_steal(&e->known), after, e->event_fd);
    return 0;
}

static int pump(struct store *s, int64_t until, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    struct store_feed_change *ch = NULL;
    if (!e->feed)
        return cu_fail(err, CU_E_INVALID, "the etcd store is not fed");
    int failed = store_feed_take(e->feed, until, PUMP_MS, &ch, err);
    for (struct store_feed_change *next; ch; ch = next) {
        next = ch->next;
        e->told = ch->c.kv.mod_rev;
        e->fn(e->fn_arg, &ch->c);
        store_feed_change_free(ch);
    }
    return failed;
}

static int event_fd(struct store *s)
{
    return engine(s)->event_fd;
}

static int ask(struct store *s, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    if (!e->feed)
        return cu_fail(err, CU_E_INVALID, "the etcd store is not fed");
    int failed = store_feed_check(e->feed, PATIENCE_MS, err);
    if (failed == 0)
        store_round_begin(e->feed);
    return failed;
}

static bool answered(struct store *s, int64_t *rev, struct cu_err *why)
{
    struct store_etcd *e = engine(s);
    return e->feed && store_round_settled(e->feed, rev, why);
}

/* Takes part in the compaction all servers of one etcd share: whoever finds the key as it was last time writes
 * there the revision seen then and compacts to it (spec apiserver 7.4). */
static int compact(struct store *s, int64_t keep_ms, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    int64_t now = cu_mono_ms(), rev = 0, target = e->compact_rev;
    if (e->compact_ms && now - e->compact_ms < keep_ms)
        return 0;
    cu_autofree char *text = cu_asprintf("%lld", (long long)target);
    struct etcd_swap w = {
        .key = COMPACT_KEY, .value = text, .n = strlen(text), .expected = e->compact_version
    };
    int failed = etcd_swap_version(e->client, &w, &e->compact_version, &rev, err);
    if (failed < 0 && failed != -CU_E_CONFLICT)
        return failed;
    e->compact_ms = now;
    e->compact_rev = rev;
    if (failed == -CU_E_CONFLICT) { /* another server does it; look again next time */
        cu_err_clear(err);
        return 0;
    }
    if (target == 0)
        return 0;
    failed = etcd_compact(e->client, target, err);
    if (failed == -CU_E_EXPIRED) {
        cu_err_clear(err);
        failed = 0;
    }
    return failed;
}

/* A lease of its own each time: the one before ends by itself, when the key no longer hangs on it. */
static int lend(struct store *s, const struct store_item *item, int64_t ttl_s, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    cu_autofree char *text = cu_strndup(item->value, item->n);
    int64_t lease = 0;
    int failed = e->feed ? store_feed_check(e->feed, 0, err) : 0;
    if (failed == 0)
        failed = etcd_lease_grant(e->client, ttl_s, &lease, err);
    if (failed == 0)
        failed = etcd_put_leased(e->client, item->key, text, lease, err);
    if (failed == 0)
        e->lease = lease;
    return failed;
}

static int ping(struct store *s, struct cu_err *err)
{
    struct store_etcd *e = engine(s);
    if (e->feed)
        return store_feed_check(e->feed, 0, err);
    int failed = etcd_get(e->client, "/registry/health", NULL, NULL, NULL, err);
    if (failed == -CU_E_NOTFOUND && err)
        cu_err_clear(err);
    return failed == -CU_E_NOTFOUND ? 0 : failed;
}

static void close_store(struct store *s)
{
    struct store_etcd *e = engine(s);
    if (e->lease && (!e->feed || store_feed_check(e->feed, 0, NULL) == 0))
        etcd_lease_revoke(e->client, e->lease, NULL);
    store_feed_stop(e->feed);
    etcd_client_free(e->client);
    cu_map_free(e->known);
    if (e->event_fd >= 0)
        close(e->event_fd);
    for (size_t i = 0; i < e->n_endpoints; i++)
        free(e->endpoints[i]);
    free(e->endpoints);
    free(e->ca_pem);
    free(e->cert_pem);
    cu_free_secret(e->key_pem);
    free(e->root);
    free(e);
}

const struct store_ops store_etcd_ops = {
    .name = "etcd",
    .list = list,
    .create = create,
    .create_all = create_all,
    .update = update,
    .remove = remove_key,
    .history = history,
    .feed = feed,
    .pump = pump,
    .fd = event_fd,
    .ask = ask,
    .answered = answered,
    .compact = compact,
    .lend = lend,
    .ping = ping,
    .close = close_store,
};

/* Servers start side by side with their etcd: wait for it, telling why now and then. */
static int wait_answer(struct store_etcd *e, int64_t wait_ms, struct cu_err *err)
{
    int64_t end = cu_mono_ms() + wait_ms, told = cu_mono_ms();
    for (int64_t pause = 20;; pause = pause < 200 ? pause * 2 : pause) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        int failed = ping(&e->base, &why);
        if (failed == 0)
            return 0;
        if (cu_mono_ms() >= end || failed == -CU_E_INVALID) {
            if (err)
                cu_err_move(err, &why);
            return failed;
        }
        if (cu_mono_ms() - told > 2000) {
            cu_log_info("waiting for etcd: %s", cu_err_text(&why));
            told = cu_mono_ms();
        }
        cu_sleep_ms(pause);
    }
}

int store_etcd_open(const struct store_etcd_options *o, struct store **out, struct cu_err *err)
{
    struct store_etcd *e = cu_calloc(1, sizeof(*e));
    e->base.ops = &store_etcd_ops;
    e->root = cu_strdup(o->root);
    e->ca_pem = cu_strdup(o->ca_pem);
    e->cert_pem = cu_strdup(o->cert_pem);
    e->key_pem = cu_strdup(o->key_pem);
    e->endpoints = cu_calloc(o->n + 1, sizeof(*e->endpoints));
    for (; e->n_endpoints < o->n; e->n_endpoints++)
        e->endpoints[e->n_endpoints] = cu_strdup(o->endpoints[e->n_endpoints]);
    e->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = e->event_fd < 0 ? cu_fail_errno(err, errno, "eventfd") : dial(e, &e->client, err);
    if (failed == 0)
        failed = wait_answer(e, o->wait_ms, err);
    if (failed < 0) {
        close_store(&e->base);
        return failed;
    }
    *out = &e->base;
    return 0;
}
