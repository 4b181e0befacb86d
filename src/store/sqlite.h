/* store/sqlite.h - the engine on one SQLite file: WAL, one writer process. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/store.h"

/* Opens or makes the database at `path` (mode 0600, its folder made with 0700 when absent) and locks it.
 * *out: owned by the caller, store_close() it.
 * A change that was reported as done survives kill -9 of the process; a power cut may lose the last moments,
 * never the consistency. History: at least the last 5 minutes or 10000 changes, whichever is more. Fails:
 * CU_E_EXISTS another server holds the lock (its pid is named); CU_E_FORBIDDEN; CU_E_INVALID not a database
 * or one of a newer layout; CU_E_IO. */
int store_sqlite_open(const char *path, struct store **out, struct cu_err *err);

#endif
