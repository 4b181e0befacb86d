/* apiserver/strategy.h - what the server does to an object of each kind between admission and validation:
 * sets metadata, separates spec from status, keeps what a client may not change (spec
 * apiserver 3.2, 3.5, 3.6, 6.1).
 *
 * One write: api_conform (JSON only), api_default, mutating admission, api_prepare_create or _update,
 * api_validate_create or _update, validating admission, store. */
#ifndef APISERVER_STRATEGY_H
#define APISERVER_STRATEGY_H

#include "apiserver/request.h"

struct api_write {
    const struct api_resource *r;
    const char *sub;             /* "" or "status", "approval", "finalize", ... */
    const char *ns, *name;       /* from the URL; name "" on create; both may be "" */
    const struct api_user *user; /* who writes */
    int64_t now_ms;              /* wall clock */
};

enum api_trait {
    API_CREATE_ON_UPDATE = 1 << 0,      /* PUT of an absent object creates it */
    API_UPDATE_NEEDS_VERSION = 1 << 1,  /* PUT without resourceVersion is refused */
    API_DELETE_ANSWERS_OBJECT = 1 << 2, /* DELETE answers the object, not a Status */
    API_HAS_GENERATION = 1 << 3,        /* metadata.generation counts changes of spec */
    API_GRACEFUL = 1 << 4,              /* DELETE honours gracePeriodSeconds (pods) */
    API_KEEPS_STATUS = 1 << 5,          /* status of the body is kept on create (nodes) */
};
unsigned api_traits(const struct api_resource *r);

/* generateName rule: prefix cut to 58 bytes plus 5 random characters. Caller frees. */
char *api_generate_name(const char *prefix);

/* Changes `obj` (a map, not shared) into what is stored on create: kind, apiVersion, metadata (uid,
 * creationTimestamp, generation, namespace, a generated name), status reset, fields the server owns. The
 * resourceVersion is left out: the store sets it. With generateName the caller repeats with a new name on
 * collision (api_generate_name).
 * 400 when the body's namespace differs from the URL's or a resourceVersion is given. */
int api_prepare_create(const struct api_write *w, struct val *obj, struct api_status *s);

/* The same for an update or patch through the resource (w->sub "") or a subresource; `old` is the stored
 * object and only read. Keeps uid, creationTimestamp, deletionTimestamp, and status or spec as the
 * subresource asks; raises the generation when the spec changed. metadata.resourceVersion of `obj` is left
 * alone: the caller compares it before. 400 when name or namespace differ from the URL's, 409 when the uid
 * differs. */
int api_prepare_update(const struct api_write *w, const struct val *old, struct val *obj,
                       struct api_status *s);

/* True when an update of a deleted object leaves nothing to wait for (no finalizers, grace 0), so that the
 * caller must remove it. */
bool api_is_finished(const struct api_resource *r, const struct val *obj);

/* Subresource "scale" of r: the Scale object of `obj` (owned by the caller), and back: sets spec.replicas of
 * `obj` from `scale`, after checking it (422). */
struct val *api_scale_of(const struct api_resource *r, const struct val *obj);
int api_scale_apply(const struct api_write *w, const struct val *scale, struct val *obj,
                    struct api_status *s);

#endif
