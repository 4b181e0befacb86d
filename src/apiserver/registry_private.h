/* apiserver/registry_private.h - shared by registry.c, changes.c and current.c; nobody else includes it. */
#ifndef APISERVER_REGISTRY_PRIVATE_H
#define APISERVER_REGISTRY_PRIVATE_H

#include "apiserver/object.h"
#include "base/map.h"

#define API_RING 256 /* changes kept in memory per table; older ones are read back from the store */

struct api_kept_change { /* a struct api_change that owns its objects */
    enum api_change_type type;
    int64_t rev;
    struct api_object *obj, *prev;
};

struct api_store_table {
    const struct api_resource *res;
    char *prefix;          /* "/registry/pods/" */
    struct api_object **v; /* n objects in byte order of their keys; one reference each */
    size_t n, cap;
    uint64_t generation; /* counts changes of v */
    struct api_kept_change *ring;
    size_t ring_at, ring_n; /* oldest entry, entries */
    int64_t ring_since;     /* every change after this revision is in the ring */
};

struct api_subscription {
    struct api_registry *g;
    struct api_store_table *t; /* NULL: all */
    api_change_fn fn;
    void *arg;
    bool dead;
    bool never; /* its resource is not stored */
};

struct api_asker { /* waits until the objects are current */
    api_current_fn fn;
    void *arg;
};
struct api_askers {
    struct api_asker *v;
    size_t n, cap;
};

struct api_registry {
    struct store *store;
    char *prefix;
    struct api_store_table *tables;
    size_t n_tables;
    struct api_store_table **of_row; /* by index in api_resources */
    struct cu_map *by_prefix;        /* store prefix -> table */
    struct cu_map *uids;             /* uid -> object, borrowed from its table */
    struct cu_map *written;          /* store key -> tree of a write under way */
    int64_t own_from, own_to;        /* revisions of our own last write */
    int64_t rev;
    uint64_t writes; /* made here */
    int64_t away_ms; /* when it began to be away; 0: it is not */
    char *guard_key;
    int64_t guard_rev;         /* of the guard's last change seen */
    struct api_guarded *guard; /* of the next writes; borrowed; NULL: none */
    struct api_subscription **subs;
    size_t n_subs, subs_cap;
    unsigned announcing;
    struct api_askers asked, next; /* of the question under way; who came after it was sent */
    bool asking;
};

/* NULL for resources that are not stored. */
struct api_store_table *api_registry_table(const struct api_registry *g, const struct api_resource *r);
/* NULL, after a warning, when the value is no object of that key. */
struct api_object *api_registry_decode(const struct api_store_table *t, const char *key, const void *value,
                                       size_t n, int64_t rev);
/* 503: the store is away. In the first seconds clients are told to ask again. */
int api_registry_away(struct api_registry *g, struct api_status *st, const struct cu_err *err);
void api_registry_abandon(struct api_registry *g); /* answers all who wait in api_registry_current() */
/* Keeps the change in the ring and tells the subscribers. */
void api_registry_announce(struct api_registry *g, struct api_store_table *t, const struct api_change *c);
void api_registry_forget(struct api_store_table *t); /* drops the ring */

#endif
