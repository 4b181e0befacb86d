/* Keys made on several cores, at once or in the background.
 * Must not know what the keys are for. */
#include "pki/key.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MAX_THREADS 64

/* How many threads are worth starting for n keys. */
static size_t thread_count(size_t n)
{
    cpu_set_t set;
    size_t cores = 1;

    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        cores = (size_t)CPU_COUNT(&set);
    }
    cores = cores > MAX_THREADS ? MAX_THREADS : cores;
    return n < cores ? n : cores;
}

struct batch {
    const enum pki_alg *algs;
    struct pki_key **keys;
    size_t n;
    atomic_size_t next;
    pthread_mutex_t lock; /* of err and code */
    struct cu_err *err;
    int code;
};

static void *batch_work(void *arg)
{
    struct batch *b = arg;
    size_t i;

    while ((i = atomic_fetch_add(&b->next, 1)) < b->n) {
        struct cu_err err = CU_ERR_INIT;
        int r = pki_key_generate(b->algs[i], &b->keys[i], &err);

        if (r < 0) {
            pthread_mutex_lock(&b->lock);
            b->code = cu_fail(b->err, err.code, "%s", cu_err_text(&err));
            pthread_mutex_unlock(&b->lock);
            atomic_store(&b->next, b->n);
        }
        cu_err_clear(&err);
    }
    return NULL;
}

int pki_keys_generate(const enum pki_alg *algs, size_t n, struct pki_key **out, struct cu_err *err)
{
    struct batch b = { .algs = algs, .n = n, .err = err };
    pthread_t threads[MAX_THREADS];
    size_t started = 0, want = thread_count(n);

    b.keys = cu_calloc(n ? n : 1, sizeof(struct pki_key *));
    pthread_mutex_init(&b.lock, NULL);
    while (started + 1 < want && pthread_create(&threads[started], NULL, batch_work, &b) == 0) {
        started++; /* fewer threads only take longer */
    }
    batch_work(&b);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_mutex_destroy(&b.lock);
    for (size_t i = 0; i < n; i++) {
        if (b.code < 0) {
            pki_key_free(b.keys[i]);
        } else {
            out[i] = b.keys[i];
        }
    }
    free(b.keys);
    return b.code;
}

struct pki_keypool {
    enum pki_alg alg;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t made;
    struct pki_key **ready;
    size_t n_ready, to_start, in_work;
    pthread_t threads[MAX_THREADS];
    size_t n_threads;
};

static void *pool_work(void *arg)
{
    struct pki_keypool *p = arg;

    pthread_mutex_lock(&p->lock);
    while (p->to_start > 0) {
        struct pki_key *k = NULL;

        p->to_start--;
        p->in_work++;
        pthread_mutex_unlock(&p->lock);
        int r =
            pki_key_generate(p->alg, &k, NULL); /* who takes it makes one itself then, and gets the error */
        pthread_mutex_lock(&p->lock);
        p->in_work--;
        if (r == 0) {
            p->ready[p->n_ready++] = k;
        } else {
            p->to_start = 0;
        }
        pthread_cond_broadcast(&p->made);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pki_keypool *pki_keypool_start(enum pki_alg alg, size_t n)
{
    struct pki_keypool *p = cu_calloc(1, sizeof(*p));
    size_t want = thread_count(n);

    p->alg = alg;
    p->to_start = n;
    p->ready = cu_calloc(n ? n : 1, sizeof(struct pki_key *));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->made, NULL);
    while (p->n_threads < want && pthread_create(&p->threads[p->n_threads], NULL, pool_work, p) == 0) {
        p->n_threads++;
    }
    return p;
}

int pki_keypool_take(struct pki_keypool *p, enum pki_alg alg, struct pki_key **out, struct cu_err *err)
{
    struct pki_key *k = NULL;

    if (p && p->alg == alg) {
        pthread_mutex_lock(&p->lock);
        if (p->n_ready == 0 && p->in_work == 0 && p->to_start > 0) {
            p->to_start--; /* no thread could be started: the key is made below */
        }
        while (p->n_ready == 0 && p->in_work > 0) {
            pthread_cond_wait(&p->made, &p->lock);
        }
        if (p->n_ready > 0) {
            k = p->ready[--p->n_ready];
        }
        pthread_mutex_unlock(&p->lock);
    }
    if (!k) {
        return pki_key_generate(alg, out, err);
    }
    *out = k;
    return 0;
}

void pki_keypool_free(struct pki_keypool *p)
{
    if (!p) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->to_start = 0;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n_threads; i++) {
        pthread_join(p->threads[i], NULL);
    }
    for (size_t i = 0; i < p->n_ready; i++) {
        pki_key_free(p->ready[i]);
    }
    pthread_cond_destroy(&p->made);
    pthread_mutex_destroy(&p->lock);
    free(p->ready);
    free(p);
}
