/* store/store.h - a revisioned key-value store behind one table of functions. Engines: SQLite
 * (store/sqlite.h) and etcd. One counter numbers every change of every key; an object's revision is that of
 * its last change.
 *
 * Keys are text ("/registry/pods/ns/name"), values are bytes. All calls come from one thread, the owner's. A
 * writer learns of its own changes like everybody else: from the change feed, in order of revision. After a
 * successful write at revision R, store_pump(s, R, ...) has delivered every change up to R when it returns.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store; /* opaque, one engine */

struct store_kv {
    const char *key;
    const void *value;  /* borrowed for the call; NULL when there is none */
    size_t n;           /* bytes of value */
    int64_t create_rev; /* revision at which the key came to be */
    int64_t mod_rev;    /* revision of its last change */
};

/* One change. A change with kv.create_rev == kv.mod_rev is a creation. */
struct store_change {
    struct store_kv kv; /* new state; when deleted: value NULL, mod_rev = revision of the deletion */
    bool deleted;
    const void *prev; /* value before the change; NULL for a creation */
    size_t prev_n;
};

/* Visitors return 0 to go on, anything else to stop: the call then returns that value. */
typedef int (*store_visit_fn)(void *arg, const struct store_kv *kv);
typedef int (*store_change_fn)(void *arg, const struct store_change *change);

/* A second key that all servers of a store write together with certain others, so that only one of them at a time can:
 * what they write depends on more than one key. */
struct store_guard {
    const char *key;
    const void *value;
    size_t n;
    int64_t expected; /* its mod_rev; 0: absent */
    bool lost;        /* set when it had another revision */
};

struct store_item {
    const char *key;
    const void *value;
    size_t n;
    struct store_guard *guard; /* NULL: none. Engines with one writer pass over it */
};

/* What an engine provides; the wrappers below say what each does. */
struct store_ops {
    const char *name; /* "sqlite", "etcd" */
    int (*list)(struct store *s, const char *prefix, store_visit_fn fn, void *arg, int64_t *rev,
                struct cu_err *err);
    int (*create)(struct store *s, const struct store_item *item, int64_t *rev, struct cu_err *err);
    int (*create_all)(struct store *s, const struct store_item *items, size_t n, int64_t *rev,
                      struct cu_err *err);
    int (*update)(struct store *s, const struct store_item *item, int64_t expected, int64_t *rev,
                  struct cu_err *err);
    int (*remove)(struct store *s, const char *key, int64_t expected, int64_t *rev, struct cu_err *err);
    int (*history)(struct store *s, const char *prefix, int64_t after, store_change_fn fn, void *arg,
                   struct cu_err *err);
    int (*feed)(struct store *s, int64_t after, store_change_fn fn, void *arg, struct cu_err *err);
    int (*pump)(struct store *s, int64_t until, struct cu_err *err);
    int (*fd)(struct store *s);
    int (*ask)(struct store *s, struct cu_err *err);
    bool (*answered)(struct store *s, int64_t *rev, struct cu_err *why);
    int (*compact)(struct store *s, int64_t keep_ms, struct cu_err *err);
    int (*lend)(struct store *s, const struct store_item *item, int64_t ttl_s, struct cu_err *err);
    int (*ping)(struct store *s, struct cu_err *err);
    void (*close)(struct store *s);
};

struct store { /* engines put this first in their own struct */
    const struct store_ops *ops;
};

/* Common codes: CU_E_IO with the cause ("no space left ..."), CU_E_TIMEOUT and CU_E_UNREACHABLE for remote
 * engines. `rev` may be NULL. */

/* Every key that starts with prefix, in byte order of keys. *rev: the store's revision at that moment. */
int store_list(struct store *s, const char *prefix, store_visit_fn fn, void *arg, int64_t *rev,
               struct cu_err *err);
/* CU_E_EXISTS when the key exists. *rev: revision of the change; in this and the next two, where another server was
 * quicker (EXISTS, CONFLICT) and the engine knows it, the revision to be learned by store_pump(). CU_E_CONFLICT: the guard
 * was lost. */
int store_create(struct store *s, const struct store_item *item, int64_t *rev, struct cu_err *err);
/* Creates those of n keys that are absent, each at a revision of its own; *rev: the last of them (the current
 * one when all existed). SQLite does so in one transaction. */
int store_create_all(struct store *s, const struct store_item *items, size_t n, int64_t *rev,
                     struct cu_err *err);
/* Writes when the key's mod_rev equals expected. CU_E_CONFLICT when it differs, CU_E_NOTFOUND when absent. */
int store_update(struct store *s, const struct store_item *item, int64_t expected, int64_t *rev,
                 struct cu_err *err);
int store_remove(struct store *s, const char *key, int64_t expected, int64_t *rev,
                 struct cu_err *err); /* likewise */

/* Visits past changes of keys with that prefix, revision > after, in order. CU_E_EXPIRED when they are not
 * kept. */
int store_history(struct store *s, const char *prefix, int64_t after, store_change_fn fn, void *arg,
                  struct cu_err *err);
/* From now on store_pump() hands every change with revision > after to fn, on the pumping thread. One feed
 * only. fn must return 0 and must not write. */
int store_feed(struct store *s, int64_t after, store_change_fn fn, void *arg, struct cu_err *err);
/* Delivers what has arrived; with until > 0 waits (10 s at most: CU_E_TIMEOUT) until that revision is
 * delivered. */
int store_pump(struct store *s, int64_t until, struct cu_err *err);
/* Readable when store_pump() has work that this process did not cause; -1: never (SQLite: there is one
 * writer). */
int store_fd(struct store *s);

/* Asks which changes there are by now, whoever made them, without waiting for the answer; one question at a time. 0: asked.
 * 1: there is nobody to ask, this process is the only writer. CU_E_UNREACHABLE: the store has been away for seconds. */
int store_ask(struct store *s, struct cu_err *err);
/* Is the answer there? To be called when store_fd() is readable, before store_pump(). true, once: the next store_pump()
 * delivers every change that was acknowledged before the question (*rev: the last of them), or, why->code set, it is not
 * known what there is: CU_E_UNREACHABLE, after five seconds at most. */
bool store_answered(struct store *s, int64_t *rev, struct cu_err *why);

/* Forgets history older than keep_ms, beyond what the engine keeps anyway. To be called every few minutes. */
int store_compact(struct store *s, int64_t keep_ms, struct cu_err *err);
/* Keeps a key that vanishes by itself ttl_s after the last call, and when the store is closed. One key per store. Engines
 * with one server do nothing. */
int store_lend(struct store *s, const struct store_item *item, int64_t ttl_s, struct cu_err *err);
/* Cheap check that the store still answers. */
int store_ping(struct store *s, struct cu_err *err);
void store_close(struct store *s); /* NULL is fine */

#endif
