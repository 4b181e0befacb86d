/* apiserver/collector.c - who belongs to whom, and what happens when an owner goes.
 * Must not know kinds. Objects are remembered by uid; an owner that is not in the registry is gone for good, unless it
 * is of a kind this server does not serve. */
#include "apiserver/collector.h"
#include "apiserver/write.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include <string.h>

#define FOREGROUND "foregroundDeletion"
#define ORPHAN "orphan"
#define RETRY_MS 1000

struct api_collector {
    struct api_server *srv;
    struct api_subscription *sub;
    struct http_timer *timer;
    struct cu_map *dependents; /* owner's uid -> struct cu_strlist of uids */
    struct cu_map *todo;       /* uid of an object or of a gone owner to look at; values unused */
};

static void list_free(void *p)
{
    cu_strlist_clear(p);
    free(p);
}

static const struct val *owners_of(const struct api_object *o)
{
    return o ? val_find(o->v, "metadata", "ownerReferences", NULL) : NULL;
}

static void later(struct api_collector *g, const char *uid)
{
    if (!*uid)
        return;
    cu_map_set(g->todo, uid, g);
    if (!http_timer_is_set(g->timer))
        http_timer_set(g->timer, 0);
}

static void link_owners(struct api_collector *g, const struct api_object *o)
{
    const struct val *owners = owners_of(o);
    for (size_t i = 0; i < val_len(owners); i++) {
        const char *owner = val_get_str(val_at(owners, i), "uid");
        if (cu_is_empty(owner))
            continue;
        struct cu_strlist *l = cu_map_get(g->dependents, owner);
        if (!l) {
            l = cu_calloc(1, sizeof(*l));
            cu_map_set(g->dependents, owner, l);
        }
        cu_strlist_add_unique(l, o->uid);
    }
}

static void unlink_owners(struct api_collector *g, const struct api_object *o)
{
    const struct val *owners = owners_of(o);
    for (size_t i = 0; i < val_len(owners); i++) {
        const char *owner = val_get_str(val_at(owners, i), "uid");
        struct cu_strlist *l = owner ? cu_map_get(g->dependents, owner) : NULL, rest = CU_STRLIST_INIT;
        if (!l)
            continue;
        for (size_t k = 0; k < l->n; k++)
            if (strcmp(l->v[k], o->uid) != 0)
                cu_strlist_add(&rest, l->v[k]);
        cu_strlist_clear(l);
        *l = rest;
        if (l->n == 0)
            cu_map_remove(g->dependents, owner);
    }
}

static bool has_finalizer(const struct api_object *o, const char *name)
{
    const struct val *l = val_find(o->v, "metadata", "finalizers", NULL);
    for (size_t i = 0; i < val_len(l); i++)
        if (cu_streq(val_str(val_at(l, i)), name))
            return true;
    return false;
}

static bool being_deleted(const struct api_object *o)
{
    return val_find_str(o->v, "metadata", "deletionTimestamp", NULL) != NULL;
}

/* Owners that wait for their dependents look again when one of these changes. */
static void wake_owners(struct api_collector *g, const struct api_object *o)
{
    const struct val *owners = owners_of(o);
    for (size_t i = 0; i < val_len(owners); i++) {
        struct api_object *owner =
            api_registry_by_uid(g->srv->registry, val_get_str(val_at(owners, i), "uid"));
        if (owner && being_deleted(owner))
            later(g, owner->uid);
    }
}

static void on_change(void *arg, const struct api_change *c)
{
    struct api_collector *g = arg;
    const struct val *was = owners_of(c->prev), *is = c->type == API_DELETED ? NULL : owners_of(c->obj);
    if (was != is && !val_equal(was, is)) {
        if (was)
            unlink_owners(g, c->prev);
        if (is)
            link_owners(g, c->obj);
    }
    if (c->type == API_DELETED) {
        if (cu_map_get(g->dependents, c->obj->uid))
            later(g, c->obj->uid);
        wake_owners(g, c->obj);
    } else if (is && (c->type == API_ADDED || was != is)) {
        later(g, c->obj->uid); /* is its owner still there? */
    }
    if (c->type != API_DELETED && being_deleted(c->obj) &&
        (has_finalizer(c->obj, FOREGROUND) || has_finalizer(c->obj, ORPHAN)))
        later(g, c->obj->uid);
}

/* Is the owner this reference names gone? */
static bool is_gone(const struct api_collector *g, const struct val *reference)
{
    const char *version = cu_or(val_get_str(reference, "apiVersion"), ""), *slash = strchr(version, '/');
    cu_autofree char *group = slash ? cu_strndup(version, (size_t)(slash - version)) : cu_strdup("");
    if (!api_resource_by_kind(group, slash ? slash + 1 : version, cu_or(val_get_str(reference, "kind"), "")))
        return false; /* not ours to judge */
    return !api_registry_by_uid(g->srv->registry, val_get_str(reference, "uid"));
}

static bool report(int failed, const struct api_object *o, struct api_status *st)
{
    if (failed < 0 && st->code != 404 && st->code != 409)
        cu_log_warning("collecting %s %s: %s", o->res->resource, o->key,
                       cu_or(val_get_str(st->body, "message"), ""));
    bool again = failed < 0 && st->code == 409;
    api_status_clear(st);
    return again;
}

/* Removes a dependent none of whose owners is left; true: look again. */
static bool check_owners(struct api_collector *g, struct api_object *o)
{
    const struct val *owners = owners_of(o);
    struct api_status st = API_STATUS_INIT;
    struct api_outcome out = API_OUTCOME_INIT;
    size_t gone = 0, n = val_len(owners);
    for (size_t i = 0; i < n; i++)
        gone += is_gone(g, val_at(owners, i));
    if (gone == 0)
        return false;
    if (gone == n) {
        if (being_deleted(o))
            return false;
        struct api_removal how = API_REMOVAL_INIT;
        how.uid = o->uid;
        bool again = report(api_remove(g->srv, o, &how, &out, &st), o, &st);
        api_outcome_clear(&out);
        return again;
    }
    struct val *v = val_copy(o->v), *kept = val_new_list();
    for (size_t i = 0; i < n; i++)
        if (!is_gone(g, val_at(owners, i)))
            val_append(kept, val_copy(val_at(owners, i)));
    val_set(val_get(v, "metadata"), "ownerReferences", kept);
    return report(api_registry_update(g->srv->registry, o, v, NULL, &st), o, &st);
}

static struct val *without(const struct val *list, const char *key, const char *value)
{
    struct val *out = val_new_list();
    for (size_t i = 0; i < val_len(list); i++) {
        const struct val *e = val_at(list, i);
        const char *text = key ? val_get_str(e, key) : val_str(e);
        if (!cu_streq(text, value))
            val_append(out, val_copy(e));
    }
    return out;
}

static void set_or_drop(struct val *metadata, const char *key, struct val *list)
{
    if (val_len(list)) {
        val_set(metadata, key, list);
    } else {
        val_del(metadata, key);
        val_unref(list);
    }
}

static bool drop_finalizer(struct api_collector *g, struct api_object *o, const char *name)
{
    struct api_status st = API_STATUS_INIT;
    struct val *v = val_copy(o->v), *m = val_get(v, "metadata");
    set_or_drop(m, "finalizers", without(val_get(m, "finalizers"), NULL, name));
    return report(api_replace(g->srv, o, v, &st), o, &st);
}

/* An owner in deletion that lets go of its dependents or waits for them. True: look again. */
static bool settle_owner(struct api_collector *g, struct api_object *o)
{
    bool orphan = has_finalizer(o, ORPHAN), again = false, waits = false;
    cu_autostrlist struct cu_strlist uids = CU_STRLIST_INIT; /* a copy: the index changes under our writes */
    const struct cu_strlist *l = cu_map_get(g->dependents, o->uid);
    if (l)
        cu_strlist_copy(&uids, l);
    for (size_t i = 0; i < uids.n; i++) {
        cu_autoobject struct api_object *d = api_object_ref(api_registry_by_uid(g->srv->registry, uids.v[i]));
        struct api_status st = API_STATUS_INIT;
        struct api_outcome out = API_OUTCOME_INIT;
        if (!d)
            continue;
        if (orphan) {
            struct val *v = val_copy(d->v), *m = val_get(v, "metadata");
            set_or_drop(m, "ownerReferences", without(val_get(m, "ownerReferences"), "uid", o->uid));
            again |= report(api_registry_update(g->srv->registry, d, v, NULL, &st), d, &st);
            continue;
        }
        struct api_removal how = API_REMOVAL_INIT;
        how.policy = API_FOREGROUND;
        if (!cu_map_get(g->dependents, d->uid))
            how.policy = API_BACKGROUND; /* nobody below it */
        if (!being_deleted(d))
            again |= report(api_remove(g->srv, d, &how, &out, &st), d, &st);
        if (!out.gone)
            waits = true;
        api_outcome_clear(&out);
    }
    if (!again && !waits)
        again = drop_finalizer(g, o, orphan ? ORPHAN : FOREGROUND);
    return again;
}

/* True: look again later. */
static bool look_at(struct api_collector *g, const char *uid)
{
    cu_autoobject struct api_object *o = api_object_ref(api_registry_by_uid(g->srv->registry, uid));
    bool again = false;
    if (o && being_deleted(o) && (has_finalizer(o, FOREGROUND) || has_finalizer(o, ORPHAN)))
        return settle_owner(g, o);
    if (o)
        return check_owners(g, o);
    cu_autostrlist struct cu_strlist uids = CU_STRLIST_INIT;
    const struct cu_strlist *l = cu_map_get(g->dependents, uid);
    if (l)
        cu_strlist_copy(&uids, l);
    for (size_t i = 0; i < uids.n; i++) {
        cu_autoobject struct api_object *d = api_object_ref(api_registry_by_uid(g->srv->registry, uids.v[i]));
        if (d)
            again |= check_owners(g, d);
    }
    return again;
}

static void work(void *arg)
{
    struct api_collector *g = arg;
    struct cu_map *todo = g->todo;
    g->todo = cu_map_new(NULL); /* what our own writes cause comes on the next turn */
    size_t pos = 0;
    const char *uid;
    void *value;
    cu_autostrlist struct cu_strlist again = CU_STRLIST_INIT;
    while (cu_map_next(todo, &pos, &uid, &value))
        if (look_at(g, uid))
            cu_strlist_add(&again, uid);
    cu_map_free(todo);
    for (size_t i = 0; i < again.n; i++)
        cu_map_set(g->todo, again.v[i], g);
    if (cu_map_len(g->todo))
        http_timer_set(g->timer, again.n == cu_map_len(g->todo) ? RETRY_MS : 0);
}

struct api_collector *api_collector_new(struct api_server *srv)
{
    struct api_collector *g = cu_calloc(1, sizeof(*g));
    g->srv = srv;
    g->dependents = cu_map_new(list_free);
    g->todo = cu_map_new(NULL);
    g->timer = http_timer_new(srv->loop, work, g);
    g->sub = api_registry_subscribe(srv->registry, NULL, on_change, g);
    for (size_t i = 0; i < api_n_resources; i++) {
        struct api_walk w = API_WALK_INIT;
        struct api_object *o;
        while ((o = api_registry_next(srv->registry, &api_resources[i], NULL, &w))) {
            struct api_change c = { API_ADDED, o->rev, o, NULL };
            on_change(g, &c);
        }
    }
    return g;
}

void api_collector_free(struct api_collector *g)
{
    if (!g)
        return;
    api_registry_unsubscribe(g->sub);
    http_timer_free(g->timer);
    cu_map_free(g->dependents);
    cu_map_free(g->todo);
    free(g);
}
