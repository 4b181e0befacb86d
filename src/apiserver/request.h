/* apiserver/request.h - what a request is once its path and credentials are understood, and how it is answered.
 * Shared by authentication, authorization, admission and the handlers. */
#ifndef APISERVER_REQUEST_H
#define APISERVER_REQUEST_H

#include "apiserver/resource.h"
#include "base/strlist.h"
#include "codec/value.h"

/* Who asks. Owned by the request. */
struct api_user {
    char *name; /* "kubernetes-admin", "system:anonymous" */
    char *uid;  /* may be NULL */
    struct cu_strlist groups;
    struct val *extra;  /* map of lists of text; may be NULL */
    bool authenticated; /* false only for anonymous */
};
void api_user_clear(struct api_user *u);

/* What is asked. Texts are borrowed from the request's own copies. */
struct api_attributes {
    const struct api_user *user;
    const char *verb;      /* RBAC verb: "get", "list", "watch", "create", ... or lower-case HTTP method */
    bool resource_request; /* false: only `path` and `verb` count */
    const char *path;      /* decoded URL path */
    const char *group, *version, *resource, *subresource; /* "" when none */
    const char *ns;                                       /* "" at cluster scope */
    const char *name;           /* "" when none; for list and watch from a metadata.name= field selector */
    const char *field_selector; /* raw query text or "" */
    const char *label_selector;
};

/* A failure on its way to the client: HTTP code, reason and details of a metav1.Status (spec apiserver 3.12). */
struct api_status {
    int code;         /* 0 = no failure */
    struct val *body; /* the whole Status object, owned */
};
#define API_STATUS_INIT                                                                                      \
    {                                                                                                        \
        0, NULL                                                                                              \
    }
void api_status_clear(struct api_status *s);

/* Each sets *s (dropping an earlier one) and returns -1. `r` may be NULL, `name` NULL or "". */
int api_fail(struct api_status *s, int code, const char *reason, const char *fmt, ...) CU_PRINTF(4, 5);
/* 503; with `again` clients repeat by themselves after a second, writes too: only when nothing was done. */
int api_fail_unavailable(struct api_status *s, bool again, const char *why);
int api_fail_bad_request(struct api_status *s, const char *fmt, ...) CU_PRINTF(2, 3);
int api_fail_not_found(struct api_status *s, const struct api_resource *r, const char *name);
int api_fail_exists(struct api_status *s, const struct api_resource *r, const char *name);
int api_fail_conflict(struct api_status *s, const struct api_resource *r, const char *name, const char *text);
int api_fail_forbidden(struct api_status *s, const struct api_resource *r, const char *name,
                       const char *text); /* admission */
int api_fail_denied(struct api_status *s, const struct api_attributes *a,
                    const char *why); /* authorization */

/* Gathers field errors, then answers 422 Invalid with one cause each. */
struct api_invalid {
    struct val *causes; /* list of {reason, message, field}; NULL while empty */
};
#define API_INVALID_INIT                                                                                     \
    {                                                                                                        \
        NULL                                                                                                 \
    }
/* reason: "FieldValueInvalid", "FieldValueRequired", ... (spec apiserver 3.12) */
void api_invalid_add(struct api_invalid *e, const char *reason, const char *field, const char *fmt, ...)
    CU_PRINTF(4, 5);
/* 0 when nothing was gathered; else fills *s and returns -1. Frees the gathered causes either way. */
int api_invalid_finish(struct api_invalid *e, struct api_status *s, const char *kind, const char *group,
                       const char *name);

#endif
