/* apiserver/registry.h - all objects, in memory, in key order, backed by the store. The only place that reads
 * and writes it. Knows nothing of users: no authorization, defaulting, admission or validation happens here;
 * startup objects, authentication, admission and the handlers all use it. One thread. */
#ifndef APISERVER_REGISTRY_H
#define APISERVER_REGISTRY_H

#include "apiserver/request.h"
#include "apiserver/resource.h"
#include "store/store.h"

/* One state of one object; never changes once made; reference counted. */
struct api_object {
    const struct api_resource *res; /* as stored: the first row of the resource table with that etcd prefix */
    struct val *v; /* whole object with kind, apiVersion and metadata.resourceVersion; never change it */
    int64_t rev;   /* = metadata.resourceVersion */
    char *key;     /* "namespace/name" or "name" */
    const char *ns, *name, *uid; /* "" when none; ns "" at cluster scope */
    char *json;                  /* private: api_object_json() */
    unsigned refs;               /* private */
};
struct api_object *api_object_ref(struct api_object *o); /* NULL is fine */
void api_object_unref(struct api_object *o);             /* NULL is fine */
void api_object_cleanup(struct api_object **o);
#define cu_autoobject __attribute__((cleanup(api_object_cleanup)))
/* Compact JSON of o->v, made once and kept; borrowed. */
const char *api_object_json(struct api_object *o);

struct api_registry; /* opaque */

/* Reads everything below `prefix` ("/registry") from the store, which must outlive the registry. Values that
 * cannot be read are skipped with a warning in the log. */
int api_registry_open(struct store *s, const char *prefix, struct api_registry **out, struct cu_err *err);
void api_registry_close(struct api_registry *g);
int64_t api_registry_revision(const struct api_registry *g); /* of the last change seen */
uint64_t api_registry_writes(const struct api_registry *g);  /* how many were made here */
struct store *api_registry_store(const struct api_registry *g);

/* Borrowed until the next write; NULL when absent. ns: "" or NULL at cluster scope. Rows of the resource
 * table that share an etcd prefix share their objects. */
struct api_object *api_registry_get(const struct api_registry *g, const struct api_resource *r,
                                    const char *ns, const char *name);
struct api_object *api_registry_by_uid(const struct api_registry *g, const char *uid);
size_t api_registry_count(const struct api_registry *g, const struct api_resource *r);
/* Walks the objects of one namespace (all: ns NULL or "") in key order. Writes meanwhile are allowed.
 * `struct api_walk w = API_WALK_INIT; while ((o = api_registry_next(g, r, ns, &w)))`; end early:
 * api_walk_end(). */
struct api_walk {
    struct api_object *last; /* private */
    size_t at;
    uint64_t generation;
};
#define API_WALK_INIT                                                                                        \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }
struct api_object *api_registry_next(const struct api_registry *g, const struct api_resource *r,
                                     const char *ns, struct api_walk *w);
void api_walk_end(struct api_walk *w);

/* Writes. `v` is taken over, also on failure, and must be complete: kind, apiVersion, metadata with name,
 * namespace, uid and creationTimestamp (api_registry_stamp() sets what is missing); a resourceVersion in it
 * is replaced. out (may be NULL): borrowed until the next write, the state as stored. 0, or -1 with *st
 * filled: 409 AlreadyExists, 409 Conflict (old is no longer the stored state), 404, 500 when the store fails.
 */
int api_registry_create(struct api_registry *g, const struct api_resource *r, struct val *v,
                        struct api_object **out, struct api_status *st);
/* For objects that depend on others of their kind (addresses that must be different): `guard` is written together with
 * the next object, when nobody has written it since this registry was last told of it; the key is GUARD_KEY below the
 * prefix. One guarded write that loses answers 409 and *lost: learn the others' writes, which has happened when it
 * returns, and make the object anew. `guard` is the value, owned by the caller. Engines with one writer need none. */
#define API_GUARD_KEY "ranges/servicenodeports"
struct api_guarded {
    const char *value;
    bool lost;
};
void api_registry_guard(struct api_registry *g,
                        struct api_guarded *guard); /* NULL: none. Borrowed until changed */
/* Nothing is written when v equals old; *out is old then. */
int api_registry_update(struct api_registry *g, const struct api_object *old, struct val *v,
                        struct api_object **out, struct api_status *st);
/* *out: the last state, carrying the revision of the deletion; the caller owns a reference (may be NULL). */
int api_registry_delete(struct api_registry *g, const struct api_object *old, struct api_object **out,
                        struct api_status *st);
/* Creates those that are absent, in one transaction where the store has them. Takes every v[i]. */
int api_registry_create_all(struct api_registry *g, const struct api_resource *const *r, struct val **v,
                            size_t n, struct api_status *st);
/* Sets metadata.uid, creationTimestamp, kind and apiVersion of r where absent. */
void api_registry_stamp(const struct api_resource *r, struct val *v);

/* Changes. */
enum api_change_type { API_ADDED, API_MODIFIED, API_DELETED };
struct api_change {
    enum api_change_type type;
    int64_t rev;
    struct api_object
        *obj; /* the new state; for API_DELETED the last state with the revision of the deletion */
    struct api_object *prev; /* the state before; NULL for API_ADDED */
};
typedef void (*api_change_fn)(void *arg, const struct api_change *c);
struct api_subscription;
/* Calls fn after each change of r (NULL: of every resource), in order of revision, before the writing call
 * returns. fn may read but not write; to write, defer to the loop. */
struct api_subscription *api_registry_subscribe(struct api_registry *g, const struct api_resource *r,
                                                api_change_fn fn, void *arg);
void api_registry_unsubscribe(struct api_subscription *s); /* NULL is fine; allowed inside fn */
/* Replays changes of r with revision > after. -CU_E_EXPIRED when they are no longer known. */
int api_registry_replay(struct api_registry *g, const struct api_resource *r, int64_t after, api_change_fn fn,
                        void *arg, struct cu_err *err);
/* Have the objects in memory caught up with everything any server had acknowledged before this call? 0: yes, there is no
 * other server. 1: fn is called once they have, or with the reason (503) when that cannot be known: from
 * api_registry_pump(), within seconds, or from api_registry_close(), when only answering is left to do. -1: *st is the
 * reason at once. However many ask, one question to the store is under way. */
typedef void (*api_current_fn)(void *arg, struct api_status *st);
int api_registry_current(struct api_registry *g, api_current_fn fn, void *arg, struct api_status *st);
/* Takes in changes made by other servers (when store_fd() is readable). */
int api_registry_pump(struct api_registry *g, struct cu_err *err);

#endif
