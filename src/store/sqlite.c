/* store/sqlite.c - the SQLite engine: reads, writes, history and the feed of its own changes.
 * Must not know what the values mean. Opening and locking the file is in sqlite_open.c. */
#include "store/sqlite_private.h"
#include "base/timefmt.h"
#include <string.h>

#define KEEP_ROWS 10000 /* changes kept whatever their age */
#define KEEP_MS (5 * 60 * 1000)

/* The newest state of each key, and every recent change with the state before it (for DELETED events and for
 * watchers whose selector the object leaves). */
static const char *const SQL[STMT_COUNT] = {
    [STMT_GET] = "SELECT create_rev, mod_rev, value FROM kv WHERE key = ?1",
    [STMT_LIST] = "SELECT key, create_rev, mod_rev, value FROM kv WHERE key >= ?1 AND key < ?2 ORDER BY key",
    [STMT_PUT] =
        ("INSERT INTO kv(key, create_rev, mod_rev, value) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(key) DO "
         "UPDATE SET mod_rev = excluded.mod_rev, value = excluded.value"),
    [STMT_DEL] = "DELETE FROM kv WHERE key = ?1",
    [STMT_LOG] = "INSERT INTO log(rev, time, key, create_rev, value, prev) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [STMT_HISTORY] =
        ("SELECT rev, key, create_rev, value, prev FROM log WHERE rev > ?1 AND key >= ?2 AND key < ?3 "
         "ORDER BY rev"),
    [STMT_OLDEST] = "SELECT min(rev) FROM log",
    [STMT_NEWEST] = "SELECT max(rev) FROM log",
    [STMT_FORGET] = "DELETE FROM log WHERE rev <= ?1 AND time < ?2",
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
};

int store_sqlite_fail(struct store_sqlite *s, int rc, const char *what, struct cu_err *err)
{
    const char *why = s->sql->errmsg(s->db);
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return cu_fail(err, CU_E_IO, "%s \"%s\": no space left on the disk; free some space there", what,
                       s->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return cu_fail(err, CU_E_FORBIDDEN, "%s \"%s\": permission denied (%s)", what, s->path, why);
    case SQLITE_CANTOPEN: return cu_fail(err, CU_E_FORBIDDEN, "%s \"%s\": %s", what, s->path, why);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return cu_fail(err, CU_E_INVALID,
                       "%s \"%s\": not a sound database (%s); restore the file or remove it", what, s->path,
                       why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return cu_fail(err, CU_E_EXISTS, "%s \"%s\": locked by another process", what, s->path);
    default: return cu_fail(err, CU_E_IO, "%s \"%s\": %s", what, s->path, why);
    }
}

int store_sqlite_prepare(struct store_sqlite *s, struct cu_err *err)
{
    for (size_t i = 0; i < STMT_COUNT; i++) {
        int rc = s->sql->prepare_v3(s->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL);
        if (rc != SQLITE_OK)
            return store_sqlite_fail(s, rc, "prepare to use", err);
    }
    return 0;
}

/* Runs a statement that gives no row. */
static int run(struct store_sqlite *s, enum store_stmt which, struct cu_err *err)
{
    int rc = s->sql->step(s->stmt[which]);
    int failed = rc == SQLITE_DONE ? 0 : store_sqlite_fail(s, rc, "write to", err);
    s->sql->reset(s->stmt[which]);
    s->sql->clear_bindings(s->stmt[which]);
    return failed;
}

/* First and only column of a statement without parameters; `fallback` when NULL. */
static int number(struct store_sqlite *s, enum store_stmt which, int64_t fallback, int64_t *out,
                  struct cu_err *err)
{
    sqlite3_stmt *q = s->stmt[which];
    int rc = s->sql->step(q);
    if (rc != SQLITE_ROW) {
        int failed = store_sqlite_fail(s, rc, "read", err);
        s->sql->reset(q);
        return failed;
    }
    *out = s->sql->column_type(q, 0) == SQLITE_NULL ? fallback : s->sql->column_int64(q, 0);
    s->sql->reset(q);
    return 0;
}

int store_sqlite_load_rev(struct store_sqlite *s, struct cu_err *err)
{
    int64_t oldest = 0;
    if (number(s, STMT_NEWEST, 1, &s->rev, err) < 0 || number(s, STMT_OLDEST, 1, &oldest, err) < 0)
        return cu_wrap(err, "load the state");
    s->forgotten = oldest > 2 ? oldest - 1 : 0; /* the first change of all is revision 2 */
    return 0;
}

/* Smallest text above every text that starts with prefix; caller frees. "" as prefix: above all. */
static char *prefix_end(const char *prefix)
{
    size_t n = strlen(prefix);
    if (n == 0)
        return cu_strdup("\x7f");
    char *end = cu_strdup(prefix);
    end[n - 1] = (char)(end[n - 1] + 1); /* keys are ASCII up to '~' */
    return end;
}

static int sqlite_list(struct store *base, const char *prefix, store_visit_fn fn, void *arg, int64_t *rev,
                       struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    cu_autofree char *end = prefix_end(prefix);
    sqlite3_stmt *q = s->stmt[STMT_LIST];
    s->sql->bind_text(q, 1, prefix, -1, SQLITE_STATIC);
    s->sql->bind_text(q, 2, end, -1, SQLITE_STATIC);
    int result = 0, rc = SQLITE_ROW;
    while (result == 0 && (rc = s->sql->step(q)) == SQLITE_ROW) {
        struct store_kv kv = { .key = (const char *)s->sql->column_text(q, 0),
                               .value = s->sql->column_blob(q, 3),
                               .n = (size_t)s->sql->column_bytes(q, 3),
                               .create_rev = s->sql->column_int64(q, 1),
                               .mod_rev = s->sql->column_int64(q, 2) };
        result = fn(arg, &kv);
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = store_sqlite_fail(s, rc, "read", err);
    s->sql->reset(q);
    s->sql->clear_bindings(q);
    if (result == 0 && rev)
        *rev = s->rev;
    return result;
}

/* What is stored under a key now. */
struct current {
    bool found;
    int64_t create_rev, mod_rev;
    void *value; /* owned */
    size_t n;
};

static int look(struct store_sqlite *s, const char *key, struct current *c, struct cu_err *err)
{
    sqlite3_stmt *q = s->stmt[STMT_GET];
    s->sql->bind_text(q, 1, key, -1, SQLITE_STATIC);
    int rc = s->sql->step(q), failed = 0;
    *c = (struct current){ 0 };
    if (rc == SQLITE_ROW) {
        c->found = true;
        c->create_rev = s->sql->column_int64(q, 0);
        c->mod_rev = s->sql->column_int64(q, 1);
        c->n = (size_t)s->sql->column_bytes(q, 2);
        c->value = cu_memdup(s->sql->column_blob(q, 2), c->n);
    } else if (rc != SQLITE_DONE) {
        failed = store_sqlite_fail(s, rc, "read", err);
    }
    s->sql->reset(q);
    s->sql->clear_bindings(q);
    return failed;
}

/* Changes wait here, in order, until their transaction is through and store_pump() hands them out. */
static void queue(struct store_sqlite *s, const struct store_item *item, bool deleted, struct current *c,
                  int64_t rev)
{
    cu_grow(&s->pending, &s->pending_cap, s->n_pending + 1, sizeof(*s->pending));
    struct store_pending *p = &s->pending[s->n_pending++];
    *p = (struct store_pending){ .rev = rev,
                                 .create_rev = c->found ? c->create_rev : rev,
                                 .deleted = deleted,
                                 .key = cu_strdup(item->key),
                                 .n = item->n,
                                 .value = deleted ? NULL : cu_memdup(item->value, item->n),
                                 .prev = cu_steal(&c->value),
                                 .prev_n = c->n };
}

static void pending_clear(struct store_pending *p)
{
    free(p->key);
    free(p->value);
    free(p->prev);
}

static void unqueue(struct store_sqlite *s, size_t from)
{
    for (size_t i = from; i < s->n_pending; i++)
        pending_clear(&s->pending[i]);
    s->n_pending = from;
}

/* One change inside an open transaction. */
static int change(struct store_sqlite *s, const struct store_item *item, bool deleted, struct current *c,
                  int64_t rev, struct cu_err *err)
{
    sqlite3_stmt *q = s->stmt[deleted ? STMT_DEL : STMT_PUT];
    int64_t create_rev = c->found ? c->create_rev : rev;
    s->sql->bind_text(q, 1, item->key, -1, SQLITE_STATIC);
    if (!deleted) {
        s->sql->bind_int64(q, 2, create_rev);
        s->sql->bind_int64(q, 3, rev);
        s->sql->bind_blob64(q, 4, item->value, item->n, SQLITE_STATIC);
    }
    if (run(s, deleted ? STMT_DEL : STMT_PUT, err) < 0)
        return cu_wrap(err, "store %s", item->key);
    q = s->stmt[STMT_LOG];
    s->sql->bind_int64(q, 1, rev);
    s->sql->bind_int64(q, 2, cu_now_ms());
    s->sql->bind_text(q, 3, item->key, -1, SQLITE_STATIC);
    s->sql->bind_int64(q, 4, create_rev);
    if (!deleted)
        s->sql->bind_blob64(q, 5, item->value, item->n, SQLITE_STATIC);
    if (c->found)
        s->sql->bind_blob64(q, 6, c->value, c->n, SQLITE_STATIC);
    if (run(s, STMT_LOG, err) < 0)
        return cu_wrap(err, "store %s", item->key);
    queue(s, item, deleted, c, rev);
    return 0;
}

/* Ends the transaction: everything through at `rev`, or nothing. */
static int finish(struct store_sqlite *s, int failed, int64_t rev, int64_t *out, struct cu_err *err)
{
    if (failed == 0)
        failed = run(s, STMT_COMMIT, err);
    if (failed < 0) {
        unqueue(s, 0);
        if (!s->sql->get_autocommit(s->db))
            run(s, STMT_ROLLBACK, NULL);
        return failed;
    }
    s->rev = rev;
    if (out)
        *out = rev;
    return 0;
}

/* Hands over what earlier writes left in the queue, so that a failing one can simply empty it. */
static int drain(struct store_sqlite *s)
{
    for (size_t i = 0; i < s->n_pending; i++) {
        struct store_pending *p = &s->pending[i];
        struct store_change c = { .kv = { .key = p->key,
                                          .value = p->value,
                                          .n = p->n,
                                          .create_rev = p->create_rev,
                                          .mod_rev = p->rev },
                                  .deleted = p->deleted,
                                  .prev = p->prev,
                                  .prev_n = p->prev_n };
        if (s->feed && p->rev > s->feed_after)
            s->feed(s->feed_arg, &c);
    }
    unqueue(s, 0);
    return 0;
}

static int sqlite_create_all(struct store *base, const struct store_item *items, size_t n, int64_t *rev,
                             struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    drain(s);
    int64_t next = s->rev;
    int failed = run(s, STMT_BEGIN, err);
    for (size_t i = 0; failed == 0 && i < n; i++) {
        struct current c;
        failed = look(s, items[i].key, &c, err);
        if (failed == 0 && !c.found)
            failed = change(s, &items[i], false, &c, ++next, err);
        free(c.value);
    }
    return finish(s, failed, next, rev, err);
}

/* expected: -1 = the key must be absent. */
static int write_one(struct store_sqlite *s, const struct store_item *item, int64_t expected, bool deleted,
                     int64_t *rev, struct cu_err *err)
{
    drain(s);
    struct current c;
    int failed = look(s, item->key, &c, err);
    cu_autofree void *value = c.value; /* freed here unless the queue takes it */
    if (failed < 0)
        return failed;
    if (expected < 0 && c.found)
        return cu_fail(err, CU_E_EXISTS, "%s exists already", item->key);
    if (expected >= 0 && !c.found)
        return cu_fail(err, CU_E_NOTFOUND, "%s does not exist", item->key);
    if (expected >= 0 && c.mod_rev != expected)
        return cu_fail(err, CU_E_CONFLICT, "%s was changed at revision %lld", item->key,
                       (long long)c.mod_rev);
    failed = run(s, STMT_BEGIN, err);
    if (failed == 0)
        failed = change(s, item, deleted, &c, s->rev + 1, err);
    if (!c.value)
        value = NULL;
    return finish(s, failed, s->rev + 1, rev, err);
}

static int sqlite_create(struct store *s, const struct store_item *item, int64_t *rev, struct cu_err *err)
{
    return write_one((struct store_sqlite *)s, item, -1, false, rev, err);
}

static int sqlite_update(struct store *s, const struct store_item *item, int64_t expected, int64_t *rev,
                         struct cu_err *err)
{
    return write_one((struct store_sqlite *)s, item, expected, false, rev, err);
}

static int sqlite_remove(struct store *s, const char *key, int64_t expected, int64_t *rev, struct cu_err *err)
{
    struct store_item item = { .key = key };
    return write_one((struct store_sqlite *)s, &item, expected, true, rev, err);
}

static int sqlite_history(struct store *base, const char *prefix, int64_t after, store_change_fn fn,
                          void *arg, struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    if (after < s->forgotten)
        return cu_fail(err, CU_E_EXPIRED, "changes after revision %lld are no longer kept (oldest: %lld)",
                       (long long)after, (long long)s->forgotten);
    cu_autofree char *end = prefix_end(prefix);
    sqlite3_stmt *q = s->stmt[STMT_HISTORY];
    s->sql->bind_int64(q, 1, after);
    s->sql->bind_text(q, 2, prefix, -1, SQLITE_STATIC);
    s->sql->bind_text(q, 3, end, -1, SQLITE_STATIC);
    int result = 0, rc = SQLITE_ROW;
    while (result == 0 && (rc = s->sql->step(q)) == SQLITE_ROW) {
        struct store_change c = { .kv = { .key = (const char *)s->sql->column_text(q, 1),
                                          .value = s->sql->column_blob(q, 3),
                                          .n = (size_t)s->sql->column_bytes(q, 3),
                                          .create_rev = s->sql->column_int64(q, 2),
                                          .mod_rev = s->sql->column_int64(q, 0) },
                                  .deleted = s->sql->column_type(q, 3) == SQLITE_NULL,
                                  .prev = s->sql->column_blob(q, 4),
                                  .prev_n = (size_t)s->sql->column_bytes(q, 4) };
        result = fn(arg, &c);
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = store_sqlite_fail(s, rc, "read", err);
    s->sql->reset(q);
    s->sql->clear_bindings(q);
    return result;
}

static int replay_one(void *arg, const struct store_change *c)
{
    struct store_sqlite *s = arg;
    return s->feed(s->feed_arg, c);
}

static int sqlite_feed(struct store *base, int64_t after, store_change_fn fn, void *arg, struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    s->feed = fn;
    s->feed_arg = arg;
    s->feed_after = s->rev; /* the past comes from the log, the future from the queue */
    unqueue(s, 0);
    return after < s->rev ? sqlite_history(base, "", after, replay_one, s, err) : 0;
}

static int sqlite_pump(struct store *base, int64_t until, struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    drain(s);
    if (until > s->rev)
        return cu_fail(err, CU_E_TIMEOUT, "revision %lld was never written", (long long)until);
    return 0;
}

static int sqlite_fd(struct store *base)
{
    (void)base;
    return -1;
}

static int sqlite_ask(struct store *base, struct cu_err *err)
{
    (void)base;
    (void)err;
    return 1;
}

static bool sqlite_answered(struct store *base, int64_t *rev, struct cu_err *why)
{
    (void)base;
    (void)rev;
    (void)why;
    return false;
}

static int sqlite_compact(struct store *base, int64_t keep_ms, struct cu_err *err)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    int64_t rows_end = s->rev - KEEP_ROWS, keep = keep_ms > KEEP_MS ? keep_ms : KEEP_MS;
    if (rows_end <= s->forgotten)
        return 0;
    sqlite3_stmt *q = s->stmt[STMT_FORGET];
    s->sql->bind_int64(q, 1, rows_end);
    s->sql->bind_int64(q, 2, cu_now_ms() - keep);
    if (run(s, STMT_FORGET, err) < 0)
        return cu_wrap(err, "forget old changes");
    int64_t oldest = 0;
    if (number(s, STMT_OLDEST, s->rev, &oldest, err) < 0)
        return cu_wrap(err, "forget old changes");
    s->forgotten = oldest > 2 ? oldest - 1 : 0; /* the first change of all is revision 2 */
    return 0;
}

static int sqlite_lend(struct store *base, const struct store_item *item, int64_t ttl_s, struct cu_err *err)
{
    (void)base;
    (void)item;
    (void)ttl_s;
    (void)err;
    return 0;
}

static int sqlite_ping(struct store *base, struct cu_err *err)
{
    int64_t rev = 0;
    return number((struct store_sqlite *)base, STMT_NEWEST, 1, &rev, err);
}

static void sqlite_close(struct store *base)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    unqueue(s, 0);
    free(s->pending);
    for (size_t i = 0; i < STMT_COUNT; i++)
        s->sql->finalize(s->stmt[i]);
    s->sql->close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->path);
    free(s);
}

const struct store_ops store_sqlite_ops = {
    .name = "sqlite",
    .list = sqlite_list,
    .create = sqlite_create,
    .create_all = sqlite_create_all,
    .update = sqlite_update,
    .remove = sqlite_remove,
    .history = sqlite_history,
    .feed = sqlite_feed,
    .pump = sqlite_pump,
    .fd = sqlite_fd,
    .ask = sqlite_ask,
    .answered = sqlite_answered,
    .compact = sqlite_compact,
    .lend = sqlite_lend,
    .ping = sqlite_ping,
    .close = sqlite_close,
};
