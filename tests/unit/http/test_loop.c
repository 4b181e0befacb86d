/* Timers, posts from other threads, descriptors, stop. */
#include "base/timefmt.h"
#include "http/loop.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>

struct seen {
    struct http_loop *loop;
    struct http_timer *timer;
    int n;
    char order[8];
    int last;
};

static void on_timer(void *arg)
{
    struct seen *s = arg;
    if (++s->n < 3)
        http_timer_set(s->timer, 5);
    else
        http_loop_stop(s->loop);
}

static void test_timer(void **state)
{
    (void)state;
    struct seen s = { .loop = http_loop_new() };
    s.timer = http_timer_new(s.loop, on_timer, &s);
    int64_t start = cu_mono_ms();
    http_timer_set(s.timer, 20);
    assert_true(http_timer_is_set(s.timer));
    http_loop_run(s.loop);
    assert_int_equal(s.n, 3);
    assert_in_range(cu_mono_ms() - start, 29, 2000);
    http_timer_set(s.timer, 0);
    http_timer_stop(s.timer);
    http_loop_run_for(s.loop, 10);
    assert_int_equal(s.n, 3);
    http_timer_free(s.timer);
    http_loop_free(s.loop);
}

static void on_post(void *arg)
{
    struct seen *s = arg;
    if (++s->n == 2000)
        http_loop_stop(s->loop);
}

static void *poster(void *arg)
{
    struct seen *s = arg;
    for (int i = 0; i < 1000; i++)
        http_loop_post(s->loop, on_post, s);
    return NULL;
}

static void test_post(void **state)
{
    (void)state;
    struct seen s = { .loop = http_loop_new() };
    pthread_t a, b;
    assert_int_equal(pthread_create(&a, NULL, poster, &s), 0);
    assert_int_equal(pthread_create(&b, NULL, poster, &s), 0);
    http_loop_run(s.loop);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert_int_equal(s.n, 2000);
    http_loop_stop(s.loop); /* a stop that came before */
    http_loop_run(s.loop);
    http_loop_post(s.loop, on_post, &s); /* never run */
    http_loop_free(s.loop);
    assert_int_equal(s.n, 2000);
}

static void on_ready(void *arg, unsigned ready)
{
    struct seen *s = arg;
    assert_int_equal(ready, HTTP_FD_READ);
    char byte;
    assert_int_equal(read(s->last, &byte, 1), 1);
    s->n++;
    http_loop_stop(s->loop);
}

static void on_signal(void *arg, int signo)
{
    struct seen *s = arg;
    s->last = signo;
    http_loop_stop(s->loop);
}

static void test_fd_and_signal(void **state)
{
    (void)state;
    struct seen s = { .loop = http_loop_new() };
    int p[2];
    assert_int_equal(pipe(p), 0);
    s.last = p[0];
    struct http_fd *f = http_fd_new(s.loop, p[0], HTTP_FD_READ, on_ready, &s);
    http_loop_run_for(s.loop, 10);
    assert_int_equal(s.n, 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    http_loop_run_for(s.loop, 2000);
    assert_int_equal(s.n, 1);
    http_fd_free(f);
    close(p[0]);
    close(p[1]);
    struct http_signal *g = http_signal_new(s.loop, SIGUSR1, on_signal, &s);
    raise(SIGUSR1);
    http_loop_run_for(s.loop, 2000);
    assert_int_equal(s.last, SIGUSR1);
    http_signal_free(g);
    http_loop_free(s.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_post),
        cmocka_unit_test(test_fd_and_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
