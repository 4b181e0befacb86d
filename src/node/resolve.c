/* node/resolve.c - looks a name up without hanging on it: getaddrinfo(3) has no limit of its own.
 * Must not judge names. */
#include "node/net.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

/* What caller and look-up share; whoever leaves last frees it. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t done_cond; /* on the monotonic clock */
    char *host;               /* owned */
    struct cu_strlist found;
    struct cu_err err;
    int result;
    bool done, abandoned;
};

static void lookup_free(struct lookup *l)
{
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->done_cond);
    free(l->host);
    cu_strlist_clear(&l->found);
    cu_err_clear(&l->err);
    free(l);
}

static int look_up(const char *host, struct cu_strlist *out, struct cu_err *err)
{
    /* One short try per name server: an offline machine should be told so at once. State of this thread only. */
    if (res_init() == 0) {
        _res.retrans = 1;
        _res.retry = 1;
    }
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int r = getaddrinfo(host, NULL, &hints, &list);
    if (r == EAI_AGAIN)
        return cu_fail(err, CU_E_UNREACHABLE, "look up %s: the name server did not answer", host);
    if (r != 0)
        return cu_fail(err, CU_E_NOTFOUND, "look up %s: %s", host,
                       r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            cu_strlist_add_unique(out, text);
    }
    freeaddrinfo(list);
    return 0;
}

/* Looks up and hands over. True when nobody waits for the result any more. */
static bool work(struct lookup *l)
{
    struct cu_strlist found = CU_STRLIST_INIT;
    struct cu_err err = CU_ERR_INIT;
    int r = look_up(l->host, &found, &err);
    pthread_mutex_lock(&l->lock);
    l->found = found;
    l->err = err;
    l->result = r;
    l->done = true;
    bool abandoned = l->abandoned;
    pthread_cond_signal(&l->done_cond);
    pthread_mutex_unlock(&l->lock);
    return abandoned;
}

static void *run(void *arg)
{
    struct lookup *l = arg;
    if (work(l))
        lookup_free(l);
    return NULL;
}

static struct lookup *start(const char *host)
{
    struct lookup *l = cu_calloc(1, sizeof *l);
    pthread_condattr_t clock;
    pthread_attr_t detached;
    pthread_t thread;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->done_cond, &clock);
    pthread_condattr_destroy(&clock);
    l->host = cu_strdup(host);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &detached, run, l);
    pthread_attr_destroy(&detached);
    if (failed)
        work(l); /* no thread to be had: then without a limit */
    return l;
}

int node_resolve_host(void *arg, const char *host, struct cu_strlist *out, struct cu_err *err)
{
    (void)arg;
    struct cu_ip ip;
    struct timespec end;
    if (cu_ip_parse(host, &ip)) {
        cu_strlist_add_unique(out, host);
        return 0;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += NODE_RESOLVE_MS / 1000;
    struct lookup *l = start(host);
    int waited = 0, r;
    pthread_mutex_lock(&l->lock);
    while (!l->done && waited == 0)
        waited = pthread_cond_timedwait(&l->done_cond, &l->lock, &end);
    bool done = l->done;
    l->abandoned = !done;
    pthread_mutex_unlock(&l->lock);
    if (!done)
        return cu_fail(err, CU_E_UNREACHABLE, "look up %s: no answer within %d s", host,
                       NODE_RESOLVE_MS / 1000);
    r = l->result;
    if (r == 0)
        for (size_t i = 0; i < l->found.n; i++)
            cu_strlist_add_unique(out, l->found.v[i]);
    else if (err)
        cu_err_move(err, &l->err);
    lookup_free(l);
    return r;
}

int node_resolve(const struct node_sys *sys, const char *host, struct cu_strlist *out, struct cu_err *err)
{
    if (!sys)
        sys = node_sys_host();
    return sys->resolve(sys->arg, host, out, err);
}
