/* kube/informer.h - list and watch on an event loop: a live map of the objects of one resource. Resumes from the last
 * resource version, lists again on 410, backs off on failures (and says so in the log at V(2)). */
#ifndef KUBE_INFORMER_H
#define KUBE_INFORMER_H

#include "codec/value.h"

struct http_loop;
struct kube_config;
struct kube_informer;

struct kube_informer_spec {
    const char *path;  /* "/api/v1/nodes" */
    const char *query; /* "fieldSelector=...", encoded; NULL: none */
    /* old is NULL for an added object, obj is NULL for a deleted one. Both borrowed for the call. */
    void (*changed)(void *arg, const struct val *obj, const struct val *old);
    void (*synced)(void *arg);                             /* after the first complete list; may be NULL */
    void (*failed)(void *arg, const struct cu_err *cause); /* each failed attempt; may be NULL */
    void *arg;
    const char *user_agent; /* NULL: as kube_options */
};
/* Nothing is borrowed after return. Starts at once: the first callback comes from the loop. While the server is not
 * there it is tried again every few milliseconds, later every 200; other failures back off to 5 s. */
int kube_informer_new(struct http_loop *loop, const struct kube_config *c, const struct kube_informer_spec *s,
                      struct kube_informer **out, struct cu_err *err);
void kube_informer_free(
    struct kube_informer *i); /* NULL is fine; no callback afterwards; allowed in callbacks */
bool kube_informer_synced(const struct kube_informer *i);
/* Borrowed; key is "<namespace>/<name>" or "<name>". */
struct val *kube_informer_get(const struct kube_informer *i, const char *key);
/* Walk in no particular order: `size_t pos = 0; while (kube_informer_next(i, &pos, &obj))`. */
bool kube_informer_next(const struct kube_informer *i, size_t *pos, struct val **obj);

#endif
