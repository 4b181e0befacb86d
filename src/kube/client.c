/* kube/client.c - the real client: requests as JSON over HTTPS with a kubeconfig's trust and credentials.
 * Must not know what the objects mean. */
#include "kube/client.h"

#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"
#include "http/client.h"
#include "kube/client_internal.h"
#include "kube/exec.h"
#include "kube/kubeconfig.h"

#include <string.h>

#define DEFAULT_TIMEOUT_MS 10000
#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#else
#define ARCH "unknown"
#endif
#define USER_AGENT "kubeadm/v1.36.2 (linux/" ARCH ") kubernetes/cubeadm"

struct real {
    struct http_client *http;
    struct kube_client *owner; /* back pointer, for the clock */
    int64_t timeout_ms;
    size_t max_response;
};

static int real_send(void *self, const struct kube_request *q, struct kube_answer *a, struct cu_err *err)
{
    struct real *real = self;
    bool list = !q->body && cu_streq(q->method, "GET") && q->query && !q->raw;
    cu_autofree char *timeout =
        list || q->raw ? NULL : cu_asprintf("timeout=%llds", (long long)(real->timeout_ms + 999) / 1000);
    cu_autofree char *url = cu_asprintf("%s%s%s%s%s%s", real->owner->server, q->path,
                                        cu_is_empty(q->query) && !timeout ? "" : "?", cu_or(q->query, ""),
                                        q->query && timeout ? "&" : "", cu_or(timeout, ""));
    cu_autofree char *body = q->body ? val_dump_json(q->body, VAL_JSON_COMPACT) : NULL;
    cu_autofree char *type = q->body ? cu_asprintf("Content-Type: %s", q->content_type) : NULL;
    const char *headers[] = { q->raw ? "Accept: application/json, */*" : "Accept: application/json", type,
                              NULL };
    struct http_call call = { .method = q->method,
                              .url = url,
                              .headers = headers,
                              .body = body,
                              .body_len = body ? strlen(body) : 0,
                              .timeout_ms = real->timeout_ms,
                              .max_response = real->max_response };
    cu_autoresponse struct http_response r = HTTP_RESPONSE_INIT;
    int64_t before = cu_mono_ms();
    int rc = http_client_do(real->http, &call, &r, err);
    cu_log_debug(6, "%s %s: %s (%lld ms)", q->method, url, rc < 0 ? "no answer" : "answered",
                 (long long)(cu_mono_ms() - before));
    if (rc < 0)
        return rc;
    int64_t date = http_response_date_ms(&r);
    if (date)
        real->owner->skew_ms = date - cu_now_ms();
    a->status = r.code;
    if (q->raw || r.code >= 400) {
        struct cu_err ignored = CU_ERR_INIT;
        if (r.code >= 400 && val_parse_json(r.body, r.len, &a->obj, &ignored) < 0)
            cu_err_clear(&ignored);
        a->text = cu_steal(&r.body);
        return 0;
    }
    if (r.code >= 300) /* the API redirects nobody, and nobody else is followed */
        return cu_fail(err, CU_E_SERVER, "%s %s: answered with HTTP status %d; is this an API server?",
                       q->method, url, r.code);
    if (val_parse_json(r.body, r.len, &a->obj, err) < 0)
        return cu_wrap(err, "%s %s: the answer is not JSON", q->method, url);
    return 0;
}

static void real_free(void *self)
{
    struct real *real = self;
    http_client_free(real->http);
    free(real);
}

static const struct kube_backend real_backend = { real_send, real_free };

/* Text of "<key>-data" (base64) or of the file that "<key>" names; *out stays NULL when neither is there. */
static int load_part(const struct val *map, const char *key, char **out, struct cu_err *err)
{
    cu_autofree char *data_key = cu_asprintf("%s-data", key);
    const char *data = val_get_str(map, data_key), *file = val_get_str(map, key);
    if (!cu_is_empty(data)) {
        uint8_t *raw = NULL;
        size_t n = 0;
        int r = cu_unbase64(data, &raw, &n, err);
        if (r < 0)
            return cu_wrap(err, "%s", data_key);
        *out = (char *)raw;
        return 0;
    }
    return cu_is_empty(file) ? 0 : cu_file_read(file, LIM_PEM_FILE, out, NULL, err);
}

/* A line break in it would begin a header of its own. */
static int check_token(const char *token, struct cu_err *err)
{
    for (const char *p = cu_or(token, ""); *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return cu_fail(err, CU_E_INVALID, "the token of its user holds a blank or a line break");
    return 0;
}

static int load_token(const struct val *user, char **out, struct cu_err *err)
{
    const char *token = val_get_str(user, "token"), *file = val_get_str(user, "tokenFile");
    if (!cu_is_empty(token)) {
        *out = cu_strdup(token);
        return 0;
    }
    if (cu_is_empty(file))
        return 0;
    cu_autowipe char *text = NULL;
    int r = cu_file_read(file, LIM_TOKEN_FILE, &text, NULL, err);
    if (r == 0)
        *out = cu_trim(text);
    return r;
}

/* What a connection is made of; all owned. */
struct parts {
    char *ca, *cert, *key, *token;
};

static void parts_clear(struct parts *p)
{
    free(p->ca);
    free(p->cert);
    cu_free_secret(p->key);
    cu_free_secret(p->token);
}

/* Upstream's clients run a program only where there is no token, and know no auth-provider any more. */
static int load_program(const struct kube_config *c, struct parts *p, struct cu_err *err)
{
    struct kube_credential given = { 0 };
    const char *provider = val_find_str(kube_config_current_user(c), "auth-provider", "name", NULL);
    if (!cu_is_empty(provider))
        return cu_fail(err, CU_E_INVALID,
                       "its user has the auth-provider \"%s\"; auth-providers are no more: use exec, a token "
                       "or a client certificate",
                       provider);
    int r = p->token ? 0 : kube_exec_credential(c, &given, err);
    if (given.token)
        p->token = cu_steal(&given.token);
    if (given.cert_pem) {
        free(p->cert);
        cu_free_secret(p->key);
        p->cert = cu_steal(&given.cert_pem);
        p->key = cu_steal(&given.key_pem);
    }
    kube_credential_clear(&given);
    return r;
}

static int load_parts(const struct kube_config *c, const struct kube_options *o, struct parts *p,
                      struct cu_err *err)
{
    const struct val *user = kube_config_current_user(c);
    int r = o->insecure ? 0 : load_part(kube_config_default_cluster(c), "certificate-authority", &p->ca, err);
    if (r < 0 || o->no_credentials)
        return r;
    r = load_part(user, "client-certificate", &p->cert, err);
    if (r == 0)
        r = load_part(user, "client-key", &p->key, err);
    if (r == 0)
        r = load_token(user, &p->token, err);
    if (r == 0)
        r = load_program(c, p, err);
    return r == 0 ? check_token(p->token, err) : r;
}

static int check_config(const struct kube_config *c, struct cu_err *err)
{
    const struct val *cluster = kube_config_default_cluster(c);
    const char *where = cu_or(c->path, "kubeconfig");
    if (!kube_config_default_cluster(c))
        return cu_fail(err, CU_E_INVALID, "%s: its current context \"%s\" names no cluster of the file",
                       where, cu_or(val_get_str(c->doc, "current-context"), ""));
    if (cu_is_empty(kube_config_server(c)))
        return cu_fail(err, CU_E_INVALID, "%s: the cluster of the current context has no server", where);
    if (val_get_bool(cluster, "insecure-skip-tls-verify", false) &&
        (!cu_is_empty(val_get_str(cluster, "certificate-authority")) ||
         !cu_is_empty(val_get_str(cluster, "certificate-authority-data"))))
        return cu_fail(
            err, CU_E_INVALID,
            "%s: its cluster has a certificate authority and insecure-skip-tls-verify, which exclude "
            "each other; take the latter out",
            where);
    return 0;
}

int kube_client_new(const struct kube_config *c, const struct kube_options *o, struct kube_client **out,
                    struct cu_err *err)
{
    static const struct kube_options plain = { 0 };
    struct parts p = { 0 };
    o = o ? o : &plain;
    int r = check_config(c, err);
    const struct val *cluster = kube_config_default_cluster(c), *user = kube_config_current_user(c);
    if (r == 0)
        r = load_parts(c, o, &p, err);
    if (r < 0) {
        parts_clear(&p);
        return c->path ? cu_wrap(err, "kubeconfig \"%s\"", c->path) : r;
    }
    struct kube_client *k = cu_calloc(1, sizeof(*k));
    struct real *real = cu_calloc(1, sizeof(*real));
    real->owner = k;
    real->timeout_ms = o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
    real->max_response = o->max_response;
    struct http_client_options h = { .ca_pem = p.ca,
                                     .cert_pem = p.cert,
                                     .key_pem = p.key,
                                     .bearer_token = p.token,
                                     .username = val_get_str(user, "username"),
                                     .password = val_get_str(user, "password"),
                                     .proxy_url = val_get_str(cluster, "proxy-url"),
                                     .tls_server_name = val_get_str(cluster, "tls-server-name"),
                                     .user_agent = cu_or(o->user_agent, USER_AGENT),
                                     .insecure = o->insecure ||
                                                 val_get_bool(cluster, "insecure-skip-tls-verify", false),
                                     .timeout_ms = real->timeout_ms };
    real->http = http_client_new(&h);
    parts_clear(&p);
    k->backend = &real_backend;
    k->self = real;
    k->server = cu_strdup(kube_config_server(c));
    size_t n = strlen(k->server);
    if (n && k->server[n - 1] == '/')
        k->server[n - 1] = '\0';
    *out = k;
    return 0;
}

void kube_client_free(struct kube_client *c)
{
    if (!c)
        return;
    c->backend->free(c->self);
    free(c->server);
    free(c);
}

struct http_client *kube_client_http(struct kube_client *c)
{
    return ((struct real *)c->self)->http;
}

enum http_cause kube_client_cause(const struct kube_client *c)
{
    return c->dry_run ? HTTP_CAUSE_NONE : http_client_cause(((struct real *)c->self)->http);
}

const char *kube_client_server(const struct kube_client *c)
{
    return c->server;
}

int64_t kube_client_clock_skew_ms(const struct kube_client *c)
{
    return c->skew_ms;
}

int kube_client_send(struct kube_client *c, const struct kube_request *q, struct val **obj, char **text,
                     int *status, struct cu_err *err)
{
    struct kube_answer a = { 0 };
    int r = c->backend->send(c->self, q, &a, err);
    if (r == 0 && status)
        *status = a.status;
    if (r == 0 && a.status >= 400)
        r = kube_status_error(q, a.status, a.obj, a.text, err);
    if (r == 0 && obj)
        *obj = cu_steal(&a.obj);
    if (r == 0 && text)
        *text = cu_steal(&a.text);
    val_unref(a.obj);
    free(a.text);
    return r;
}

int kube_get(struct kube_client *c, const char *path, const char *query, struct val **out, struct cu_err *err)
{
    struct kube_request q = { .method = "GET", .path = path, .query = query };
    return kube_client_send(c, &q, out, NULL, NULL, err);
}

int kube_create(struct kube_client *c, const char *path, const struct val *obj, struct val **out,
                struct cu_err *err)
{
    struct kube_request q = {
        .method = "POST", .path = path, .body = obj, .content_type = "application/json"
    };
    return kube_client_send(c, &q, out, NULL, NULL, err);
}

int kube_update(struct kube_client *c, const char *path, const struct val *obj, struct val **out,
                struct cu_err *err)
{
    struct kube_request q = {
        .method = "PUT", .path = path, .body = obj, .content_type = "application/json"
    };
    return kube_client_send(c, &q, out, NULL, NULL, err);
}

int kube_patch(struct kube_client *c, const char *path, enum kube_patch type, const struct val *patch,
               struct val **out, struct cu_err *err)
{
    static const char *const types[] = {
        [KUBE_PATCH_JSON] = "application/json-patch+json",
        [KUBE_PATCH_MERGE] = "application/merge-patch+json",
        [KUBE_PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
        [KUBE_PATCH_APPLY] = "application/apply-patch+yaml",
    };
    struct kube_request q = { .method = "PATCH",
                              .path = path,
                              .body = patch,
                              .content_type = types[type],
                              .query = type == KUBE_PATCH_APPLY ? "fieldManager=kubeadm" : NULL };
    return kube_client_send(c, &q, out, NULL, NULL, err);
}

int kube_delete(struct kube_client *c, const char *path, const struct val *options, struct cu_err *err)
{
    struct kube_request q = {
        .method = "DELETE", .path = path, .body = options, .content_type = "application/json"
    };
    return kube_client_send(c, &q, NULL, NULL, NULL, err);
}

int kube_get_raw(struct kube_client *c, const char *path, char **body, int *status, struct cu_err *err)
{
    struct kube_request q = { .method = "GET", .path = path, .raw = true };
    return kube_client_send(c, &q, NULL, body, status, err);
}
