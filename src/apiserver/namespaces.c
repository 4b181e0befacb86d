/* apiserver/namespaces.c - the end of a namespace: everything in it is removed, then its finalizer, then itself.
 * Must not know kinds; pods get their grace period because api_remove() gives it to them. */
#include "apiserver/namespaces.h"
#include "apiserver/write.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include <string.h>

#define FINALIZER "kubernetes"
#define RETRY_MS 1000

struct api_namespaces {
    struct api_server *srv;
    const struct api_resource *res;
    struct api_subscription *sub;
    struct http_timer *timer;
    struct cu_map *todo; /* names of namespaces to look at; values unused */
};

static bool terminating(const struct api_object *ns)
{
    return ns && val_find_str(ns->v, "metadata", "deletionTimestamp", NULL);
}

static void later(struct api_namespaces *n, const char *name)
{
    cu_map_set(n->todo, name, n);
    if (!http_timer_is_set(n->timer))
        http_timer_set(n->timer, 0);
}

static void on_change(void *arg, const struct api_change *c)
{
    struct api_namespaces *n = arg;
    if (c->obj->res == n->res) {
        if (c->type != API_DELETED && terminating(c->obj))
            later(n, c->obj->name);
    } else if (*c->obj->ns && terminating(api_registry_get(n->srv->registry, n->res, "", c->obj->ns))) {
        later(n, c->obj->ns);
    }
}

/* Removes what can be removed now; counts what stays for the moment. */
static size_t empty(struct api_namespaces *n, const char *name)
{
    size_t left = 0;
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        if (!r->namespaced || !r->etcd_prefix)
            continue;
        struct api_walk w = API_WALK_INIT;
        struct api_object *o;
        while ((o = api_registry_next(n->srv->registry, r, name, &w))) {
            struct api_status st = API_STATUS_INIT;
            struct api_outcome out = API_OUTCOME_INIT;
            struct api_removal how = API_REMOVAL_INIT;
            cu_autoobject struct api_object *held = api_object_ref(o);
            bool going = val_find_str(o->v, "metadata", "deletionTimestamp", NULL) != NULL;
            if (going || api_remove(n->srv, held, &how, &out, &st) < 0 || !out.gone)
                left++;
            if (st.code)
                cu_log_warning("emptying namespace %s: %s %s: %s", name, r->resource, held->name,
                               cu_or(val_get_str(st.body, "message"), ""));
            api_outcome_clear(&out);
            api_status_clear(&st);
        }
    }
    return left;
}

static bool drop_finalizer(struct api_namespaces *n, const char *name)
{
    struct api_object *ns = api_registry_get(n->srv->registry, n->res, "", name);
    if (!terminating(ns))
        return false;
    cu_autoobject struct api_object *held = api_object_ref(ns);
    struct val *v = val_copy(ns->v), *spec = val_need_map(v, "spec"), *kept = val_new_list();
    const struct val *old = val_get(spec, "finalizers");
    for (size_t i = 0; i < val_len(old); i++)
        if (!cu_streq(val_str(val_at(old, i)), FINALIZER))
            val_append(kept, val_copy(val_at(old, i)));
    val_set(spec, "finalizers", kept);
    struct api_status st = API_STATUS_INIT;
    int failed = api_replace(n->srv, held, v, &st);
    if (failed < 0)
        cu_log_warning("finalizing namespace %s: %s", name, cu_or(val_get_str(st.body, "message"), ""));
    api_status_clear(&st);
    return failed < 0;
}

static void work(void *arg)
{
    struct api_namespaces *n = arg;
    struct cu_map *todo = n->todo;
    n->todo = cu_map_new(NULL);
    size_t pos = 0;
    const char *name;
    void *value;
    bool again = false;
    while (cu_map_next(todo, &pos, &name, &value))
        if (terminating(api_registry_get(n->srv->registry, n->res, "", name)) && empty(n, name) == 0 &&
            drop_finalizer(n, name)) {
            cu_map_set(n->todo, name, n);
            again = true;
        }
    cu_map_free(todo);
    /* what stays wakes us when it goes; a failed write is tried again */
    http_timer_stop(n->timer);
    if (cu_map_len(n->todo))
        http_timer_set(n->timer, again ? RETRY_MS : 0);
}

struct api_namespaces *api_namespaces_new(struct api_server *srv)
{
    struct api_namespaces *n = cu_calloc(1, sizeof(*n));
    n->srv = srv;
    n->res = api_resource_find("", "v1", "namespaces");
    n->todo = cu_map_new(NULL);
    n->timer = http_timer_new(srv->loop, work, n);
    n->sub = api_registry_subscribe(srv->registry, NULL, on_change, n);
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    while ((o = api_registry_next(srv->registry, n->res, NULL, &w)))
        if (terminating(o))
            later(n, o->name);
    return n;
}

void api_namespaces_free(struct api_namespaces *n)
{
    if (!n)
        return;
    api_registry_unsubscribe(n->sub);
    http_timer_free(n->timer);
    cu_map_free(n->todo);
    free(n);
}
