/* store/sqlite_lib.h - SQLite, loaded when the first file is opened. Linking it would cost every run of kubeadm its loading
 * (measured: 0.6 ms and 0.6 MiB), and of those only `kubeadm embedded` ever opens one. */
#ifndef STORE_SQLITE_LIB_H
#define STORE_SQLITE_LIB_H

#include "base/err.h"
#include <sqlite3.h>

/* The functions the engine uses, named without "sqlite3_". */
struct store_sqlite_lib {
    int (*open_v2)(const char *, sqlite3 **, int, const char *);
    int (*close)(sqlite3 *);
    int (*extended_result_codes)(sqlite3 *, int);
    int (*exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    int (*get_autocommit)(sqlite3 *);
    const char *(*errmsg)(sqlite3 *);
    int (*prepare_v2)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int (*prepare_v3)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
    int (*step)(sqlite3_stmt *);
    int (*reset)(sqlite3_stmt *);
    int (*finalize)(sqlite3_stmt *);
    int (*clear_bindings)(sqlite3_stmt *);
    int (*bind_blob64)(sqlite3_stmt *, int, const void *, sqlite3_uint64, void (*)(void *));
    int (*bind_int64)(sqlite3_stmt *, int, sqlite3_int64);
    int (*bind_text)(sqlite3_stmt *, int, const char *, int, void (*)(void *));
    const void *(*column_blob)(sqlite3_stmt *, int);
    int (*column_bytes)(sqlite3_stmt *, int);
    sqlite3_int64 (*column_int64)(sqlite3_stmt *, int);
    const unsigned char *(*column_text)(sqlite3_stmt *, int);
    int (*column_type)(sqlite3_stmt *, int);
};

/* Loaded once per process; NULL with an error when the library is missing. */
const struct store_sqlite_lib *store_sqlite_lib_get(struct cu_err *err);

#endif
