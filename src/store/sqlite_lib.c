/* Loads SQLite on first use. The table below is process-wide, as the library is. */
#include "store/sqlite_lib.h"
#include "base/library.h"
#include "base/mem.h"
#include <pthread.h>

#define LIBRARY "libsqlite3.so.0"

static struct store_sqlite_lib sql;
static const char *load_error;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    const struct cu_symbol symbols[] = {
        { "sqlite3_open_v2", &sql.open_v2 },
        { "sqlite3_close", &sql.close },
        { "sqlite3_extended_result_codes", &sql.extended_result_codes },
        { "sqlite3_exec", &sql.exec },
        { "sqlite3_get_autocommit", &sql.get_autocommit },
        { "sqlite3_errmsg", &sql.errmsg },
        { "sqlite3_prepare_v2", &sql.prepare_v2 },
        { "sqlite3_prepare_v3", &sql.prepare_v3 },
        { "sqlite3_step", &sql.step },
        { "sqlite3_reset", &sql.reset },
        { "sqlite3_finalize", &sql.finalize },
        { "sqlite3_clear_bindings", &sql.clear_bindings },
        { "sqlite3_bind_blob64", &sql.bind_blob64 },
        { "sqlite3_bind_int64", &sql.bind_int64 },
        { "sqlite3_bind_text", &sql.bind_text },
        { "sqlite3_column_blob", &sql.column_blob },
        { "sqlite3_column_bytes", &sql.column_bytes },
        { "sqlite3_column_int64", &sql.column_int64 },
        { "sqlite3_column_text", &sql.column_text },
        { "sqlite3_column_type", &sql.column_type },
    };
    load_error = cu_library_load(LIBRARY, "it is not installed (apt-get install libsqlite3-0)", symbols,
                                 CU_LEN(symbols));
}

const struct store_sqlite_lib *store_sqlite_lib_get(struct cu_err *err)
{
    pthread_once(&once, load);
    if (!load_error)
        return &sql;
    cu_fail(err, CU_E_NOTFOUND, "load " LIBRARY ": %s", load_error);
    return NULL;
}
