/* apiserver/logs.c - passes the log of a container on from the agent of its node to the client.
 * Must not know where agents keep logs. */
#include "apiserver/logs.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/client.h"
#include <string.h>

#define SLOW_BYTES (16 * 1024 * 1024) /* unread by the client: cut it off */
#define MAX_REFUSAL 4096              /* of the agent's text when it refuses */
#define AGENT_PORT 10250

struct log_stream {
    struct api_logs *all;
    struct log_stream *next, **link;
    struct api_call *c;      /* until answered */
    struct http_stream *out; /* from the agent's 200 on */
    struct http_transfer *in;
    struct cu_buf refusal; /* body of another answer */
    int code;              /* the agent's */
    char *url;
};

struct api_logs {
    struct api_server *srv;
    struct http_client *client; /* made with the first log */
    struct log_stream *first;
};

static void stream_free(struct log_stream *s)
{
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    cu_buf_clear(&s->refusal);
    free(s->url);
    free(s);
}

static void answer_failure(struct log_stream *s, int code, const char *reason, const char *text)
{
    struct api_status st = API_STATUS_INIT;
    api_fail(&st, code, reason, "%s", text);
    api_answer_status(s->c, &st);
    api_call_free(s->c);
    s->c = NULL;
}

static void client_left(void *arg)
{
    struct log_stream *s = arg;
    http_transfer_cancel(s->in);
    stream_free(s);
}

static void on_head(void *arg, const struct http_response *head)
{
    struct log_stream *s = arg;
    s->code = head->code;
    if (head->code != 200)
        return;
    s->out = http_stream_begin(s->c->http, 200, "text/plain", client_left, s);
    s->c->http = NULL;
    s->all->srv->requests[2]++;
    api_call_free(s->c);
    s->c = NULL;
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct log_stream *s = arg;
    if (!s->out) {
        cu_buf_addn(&s->refusal, p, n);
    } else if (http_stream_pending(s->out) > SLOW_BYTES) {
        http_stream_abort(s->out);
        http_transfer_cancel(s->in);
        stream_free(s);
    } else {
        http_stream_send(s->out, p, n);
    }
}

static void on_end(void *arg, int code, enum http_cause cause, const struct cu_err *err)
{
    struct log_stream *s = arg;
    (void)cause;
    if (s->out) {
        if (err->code == CU_OK)
            http_stream_end(s->out);
        else
            http_stream_abort(s->out);
    } else if (code == 0 || err->code != CU_OK) {
        cu_autofree char *text =
            cu_asprintf("Internal error occurred: Get \"%s\": %s", s->url, cu_err_text(err));
        answer_failure(s, 500, "InternalError", text);
    } else {
        cu_autofree char *text = cu_trim(cu_buf_str(&s->refusal));
        if (!*text) {
            free(text);
            text = cu_asprintf("the agent of the node answered %d", code);
        }
        answer_failure(s, code >= 400 ? code : 502,
                       code == 404  ? "NotFound"
                       : code < 500 ? "BadRequest"
                                    : "InternalError",
                       text);
    }
    stream_free(s);
}

/* The container asked for, or the only one. NULL with *st filled. */
static const char *choose_container(const struct api_object *pod, const char *asked, struct api_status *st)
{
    static const char *const LISTS[] = { "containers", "initContainers", "ephemeralContainers" };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;
    const char *found = NULL;
    for (size_t i = 0; i < CU_LEN(LISTS); i++) {
        const struct val *l = val_find(pod->v, "spec", LISTS[i], NULL);
        for (size_t k = 0; k < val_len(l); k++) {
            const char *name = cu_or(val_get_str(val_at(l, k), "name"), "");
            if (i == 0)
                cu_strlist_add(&names, name);
            if (*asked ? strcmp(name, asked) == 0 : i == 0 && val_len(l) == 1)
                found = name;
        }
    }
    if (found)
        return found;
    cu_autofree char *all = cu_strlist_join(&names, " ");
    if (*asked)
        api_fail_bad_request(st, "container %s is not valid for pod %s", asked, pod->name);
    else
        api_fail_bad_request(st, "a container name must be specified for pod %s, choose one of: [%s]",
                             pod->name, all);
    return NULL;
}

/* The agent's address by the order of --kubelet-preferred-address-types; NULL when the node tells none. */
static const char *agent_address(const struct api_server *srv, const struct api_object *node)
{
    const struct cu_strlist *types = &srv->opt.kubelet_preferred_address_types;
    const struct val *addresses = val_find(node->v, "status", "addresses", NULL);
    for (size_t i = 0; i < types->n; i++)
        for (size_t k = 0; k < val_len(addresses); k++)
            if (cu_streq(val_get_str(val_at(addresses, k), "type"), types->v[i]))
                return val_get_str(val_at(addresses, k), "address");
    return NULL;
}

/* URL of the log on the agent; caller frees; NULL with *st filled. */
static char *log_url(const struct api_call *c, const struct api_object *pod, struct api_status *st)
{
    static const char *const PASSED[] = { "follow",     "previous",  "sinceSeconds", "sinceTime",
                                          "timestamps", "tailLines", "limitBytes" };
    const char *node_name = cu_or(val_find_str(pod->v, "spec", "nodeName", NULL), "");
    const char *container = choose_container(pod, api_query(c, "container"), st);
    if (!container)
        return NULL;
    if (!*node_name) {
        api_fail_bad_request(st, "pod %s does not have a host assigned", pod->name);
        return NULL;
    }
    const struct api_resource *nodes = api_resource_find("", "v1", "nodes");
    const struct api_object *node = api_registry_get(c->srv->registry, nodes, "", node_name);
    const char *address = node ? agent_address(c->srv, node) : NULL;
    if (!node) {
        api_fail_not_found(st, nodes, node_name);
        return NULL;
    }
    if (!address) {
        api_fail(st, 500, "InternalError",
                 "Internal error occurred: node %s has no address to reach its agent at", node_name);
        return NULL;
    }
    const struct val *endpoint = val_find(node->v, "status", "daemonEndpoints", "kubeletEndpoint", NULL);
    cu_autofree char *host = cu_host_port(address, (int)val_get_int(endpoint, "Port", AGENT_PORT));
    cu_autofree char *name = http_url_encode(container);
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_HTTP_HEADERS);
    cu_buf_addf(&b, "https://%s/containerLogs/%s/%s/%s", host, pod->ns, pod->name, name);
    char separator = '?';
    for (size_t i = 0; i < CU_LEN(PASSED); i++) {
        if (!*api_query(c, PASSED[i]))
            continue;
        cu_autofree char *value = http_url_encode(api_query(c, PASSED[i]));
        cu_buf_addf(&b, "%c%s=%s", separator, PASSED[i], value);
        separator = '&';
    }
    return cu_strdup(cu_buf_str(&b));
}

static int read_optional(const char *path, char **out, struct cu_err *err)
{
    *out = NULL;
    return cu_is_empty(path) ? 0 : cu_file_read(path, LIM_PEM_FILE, out, NULL, err);
}

/* The client that shows agents who we are. Their certificates are checked only when --kubelet-certificate-authority
 * names who signs them; as upstream, because agents begin with certificates of their own making. */
static int make_client(struct api_logs *l, struct cu_err *err)
{
    const struct api_options *o = &l->srv->opt;
    cu_autofree char *cert = NULL, *ca = NULL;
    cu_autowipe char *key = NULL;
    if (l->client)
        return 0;
    if (read_optional(o->kubelet_client_certificate, &cert, err) < 0 ||
        read_optional(o->kubelet_client_key, &key, err) < 0 ||
        read_optional(o->kubelet_certificate_authority, &ca, err) < 0)
        return -1;
    struct http_client_options ho = { .ca_pem = ca,
                                      .cert_pem = cert,
                                      .key_pem = key,
                                      .insecure = !ca,
                                      .proxy_url = "",
                                      .user_agent = "kube-apiserver" };
    l->client = http_client_new(&ho);
    return 0;
}

int api_pod_log(struct api_call *c, struct api_status *st)
{
    struct api_logs *l = c->srv->logs;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const struct api_object *pod = api_registry_get(c->srv->registry, c->path.r, c->path.ns, c->path.name);
    if (!pod)
        return api_fail_not_found(st, c->path.r, c->path.name);
    char *url = log_url(c, pod, st);
    if (!url)
        return -1;
    struct log_stream *s = cu_calloc(1, sizeof(*s));
    *s = (struct log_stream){
        .all = l, .next = l->first, .link = &l->first, .c = c, .url = url, .refusal = CU_BUF_INIT(MAX_REFUSAL)
    };
    if (l->first)
        l->first->link = &s->next;
    l->first = s;
    if (make_client(l, &err) < 0) {
        stream_free(s);
        return api_fail(st, 500, "InternalError", "Internal error occurred: %s", cu_err_text(&err));
    }
    struct http_call call = { .url = url };
    static const struct http_transfer_events EVENTS = { .head = on_head, .data = on_data, .end = on_end };
    s->in = http_transfer_start(c->srv->loop, l->client, &call, &EVENTS, s);
    return API_KEPT;
}

struct api_logs *api_logs_new(struct api_server *srv)
{
    struct api_logs *l = cu_calloc(1, sizeof(*l));
    l->srv = srv;
    return l;
}

void api_logs_free(struct api_logs *l)
{
    if (!l)
        return;
    for (struct log_stream *s = l->first, *next; s; s = next) {
        next = s->next;
        http_transfer_cancel(s->in);
        if (s->out)
            http_stream_end(s->out);
        else
            answer_failure(s, 503, "ServiceUnavailable", "the server is stopping");
        stream_free(s);
    }
    http_client_free(l->client);
    free(l);
}
