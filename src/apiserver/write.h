/* apiserver/write.h - the way of an object into the store and out of it; shared by the writing handlers, the garbage
 * collector and the namespace controller. */
#ifndef APISERVER_WRITE_H
#define APISERVER_WRITE_H

#include "apiserver/call.h"

/* What a write led to. Clear with api_outcome_clear(). */
struct api_outcome {
    struct api_object *o; /* as stored, or the last state when gone; own reference; NULL after a dry run */
    struct val *tree;     /* the same after a dry run, owned; else NULL */
    bool gone;            /* the object is removed now */
};
#define API_OUTCOME_INIT                                                                                     \
    {                                                                                                        \
        NULL, NULL, false                                                                                    \
    }
void api_outcome_clear(struct api_outcome *out);
/* The object's state, whichever of the two holds it; borrowed. Only after success. */
const struct val *api_outcome_tree(const struct api_outcome *out);
void api_outcome_answer(struct api_call *c, int code, const struct api_outcome *out);

/* From a decoded body (taken) to the store: defaults, admission, preparation, validation, write. Honours dry run. */
int api_store_new(struct api_call *c, struct val *obj, struct api_outcome *out, struct api_status *st);
/* The same for a new state of `old` (held by the caller) through c's resource or subresource. A resourceVersion in obj
 * must be that of old. blind: obj is a whole new body, which some kinds may not send without resourceVersion. */
int api_store_change(struct api_call *c, struct api_object *old, struct val *obj, bool blind,
                     struct api_outcome *out, struct api_status *st);

enum api_propagation { API_BACKGROUND, API_FOREGROUND, API_ORPHAN };
#define API_GRACE_DEFAULT INT64_MIN
struct api_removal {
    int64_t grace_s;       /* of graceful kinds; API_GRACE_DEFAULT: what the object says */
    const char *uid, *rev; /* preconditions; NULL: none */
    enum api_propagation policy;
    bool policy_given;
    bool dry_run;
};
#define API_REMOVAL_INIT                                                                                     \
    {                                                                                                        \
        API_GRACE_DEFAULT, NULL, NULL, API_BACKGROUND, false, false                                          \
    }
/* Removes, or marks as being removed while finalizers or a grace period stand against it (spec apiserver 3.5). No
 * authorization and no admission. */
int api_remove(struct api_server *srv, struct api_object *o, const struct api_removal *how,
               struct api_outcome *out, struct api_status *st);
/* Writes a state made by the server itself; removes the object when nothing stands against it any more. Takes v. */
int api_replace(struct api_server *srv, struct api_object *old, struct val *v, struct api_status *st);

/* A row like r under another plural name, for messages ("pods/binding", "ConfigMap"). */
struct api_resource api_alias(const struct api_resource *r, const char *name);

#endif
