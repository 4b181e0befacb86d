/* apiserver/call.h - one request on its way through the server, and the server's parts it needs. Included by the
 * handlers only. */
#ifndef APISERVER_CALL_H
#define APISERVER_CALL_H

#include "apiserver/accept.h"
#include "apiserver/options.h"
#include "apiserver/path.h"
#include "apiserver/registry.h"
#include "apiserver/request.h"
#include "apiserver/strategy.h"
#include "apiserver/table.h"
#include "http/server.h"
#include "http/url.h"

struct api_auth;
struct api_authz;
struct api_admission;
struct api_watches;
struct api_collector;
struct api_namespaces;
struct api_logs;

struct api_server {
    struct api_options opt;
    struct http_loop *loop;
    struct http_server *http;
    struct store *store;
    struct api_registry *registry;
    struct api_auth *auth;
    struct api_authz *authz;
    struct api_admission *admission;
    struct api_watches *watches;
    struct api_collector *collector;
    struct api_namespaces *namespaces;
    struct api_logs *logs;
    int port;          /* the one bound */
    bool policy_ready; /* startup objects are there */
    bool stopping;
    uint64_t requests[6]; /* answered, by hundreds of the status code; [0]: watches under way */
    int64_t started_ms;
};

/* Store, registry and everything that stands on it, by s->opt and on s->loop. After a failure, too, close. */
int api_parts_open(struct api_server *s, struct cu_err *err);
void api_parts_close(struct api_server *s); /* and s->http */

enum api_strictness { API_IGNORE, API_WARN, API_STRICT };

struct api_call {
    struct api_server *srv;
    struct http_request *http; /* NULL once answered */
    const char *method;
    struct api_path path;
    struct http_query query;
    struct api_user user;
    struct api_attributes attr;
    char *wanted_name; /* metadata.name= of the field selector, for attr.name */
    enum api_form form;
    enum api_include include;
    struct cu_strlist warnings; /* texts of Warning headers */
    enum api_strictness strict; /* fieldValidation */
    bool dry_run;
    int64_t now_ms;
};

/* Handlers answer (api_answer_*) and return 0, or return -1 with *st filled and nothing answered, or API_KEPT: they
 * took over the call and will answer and api_call_free() it later. */
#define API_KEPT 1
typedef int (*api_handler)(struct api_call *c, struct api_status *st);
/* What follows a handler: answers a failure, frees the call unless it was kept. result: what the handler returned. */
void api_call_end(struct api_call *c, int result, struct api_status *st);
void api_call_free(struct api_call *c);

/* Query value or "". */
const char *api_query(const struct api_call *c, const char *name);
/* "true", "1", ... and a bare name are true; absent is `fallback`. */
bool api_query_bool(const struct api_call *c, const char *name, bool fallback);

/* dryRun, fieldValidation and fieldManager of a write: sets c->dry_run and c->strict. kind: "CreateOptions", ...
 * 422 with that kind when they are wrong. */
int api_write_options(struct api_call *c, const char *kind, struct api_status *st);
/* What strategies want to know about this write. */
struct api_write api_write_of(const struct api_call *c, const char *name);

/* The body as a tree (JSON, YAML or protobuf by Content-Type), owned by the caller; NULL when it is empty. *typed (may
 * be NULL): it came as protobuf. 415, 400. */
int api_body(struct api_call *c, struct val **out, bool *typed, struct api_status *st);
/* The body as an object of that kind, fitted to its type; unknown fields warn or fail by c->strict. 400 when it is
 * empty or of another kind. */
int api_body_object(struct api_call *c, const char *group, const char *version, const char *kind,
                    struct val **out, struct api_status *st);
/* Fits `obj` to its type, as api_body_object() does; for the outcome of patches. */
int api_fit(struct api_call *c, const char *group, const char *version, const char *kind, struct val *obj,
            struct api_status *st);

/* Answers. */
void api_answer_status(struct api_call *c, struct api_status *st);          /* clears st */
void api_answer_object(struct api_call *c, int code, struct api_object *o); /* in the form asked for */
void api_answer_tree(struct api_call *c, int code, const struct val *v); /* the same for what is not stored */
void api_answer_success(struct api_call *c, int code,
                        const struct val *details); /* Status; details may be NULL */
void api_answer_json(struct api_call *c, int code, const struct val *v,
                     const char *content_type);                                           /* NULL: JSON */
void api_answer_text(struct api_call *c, int code, const char *content_type, char *text); /* takes text */
void api_answer_not_found_page(struct api_call *c); /* 404 page not found */

/* The object as clients of resource r see it: another version or group than the stored one. Owned reference. */
struct val *api_present(const struct api_resource *r, const struct val *stored);
/* And back: what a client of r sent, as it is stored. Takes v. */
struct val *api_unpresent(const struct api_resource *r, struct val *v);

/* Handlers by file. */
int api_get(struct api_call *c, struct api_status *st); /* read.c */
int api_list(struct api_call *c, struct api_status *st);
int api_watch(struct api_call *c, struct api_status *st);  /* watch.c */
int api_create(struct api_call *c, struct api_status *st); /* write.c */
int api_update(struct api_call *c, struct api_status *st);
int api_patch(struct api_call *c, struct api_status *st);  /* patch.c */
int api_delete(struct api_call *c, struct api_status *st); /* remove.c */
int api_delete_collection(struct api_call *c, struct api_status *st);
int api_create_sub(struct api_call *c, struct api_status *st);  /* subresource.c: binding, eviction, token */
int api_get_sub(struct api_call *c, struct api_status *st);     /* scale, log, ... */
int api_nonresource(struct api_call *c, struct api_status *st); /* nonresource.c */

/* http_server's callbacks (dispatch.c). */
void api_dispatch(void *server, struct http_request *req);
char *api_error_body(void *server, int code, const char *text, const char **content_type);

#endif
