/* Listeners and the set of connections of the server. Must not know what is said on a connection. */
#include "http/server_internal.h"
#include "base/ip.h"
#include "base/limits.h"
#include "http/loop_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 1024
#define DEAD_PEER_MS 60000

struct http_server *http_server_new(struct http_loop *loop, const struct http_server_options *o)
{
    struct http_server *s = cu_calloc(1, sizeof(*s));
    s->loop = loop;
    s->o = *o;
    if (!s->o.idle_timeout_ms)
        s->o.idle_timeout_ms = 95000;
    if (!s->o.request_timeout_ms)
        s->o.request_timeout_ms = 60000;
    if (!s->o.max_body)
        s->o.max_body = LIM_HTTP_REQUEST;
    if (!s->o.max_connections)
        s->o.max_connections = 16384;
    return s;
}

static void free_listeners(struct http_server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct http_listener *l = s->listeners[i];
        evconnlistener_free(l->lev);
        event_free(l->resume);
        if (l->unix_path)
            unlink(l->unix_path);
        free(l->unix_path);
        free(l);
    }
    free(s->listeners);
    s->listeners = NULL;
    s->n_listeners = s->cap_listeners = 0;
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    free_listeners(s);
    for (struct http_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (c->req && c->state == CONN_BODY) {
            http_request_free(c->req);
            c->req = NULL;
        }
        if (c->req)
            c->req->conn = NULL; /* still owed an answer, which will go nowhere */
        c->req = NULL;
        http_conn_destroy(c);
    }
    for (size_t i = 0; i < s->n_tls; i++)
        http_tls_free(s->tls[i]);
    free(s->tls);
    if (s->drain_timer)
        event_free(s->drain_timer);
    free(s);
}

static void on_drained(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct http_server *s = arg;
    s->drained(s->drained_arg);
}

static void check_drained(struct http_server *s)
{
    struct timeval now = { 0, 0 };
    if (s->drain_timer && s->n_conns == 0)
        event_add(s->drain_timer, &now);
}

void http_server_drain(struct http_server *s, void (*done)(void *arg), void *arg)
{
    free_listeners(s);
    s->draining = true;
    s->drained = done;
    s->drained_arg = arg;
    if (!s->drain_timer)
        s->drain_timer = event_new(http_loop_base(s->loop), -1, 0, on_drained, s);
    for (struct http_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        http_conn_drain(c);
    }
    check_drained(s);
}

size_t http_server_connections(const struct http_server *s)
{
    return s->n_conns;
}

void http_server_forget(struct http_server *s, struct http_conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->n_conns--;
    check_drained(s);
}

int http_server_add_tls(struct http_server *s, const struct http_tls *t, struct http_tls_context **out,
                        struct cu_err *err)
{
    struct http_tls_context *c = NULL;
    int r = http_tls_new(t, &c, err);
    if (r < 0)
        return r;
    cu_grow(&s->tls, &s->cap_tls, s->n_tls + 1, sizeof(struct http_tls_context *));
    s->tls[s->n_tls++] = c;
    *out = c;
    return 0;
}

static void on_accept(struct evconnlistener *lev, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    (void)lev;
    (void)sa;
    (void)len;
    struct http_listener *l = arg;
    struct http_server *s = l->server;
    SSL *ssl = NULL;
    if (s->n_conns >= s->o.max_connections || (l->tls && !(ssl = http_tls_accept(l->tls)))) {
        close(fd);
        return;
    }
    if (!l->unix_path) {
        int on = 1, idle = 15, dead = DEAD_PEER_MS;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
    }
    http_conn_accept(s, fd, ssl);
}

/* Out of descriptors: accept(2) would fail again at once, so pause. */
static void on_accept_error(struct evconnlistener *lev, void *arg)
{
    struct http_listener *l = arg;
    struct timeval pause = { 0, 100000 };
    evconnlistener_disable(lev);
    event_add(l->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct http_listener *l = arg;
    evconnlistener_enable(l->lev);
}

static struct http_listener *add_listener(struct http_server *s, int fd, struct http_tls_context *tls)
{
    struct event_base *base = http_loop_base(s->loop);
    struct http_listener *l = cu_calloc(1, sizeof(*l));
    l->server = s;
    l->tls = tls;
    l->lev = evconnlistener_new(base, on_accept, l, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    l->resume = event_new(base, -1, 0, on_resume, l);
    if (!l->lev || !l->resume)
        abort();
    evconnlistener_set_error_cb(l->lev, on_accept_error);
    cu_grow(&s->listeners, &s->cap_listeners, s->n_listeners + 1, sizeof(struct http_listener *));
    s->listeners[s->n_listeners++] = l;
    return l;
}

static int fail_listen(struct cu_err *err, int errnum, const char *where)
{
    if (errnum == EADDRINUSE)
        return cu_fail(err, CU_E_EXISTS, "listen on %s: the address is in use by another process", where);
    return cu_fail_errno(err, errnum, "listen on %s", where);
}

/* A socket bound and listening, or a negative code. */
static int open_socket(const struct sockaddr *sa, socklen_t len, const char *where, struct cu_err *err)
{
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail_listen(err, errno, where);
    int on = 1, off = 0;
    if (sa->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (sa->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, sa, len) < 0 || listen(fd, BACKLOG) < 0) {
        int errnum = errno;
        close(fd);
        return fail_listen(err, errnum, where);
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage ss = { 0 };
    socklen_t len = sizeof(ss);
    if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
        return 0;
    if (ss.ss_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, &ss, sizeof(in));
        return ntohs(in.sin6_port);
    }
    struct sockaddr_in in;
    memcpy(&in, &ss, sizeof(in));
    return ntohs(in.sin_port);
}

int http_server_listen(struct http_server *s, const char *host, int port, struct http_tls_context *tls,
                       int *bound, struct cu_err *err)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    bool any = !host || !*host;
    if (port < 0 || port > 65535)
        return cu_fail(err, CU_E_INVALID, "port %d is not between 0 and 65535", port);
    cu_autofree char *where = cu_host_port(any ? "*" : host, port);
    int fd;
    if (!any && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        fd = open_socket((const struct sockaddr *)&v4, sizeof(v4), where, err);
    } else if (any || inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        fd = open_socket((const struct sockaddr *)&v6, sizeof(v6), where, err);
        if (any && fd < 0 && fd != -CU_E_EXISTS && fd != -CU_E_FORBIDDEN) { /* a machine without IPv6 */
            if (err)
                cu_err_clear(err);
            fd = open_socket((const struct sockaddr *)&v4, sizeof(v4), where, err);
        }
    } else {
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not an IP address to listen on", host);
    }
    if (fd < 0)
        return fd;
    if (bound)
        *bound = port_of(fd);
    add_listener(s, fd, tls);
    return 0;
}

int http_server_listen_unix(struct http_server *s, const char *path, mode_t mode, struct cu_err *err)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(un.sun_path))
        return cu_fail(err, CU_E_INVALID, "socket path \"%s\" is longer than %zu bytes", path,
                       sizeof(un.sun_path) - 1);
    memcpy(un.sun_path, path, strlen(path) + 1);
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    int fd = open_socket((const struct sockaddr *)&un, sizeof(un), path, err);
    if (fd < 0)
        return fd;
    if (chmod(path, mode) < 0) {
        int e = errno;
        close(fd);
        return cu_fail_errno(err, e, "chmod \"%s\"", path);
    }
    add_listener(s, fd, NULL)->unix_path = cu_strdup(path);
    return 0;
}
