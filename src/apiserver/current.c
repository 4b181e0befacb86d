/* apiserver/current.c - takes in what other servers wrote, and tells who waits when nothing they acknowledged is missing.
 * Must not know what is read then. */
#include "apiserver/registry_private.h"
#include "base/log.h"

static void add(struct api_askers *a, api_current_fn fn, void *arg)
{
    cu_grow(&a->v, &a->cap, a->n + 1, sizeof(*a->v));
    a->v[a->n++] = (struct api_asker){ fn, arg };
}

static struct api_askers take(struct api_askers *a)
{
    struct api_askers all = *a;
    *a = (struct api_askers){ 0 };
    return all;
}

static int fail(struct api_registry *g, struct api_status *st, const struct cu_err *why)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_fail(&err, why->code, "the latest state is not known: %s", cu_err_text(why));
    return api_registry_away(g, st, &err);
}

/* Calls and frees them. */
static void tell(struct api_registry *g, struct api_askers all, const struct cu_err *why)
{
    for (size_t i = 0; i < all.n; i++) {
        struct api_status st = API_STATUS_INIT;
        if (why->code)
            fail(g, &st, why);
        all.v[i].fn(all.v[i].arg, &st);
        api_status_clear(&st);
    }
    free(all.v);
}

/* The next question, for all who came since the last one was sent. */
static void ask(struct api_registry *g)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (!g->next.n || g->asking)
        return;
    if (store_ask(g->store, &err) < 0) {
        tell(g, take(&g->next), &err);
        return;
    }
    g->asking = true;
    g->asked = take(&g->next);
}

int api_registry_current(struct api_registry *g, api_current_fn fn, void *arg, struct api_status *st)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int asked = g->asking ? 0 : store_ask(g->store, &err);
    if (asked < 0)
        return fail(g, st, &err);
    if (asked > 0)
        return 0;
    add(g->asking ? &g->next : &g->asked, fn, arg);
    g->asking = true;
    return 1;
}

static void conclude(struct api_registry *g, int64_t rev, const struct cu_err *why)
{
    struct api_askers done = take(&g->asked);
    g->asking = false;
    if (why->code) { /* those who came later would wait as long for the same */
        cu_log_error("store: %s", cu_err_text(why));
        tell(g, take(&g->next), why);
    } else {
        g->away_ms = 0;
        g->rev = rev > g->rev ? rev : g->rev; /* the last changes may have been to keys of others */
        ask(g);
    }
    tell(g, done, why);
}

int api_registry_pump(struct api_registry *g, struct cu_err *err)
{
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int64_t rev = 0;
    bool answered = store_answered(g->store, &rev, &why);
    int failed = store_pump(g->store, 0, err);
    if (answered)
        conclude(g, rev, &why);
    return failed;
}

void api_registry_abandon(struct api_registry *g)
{
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    cu_fail(&why, CU_E_UNREACHABLE, "the server is stopping");
    tell(g, take(&g->asked), &why);
    tell(g, take(&g->next), &why);
}
