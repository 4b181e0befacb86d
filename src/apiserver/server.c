/* apiserver/server.c - puts the parts together, runs them, takes them down.
 * Must not know requests. */
#include "apiserver/server.h"
#include "apiserver/call.h"
#include "apiserver/logs.h"
#include "apiserver/startup.h"
#include "apiserver/watch.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define PEERS_MS 10000         /* spec apiserver 5 */
#define STARTUP_MS 60000       /* missing objects are made again (spec apiserver 5) */
#define COMPACT_MS (5 * 60000) /* spec apiserver 7.4 */
#define EXPIRE_MS 60000

struct running {
    struct api_server srv;
    struct http_timer *startup, *peers, *compact, *expire, *hurry;
    struct http_signal *term, *interrupt;
    struct http_fd *feed;
};

static int listen_tls(struct api_server *s, struct cu_err *err)
{
    struct http_server_options ho = { .handle = api_dispatch, .error_body = api_error_body, .arg = s };
    struct http_tls tls = { .cert_file = s->opt.tls_cert_file,
                            .key_file = s->opt.tls_private_key_file,
                            .client_ca_file = s->opt.client_ca_file };
    struct http_tls_context *context = NULL;
    struct cu_ip ip;
    bool any = cu_ip_parse(s->opt.bind_address, &ip) && cu_ip_is_unspecified(&ip);
    s->http = http_server_new(s->loop, &ho);
    if (http_server_add_tls(s->http, &tls, &context, err) < 0)
        return cu_wrap(err, "serving certificate");
    if (http_server_listen(s->http, any ? "" : s->opt.bind_address, (int)s->opt.secure_port, context,
                           &s->port, err) < 0)
        return cu_wrap(err, "listen on %s port %d", s->opt.bind_address, (int)s->opt.secure_port);
    return 0;
}

static int make_startup_objects(struct api_server *s, struct cu_err *err)
{
    if (api_startup_alive(s->registry, &s->opt, err) < 0)
        return cu_wrap(err, "tell other servers of this one");
    if (api_startup_objects(s->registry, &s->opt, s->port, cu_now_ms(), err) < 0)
        return cu_wrap(err, "make the objects every cluster has");
    s->policy_ready = true;
    return 0;
}

static void startup_again(void *arg)
{
    struct running *r = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (make_startup_objects(&r->srv, &err) < 0)
        cu_log_error("%s", cu_err_text(&err));
    http_timer_set(r->startup, STARTUP_MS);
}

/* While etcd is away nothing can be told; that is said elsewhere. */
static void meet_peers(void *arg)
{
    struct running *r = arg;
    struct api_server *s = &r->srv;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (store_ping(s->store, NULL) == 0 &&
        (api_startup_alive(s->registry, &s->opt, &err) < 0 ||
         api_startup_endpoints(s->registry, &s->opt, s->port, cu_now_ms(), &err) < 0))
        cu_log_warning("%s", cu_err_text(&err));
    http_timer_set(r->peers, PEERS_MS);
}

static void compact(void *arg)
{
    struct running *r = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (store_compact(r->srv.store, COMPACT_MS, &err) < 0)
        cu_log_error("%s", cu_err_text(&err));
    http_timer_set(r->compact, COMPACT_MS);
}

/* Removes events nobody has touched for --event-ttl. */
static void expire_events(void *arg)
{
    struct running *r = arg;
    const struct api_resource *events = api_resource_find("", "v1", "events");
    int64_t now = cu_now_ms(), ttl = r->srv.opt.event_ttl_s * 1000;
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;
    while ((o = api_registry_next(r->srv.registry, events, NULL, &w))) {
        static const char *const TIMES[] = { "lastTimestamp", "eventTime" };
        const char *made = val_find_str(o->v, "metadata", "creationTimestamp", NULL);
        int64_t last = now, t;
        if (made && cu_parse_rfc3339(made, &t, NULL) == 0)
            last = t;
        for (size_t i = 0; i < CU_LEN(TIMES); i++) {
            const char *text = val_get_str(o->v, TIMES[i]);
            if (text && cu_parse_rfc3339(text, &t, NULL) == 0 && t > last)
                last = t;
        }
        struct api_status st = API_STATUS_INIT;
        if (now - last > ttl && api_registry_delete(r->srv.registry, o, NULL, &st) < 0 && st.code != 404 &&
            st.code != 409) /* another server was quicker */
            cu_log_warning("event %s: %s", o->key, cu_or(val_get_str(st.body, "message"), ""));
        api_status_clear(&st);
    }
    http_timer_set(r->expire, EXPIRE_MS);
}

static void feed_ready(void *arg, unsigned ready)
{
    struct running *r = arg;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    (void)ready;
    if (api_registry_pump(r->srv.registry, &err) < 0)
        cu_log_error("%s", cu_err_text(&err));
}

static void stop_now(void *arg)
{
    struct running *r = arg;
    http_loop_stop(r->srv.loop);
}

static void stop(void *arg, int signo)
{
    struct running *r = arg;
    if (r->srv.stopping) {
        stop_now(r);
        return;
    }
    cu_log_info("stopping (signal %d)", signo);
    r->srv.stopping = true;
    api_watches_free(r->srv.watches);
    r->srv.watches = api_watches_new(&r->srv);
    api_logs_free(r->srv.logs);
    r->srv.logs = api_logs_new(&r->srv);
    http_server_drain(r->srv.http, stop_now, r);
    http_timer_set(r->hurry, 2000);
}

/* Tells the starter on --ready-fd which port is served. */
static void tell_ready(struct api_server *s)
{
    cu_log_info("serving on %s port %d", s->opt.bind_address, s->port);
    if (s->opt.ready_fd < 0)
        return;
    char text[16];
    int n = snprintf(text, sizeof(text), "%d\n", s->port);
    if (write((int)s->opt.ready_fd, text, (size_t)n) != n)
        cu_log_warning("nobody listens on --ready-fd");
    close((int)s->opt.ready_fd);
}

static void start_timers(struct running *r)
{
    struct http_loop *l = r->srv.loop;
    int fd = store_fd(r->srv.store);
    r->startup = http_timer_new(l, startup_again, r);
    r->peers = http_timer_new(l, meet_peers, r);
    r->compact = http_timer_new(l, compact, r);
    r->expire = http_timer_new(l, expire_events, r);
    r->hurry = http_timer_new(l, stop_now, r);
    http_timer_set(r->startup, STARTUP_MS);
    if (fd >= 0) /* others may write to the store */
        http_timer_set(r->peers, PEERS_MS);
    http_timer_set(r->compact, COMPACT_MS);
    http_timer_set(r->expire, EXPIRE_MS);
    r->term = http_signal_new(l, SIGTERM, stop, r);
    r->interrupt = http_signal_new(l, SIGINT, stop, r);
    if (fd >= 0)
        r->feed = http_fd_new(l, fd, HTTP_FD_READ, feed_ready, r);
}

static void take_down(struct running *r)
{
    struct api_server *s = &r->srv;
    http_fd_free(r->feed);
    http_timer_free(r->startup);
    http_timer_free(r->peers);
    http_timer_free(r->compact);
    http_timer_free(r->expire);
    http_timer_free(r->hurry);
    http_signal_free(r->term);
    http_signal_free(r->interrupt);
    api_parts_close(s);
    http_loop_free(s->loop);
    api_options_clear(&s->opt);
}

/* A watch is a connection: allow as many as the system does. */
static void raise_limits(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
    signal(SIGPIPE, SIG_IGN);
}

static int run(struct running *r, int argc, char **argv, struct cu_err *err)
{
    struct api_server *s = &r->srv;
    if (api_options_parse(argc, argv, &s->opt, err) < 0)
        return -1;
    cu_log_set_verbosity((int)s->opt.verbosity);
    s->started_ms = cu_now_ms();
    s->loop = http_loop_new();
    raise_limits();
    /* listen first: clients that come early wait in the backlog instead of being refused */
    if (api_parts_open(s, err) < 0 || listen_tls(s, err) < 0 || make_startup_objects(s, err) < 0)
        return -1;
    start_timers(r);
    tell_ready(s);
    http_loop_run(s->loop);
    return 0;
}

int api_server_main(int argc, char **argv)
{
    struct running r = { 0 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int failed = run(&r, argc, argv, &err);
    if (failed < 0)
        cu_log_error("kube-apiserver: %s", cu_err_text(&err));
    take_down(&r);
    return failed < 0 ? 1 : 0;
}
