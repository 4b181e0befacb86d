/* Blocking requests and what can be asked of an answer. Must not know Kubernetes. */
#include "http/client.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/client_options.h"
#include <string.h>
#include <strings.h>

enum { UNREAD_TRIES = 5 };

struct http_client *http_client_new(const struct http_client_options *o)
{
    struct http_client *c = cu_calloc(1, sizeof(*c));
    c->ca_pem = cu_strdup(o->ca_pem);
    c->cert_pem = cu_strdup(o->cert_pem);
    c->key_pem = cu_strdup(o->key_pem);
    c->bearer_token = cu_strdup(o->bearer_token);
    c->username = cu_strdup(o->username);
    c->password = cu_strdup(o->password);
    c->user_agent = cu_strdup(o->user_agent ? o->user_agent : "cubeadm/" CUBEADM_VERSION);
    c->unix_socket = cu_strdup(o->unix_socket);
    c->proxy_url = cu_strdup(o->proxy_url);
    c->tls_server_name = cu_strdup(o->tls_server_name);
    c->insecure = o->insecure;
    c->http2 = o->http2;
    c->http2_plain = o->http2_plain;
    c->follow_redirects = o->follow_redirects;
    c->connect_timeout_ms = o->connect_timeout_ms ? o->connect_timeout_ms : 10000;
    c->timeout_ms = o->timeout_ms ? o->timeout_ms : 30000;
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    if (c->x.easy)
        c->x.lib->easy_cleanup(c->x.easy);
    free(c->ca_pem);
    free(c->cert_pem);
    cu_free_secret(c->key_pem);
    cu_free_secret(c->bearer_token);
    free(c->username);
    cu_free_secret(c->password);
    free(c->user_agent);
    free(c->unix_socket);
    free(c->proxy_url);
    free(c->tls_server_name);
    free(c);
}

/* libcurl drops an answer that comes before the request is sent whole; the next try mostly wins the race. */
static CURLcode perform(struct http_exchange *x)
{
    CURLcode code = CURLE_HTTP2_STREAM;
    for (int i = 0; i < UNREAD_TRIES && http_exchange_unread(x, code); i++)
        code = x->lib->easy_perform(x->easy);
    return code;
}

int http_client_do(struct http_client *c, const struct http_call *call, struct http_response *r,
                   struct cu_err *err)
{
    http_response_clear(r);
    struct http_exchange *x = &c->x;
    if (!x->easy) {
        x->lib = http_curl_get(err);
        if (!x->lib)
            return -CU_E_NOTFOUND;
        x->easy = x->lib->easy_init();
        if (!x->easy)
            abort();
    }
    x->detail[0] = '\0';
    x->too_large = x->final_head = false;
    http_exchange_prepare(x, c, call, call->timeout_ms ? call->timeout_ms : c->timeout_ms);
    CURLcode code = perform(x);
    int result = http_exchange_result(x, code, &c->cause, err);
    if (result == 0) {
        long status = 0;
        x->lib->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        r->code = (int)status;
        r->len = x->body.len;
        if (cu_buf_take(&x->body, &r->body, err) < 0 || cu_buf_take(&x->head, &r->head, err) < 0)
            result = -CU_E_INVALID;
    }
    http_exchange_clear(x);
    return result;
}

enum http_cause http_client_cause(const struct http_client *c)
{
    return c->cause;
}

bool http_cause_is_tls(enum http_cause cause)
{
    return cause >= HTTP_CAUSE_TLS_UNKNOWN_CA && cause <= HTTP_CAUSE_TLS_OTHER;
}

void http_response_clear(struct http_response *r)
{
    free(r->body);
    free(r->head);
    *r = (struct http_response)HTTP_RESPONSE_INIT;
}

char *http_response_header(const struct http_response *r, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = r->head; line && *line;) {
        const char *end = line + strcspn(line, "\r\n");
        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            cu_autofree char *raw = cu_strndup(line + n + 1, (size_t)(end - line) - n - 1);
            return cu_trim(raw);
        }
        line = end + strspn(end, "\r\n");
    }
    return NULL;
}

int64_t http_response_date_ms(const struct http_response *r)
{
    cu_autofree char *date = http_response_header(r, "Date");
    const struct http_curl *lib = date ? http_curl_get(NULL) : NULL;
    time_t t = lib ? lib->getdate(date, NULL) : -1;
    return t < 0 ? 0 : (int64_t)t * 1000;
}
