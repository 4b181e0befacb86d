/* Options and verdicts of one HTTP request made with libcurl. Must not know whether somebody waits for it. */
#include "http/client_internal.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/client_options.h"
#include "http/proxy.h"
#include "http/url.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <strings.h>

#define DEAD_PEER_MS 45000

size_t http_exchange_on_head(char *p, size_t size, size_t n, void *arg)
{
    (void)size;
    struct http_exchange *x = arg;
    if (n >= 5 &&
        strncmp(p, "HTTP/", 5) == 0) { /* a new answer: after 100 Continue, a redirect, a proxy's CONNECT */
        cu_buf_reset(&x->head);
        x->final_head = false;
    }
    cu_buf_addn(&x->head, p, n);
    if (n <= 2) {
        long code = 0;
        x->lib->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code);
        x->final_head = code >= 200;
    }
    x->too_large = x->too_large || x->head.failed;
    return x->too_large ? 0 : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    (void)size;
    struct http_exchange *x = arg;
    cu_buf_addn(&x->body, p, n);
    x->too_large = x->too_large || x->body.failed;
    return x->too_large ? 0 : n;
}

static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)arg;
    (void)purpose;
    int dead = DEAD_PEER_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead)); /* fails on unix sockets: fine */
    return CURL_SOCKOPT_OK;
}

static void set_blob(struct http_exchange *x, CURLoption option, char *text)
{
    struct curl_blob blob = { .data = text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY };
    x->lib->easy_setopt(x->easy, option, &blob);
}

static void set_tls(struct http_exchange *x, const struct http_client *c)
{
    const struct http_curl *lib = x->lib;
    lib->easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (c->insecure) {
        lib->easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        lib->easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    } else if (c->ca_pem) {
        lib->easy_setopt(x->easy, CURLOPT_CAPATH, NULL); /* or the system's CAs would be trusted too */
        set_blob(x, CURLOPT_CAINFO_BLOB, c->ca_pem);
    }
    if (c->cert_pem && c->key_pem) {
        set_blob(x, CURLOPT_SSLCERT_BLOB, c->cert_pem);
        set_blob(x, CURLOPT_SSLKEY_BLOB, c->key_pem);
    }
    lib->easy_setopt(x->easy, CURLOPT_HTTP_VERSION,
                     c->http2_plain ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                     : c->http2     ? (long)CURL_HTTP_VERSION_2TLS
                                    : (long)CURL_HTTP_VERSION_1_1);
    if (c->http2_plain) { /* libcurl before 8.0 fails on a second request (its issue 10634) */
        lib->easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L);
        lib->easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static bool names_header(const char *const *headers, const char *name)
{
    size_t n = strlen(name);
    for (; headers && *headers; headers++)
        if (strncasecmp(*headers, name, n) == 0 && (*headers)[n] == ':')
            return true;
    return false;
}

static void add_line(const struct http_exchange *x, struct curl_slist **list, const char *line)
{
    struct curl_slist *l = x->lib->slist_append(*list, line);
    if (!l)
        abort();
    *list = l;
}

static void add_header(struct http_exchange *x, const char *line)
{
    add_line(x, &x->headers, line);
}

/* libcurl takes the name for TLS from the URL alone: the URL gets that name, libcurl is told where to connect, and the
 * server where it was called. */
static void set_server_name(struct http_exchange *x, const struct http_client *c)
{
    bool https;
    int port;
    cu_autofree char *host = NULL;
    if (cu_is_empty(c->tls_server_name) || !http_url_split(x->url, &https, &host, &port) || !https)
        return;
    const char *authority = strstr(x->url, "://") + 3, *rest = authority + strcspn(authority, "/?#");
    const char *sign = memrchr(authority, '@', (size_t)(rest - authority));
    authority = sign ? sign + 1 : authority;
    cu_autofree char *at = cu_host_port(host, port), *named = cu_host_port(c->tls_server_name, port);
    cu_autofree char *url = cu_asprintf("https://%s%s", named, rest);
    cu_autofree char *route = cu_asprintf("%s:%s", named, at);
    cu_autofree char *header = cu_asprintf("Host: %.*s", (int)(rest - authority), authority);
    add_line(x, &x->connect_to, route);
    add_header(x, header);
    x->lib->easy_setopt(x->easy, CURLOPT_URL, url);
    x->lib->easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
}

static void set_headers(struct http_exchange *x, const struct http_client *c, const struct http_call *call)
{
    for (const char *const *h = call->headers; h && *h; h++)
        add_header(x, *h);
    add_header(x, "Expect:");
    if (!names_header(call->headers, "Content-Type"))
        add_header(x, "Content-Type:");
    if (c->bearer_token && !names_header(call->headers, "Authorization")) {
        cu_autowipe char *line = cu_asprintf("Authorization: Bearer %s", c->bearer_token);
        add_header(x, line);
    }
    x->lib->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    if (c->username) {
        x->lib->easy_setopt(x->easy, CURLOPT_USERNAME, c->username);
        x->lib->easy_setopt(x->easy, CURLOPT_PASSWORD, cu_or(c->password, ""));
    }
}

static void set_method(struct http_exchange *x, const struct http_call *call)
{
    const struct http_curl *lib = x->lib;
    if (call->body || cu_streq(x->method, "POST")) {
        lib->easy_setopt(x->easy, CURLOPT_POST, 1L);
        lib->easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(call->body ? call->body_len : 0));
        lib->easy_setopt(x->easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
        lib->easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, x->method);
    } else if (cu_streq(x->method, "HEAD")) {
        lib->easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
    } else if (!cu_streq(x->method, "GET")) {
        lib->easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, x->method);
    }
}

void http_exchange_prepare(struct http_exchange *x, const struct http_client *c, const struct http_call *call,
                           int64_t timeout_ms)
{
    const struct http_curl *lib = x->lib;
    CURL *e = x->easy;
    x->method = cu_strdup(cu_or(call->method, "GET"));
    x->url = cu_strdup(call->url);
    x->max = call->max_response ? call->max_response : LIM_HTTP_RESPONSE;
    x->head = (struct cu_buf)CU_BUF_INIT(LIM_HTTP_HEADERS * 4);
    x->body = (struct cu_buf)CU_BUF_INIT(x->max);
    lib->easy_reset(e);
    lib->easy_setopt(e, CURLOPT_URL, x->url);
    lib->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    lib->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* else a resolver that hangs outlasts the time limit */
    lib->easy_setopt(e, CURLOPT_ERRORBUFFER, x->detail);
    lib->easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    lib->easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    lib->easy_setopt(e, CURLOPT_FOLLOWLOCATION, c->follow_redirects ? 1L : 0L);
    lib->easy_setopt(e, CURLOPT_MAXREDIRS, 10L);
    lib->easy_setopt(e, CURLOPT_USERAGENT, c->user_agent);
    lib->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
    lib->easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    lib->easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    lib->easy_setopt(e, CURLOPT_TCP_KEEPIDLE, 15L);
    lib->easy_setopt(e, CURLOPT_TCP_KEEPINTVL, 15L);
    lib->easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, on_socket);
    lib->easy_setopt(e, CURLOPT_HEADERFUNCTION, http_exchange_on_head);
    lib->easy_setopt(e, CURLOPT_HEADERDATA, x);
    lib->easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    lib->easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    lib->easy_setopt(e, CURLOPT_WRITEDATA, x);
    cu_autofree char *from_env = c->proxy_url || c->unix_socket ? NULL : http_proxy_for(call->url);
    lib->easy_setopt(e, CURLOPT_PROXY, c->proxy_url ? c->proxy_url : from_env ? from_env : "");
    lib->easy_setopt(e, CURLOPT_NOPROXY, "");
    if (c->unix_socket)
        lib->easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, c->unix_socket);
    set_tls(x, c);
    set_server_name(x, c);
    set_headers(x, c, call);
    set_method(x, call);
}

void http_exchange_clear(struct http_exchange *x)
{
    free(x->method);
    free(x->url);
    for (struct curl_slist *h = x->headers; h; h = h->next)
        if (strncasecmp(h->data, "Authorization:", 14) == 0)
            cu_wipe(h->data, strlen(h->data));
    if (x->headers)
        x->lib->slist_free_all(x->headers);
    if (x->connect_to)
        x->lib->slist_free_all(x->connect_to);
    cu_buf_clear(&x->head);
    cu_buf_clear(&x->body);
    x->method = x->url = NULL;
    x->headers = x->connect_to = NULL;
}

static enum http_cause tls_cause(struct http_exchange *x)
{
    long verdict = 0;
    x->lib->easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    switch (verdict) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: /* libcurl's value until the chain is good; then it checks the name */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return HTTP_CAUSE_TLS_NAME;
    case X509_V_ERR_CERT_HAS_EXPIRED: return HTTP_CAUSE_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID: return HTTP_CAUSE_TLS_NOT_YET;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return HTTP_CAUSE_TLS_UNKNOWN_CA;
    default: return HTTP_CAUSE_TLS_OTHER;
    }
}

/* A connection that breaks within the TLS handshake: the server said no, or it just went away? */
static enum http_cause broken_cause(struct http_exchange *x)
{
    if (strstr(x->detail, "SYSCALL") || strstr(x->detail, "unexpected eof") ||
        strstr(x->detail, "reset by peer"))
        return HTTP_CAUSE_RESET;
    return HTTP_CAUSE_TLS_OTHER;
}

/* libcurl 7.88 says CURLE_HTTP2_STREAM without detail only when a send meets a closed stream. */
bool http_exchange_unread(const struct http_exchange *x, CURLcode code)
{
    return code == CURLE_HTTP2_STREAM && !x->detail[0] && !x->head.len;
}

static enum http_cause cause_of(struct http_exchange *x, CURLcode code)
{
    long number = 0;
    curl_off_t connected = 0, began = 0; /* a connection that is used again was not made for this exchange */
    if (x->too_large)
        return HTTP_CAUSE_TOO_LARGE;
    x->lib->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number);
    x->lib->easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &connected);
    x->lib->easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &began);
    switch ((int)code) {
    case CURLE_OK: return HTTP_CAUSE_NONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HTTP_CAUSE_RESOLVE;
    case CURLE_COULDNT_CONNECT: return number == ECONNREFUSED ? HTTP_CAUSE_REFUSED : HTTP_CAUSE_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return connected > 0 || began > 0 ? HTTP_CAUSE_TIMEOUT : HTTP_CAUSE_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION: return tls_cause(x);
    case CURLE_SSL_CONNECT_ERROR: return broken_cause(x);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HTTP_CAUSE_TLS_OTHER;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return strstr(x->detail, "alert") ? HTTP_CAUSE_TLS_OTHER : HTTP_CAUSE_RESET;
    case CURLE_HTTP2_STREAM: return http_exchange_unread(x, code) ? HTTP_CAUSE_UNREAD : HTTP_CAUSE_OTHER;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return HTTP_CAUSE_RESET;
    default: return HTTP_CAUSE_OTHER;
    }
}

static const struct {
    enum cu_code code;
    const char *text; /* NULL: libcurl's detail says it all */
} causes[] = {
    [HTTP_CAUSE_NONE] = { CU_OK, "" },
    [HTTP_CAUSE_RESOLVE] = { CU_E_UNREACHABLE, "the name cannot be resolved (DNS, /etc/hosts)" },
    [HTTP_CAUSE_REFUSED] = { CU_E_REFUSED, "connection refused: nothing listens there" },
    [HTTP_CAUSE_UNREACHABLE] = { CU_E_UNREACHABLE,
                                 "no connection: no route, or a firewall drops the packets" },
    [HTTP_CAUSE_TIMEOUT] = { CU_E_TIMEOUT, "connected, but no complete answer came in time" },
    [HTTP_CAUSE_RESET] = { CU_E_IO, "the connection was closed before the answer was complete" },
    [HTTP_CAUSE_TLS_UNKNOWN_CA] = { CU_E_AUTH, "the server's certificate is signed by an unknown authority" },
    [HTTP_CAUSE_TLS_EXPIRED] = { CU_E_AUTH,
                                 "the server's certificate has expired (or this machine's clock is ahead)" },
    [HTTP_CAUSE_TLS_NOT_YET] = { CU_E_AUTH, "the server's certificate is not valid yet: the clocks differ" },
    [HTTP_CAUSE_TLS_NAME] = { CU_E_AUTH, "the server's certificate is not for this name or address" },
    [HTTP_CAUSE_TLS_OTHER] = { CU_E_AUTH, "TLS failed" },
    [HTTP_CAUSE_TOO_LARGE] = { CU_E_INVALID, "the answer is larger than allowed" },
    [HTTP_CAUSE_UNREAD] = { CU_E_SERVER, "the server refused the request without reading it" },
    [HTTP_CAUSE_OTHER] = { CU_E_IO, NULL },
};

int http_exchange_result(struct http_exchange *x, CURLcode code, enum http_cause *cause, struct cu_err *err)
{
    *cause = cause_of(x, code);
    if (*cause == HTTP_CAUSE_NONE)
        return 0;
    const char *detail = x->detail[0] ? x->detail : x->lib->easy_strerror(code);
    const char *text = causes[*cause].text;
    cu_autofree char *clean = cu_replace(detail, "\n", " ");
    if (!text)
        return cu_fail(err, causes[*cause].code, "%s \"%s\": %s", x->method, x->url, clean);
    if (*cause == HTTP_CAUSE_TOO_LARGE || *cause == HTTP_CAUSE_REFUSED)
        return cu_fail(err, causes[*cause].code, "%s \"%s\": %s", x->method, x->url, text);
    return cu_fail(err, causes[*cause].code, "%s \"%s\": %s (%s)", x->method, x->url, text, clean);
}
