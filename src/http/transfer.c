/* Transfers on a loop: libcurl's multi interface driven by the loop's descriptors and timer. Must not know what
 * is transferred. User callbacks may start and cancel transfers; changes to the multi handle wait until libcurl
 * is not on the stack. */
#include "http/client.h"
#include "http/client_options.h"
#include "http/loop_internal.h"
#include <string.h>

struct http_transfer {
    struct http_curl_multi *m;
    struct http_transfer *prev, *next;
    struct http_exchange x;
    struct http_transfer_events ev;
    void *arg;
    char *body; /* copy of the request's body */
    size_t body_len;
    struct cu_err early; /* could not even start */
    bool added;          /* known to the multi handle */
    bool dead;           /* cancelled; reaped as soon as possible */
    bool head_told;
    size_t received;
    bool limited; /* the call set a limit */
};

struct watched {
    struct http_curl_multi *m;
    curl_socket_t fd;
    struct http_fd *watch;
};

struct http_curl_multi {
    struct http_loop *loop;
    const struct http_curl *lib;
    CURLM *multi;
    struct http_timer *timeout; /* libcurl's own timer */
    struct http_timer *soon;    /* start and reap */
    struct http_transfer *all;
    int busy;
};

static void free_transfer(struct http_curl_multi *m, struct http_transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        m->all = t->next;
    if (t->next)
        t->next->prev = t->prev;
    if (t->added)
        m->lib->multi_remove_handle(m->multi, t->x.easy);
    if (t->x.easy)
        m->lib->easy_cleanup(t->x.easy);
    if (t->x.lib)
        http_exchange_clear(&t->x);
    if (t->body)
        cu_wipe(t->body, t->body_len);
    free(t->body);
    cu_err_clear(&t->early);
    free(t);
}

static void finish(struct http_curl_multi *m, struct http_transfer *t, CURLcode code)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    enum http_cause cause = HTTP_CAUSE_OTHER;
    long status = 0;
    if (t->early.code) {
        cu_err_move(&err, &t->early);
    } else {
        http_exchange_result(&t->x, code, &cause, &err);
        m->lib->easy_getinfo(t->x.easy, CURLINFO_RESPONSE_CODE, &status);
    }
    t->dead = true;
    m->busy++; /* so that a cancel from the callback does not free it here */
    t->ev.end(t->arg, (int)status, cause, &err);
    m->busy--;
    free_transfer(m, t);
}

/* Ends what is over. The list may change under each callback, so each round starts anew. */
static void reap(struct http_curl_multi *m)
{
    if (m->busy)
        return;
    CURLMsg *msg;
    int left;
    while (m->lib && (msg = m->lib->multi_info_read(m->multi, &left))) {
        struct http_transfer *t = NULL;
        CURLcode code = msg->data.result;
        if (msg->msg != CURLMSG_DONE)
            continue;
        m->lib->easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        if (t->dead)
            free_transfer(m, t);
        else
            finish(m, t, code);
    }
    for (struct http_transfer *t = m->all, *next; t; t = next) {
        next = t->next;
        if (t->dead)
            free_transfer(m, t);
    }
}

static void act(struct http_curl_multi *m, curl_socket_t fd, int what)
{
    int running;
    m->busy++;
    m->lib->multi_socket_action(m->multi, fd, what, &running);
    m->busy--;
    reap(m);
}

static void on_timeout(void *arg)
{
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_ready(void *arg, unsigned ready)
{
    struct watched *w = arg;
    act(w->m, w->fd,
        ((ready & HTTP_FD_READ) ? CURL_CSELECT_IN : 0) | ((ready & HTTP_FD_WRITE) ? CURL_CSELECT_OUT : 0));
}

/* libcurl says when it wants to be called again. */
static int want_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct http_curl_multi *m = arg;
    if (ms < 0)
        http_timer_stop(m->timeout);
    else
        http_timer_set(m->timeout, ms);
    return 0;
}

/* libcurl says which readiness of a socket it wants to hear of. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    (void)easy;
    struct http_curl_multi *m = arg;
    struct watched *w = socket_arg;
    if (w)
        http_fd_free(w->watch);
    if (what == CURL_POLL_REMOVE) {
        if (w)
            m->lib->multi_assign(m->multi, fd, NULL);
        free(w);
        return 0;
    }
    if (!w) {
        w = cu_calloc(1, sizeof(*w));
        w->m = m;
        w->fd = fd;
        m->lib->multi_assign(m->multi, fd, w);
    }
    unsigned events = (what & CURL_POLL_IN ? HTTP_FD_READ : 0) | (what & CURL_POLL_OUT ? HTTP_FD_WRITE : 0);
    w->watch = http_fd_new(m->loop, fd, events, on_ready, w);
    return 0;
}

static void on_soon(void *arg)
{
    struct http_curl_multi *m = arg;
    for (struct http_transfer *t = m->all; t;) {
        if (!t->dead && t->early.code) {
            finish(m, t, CURLE_OK);
            t = m->all; /* the callback may have changed the list */
            continue;
        }
        if (!t->dead && !t->added) {
            t->added = true;
            m->lib->multi_add_handle(m->multi, t->x.easy);
        }
        t = t->next;
    }
    reap(m);
}

static void free_multi(struct http_curl_multi *m)
{
    for (struct http_transfer *t = m->all, *next; t; t = next) {
        next = t->next;
        free_transfer(m, t);
    }
    if (m->multi)
        m->lib->multi_cleanup(m->multi);
    http_timer_free(m->timeout);
    http_timer_free(m->soon);
    free(m);
}

static struct http_curl_multi *multi_of(struct http_loop *l)
{
    struct http_curl_multi *m = http_loop_multi(l);
    if (m)
        return m;
    m = cu_calloc(1, sizeof(*m));
    m->loop = l;
    m->timeout = http_timer_new(l, on_timeout, m);
    m->soon = http_timer_new(l, on_soon, m);
    http_loop_set_multi(l, m, free_multi);
    return m;
}

static int start_multi(struct http_curl_multi *m, struct cu_err *err)
{
    if (m->multi)
        return 0;
    m->lib = http_curl_get(err);
    if (!m->lib)
        return -CU_E_NOTFOUND;
    m->multi = m->lib->multi_init();
    if (!m->multi)
        abort();
    m->lib->multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    m->lib->multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
    m->lib->multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    m->lib->multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
    return 0;
}

static size_t on_head(char *p, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    size_t taken = http_exchange_on_head(p, size, n, &t->x);
    if (t->dead)
        return 0;
    if (t->x.final_head && !t->head_told) {
        long status = 0;
        t->m->lib->easy_getinfo(t->x.easy, CURLINFO_RESPONSE_CODE, &status);
        struct http_response head = { .code = (int)status, .head = t->x.head.data };
        t->head_told = true;
        if (t->ev.head)
            t->ev.head(t->arg, &head);
    }
    return t->dead ? 0 : taken;
}

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
    (void)size;
    struct http_transfer *t = arg;
    if (t->dead)
        return 0;
    t->received += n;
    if (t->limited && t->received > t->x.max) {
        t->x.too_large = true;
        return 0;
    }
    if (t->ev.data)
        t->ev.data(t->arg, p, n);
    return t->dead ? 0 : n;
}

struct http_transfer *http_transfer_start(struct http_loop *l, struct http_client *c,
                                          const struct http_call *call, const struct http_transfer_events *ev,
                                          void *arg)
{
    struct http_curl_multi *m = multi_of(l);
    struct http_transfer *t = cu_calloc(1, sizeof(*t));
    t->m = m;
    t->ev = *ev;
    t->arg = arg;
    t->limited = call->max_response > 0;
    t->next = m->all;
    if (t->next)
        t->next->prev = t;
    m->all = t;
    http_timer_set(m->soon, 0);
    if (start_multi(m, &t->early) < 0)
        return t;
    t->x.lib = m->lib;
    t->x.easy = m->lib->easy_init();
    if (!t->x.easy)
        abort();
    struct http_call copy = *call;
    if (call->body) {
        copy.body = t->body = cu_memdup(call->body, call->body_len);
        t->body_len = call->body_len;
    }
    http_exchange_prepare(&t->x, c, &copy, call->timeout_ms);
    m->lib->easy_setopt(t->x.easy, CURLOPT_PRIVATE, t);
    m->lib->easy_setopt(t->x.easy, CURLOPT_HEADERFUNCTION, on_head);
    m->lib->easy_setopt(t->x.easy, CURLOPT_HEADERDATA, t);
    m->lib->easy_setopt(t->x.easy, CURLOPT_WRITEFUNCTION, on_data);
    m->lib->easy_setopt(t->x.easy, CURLOPT_WRITEDATA, t);
    return t;
}

const char *http_transfer_head(const struct http_transfer *t)
{
    return cu_buf_str(&t->x.head);
}

void http_transfer_cancel(struct http_transfer *t)
{
    if (t->dead)
        return;
    t->dead = true;
    if (t->m->busy)
        http_timer_set(t->m->soon, 0);
    else
        free_transfer(t->m, t);
}
