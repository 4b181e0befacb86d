/* Event loop on libevent. Must not know HTTP. Other threads reach it only through the queue of posted work, so
 * libevent's own locking is not needed. */
#include "http/loop.h"
#include "http/loop_internal.h"
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>

struct post {
    void (*fn)(void *arg);
    void *arg;
};

struct http_loop {
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    pthread_mutex_t lock; /* guards the four below */
    struct post *posts;
    size_t n_posts, cap_posts;
    bool stop;
    struct http_curl_multi *multi; /* see loop_internal.h */
    void (*free_multi)(struct http_curl_multi *m);
};

struct http_timer {
    struct event *ev;
    void (*fn)(void *arg);
    void *arg;
};

struct http_fd {
    struct event *ev;
    void (*fn)(void *arg, unsigned ready);
    void *arg;
};

struct http_signal {
    struct event *ev;
    void (*fn)(void *arg, int signo);
    void *arg;
};

static void wake_up(struct http_loop *l)
{
    uint64_t one = 1;
    while (write(l->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct http_loop *l = arg;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
        return;
    pthread_mutex_lock(&l->lock);
    struct post *posts = l->posts;
    size_t n = l->n_posts;
    l->posts = NULL;
    l->n_posts = l->cap_posts = 0;
    bool stop = l->stop;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < n; i++)
        posts[i].fn(posts[i].arg);
    free(posts);
    if (stop)
        event_base_loopbreak(l->base);
}

struct http_loop *http_loop_new(void)
{
    struct http_loop *l = cu_calloc(1, sizeof(*l));
    signal(SIGPIPE, SIG_IGN); /* writes to peers that left report EPIPE instead */
    struct event_config *cfg = event_config_new();
    if (!cfg)
        abort();
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    l->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!l->base || l->wake_fd < 0) {
        perror("event loop");
        abort();
    }
    pthread_mutex_init(&l->lock, NULL);
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    event_add(l->wake, NULL);
    return l;
}

void http_loop_free(struct http_loop *l)
{
    if (!l)
        return;
    if (l->multi)
        l->free_multi(l->multi);
    event_free(l->wake);
    /* Buffer events with callbacks pending are only freed by a turn of the loop. */
    event_base_loop(l->base, EVLOOP_NONBLOCK);
    event_base_free(l->base);
    close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    free(l->posts);
    free(l);
}

/* Takes a stop that was asked for; true when there was one. */
static bool take_stop(struct http_loop *l)
{
    pthread_mutex_lock(&l->lock);
    bool stop = l->stop;
    l->stop = false;
    pthread_mutex_unlock(&l->lock);
    return stop;
}

void http_loop_run(struct http_loop *l)
{
    do
        event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    while (!take_stop(l));
}

static void on_run_for(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static struct timeval to_timeval(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

void http_loop_run_for(struct http_loop *l, int64_t timeout_ms)
{
    struct event *ev = event_new(l->base, -1, 0, on_run_for, l->base);
    struct timeval tv = to_timeval(timeout_ms);
    event_add(ev, &tv);
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    event_free(ev);
    take_stop(l);
}

void http_loop_stop(struct http_loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_mutex_unlock(&l->lock);
    wake_up(l);
}

void http_loop_post(struct http_loop *l, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_posts == l->cap_posts)
        cu_grow(&l->posts, &l->cap_posts, l->n_posts + 1, sizeof(*l->posts));
    l->posts[l->n_posts++] = (struct post){ fn, arg };
    pthread_mutex_unlock(&l->lock);
    wake_up(l);
}

struct event_base *http_loop_base(struct http_loop *l)
{
    return l->base;
}

struct http_curl_multi *http_loop_multi(struct http_loop *l)
{
    return l->multi;
}

void http_loop_set_multi(struct http_loop *l, struct http_curl_multi *m,
                         void (*free_multi)(struct http_curl_multi *m))
{
    l->multi = m;
    l->free_multi = free_multi;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct http_timer *t = arg;
    t->fn(t->arg);
}

struct http_timer *http_timer_new(struct http_loop *l, void (*fn)(void *arg), void *arg)
{
    struct http_timer *t = cu_calloc(1, sizeof(*t));
    t->fn = fn;
    t->arg = arg;
    t->ev = event_new(l->base, -1, 0, on_timer, t);
    return t;
}

void http_timer_set(struct http_timer *t, int64_t delay_ms)
{
    struct timeval tv = to_timeval(delay_ms);
    event_add(t->ev, &tv);
}

void http_timer_stop(struct http_timer *t)
{
    event_del(t->ev);
}

bool http_timer_is_set(const struct http_timer *t)
{
    return event_pending(t->ev, EV_TIMEOUT, NULL) != 0;
}

void http_timer_free(struct http_timer *t)
{
    if (!t)
        return;
    event_free(t->ev);
    free(t);
}

static void on_fd(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct http_fd *f = arg;
    f->fn(f->arg, ((what & EV_READ) ? HTTP_FD_READ : 0) | ((what & EV_WRITE) ? HTTP_FD_WRITE : 0));
}

struct http_fd *http_fd_new(struct http_loop *l, int fd, unsigned events,
                            void (*fn)(void *arg, unsigned ready), void *arg)
{
    struct http_fd *f = cu_calloc(1, sizeof(*f));
    f->fn = fn;
    f->arg = arg;
    short what = EV_PERSIST;
    if (events & HTTP_FD_READ)
        what |= EV_READ;
    if (events & HTTP_FD_WRITE)
        what |= EV_WRITE;
    f->ev = event_new(l->base, fd, what, on_fd, f);
    event_add(f->ev, NULL);
    return f;
}

void http_fd_free(struct http_fd *f)
{
    if (!f)
        return;
    event_free(f->ev);
    free(f);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
    (void)what;
    struct http_signal *s = arg;
    s->fn(s->arg, (int)signo);
}

struct http_signal *http_signal_new(struct http_loop *l, int signo, void (*fn)(void *arg, int signo),
                                    void *arg)
{
    struct http_signal *s = cu_calloc(1, sizeof(*s));
    s->fn = fn;
    s->arg = arg;
    s->ev = evsignal_new(l->base, signo, on_signal, s);
    event_add(s->ev, NULL);
    return s;
}

void http_signal_free(struct http_signal *s)
{
    if (!s)
        return;
    event_free(s->ev);
    free(s);
}
