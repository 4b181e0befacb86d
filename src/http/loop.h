/* http/loop.h - event loop of one thread: timers, readiness of descriptors, signals, and work posted from other
 * threads. Everything is called on the loop's own thread except http_loop_post() and http_loop_stop(). */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct http_loop; /* opaque */

struct http_loop *http_loop_new(void); /* aborts when the kernel gives no epoll descriptor */
void http_loop_free(
    struct http_loop *l); /* NULL is fine; timers, watches and servers on it are freed before */

/* Runs until http_loop_stop(). A stop that came before ends it at once (and is used up). */
void http_loop_run(struct http_loop *l);
/* Runs what is due, then what comes within `timeout_ms`; returns early after http_loop_stop(). For tests and
 * for blocking helpers on a private loop. */
void http_loop_run_for(struct http_loop *l, int64_t timeout_ms);
void http_loop_stop(struct http_loop *l); /* from any thread; not from signal handlers */

/* Runs fn(arg) on the loop's thread, in order of posting. From any thread. Work still queued when the loop is
 * freed is dropped without being called. */
void http_loop_post(struct http_loop *l, void (*fn)(void *arg), void *arg);

/* Timers: one shot; a callback may set its timer again or free it. */
struct http_timer;
struct http_timer *http_timer_new(struct http_loop *l, void (*fn)(void *arg), void *arg);
void http_timer_set(struct http_timer *t, int64_t delay_ms); /* replaces an earlier setting; 0 = next turn */
void http_timer_stop(struct http_timer *t);
bool http_timer_is_set(const struct http_timer *t);
void http_timer_free(struct http_timer *t); /* NULL is fine */

/* Descriptors: called each time `fd` is ready (level triggered). The descriptor stays the caller's; free the
 * watch before closing it. */
enum http_fd_event { HTTP_FD_READ = 1, HTTP_FD_WRITE = 2 };
struct http_fd;
struct http_fd *http_fd_new(struct http_loop *l, int fd, unsigned events,
                            void (*fn)(void *arg, unsigned ready), void *arg);
void http_fd_free(struct http_fd *f); /* NULL is fine */

/* Signals: called on the loop, not in signal context. One loop of the process may watch signals. */
struct http_signal;
struct http_signal *http_signal_new(struct http_loop *l, int signo, void (*fn)(void *arg, int signo),
                                    void *arg);
void http_signal_free(struct http_signal *s); /* NULL is fine */

#endif
