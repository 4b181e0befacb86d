/* base/file.c - reading, atomic writing, folders and paths.
 * Must not know what the files hold. Removal of trees is in rmtree.c. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"

int cu_fd_read(int fd, size_t max, char **out, size_t *n, struct cu_err *err)
{
    size_t cap = 0, len = 0;
    char *data = NULL; /* wiped before each free: the file may be a key */
    int r = 0;
    for (;;) {
        if (cap - len < 2) {
            size_t want = cap ? cap * 2 : 4096;
            char *bigger = cu_malloc(want);
            if (len)
                memcpy(bigger, data, len);
            cu_wipe(data, len);
            free(data);
            data = bigger;
            cap = want;
        }
        ssize_t got = read(fd, data + len, cap - len - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            r = cu_fail_errno(err, errno, "read");
        if (got <= 0)
            break;
        len += (size_t)got;
        if (len > max) {
            r = cu_fail(err, CU_E_INVALID, "larger than %zu bytes", max);
            break;
        }
    }
    if (r < 0) {
        cu_wipe(data, len);
        free(data);
        return r;
    }
    data[len] = '\0';
    *out = data;
    if (n)
        *n = len;
    return 0;
}

int cu_file_read(const char *path, size_t max, char **out, size_t *n, struct cu_err *err)
{
    cu_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cu_fail_errno(err, errno, "open %s", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cu_fail_errno(err, errno, "stat %s", path);
    if (S_ISDIR(st.st_mode))
        return cu_fail(err, CU_E_INVALID, "read %s: is a folder, not a file", path);
    int r = cu_fd_read(fd, max, out, n, err);
    if (r < 0) {
        cu_wrap(err, "read %s", path);
        return r;
    }
    return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

/* A new name beside `path`. The leading dot hides it from those who watch the folder. Caller frees. */
static char *temp_name(const char *path)
{
    cu_autofree char *dir = cu_path_dir(path);
    char suffix[9];
    cu_random_text(suffix, 8, "abcdefghijklmnopqrstuvwxyz0123456789");
    return cu_asprintf("%s/.%.200s.tmp-%s", dir, cu_path_base(path), suffix);
}

#define SELF_FD "/proc/self/fd"

/* A new file in the folder of `path`. Where the file system can, it has no name yet (*tmp NULL), so that a writer that is
 * killed leaves nothing; elsewhere its name is in *tmp. */
static int open_temp(const char *path, char **tmp)
{
    cu_autofree char *dir = cu_path_dir(path);
    int fd = access(SELF_FD, X_OK) == 0 ? open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600) : -1;
    *tmp = NULL;
    for (int attempt = 0; fd < 0 && attempt < 100; attempt++) {
        cu_autofree char *name = temp_name(path);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            *tmp = cu_steal(&name);
        else if (errno != EEXIST)
            return -1;
    }
    return fd;
}

/* Gives the written file its name, by way of another one: a link cannot replace, and who watches the folder is to see
 * one rename. */
static int publish(int fd, char **tmp, const char *path)
{
    char self[sizeof SELF_FD + 16];
    snprintf(self, sizeof self, SELF_FD "/%d", fd);
    while (!*tmp) {
        cu_autofree char *name = temp_name(path);
        if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
            *tmp = cu_steal(&name);
        else if (errno != EEXIST)
            return -1;
    }
    return rename(*tmp, path);
}

static int sync_dir_of(const char *path)
{
    cu_autofree char *dir = cu_path_dir(path);
    cu_autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a folder; the rename has happened all the same. */
    if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP))
        return -1;
    return 0;
}

int cu_file_rename(const char *from, const char *to, struct cu_err *err)
{
    if (rename(from, to) < 0)
        return cu_fail_errno(err, errno, "rename %s to %s", from, to);
    if (sync_dir_of(to) < 0)
        return cu_fail_errno(err, errno, "sync the folder of %s", to);
    return 0;
}

int cu_file_write(const char *path, const void *data, size_t n, mode_t mode, struct cu_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return cu_fail(err, CU_E_INVALID, "write %s: is a folder, not a file", path);
    cu_autofree char *tmp = NULL;
    cu_autoclose int fd = open_temp(path, &tmp);
    if (fd < 0)
        return cu_fail_errno(err, errno, "create a file beside %s", path);
    if (fchmod(fd, mode) < 0 || write_all(fd, data, n) < 0 || fsync(fd) < 0 || publish(fd, &tmp, path) < 0) {
        int r = cu_fail_errno(err, errno, "write %s", path);
        if (tmp)
            unlink(tmp);
        return r;
    }
    if (sync_dir_of(path) < 0)
        return cu_fail_errno(err, errno, "sync the folder of %s", path);
    return 0;
}

int cu_file_write_str(const char *path, const char *text, mode_t mode, struct cu_err *err)
{
    return cu_file_write(path, text, strlen(text), mode, err);
}

int cu_file_write_if_changed(const char *path, const void *data, size_t n, mode_t mode, bool *changed,
                             struct cu_err *err)
{
    char *old = NULL;
    size_t old_n = 0;
    struct stat st;
    bool same = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == mode &&
                st.st_size >= 0 && (uintmax_t)st.st_size == n &&
                cu_file_read(path, n, &old, &old_n, NULL) == 0;
    same = same && old_n == n && (n == 0 || memcmp(old, data, n) == 0);
    cu_wipe(old, old_n);
    free(old);
    int r = same ? 0 : cu_file_write(path, data, n, mode, err);
    if (r == 0 && changed)
        *changed = !same;
    return r;
}

int cu_file_copy(const char *from, const char *to, mode_t mode, struct cu_err *err)
{
    char *data = NULL;
    size_t n = 0;
    int r = cu_file_read(from, SIZE_MAX / 4, &data, &n, err);
    if (r == 0)
        r = cu_file_write(to, data, n, mode, err);
    cu_wipe(data, n);
    free(data);
    return r;
}

bool cu_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

mode_t cu_file_mode(const char *path, mode_t otherwise)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_mode & 0777 : otherwise;
}

bool cu_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int cu_dir_is_empty(const char *path, struct cu_err *err)
{
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? 1 : cu_fail_errno(err, errno, "open the folder %s", path);
    int empty = 1;
    const struct dirent *e;
    while (empty && (errno = 0, e = readdir(d)) != NULL)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    int errnum = errno;
    closedir(d);
    if (empty && errnum)
        return cu_fail_errno(err, errnum, "read the folder %s", path);
    return empty;
}

int cu_mkdir_p(const char *path, mode_t mode, struct cu_err *err)
{
    if (cu_is_dir(path))
        return 0;
    cu_autofree char *parent = cu_path_dir(path);
    if (strcmp(parent, path) != 0 && strcmp(parent, ".") != 0) {
        int r = cu_mkdir_p(parent, mode, err);
        if (r < 0)
            return r;
    }
    if (mkdir(path, mode) < 0) {
        int errnum = errno;
        if (errnum == EEXIST && cu_is_dir(path))
            return 0;
        return cu_fail_errno(err, errnum, "make the folder %s", path);
    }
    if (chmod(path, mode) < 0) /* the umask has no say */
        return cu_fail_errno(err, errno, "set the mode of the folder %s", path);
    return 0;
}

int cu_unlink(const char *path, struct cu_err *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return cu_fail_errno(err, errno, "remove %s", path);
    return 0;
}

char *cu_path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    while (n && dir[n - 1] == '/')
        n--;
    while (*name == '/')
        name++;
    return cu_asprintf("%.*s%s%s", (int)n, dir, n || *dir ? "/" : "", name);
}

char *cu_path_clean(const char *path)
{
    bool rooted = *path == '/';
    char *out = cu_malloc(strlen(path) + 3);
    size_t n = 0, fixed = 0; /* bytes of out; as many of them as ".." does not take back */
    if (rooted)
        out[n++] = '/', fixed = 1;
    while (*(path += strspn(path, "/"))) {
        size_t len = strcspn(path, "/");
        bool up = len == 2 && path[0] == '.' && path[1] == '.';
        if (up && n > fixed) {
            while (n > fixed && out[n - 1] != '/')
                n--;
            n -= n > fixed;
        } else if (!(len == 1 && *path == '.') && !(up && rooted)) {
            if (n > (size_t)rooted)
                out[n++] = '/';
            memcpy(out + n, path, len);
            n += len;
            if (up)
                fixed = n;
        }
        path += len;
    }
    if (n == 0)
        out[n++] = '.';
    out[n] = '\0';
    return out;
}

char *cu_path_dir(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n && path[n - 1] != '/')
        n--;
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n ? cu_strndup(path, n) : cu_strdup(".");
}

const char *cu_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
