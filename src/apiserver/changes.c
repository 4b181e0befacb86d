/* apiserver/changes.c - who is told of a change, and which past changes can be told again.
 * Must not write to the store. */
#include "apiserver/registry_private.h"
#include <string.h>

static void kept_clear(struct api_kept_change *k)
{
    api_object_unref(k->obj);
    api_object_unref(k->prev);
}

static void keep(struct api_store_table *t, const struct api_change *c)
{
    if (!t->ring)
        t->ring = cu_calloc(API_RING, sizeof(*t->ring));
    struct api_kept_change *k = &t->ring[(t->ring_at + t->ring_n) % API_RING];
    if (t->ring_n == API_RING) {
        t->ring_since = k->rev;
        kept_clear(k);
        t->ring_at = (t->ring_at + 1) % API_RING;
    } else {
        t->ring_n++;
    }
    *k = (struct api_kept_change){ c->type, c->rev, api_object_ref(c->obj), api_object_ref(c->prev) };
}

void api_registry_forget(struct api_store_table *t)
{
    for (size_t i = 0; i < t->ring_n; i++)
        kept_clear(&t->ring[(t->ring_at + i) % API_RING]);
    free(t->ring);
    t->ring = NULL;
    t->ring_n = 0;
}

/* Removes subscriptions that ended while changes were being told. */
static void sweep(struct api_registry *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->n_subs; i++) {
        if (g->subs[i]->dead)
            free(g->subs[i]);
        else
            g->subs[kept++] = g->subs[i];
    }
    g->n_subs = kept;
}

void api_registry_announce(struct api_registry *g, struct api_store_table *t, const struct api_change *c)
{
    keep(t, c);
    g->announcing++;
    for (size_t i = 0, n = g->n_subs; i < n; i++) {
        struct api_subscription *s = g->subs[i];
        if (!s->dead && !s->never && (!s->t || s->t == t))
            s->fn(s->arg, c);
    }
    if (--g->announcing == 0)
        sweep(g);
}

struct api_subscription *api_registry_subscribe(struct api_registry *g, const struct api_resource *r,
                                                api_change_fn fn, void *arg)
{
    struct api_subscription *s = cu_calloc(1, sizeof(*s));
    *s = (struct api_subscription){ .g = g, .t = r ? api_registry_table(g, r) : NULL, .fn = fn, .arg = arg };
    s->never = r && !s->t;
    cu_grow(&g->subs, &g->subs_cap, g->n_subs + 1, sizeof(struct api_subscription *));
    g->subs[g->n_subs++] = s;
    return s;
}

void api_registry_unsubscribe(struct api_subscription *s)
{
    if (!s)
        return;
    s->dead = true;
    if (s->g->announcing == 0)
        sweep(s->g);
}

struct replay {
    const struct api_store_table *t;
    api_change_fn fn;
    void *arg;
};

/* A change read back from the store's log. */
static int replay_stored(void *arg, const struct store_change *sc)
{
    const struct replay *p = arg;
    cu_autoobject struct api_object *obj = NULL, *prev = NULL;
    int64_t rev = sc->kv.mod_rev;
    if (sc->prev)
        prev = api_registry_decode(p->t, sc->kv.key, sc->prev, sc->prev_n, rev - 1);
    if (sc->deleted)
        obj = prev ? api_object_new(p->t->res, prev->v, rev) : NULL;
    else
        obj = api_registry_decode(p->t, sc->kv.key, sc->kv.value, sc->kv.n, rev);
    if (!obj)
        return 0;
    struct api_change c = { sc->deleted ? API_DELETED : prev ? API_MODIFIED : API_ADDED, rev, obj, prev };
    p->fn(p->arg, &c);
    return 0;
}

int api_registry_replay(struct api_registry *g, const struct api_resource *r, int64_t after, api_change_fn fn,
                        void *arg, struct cu_err *err)
{
    const struct api_store_table *t = api_registry_table(g, r);
    if (!t || after >= g->rev)
        return 0;
    if (after < t->ring_since) {
        struct replay p = { t, fn, arg };
        return store_history(g->store, t->prefix, after, replay_stored, &p, err);
    }
    for (size_t i = 0; i < t->ring_n; i++) {
        const struct api_kept_change *k = &t->ring[(t->ring_at + i) % API_RING];
        struct api_change c = { k->type, k->rev, k->obj, k->prev };
        if (k->rev > after)
            fn(arg, &c);
    }
    return 0;
}
