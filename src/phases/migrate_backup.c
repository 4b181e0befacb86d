/* The old store, set aside once etcd counts. It must not lose a row. */
#include "base/file.h"
#include "base/str.h"
#include "phases/migrate.h"
#include "store/sqlite.h"
#include <errno.h>
#include <stdio.h>

/* A run that was killed, or an API server, may have left rows beside the file: closing the store writes them into it. */
static int settle(const char *store, const char *wal, struct cu_err *err)
{
    struct store *s = NULL;
    int r = store_sqlite_open(store, &s, err);
    if (r < 0)
        return cu_wrap(err,
                       "the old store cannot be kept as a backup; mend that or move \"%s\" away, and run the "
                       "same command again",
                       store);
    store_close(s);
    return cu_exists(wal)
               ? cu_fail(err, CU_E_IO,
                         "SQLite could not write \"%s\" into \"%s\"; is the disk full? Make room and "
                         "run the same command again",
                         wal, store)
               : 0;
}

int ph_migrate_keep(const char *store, char **backup, struct cu_err *err)
{
    cu_autofree char *to = cu_asprintf("%s" PH_MIGRATION_BACKUP, store), *wal = cu_asprintf("%s-wal", store),
                     *lock = cu_asprintf("%s.lock", store);
    if (cu_exists(store)) { /* else an earlier run came this far; opening would make an empty one */
        int r = settle(store, wal, err);
        if (r < 0)
            return r;
        if (rename(store, to) < 0)
            return cu_fail_errno(err, errno, "rename \"%s\" to \"%s\"", store, to);
    }
    int r = cu_unlink(lock, err);
    if (r == 0)
        *backup = cu_steal(&to);
    return r;
}
