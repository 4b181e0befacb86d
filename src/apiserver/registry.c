/* apiserver/registry.c - the objects in memory, in key order, and their way to and from the store.
 * Must not know users, HTTP or the meaning of any kind. Subscriptions and history are in changes.c. */
#include "apiserver/protobuf.h"
#include "apiserver/registry_private.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <string.h>

#define CHANGED_TEXT "the object has been modified; apply your changes to the latest version and try again"

static const char *storage_path(const struct api_resource *r) /* behind "/registry" */
{
    const char *p = r->etcd_prefix;
    if (cu_is_empty(p))
        return NULL;
    return cu_has_prefix(p, "/registry/") ? p + strlen("/registry") : p;
}

/* One table per etcd prefix: rows of the resource table that share one share their objects. */
static void make_tables(struct api_registry *g)
{
    g->of_row = cu_calloc(api_n_resources, sizeof(struct api_store_table *));
    g->tables = cu_calloc(api_n_resources, sizeof(*g->tables));
    g->by_prefix = cu_map_new(NULL);
    g->uids = cu_map_new(NULL);
    g->written = cu_map_new((void (*)(void *))val_unref);
    for (size_t i = 0; i < api_n_resources; i++) {
        const char *path = storage_path(&api_resources[i]);
        if (!path)
            continue;
        cu_autofree char *prefix =
            cu_asprintf("%s%s%s", g->prefix, path, cu_has_suffix(path, "/") ? "" : "/");
        struct api_store_table *t = cu_map_get(g->by_prefix, prefix);
        if (!t) {
            t = &g->tables[g->n_tables++];
            t->res = &api_resources[i];
            t->prefix = cu_strdup(prefix);
            cu_map_set(g->by_prefix, prefix, t);
        }
        g->of_row[i] = t;
    }
}

struct api_store_table *api_registry_table(const struct api_registry *g, const struct api_resource *r)
{
    return g->of_row[r - api_resources];
}

/* The table of a store key: the longest known prefix that ends in a slash. */
static struct api_store_table *table_of_key(const struct api_registry *g, const char *key)
{
    cu_autofree char *prefix = cu_strdup(key);
    for (char *slash = strrchr(prefix, '/'); slash; slash = strrchr(prefix, '/')) {
        slash[1] = '\0';
        struct api_store_table *t = cu_map_get(g->by_prefix, prefix);
        if (t)
            return t;
        *slash = '\0';
    }
    return NULL;
}

/* Index of the first object whose key is >= key. */
static size_t lower_bound(const struct api_store_table *t, const char *key)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(t->v[mid]->key, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct api_object *find(const struct api_store_table *t, const char *key, size_t *at)
{
    *at = lower_bound(t, key);
    return *at < t->n && strcmp(t->v[*at]->key, key) == 0 ? t->v[*at] : NULL;
}

/* Puts `o` (taken) into its table in place of an older state, or takes it out (o NULL). Returns the older
 * state, the caller's reference, or NULL. */
static struct api_object *put(struct api_registry *g, struct api_store_table *t, const char *key,
                              struct api_object *o)
{
    size_t at;
    struct api_object *old = find(t, key, &at);
    if (old && *old->uid && cu_map_get(g->uids, old->uid) == old)
        cu_map_remove(g->uids, old->uid);
    if (o && *o->uid)
        cu_map_set(g->uids, o->uid, o);
    if (old && o) {
        t->v[at] = o;
    } else if (o) {
        cu_grow(&t->v, &t->cap, t->n + 1, sizeof(struct api_object *));
        memmove(t->v + at + 1, t->v + at, (t->n - at) * sizeof(struct api_object *));
        t->v[at] = o;
        t->n++;
    } else if (old) {
        memmove(t->v + at, t->v + at + 1, (t->n - at - 1) * sizeof(struct api_object *));
        t->n--;
    }
    t->generation++;
    return old;
}

struct api_object *api_registry_decode(const struct api_store_table *t, const char *key, const void *value,
                                       size_t n, int64_t rev)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *v = NULL;
    /* JSON is what this server writes; the real one writes protobuf and may have shared the store */
    int failed = !value                      ? -1
                 : api_protobuf_is(value, n) ? api_protobuf_decode(value, n, &v, &err)
                                             : val_parse_json(value, n, &v, &err);
    if (failed < 0 || !val_is_map(v)) {
        cu_log_warning("skipping stored object %s: %s", key, err.msg ? err.msg : "not an object");
        return NULL;
    }
    struct api_object *o = api_object_new(t->res, v, rev);
    if (strcmp(o->key, key + strlen(t->prefix)) == 0)
        return o;
    cu_log_warning("skipping stored object %s: it is named %s inside", key, o->key);
    api_object_unref(o);
    return NULL;
}

static int load_one(void *arg, const struct store_kv *kv)
{
    struct api_registry *g = arg;
    struct api_store_table *t = table_of_key(g, kv->key);
    if (strcmp(kv->key, g->guard_key) == 0)
        g->guard_rev = kv->mod_rev;
    struct api_object *o = t ? api_registry_decode(t, kv->key, kv->value, kv->n, kv->mod_rev) : NULL;
    if (o)
        api_object_unref(put(g, t, o->key, o));
    return 0;
}

/* Takes in one change of the store: the one place where the picture in memory changes. */
static int take_in(void *arg, const struct store_change *sc)
{
    struct api_registry *g = arg;
    struct api_store_table *t = table_of_key(g, sc->kv.key);
    g->rev = sc->kv.mod_rev;
    if (strcmp(sc->kv.key, g->guard_key) == 0)
        g->guard_rev = sc->deleted ? 0 : sc->kv.mod_rev;
    if (!t)
        return 0;
    const char *key = sc->kv.key + strlen(t->prefix);
    struct api_change c = { .rev = sc->kv.mod_rev };
    cu_autoobject struct api_object *old = NULL, *last = NULL;
    if (sc->deleted) {
        old = put(g, t, key, NULL);
        if (!old)
            return 0;
        last = api_object_new(t->res, old->v, c.rev);
        c.type = API_DELETED;
        c.obj = last;
    } else {
        bool own = c.rev >= g->own_from && c.rev <= g->own_to; /* another server may write the same key */
        cu_autoval struct val *v = own ? cu_map_take(g->written, sc->kv.key) : NULL;
        struct api_object *o = v ? api_object_new(t->res, v, c.rev)
                                 : api_registry_decode(t, sc->kv.key, sc->kv.value, sc->kv.n, c.rev);
        if (!o)
            return 0;
        old = put(g, t, key, o);
        c.type = old ? API_MODIFIED : API_ADDED;
        c.obj = o;
    }
    c.prev = old;
    api_registry_announce(g, t, &c);
    return 0;
}

int api_registry_open(struct store *s, const char *prefix, struct api_registry **out, struct cu_err *err)
{
    struct api_registry *g = cu_calloc(1, sizeof(*g));
    g->store = s;
    g->prefix = cu_strdup(prefix);
    g->guard_key = cu_asprintf("%s/" API_GUARD_KEY, prefix);
    make_tables(g);
    cu_autofree char *all = cu_asprintf("%s/", prefix);
    int failed = store_list(s, all, load_one, g, &g->rev, err);
    for (size_t i = 0; failed == 0 && i < g->n_tables; i++)
        g->tables[i].ring_since = g->rev;
    if (failed == 0)
        failed = store_feed(s, g->rev, take_in, g, err);
    if (failed < 0) {
        api_registry_close(g);
        return cu_wrap(err, "read the objects");
    }
    *out = g;
    return 0;
}

void api_registry_close(struct api_registry *g)
{
    if (!g)
        return;
    api_registry_abandon(g);
    for (size_t i = 0; i < g->n_tables; i++) {
        struct api_store_table *t = &g->tables[i];
        for (size_t k = 0; k < t->n; k++)
            api_object_unref(t->v[k]);
        free(t->v);
        free(t->prefix);
        api_registry_forget(t);
    }
    free(g->tables);
    free(g->of_row);
    cu_map_free(g->by_prefix);
    cu_map_free(g->uids);
    cu_map_free(g->written);
    free(g->subs);
    free(g->guard_key);
    free(g->prefix);
    free(g);
}

int64_t api_registry_revision(const struct api_registry *g)
{
    return g->rev;
}

uint64_t api_registry_writes(const struct api_registry *g)
{
    return g->writes;
}

struct store *api_registry_store(const struct api_registry *g)
{
    return g->store;
}

struct api_object *api_registry_get(const struct api_registry *g, const struct api_resource *r,
                                    const char *ns, const char *name)
{
    struct api_store_table *t = api_registry_table(g, r);
    if (!t)
        return NULL;
    cu_autofree char *key = api_object_key(r->namespaced ? ns : "", name);
    size_t at;
    return find(t, key, &at);
}

struct api_object *api_registry_by_uid(const struct api_registry *g, const char *uid)
{
    return cu_is_empty(uid) ? NULL : cu_map_get(g->uids, uid);
}

size_t api_registry_count(const struct api_registry *g, const struct api_resource *r)
{
    struct api_store_table *t = api_registry_table(g, r);
    return t ? t->n : 0;
}

void api_walk_end(struct api_walk *w)
{
    api_object_unref(w->last);
    *w = (struct api_walk)API_WALK_INIT;
}

struct api_object *api_registry_next(const struct api_registry *g, const struct api_resource *r,
                                     const char *ns, struct api_walk *w)
{
    struct api_store_table *t = api_registry_table(g, r);
    if (!t)
        return NULL;
    cu_autofree char *prefix = cu_is_empty(ns) ? NULL : cu_asprintf("%s/", ns);
    if (!w->last) {
        w->at = prefix ? lower_bound(t, prefix) : 0;
    } else if (w->generation == t->generation) {
        w->at++;
    } else { /* changed meanwhile: go on behind the last key */
        w->at = lower_bound(t, w->last->key);
        if (w->at < t->n && strcmp(t->v[w->at]->key, w->last->key) == 0)
            w->at++;
    }
    w->generation = t->generation;
    if (w->at >= t->n || (prefix && !cu_has_prefix(t->v[w->at]->key, prefix))) {
        api_walk_end(w);
        return NULL;
    }
    api_object_unref(w->last);
    w->last = api_object_ref(t->v[w->at]);
    return w->last;
}

#define ELECTION_MS 5000 /* a store that is away for longer is not back in a second */

int api_registry_away(struct api_registry *g, struct api_status *st, const struct cu_err *err)
{
    int64_t now = cu_mono_ms();
    g->away_ms = g->away_ms ? g->away_ms : now;
    return api_fail_unavailable(st, now - g->away_ms < ELECTION_MS, cu_err_text(err));
}

/* Turns a failure of the store into the answer for the client. What was surely not written may be asked for again at once,
 * and clients do so by themselves when told to; what may have been written they must look at first. */
static int store_failed(struct api_registry *g, struct api_status *st, const struct api_resource *r,
                        const char *name, struct cu_err *err)
{
    if (err->code == CU_E_EXISTS)
        return api_fail_exists(st, r, name);
    if (err->code == CU_E_CONFLICT)
        return api_fail_conflict(st, r, name, CHANGED_TEXT);
    if (err->code == CU_E_NOTFOUND)
        return api_fail_not_found(st, r, name);
    cu_log_error("store: %s", cu_err_text(err));
    if (err->code == CU_E_UNREACHABLE)
        return api_registry_away(g, st, err);
    if (err->code == CU_E_TIMEOUT)
        return api_fail(st, 504, "Timeout", "Timeout: %s", cu_err_text(err));
    return api_fail(st, 500, "InternalError", "Internal error occurred: %s", cu_err_text(err));
}

/* Remembers the tree behind a value on its way to the store, so that it need not be parsed when it comes
 * back. Returns the store's key; *text is the value; caller frees both. */
static char *send_off(struct api_registry *g, const struct api_store_table *t, const struct val *v,
                      char **text)
{
    const struct val *metadata = val_get(v, "metadata");
    const char *ns = t->res->namespaced ? val_get_str(metadata, "namespace") : "";
    cu_autofree char *key = api_object_key(ns, cu_or(val_get_str(metadata, "name"), ""));
    char *full = cu_asprintf("%s%s", t->prefix, key);
    cu_autoval struct val *bare = api_object_bare(t->res, v);
    *text = val_dump_json(bare, VAL_JSON_COMPACT);
    cu_map_set(g->written, full, val_ref(v));
    return full;
}

void api_registry_guard(struct api_registry *g, struct api_guarded *guard)
{
    g->guard = guard;
}

static struct store_guard guard_of(const struct api_registry *g)
{
    struct store_guard s = { .key = g->guard_key, .expected = g->guard_rev };
    if (g->guard) {
        s.value = g->guard->value;
        s.n = strlen(g->guard->value);
    }
    return s;
}

/* After a guarded write: it is known without waiting for the feed, which tells it last. */
static void guard_written(struct api_registry *g, const struct store_guard *s, int64_t rev)
{
    if (g->guard && store_fd(g->store) >= 0 && rev > s->expected)
        g->guard_rev = rev;
}

/* After a write that failed: what another server wrote instead, at `rev` (0: not known), is learned. */
static void learn(struct api_registry *g, const struct store_guard *s, int64_t rev, const struct cu_err *why)
{
    store_pump(g->store, why->code == CU_E_TIMEOUT ? 0 : rev,
               NULL); /* a feed that is late was waited for already */
    if (g->guard)
        g->guard->lost = s->lost;
    /* The feed tells the guard last of its transaction, so maybe later: without it the next try would lose for sure. */
    if (s->lost && rev > g->guard_rev)
        g->guard_rev = rev;
}

/* Takes in what has changed up to revision `to`; the changes from `from` on are ours. */
static int take_own(struct api_registry *g, int64_t from, int64_t to, struct cu_err *err)
{
    g->own_from = from;
    g->own_to = to;
    g->away_ms = 0;
    g->writes++;
    return store_pump(g->store, to, err);
}

int api_registry_create(struct api_registry *g, const struct api_resource *r, struct val *v,
                        struct api_object **out, struct api_status *st)
{
    cu_autoval __attribute__((unused)) struct val *taken = v;
    struct api_store_table *t = api_registry_table(g, r);
    if (!t)
        return api_fail(st, 500, "InternalError", "Internal error occurred: %s are not stored", r->resource);
    const char *name = cu_or(val_find_str(v, "metadata", "name", NULL), "");
    const char *ns = cu_or(val_find_str(v, "metadata", "namespace", NULL), "");
    if (!*name || (r->namespaced && !*ns))
        return api_fail_bad_request(st, "an object of %s without name or namespace cannot be stored",
                                    r->resource);
    if (api_registry_get(g, r, ns, name))
        return api_fail_exists(st, r, name);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *text = NULL;
    cu_autofree char *key = send_off(g, t, v, &text);
    struct store_guard guard = guard_of(g);
    struct store_item item = { key, text, strlen(text), g->guard ? &guard : NULL };
    int64_t rev = 0;
    if (store_create(g->store, &item, &rev, &err) < 0 || take_own(g, rev, rev, &err) < 0) {
        cu_map_remove(g->written, key);
        learn(g, &guard, rev, &err);
        return store_failed(g, st, r, name, &err);
    }
    guard_written(g, &guard, rev);
    if (out)
        *out = api_registry_get(g, r, ns, name);
    return 0;
}

int api_registry_update(struct api_registry *g, const struct api_object *old, struct val *v,
                        struct api_object **out, struct api_status *st)
{
    struct api_store_table *t = api_registry_table(g, old->res);
    cu_autofree char *name = cu_strdup(old->name);
    cu_autofree char *old_key = cu_strdup(old->key);
    size_t at;
    cu_autoobject struct api_object *now = api_object_new(old->res, v, old->rev);
    val_unref(v);
    struct api_object *current = find(t, old_key, &at);
    if (!current)
        return api_fail_not_found(st, t->res, name);
    if (current != old)
        return api_fail_conflict(st, t->res, name, CHANGED_TEXT);
    if (strcmp(now->key, old_key) != 0)
        return api_fail_bad_request(st, "the object %s cannot be renamed to %s", old_key, now->key);
    if (out)
        *out = current;
    if (val_equal(now->v, current->v))
        return 0;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *text = NULL;
    cu_autofree char *key = send_off(g, t, now->v, &text);
    struct store_guard guard = guard_of(g);
    struct store_item item = { key, text, strlen(text), g->guard ? &guard : NULL };
    int64_t rev = 0;
    if (store_update(g->store, &item, old->rev, &rev, &err) < 0 || take_own(g, rev, rev, &err) < 0) {
        cu_map_remove(g->written, key);
        learn(g, &guard, rev, &err);
        return store_failed(g, st, t->res, name, &err);
    }
    guard_written(g, &guard, rev);
    if (out)
        *out = find(t, old_key, &at);
    return 0;
}

int api_registry_delete(struct api_registry *g, const struct api_object *old, struct api_object **out,
                        struct api_status *st)
{
    struct api_store_table *t = api_registry_table(g, old->res);
    size_t at;
    cu_autoobject struct api_object *held = api_object_ref(find(t, old->key, &at));
    if (!held)
        return api_fail_not_found(st, t->res, old->name);
    if (held != old)
        return api_fail_conflict(st, t->res, old->name, CHANGED_TEXT);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *key = cu_asprintf("%s%s", t->prefix, held->key);
    int64_t rev = 0;
    if (store_remove(g->store, key, held->rev, &rev, &err) < 0 || take_own(g, rev + 1, rev, &err) < 0) {
        store_pump(g->store, err.code == CU_E_TIMEOUT ? 0 : rev,
                   NULL); /* what another server wrote instead */
        return store_failed(g, st, t->res, held->name, &err);
    }
    if (out)
        *out = api_object_new(held->res, held->v, rev);
    return 0;
}

int api_registry_create_all(struct api_registry *g, const struct api_resource *const *r, struct val **v,
                            size_t n, struct api_status *st)
{
    struct store_item *items = cu_calloc(n ? n : 1, sizeof(*items));
    char **owned = cu_calloc(2 * n + 1, sizeof(*owned));
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        struct api_store_table *t = api_registry_table(g, r[i]);
        const char *name = val_find_str(v[i], "metadata", "name", NULL);
        const char *ns = val_find_str(v[i], "metadata", "namespace", NULL);
        if (t && name && (ns || !r[i]->namespaced) && !api_registry_get(g, r[i], ns, name)) {
            char *text, *key = send_off(g, t, v[i], &text);
            owned[2 * used] = key;
            owned[2 * used + 1] = text;
            items[used++] = (struct store_item){ key, text, strlen(text), NULL };
        }
    }
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int64_t rev = 0;
    int failed = used ? store_create_all(g->store, items, used, &rev, &err) : 0;
    if (failed == 0 && used) /* only a store of our own tells which of the keys we made */
        failed = take_own(g, store_fd(g->store) < 0 ? 1 : rev + 1, rev, &err);
    for (size_t i = 0; i < used; i++) {
        cu_map_remove(g->written, owned[2 * i]);
        free(owned[2 * i]);
        free(owned[2 * i + 1]);
    }
    for (size_t i = 0; i < n; i++)
        val_unref(v[i]);
    free(items);
    free(owned);
    return failed < 0 ? store_failed(g, st, NULL, "", &err) : 0;
}

void api_registry_stamp(const struct api_resource *r, struct val *v)
{
    struct val *metadata = val_need_map(v, "metadata");
    if (!val_get_str(v, "kind"))
        val_set_str(v, "kind", r->kind);
    if (!val_get_str(v, "apiVersion") && *r->group)
        val_set_strf(v, "apiVersion", "%s/%s", r->group, r->version);
    else if (!val_get_str(v, "apiVersion"))
        val_set_str(v, "apiVersion", r->version);
    if (cu_is_empty(val_get_str(metadata, "uid"))) {
        cu_autofree char *uid = cu_uuid4();
        val_set_str(metadata, "uid", uid);
    }
    if (cu_is_empty(val_get_str(metadata, "creationTimestamp"))) {
        char now[CU_RFC3339_MAX];
        cu_rfc3339(cu_now_ms(), now);
        val_set_str(metadata, "creationTimestamp", now);
    }
}
