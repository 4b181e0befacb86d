/* kube/client_internal.h - what the real and the dry-run client share: one function that sends a request. */
#ifndef KUBE_CLIENT_INTERNAL_H
#define KUBE_CLIENT_INTERNAL_H

#include "kube/client.h"

struct kube_request {
    const char *method;       /* "GET" */
    const char *path;         /* from the root of the server */
    const char *query;        /* encoded, or NULL */
    const char *content_type; /* of the body */
    const struct val *body;   /* NULL: none */
    bool raw;                 /* the answer is text, not an object */
};
struct kube_answer {
    int status;      /* HTTP code; 0 when nothing was answered */
    struct val *obj; /* owned; NULL for raw answers */
    char *text;      /* owned; raw answers */
};

struct kube_backend {
    /* 0 also for HTTP failures, which the caller makes of answer->status; negative: no answer. */
    int (*send)(void *self, const struct kube_request *q, struct kube_answer *a, struct cu_err *err);
    void (*free)(void *self);
};

struct kube_client {
    const struct kube_backend *backend;
    void *self;
    char *server;    /* owned; "" for a dry run without a server */
    int64_t skew_ms; /* see kube_client_clock_skew_ms */
    bool dry_run;
};

/* The HTTP client of a real client, for transfers on a loop; borrowed. */
struct http_client *kube_client_http(struct kube_client *c);

/* Sends and turns a failing status into an error; *obj may be NULL. */
int kube_client_send(struct kube_client *c, const struct kube_request *q, struct val **obj, char **text,
                     int *status, struct cu_err *err);

/* Error for an answer with a status of 400 or more: text of the metav1.Status when it is one. */
int kube_status_error(const struct kube_request *q, int status, const struct val *obj, const char *text,
                      struct cu_err *err);

#endif
