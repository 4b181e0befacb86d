/* base/rmtree.c - removes a folder with all it holds, by descriptors so that no link can lead it astray.
 * Must not follow links below the top or enter another mount. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MAX_DEPTH 256 /* levels; each holds a descriptor open */

struct walk {
    dev_t dev;
    struct cu_err *err; /* first failure; the walk goes on past it */
    int code;
};

static void note(struct walk *w, int code, struct cu_err *from)
{
    if (w->code == 0) {
        w->code = code;
        cu_err_move(w->err, from);
    }
    cu_err_clear(from);
}

/* A bind mount may have the same device number, so the kernel is asked for mount points as well. */
static bool is_other_mount(int fd, dev_t dev)
{
    struct statx sx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &sx) < 0)
        return true;
    return makedev(sx.stx_dev_major, sx.stx_dev_minor) != dev ||
           (sx.stx_attributes & sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
}

static void clear_dir(struct walk *w, int fd, const char *path, int depth);

static void remove_entry(struct walk *w, int dir_fd, const char *path, const char *name, int depth)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autofree char *full = cu_path_join(path, name);
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return;
    int errnum = errno;
    int fd = errnum == EISDIR || errnum == EPERM
                 ? openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                 : -1;
    if (fd < 0) {
        errnum = errnum == EISDIR ? errno : errnum;
        note(w, cu_fail_errno(&err, errnum, "remove %s", full), &err);
        return;
    }
    if (is_other_mount(fd, w->dev)) {
        close(fd);
        note(w,
             cu_fail(&err, CU_E_IO, "remove %s: something is mounted there; run \"umount %s\"", full, full),
             &err);
        return;
    }
    if (depth >= MAX_DEPTH) {
        close(fd);
        note(w, cu_fail(&err, CU_E_INVALID, "remove %s: more than %d levels of folders", full, MAX_DEPTH),
             &err);
        return;
    }
    clear_dir(w, fd, full, depth + 1);
    if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        note(w, cu_fail_errno(&err, errno, "remove %s", full), &err);
}

/* Takes fd over. */
static void clear_dir(struct walk *w, int fd, const char *path, int depth)
{
    DIR *d = fdopendir(fd);
    if (!d) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        note(w, cu_fail_errno(&err, errno, "read the folder %s", path), &err);
        close(fd);
        return;
    }
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            remove_entry(w, dirfd(d), path, e->d_name, depth);
    closedir(d);
}

/* Folders that no program but the system's own fills; those above them are the system's too. */
static const char *const system_dirs[] = {
    "/boot",
    "/dev",
    "/etc/ssl/certs",
    "/etc/systemd/system",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/srv",
    "/sys",
    "/tmp",
    "/bin",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var/cache",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/log",
    "/var/spool",
    "/var/tmp",
};

bool cu_is_system_dir(const char *path)
{
    cu_autofree char *real = realpath(path, NULL);
    size_t n = real ? strlen(real) : 0;
    bool system = n == 1; /* "/" */
    for (size_t i = 0; n && i < CU_LEN(system_dirs); i++)
        system = system || (strncmp(system_dirs[i], real, n) == 0 &&
                            (system_dirs[i][n] == '/' || system_dirs[i][n] == '\0'));
    return system;
}

int cu_rm_rf(const char *path, bool keep_top, struct cu_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (keep_top ? 0 : O_NOFOLLOW));
    if (fd < 0 && errno == ENOENT && !keep_top)
        return cu_unlink(path, err); /* nothing, or a link to nothing */
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP) && !keep_top)
        return cu_unlink(path, err);
    if (fd < 0)
        return cu_fail_errno(err, errno, "open the folder %s", path);
    if (cu_is_system_dir(path)) {
        close(fd);
        return cu_fail(err, CU_E_INVALID, "%s is a folder of the system: it is left as it is", path);
    }
    struct stat st;
    if (fstat(fd, &st) < 0) {
        int r = cu_fail_errno(err, errno, "stat %s", path);
        close(fd);
        return r;
    }
    struct walk w = { st.st_dev, err, 0 };
    clear_dir(&w, fd, path, 1);
    if (w.code == 0 && !keep_top && rmdir(path) < 0 && errno != ENOENT)
        return cu_fail_errno(err, errno, "remove the folder %s", path);
    return w.code;
}
