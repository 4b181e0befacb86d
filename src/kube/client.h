/* kube/client.h - REST client of an API server, JSON only. Blocking; one connection kept open. Not for several
 * threads at once. Failures carry the server's message; Status reasons become codes: NotFound CU_E_NOTFOUND,
 * AlreadyExists CU_E_EXISTS, Conflict CU_E_CONFLICT, Unauthorized CU_E_AUTH, Forbidden CU_E_FORBIDDEN, Invalid
 * and BadRequest CU_E_INVALID, Expired and Gone CU_E_EXPIRED, others CU_E_SERVER. Transport failures keep the
 * codes of http/client.h (REFUSED, UNREACHABLE, TIMEOUT, AUTH for TLS). */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "codec/value.h"
#include "http/client.h"

struct kube_config;
struct kube_client; /* a real one, or a dry-run one (kube/dry_run.h) behind the same calls */

enum kube_patch { KUBE_PATCH_JSON, KUBE_PATCH_MERGE, KUBE_PATCH_STRATEGIC, KUBE_PATCH_APPLY };

struct kube_options {
    const char *user_agent; /* NULL: "kubeadm/v1.36.2 (linux/<arch>) kubernetes/<7 digits>" */
    int64_t timeout_ms;     /* per request; 0: 10000, also sent as query parameter timeout=10s (spec join) */
    size_t max_response;    /* bytes of one answer; 0: LIM_HTTP_RESPONSE */
    bool insecure;          /* no TLS verification: only to read cluster-info before it is checked */
    bool no_credentials;    /* anonymous, whatever the kubeconfig holds */
};
/* Borrows nothing after return. `o` may be NULL. */
int kube_client_new(const struct kube_config *c, const struct kube_options *o, struct kube_client **out,
                    struct cu_err *err);
void kube_client_free(struct kube_client *c); /* NULL is fine */
const char *kube_client_server(const struct kube_client *c);
/* The server's Date header minus our clock at the last answer, ms; 0 before the first. */
int64_t kube_client_clock_skew_ms(const struct kube_client *c);
/* Why the last request had no answer; HTTP_CAUSE_NONE when it had one, and for a dry-run client. */
enum http_cause kube_client_cause(const struct kube_client *c);

/* "/api/v1/namespaces/<ns>/<resource>/<name>" or "/apis/<group>/<version>/..."; ns and name may be NULL. Names are
 * percent-encoded where they must be. Caller frees. */
char *kube_path(const char *api_version, const char *resource, const char *ns, const char *name);
/* The path of an object from its apiVersion, kind, metadata; for the kinds kubeadm writes. NULL: unknown kind. */
char *kube_object_path(const struct val *obj, bool with_name);

/* `out` may be NULL; else a new reference to the answered object. `query` "labelSelector=...", encoded; NULL for one
 * object, "" for all of a list. */
int kube_get(struct kube_client *c, const char *path, const char *query, struct val **out,
             struct cu_err *err);
int kube_create(struct kube_client *c, const char *path, const struct val *obj, struct val **out,
                struct cu_err *err);
int kube_update(struct kube_client *c, const char *path, const struct val *obj, struct val **out,
                struct cu_err *err);
int kube_patch(struct kube_client *c, const char *path, enum kube_patch type, const struct val *patch,
               struct val **out, struct cu_err *err);
int kube_delete(struct kube_client *c, const char *path, const struct val *options, struct cu_err *err);
/* Any GET; text of the body; *status (may be NULL) the HTTP code; a code of 400 or more is an error as above. */
int kube_get_raw(struct kube_client *c, const char *path, char **body, int *status, struct cu_err *err);

/* --- helpers with retry (spec init 13.1): every 500 ms for at most timeout_ms (0: 60000), ended early by causes
 * that waiting cannot mend (TLS peer not trusted, Unauthorized, Invalid) --- */
int kube_create_or_update(struct kube_client *c, const struct val *obj, int64_t timeout_ms,
                          struct cu_err *err);
int kube_create_or_retain(struct kube_client *c, const struct val *obj, int64_t timeout_ms,
                          struct cu_err *err);
/* POST; on AlreadyExists GET, `change` on the found object, PUT. `change` returns 0 or a negative code. */
int kube_create_or_mutate(struct kube_client *c, const struct val *obj,
                          int (*change)(void *arg, struct val *found, struct cu_err *err), void *arg,
                          int64_t timeout_ms, struct cu_err *err);
/* GET, again after interval_ms until timeout_ms has passed; then fails with the code of the last answer (NotFound,
 * Forbidden, Refused, ...). */
int kube_get_retry(struct kube_client *c, const char *path, int64_t interval_ms, int64_t timeout_ms,
                   struct val **out, struct cu_err *err);

#endif
