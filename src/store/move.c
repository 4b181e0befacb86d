/* From one store to an etcd. Must not know what the values mean, nor who is stopped meanwhile. */
#include "store/move.h"
#include "base/map.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <string.h>

#define RAISE_STEP 20000 /* writes between two compactions: etcd's file stays small */
#define TELL_MS 1000
#define AGAIN_MS 1000
#define VALUE_MAX                                                                                            \
    (1536 * 1024 - 4096) /* etcd's --max-request-bytes less key and frame (spec apiserver 7.5) */

static void tell(const struct store_move *m, const char *what, int64_t done, int64_t of)
{
    if (m->progress)
        m->progress(m->arg, what, done, of);
}

struct text {
    char *v; /* owned */
};

static int take_text(void *arg, const struct etcd_kv *kv)
{
    struct text *t = arg;
    free(t->v);
    t->v = cu_strndup(kv->value, kv->n);
    return 0;
}

static int found_one(void *arg, const struct etcd_kv *kv)
{
    char **key = arg;
    *key = cu_strdup(kv->key);
    return 1;
}

int store_move_claim(const struct store_move *m, struct cu_err *err)
{
    struct text mark = { NULL };
    cu_autofree char *key = NULL;
    int r = etcd_get(m->to, m->mark, take_text, &mark, NULL, err);
    cu_autofree char *whose = mark.v;
    if (r == -CU_E_NOTFOUND) {
        if (err)
            cu_err_clear(err);
        r = 0;
    }
    bool ours = whose && cu_streq(whose, m->mark_text);
    if (r == 0)
        r = etcd_list(m->to, m->root, found_one, &key, NULL, err);
    if (r == 1 && !ours)
        return cu_fail(
            err, CU_E_EXISTS,
            "etcd at %s holds objects already (%s); an empty one is needed, so that nothing is mixed up",
            etcd_client_endpoint(m->to), key);
    if (r < 0)
        return r;
    if (r == 1 && (r = etcd_delete_prefix(m->to, m->root, NULL, err)) < 0)
        return r;
    return etcd_put(m->to, m->mark, m->mark_text, strlen(m->mark_text), NULL, err);
}

struct raising {
    const struct store_move *m;
    int64_t left;
};

static bool next_raise(void *arg, struct etcd_put *out)
{
    struct raising *r = arg;
    if (r->left <= 0)
        return false;
    r->left--;
    *out = (struct etcd_put){ r->m->mark, r->m->mark_text, strlen(r->m->mark_text) };
    return true;
}

/* Plain connections are made anew for each put, and may run out for a moment: what came further is gone on with. */
static bool came_further(const struct store_move *m, int failed, int64_t *now)
{
    int64_t before = *now;
    bool passing = failed == -CU_E_TIMEOUT || failed == -CU_E_UNREACHABLE || failed == -CU_E_REFUSED;
    if (!passing || etcd_get(m->to, m->mark, NULL, NULL, now, NULL) < 0 || *now <= before)
        return false;
    cu_sleep_ms(AGAIN_MS);
    return true;
}

int store_move_raise(const struct store_move *m, int64_t rev, struct cu_err *err)
{
    int64_t now = 0, told = cu_mono_ms();
    int r = etcd_get(m->to, m->mark, NULL, NULL, &now, err);
    const int64_t first = now;
    while (r == 0 && now < rev) {
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        struct raising raising = { m, rev - now < RAISE_STEP ? rev - now : RAISE_STEP };
        r = etcd_put_all(m->to, next_raise, &raising, &now, &why);
        if (r < 0 && came_further(m, r, &now))
            r = 0;
        else if (r < 0 && err)
            cu_err_move(err, &why);
        if (r == 0)
            r = etcd_compact(m->to, now, err);
        if (r == 0 && cu_mono_ms() - told >= TELL_MS) {
            tell(m, "counting etcd's revision up", now - first, rev - first);
            told = cu_mono_ms();
        }
    }
    return r < 0 ? cu_wrap(err, "raise etcd's revision to %lld", (long long)rev) : 0;
}

struct entry {
    char *key;
    void *value; /* owned */
    size_t n;
    bool seen; /* read back, and it is the same */
};
struct copy {
    const struct store_move *m;
    struct entry *v;
    size_t n, cap, at;
    int64_t told;
    struct cu_map *by_key; /* key -> struct entry, borrowed */
    int64_t after;         /* no revision there may be this or earlier */
    struct cu_err *err;
};

static int take_entry(void *arg, const struct store_kv *kv)
{
    struct copy *c = arg;
    if (kv->n > VALUE_MAX)
        return cu_fail(c->err, CU_E_INVALID,
                       "%s has %zu bytes, and etcd takes 1.5 MiB at once; make that object smaller", kv->key,
                       kv->n);
    cu_grow(&c->v, &c->cap, c->n + 1, sizeof(*c->v));
    c->v[c->n++] = (struct entry){ cu_strdup(kv->key), cu_memdup(kv->value, kv->n), kv->n, false };
    return 0;
}

static bool next_entry(void *arg, struct etcd_put *out)
{
    struct copy *c = arg;
    if (c->at == c->n)
        return false;
    const struct entry *e = &c->v[c->at++];
    *out = (struct etcd_put){ e->key, e->value, e->n };
    if (cu_mono_ms() - c->told >= TELL_MS) {
        tell(c->m, "copying objects", (int64_t)c->at, (int64_t)c->n);
        c->told = cu_mono_ms();
    }
    return true;
}

static int compare(void *arg, const struct etcd_kv *kv)
{
    struct copy *c = arg;
    struct entry *e = cu_map_get(c->by_key, kv->key);
    if (!e || kv->n != e->n || memcmp(kv->value, e->value, e->n) != 0 || kv->mod_rev <= c->after)
        return cu_fail(c->err, CU_E_CONFLICT,
                       "%s in etcd at %s is not what was copied there; does another server write to it?",
                       kv->key, etcd_client_endpoint(c->m->to));
    e->seen = true;
    return 0;
}

static int verify(struct copy *c, struct cu_err *err)
{
    int r = 0;
    c->by_key = cu_map_new(NULL);
    for (size_t i = 0; i < c->n; i++)
        cu_map_set(c->by_key, c->v[i].key, &c->v[i]);
    r = etcd_list(c->m->to, c->m->root, compare, c, NULL, err);
    for (size_t i = 0; r == 0 && i < c->n; i++)
        if (!c->v[i].seen)
            r = cu_fail(err, CU_E_CONFLICT, "%s was copied to etcd at %s and is not there", c->v[i].key,
                        etcd_client_endpoint(c->m->to));
    cu_map_free(c->by_key);
    return r;
}

int store_move_copy(const struct store_move *m, struct store *from, size_t *n, struct cu_err *err)
{
    struct copy c = { .m = m, .told = cu_mono_ms(), .err = err };
    int64_t rev = 0;
    int r = store_list(from, m->root, take_entry, &c, &c.after, err);
    if (r == 0)
        r = etcd_put_all(m->to, next_entry, &c, &rev, err);
    if (r == 0)
        r = verify(&c, err);
    if (r == 0 && rev)
        r = etcd_compact(m->to, rev, err);
    if (r == 0)
        *n = c.n;
    for (size_t i = 0; i < c.n; i++) {
        free(c.v[i].key);
        cu_wipe(c.v[i].value, c.v[i].n); /* Secrets are among them */
        free(c.v[i].value);
    }
    free(c.v);
    return r;
}

int store_move_done(const struct store_move *m, struct cu_err *err)
{
    return etcd_delete_prefix(m->to, m->mark, NULL, err);
}
