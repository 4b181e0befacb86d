/* store/sqlite_open.c - opens, makes and locks the database file.
 * Must not know the meaning of its rows. */
#include "base/file.h"
#include "base/str.h"
#include "store/sqlite_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LAYOUT 1          /* PRAGMA user_version */
#define APP_ID 0x63756265 /* "cube", PRAGMA application_id */

/* One server per file: an flock that dies with the process, in a file of its own that names the holder. */
static int take_lock(struct store_sqlite *s, struct cu_err *err)
{
    cu_autofree char *path = cu_asprintf("%s.lock", s->path);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0)
        return cu_fail_errno(err, errno, "open \"%s\"", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        char pid[32] = "";
        ssize_t n = pread(s->lock_fd, pid, sizeof(pid) - 1, 0);
        pid[n > 0 ? (size_t)n : 0] = '\0';
        pid[strcspn(pid, "\n")] = '\0';
        return cu_fail(err, CU_E_EXISTS,
                       "the database \"%s\" is in use by another server (process %s); stop it first", s->path,
                       *pid ? pid : "unknown");
    }
    char pid[32];
    int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(s->lock_fd, 0) < 0 || pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
        return cu_fail_errno(err, errno, "write \"%s\"", path);
    return 0;
}

/* SQLite makes files with the umask's mode and gives the journal the mode of the database: set it first. */
static int make_file(const char *path, struct cu_err *err)
{
    cu_autofree char *dir = cu_path_dir(path);
    if (cu_mkdir_p(dir, 0700, err) < 0)
        return cu_wrap(err, "make the folder of the database");
    cu_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return cu_fail_errno(err, errno, "open the database \"%s\"", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cu_fail_errno(err, errno, "look at \"%s\"", path);
    if (!S_ISREG(st.st_mode))
        return cu_fail(err, CU_E_INVALID, "\"%s\" is not a plain file", path);
    if ((st.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
        return cu_fail_errno(err, errno, "set the mode of \"%s\"", path);
    return 0;
}

static int exec(struct store_sqlite *s, const char *sql, struct cu_err *err)
{
    int rc = s->sql->exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : store_sqlite_fail(s, rc, "open the database", err);
}

static int pragma(struct store_sqlite *s, const char *sql, int64_t *out, struct cu_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = s->sql->prepare_v2(s->db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = s->sql->step(q);
    if (rc == SQLITE_ROW)
        *out = s->sql->column_int64(q, 0);
    int failed = rc == SQLITE_ROW ? 0 : store_sqlite_fail(s, rc, "open the database", err);
    s->sql->finalize(q);
    return failed;
}

static int check_layout(struct store_sqlite *s, struct cu_err *err)
{
    int64_t version = 0, app = 0, tables = 0;
    if (pragma(s, "PRAGMA user_version", &version, err) < 0 ||
        pragma(s, "PRAGMA application_id", &app, err) < 0 ||
        pragma(s, "SELECT count(*) FROM sqlite_master", &tables, err) < 0)
        return -(int)(err ? err->code : CU_E_IO);
    if (version == 0 && tables == 0)
        return exec(s,
                    "BEGIN;"
                    "CREATE TABLE kv(key TEXT PRIMARY KEY NOT NULL, create_rev INTEGER NOT NULL,"
                    " mod_rev INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
                    "CREATE TABLE log(rev INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL,"
                    " create_rev INTEGER NOT NULL, value BLOB, prev BLOB) STRICT;"
                    "PRAGMA application_id = 1668637285;"
                    "PRAGMA user_version = 1;"
                    "COMMIT",
                    err);
    if (app != APP_ID)
        return cu_fail(err, CU_E_INVALID, "\"%s\" is a database of another program", s->path);
    if (version > LAYOUT)
        return cu_fail(err, CU_E_INVALID,
                       "the database \"%s\" has layout %lld, this program knows up to %d; use a newer one",
                       s->path, (long long)version, LAYOUT);
    return 0;
}

static int open_all(struct store_sqlite *s, struct cu_err *err)
{
    if (make_file(s->path, err) < 0 || take_lock(s, err) < 0)
        return -(int)(err ? err->code : CU_E_IO);
    int rc = s->sql->open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return store_sqlite_fail(s, rc, "open the database", err);
    s->sql->extended_result_codes(s->db, 1);
    /* Exclusive: the one server needs no shared memory file. NORMAL: a commit is in the kernel's hands when
     * it returns, which outlives the process; the disk is waited for at checkpoints only. */
    if (exec(s,
             "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
             "PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000",
             err) < 0 ||
        check_layout(s, err) < 0 || store_sqlite_prepare(s, err) < 0)
        return -(int)(err ? err->code : CU_E_IO);
    return store_sqlite_load_rev(s, err);
}

int store_sqlite_open(const char *path, struct store **out, struct cu_err *err)
{
    cu_autoerr struct cu_err own = CU_ERR_INIT;
    const struct store_sqlite_lib *sql = store_sqlite_lib_get(err);
    if (!sql)
        return -CU_E_NOTFOUND;
    struct store_sqlite *s = cu_calloc(1, sizeof(*s));
    s->sql = sql;
    s->base.ops = &store_sqlite_ops;
    s->path = cu_strdup(path);
    s->lock_fd = -1;
    int failed = open_all(s, &own);
    if (failed < 0) {
        store_close(&s->base);
        if (err)
            cu_err_move(err, &own);
        return failed;
    }
    *out = &s->base;
    return 0;
}
