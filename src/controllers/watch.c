/* controllers/watch.c - informers shared by several controllers. Must not know what they watch for. */
#include "controllers/control.h"

#include "base/log.h"
#include "base/str.h"
#include "kube/informer.h"

#include "controllers/parts.h"

struct listener {
    void (*changed)(void *arg, const struct val *obj, const struct val *old);
    void (*synced)(void *arg);
    void *arg;
};

struct ctl_watch {
    struct ctl_watch *next;
    char *path, *query;
    struct kube_informer *informer;
    struct listener *listeners;
    size_t n, cap;
    bool complained;
};

static void on_changed(void *arg, const struct val *obj, const struct val *old)
{
    struct ctl_watch *w = arg;
    for (size_t i = 0; i < w->n; i++)
        if (w->listeners[i].changed)
            w->listeners[i].changed(w->listeners[i].arg, obj, old);
}

static void on_synced(void *arg)
{
    struct ctl_watch *w = arg;
    for (size_t i = 0; i < w->n; i++)
        if (w->listeners[i].synced)
            w->listeners[i].synced(w->listeners[i].arg);
}

static void on_failed(void *arg, const struct cu_err *cause)
{
    struct ctl_watch *w = arg;
    /* A server that restarts is nothing to write home about; being refused for good is. */
    bool worth = cause->code == CU_E_FORBIDDEN || cause->code == CU_E_AUTH || cause->code == CU_E_INVALID;
    if (worth && !w->complained)
        cu_log_warning("watch of %s: %s", w->path, cu_err_text(cause));
    w->complained = worth;
}

struct ctl_watch *ctl_watch(struct ctl *c, const char *path, const char *query)
{
    for (struct ctl_watch *w = c->watches; w; w = w->next)
        if (cu_streq(w->path, path) && cu_streq(w->query, query))
            return w;
    struct ctl_watch *w = cu_calloc(1, sizeof(*w));
    w->path = cu_strdup(path);
    w->query = cu_strdup(query);
    w->next = c->watches;
    c->watches = w;
    cu_autofree char *agent = ctl_user_agent(c);
    struct kube_informer_spec spec = { .path = path,
                                       .query = query,
                                       .changed = on_changed,
                                       .synced = on_synced,
                                       .failed = on_failed,
                                       .arg = w,
                                       .user_agent = agent };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (kube_informer_new(c->loop, c->config, &spec, &w->informer, &err) < 0)
        cu_log_error("watch of %s: %s", path, cu_err_text(&err)); /* the kubeconfig was checked at start */
    return w;
}

void ctl_watch_listen(struct ctl_watch *w,
                      void (*changed)(void *arg, const struct val *obj, const struct val *old),
                      void (*synced)(void *arg), void *arg)
{
    cu_grow(&w->listeners, &w->cap, w->n + 1, sizeof(*w->listeners));
    w->listeners[w->n++] = (struct listener){ changed, synced, arg };
    if (!ctl_watch_synced(w))
        return;
    size_t pos = 0;
    struct val *obj;
    while (changed && kube_informer_next(w->informer, &pos, &obj))
        changed(arg, obj, NULL);
    if (synced)
        synced(arg);
}

struct kube_informer *ctl_watch_informer(const struct ctl_watch *w)
{
    return w->informer;
}

bool ctl_watch_synced(const struct ctl_watch *w)
{
    return w->informer && kube_informer_synced(w->informer);
}

void ctl_watches_free(struct ctl *c)
{
    for (struct ctl_watch *w = c->watches, *next; w; w = next) {
        next = w->next;
        kube_informer_free(w->informer);
        free(w->path);
        free(w->query);
        free(w->listeners);
        free(w);
    }
    c->watches = NULL;
}
