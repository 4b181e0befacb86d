/* Asks etcd for its current revision and waits until the watch has told everything up to it.
 * Must not know who asks, nor why. */
#include "base/str.h"
#include "base/timefmt.h"
#include "store/etcd_private.h"

#define ROUND_MS 5000          /* as long as a write is tried: a new leader is elected meanwhile */
#define TRY_MS 2000            /* one try, at one endpoint */
#define PAUSE_MS 50            /* between two */
#define MARK "cubeadm.io/read" /* below root; no kind's prefix */

static void settle(struct store_feed *f, enum cu_code code, const char *why)
{
    struct store_round *r = &f->round;
    http_timer_stop(r->timer);
    r->on = false;
    pthread_mutex_lock(&f->lock);
    r->settled = true;
    r->rev = r->target;
    cu_err_clear(&r->why);
    if (code)
        cu_fail(&r->why, code, "%s", why);
    pthread_mutex_unlock(&f->lock);
    store_feed_ring(f);
}

void store_round_look(struct store_feed *f)
{
    if (f->round.on && f->round.target > 0 && f->whole >= f->round.target)
        settle(f, CU_OK, NULL);
}

static void answered(void *arg, int64_t rev, const struct cu_err *why)
{
    struct store_feed *f = arg;
    struct store_round *r = &f->round;
    int64_t left = r->end_ms - cu_mono_ms();
    r->asking = NULL;
    if (!why->code) {
        r->target = rev;
        http_timer_set(r->timer, left > 0 ? left : 0);
        store_feed_follow(f); /* a member that does not answer does not tell changes either */
        store_round_look(f);
    } else if (left > PAUSE_MS) {
        etcd_client_next(f->client);
        http_timer_set(r->timer, PAUSE_MS);
    } else {
        settle(f, CU_E_UNREACHABLE, cu_err_text(why));
        http_timer_set(f->check, 0); /* the next one need not wait as long to learn that */
    }
}

/* A revision that passes outside of what is watched would never be seen: where not all may be, one is made inside. */
static void ask(struct store_feed *f)
{
    int64_t left = f->round.end_ms - cu_mono_ms(), ms = left > TRY_MS ? TRY_MS : left > 1 ? left : 1;
    cu_autofree char *mark = cu_asprintf("%s" MARK, f->root);
    f->round.asking = f->narrow ? etcd_current_mark(f->loop, f->client, mark, ms, answered, f)
                                : etcd_current_start(f->loop, f->client, f->root, ms, answered, f);
}

static void on_timer(void *arg)
{
    struct store_feed *f = arg;
    if (f->round.target == 0)
        ask(f);
    else
        settle(f, CU_E_UNREACHABLE, "etcd: the watch has not told the latest changes in time");
}

static void begin(void *arg)
{
    struct store_feed *f = arg;
    f->round.on = true;
    f->round.target = 0;
    f->round.end_ms = cu_mono_ms() + ROUND_MS;
    ask(f);
}

void store_round_begin(struct store_feed *f)
{
    http_loop_post(f->loop, begin, f);
}

bool store_round_settled(struct store_feed *f, int64_t *rev, struct cu_err *why)
{
    struct store_round *r = &f->round;
    pthread_mutex_lock(&f->lock);
    bool settled = r->settled;
    r->settled = false;
    *rev = r->rev;
    if (settled)
        cu_err_move(why, &r->why);
    pthread_mutex_unlock(&f->lock);
    return settled;
}

void store_round_init(struct store_feed *f)
{
    f->round = (struct store_round){ .timer = http_timer_new(f->loop, on_timer, f), .why = CU_ERR_INIT };
}

void store_round_clear(struct store_feed *f)
{
    if (f->round.asking)
        etcd_current_cancel(f->round.asking);
    http_timer_free(f->round.timer);
    cu_err_clear(&f->round.why);
}
