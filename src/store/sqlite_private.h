/* store/sqlite_private.h - shared by the two source files of the SQLite engine; nobody else includes it. */
#ifndef STORE_SQLITE_PRIVATE_H
#define STORE_SQLITE_PRIVATE_H

#include "store/sqlite.h"
#include "store/sqlite_lib.h"

enum store_stmt {
    STMT_GET,
    STMT_LIST,
    STMT_PUT,
    STMT_DEL,
    STMT_LOG,
    STMT_HISTORY,
    STMT_OLDEST,
    STMT_NEWEST,
    STMT_FORGET,
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_COUNT,
};

struct store_pending { /* a change not yet delivered; owns its pointers */
    int64_t rev, create_rev;
    bool deleted;
    char *key;
    void *value, *prev;
    size_t n, prev_n;
};

struct store_sqlite {
    struct store base;                  /* first */
    const struct store_sqlite_lib *sql; /* the library */
    sqlite3 *db;
    sqlite3_stmt *stmt[STMT_COUNT];
    char *path;
    int lock_fd;
    int64_t rev;       /* of the newest change */
    int64_t forgotten; /* history after this revision is complete */
    store_change_fn feed;
    void *feed_arg;
    int64_t feed_after;
    struct store_pending *pending;
    size_t n_pending, pending_cap;
};

extern const struct store_ops store_sqlite_ops;
/* Names the file and the way out; returns the negative code. */
int store_sqlite_fail(struct store_sqlite *s, int rc, const char *what, struct cu_err *err);
int store_sqlite_prepare(struct store_sqlite *s, struct cu_err *err);
int store_sqlite_load_rev(struct store_sqlite *s, struct cu_err *err);

#endif
