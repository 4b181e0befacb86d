/* agent/folder.c - reads the manifest folder and watches it with inotify, looking by itself now and then.
 * Must not know what a manifest is. */
#include "agent/folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

#define MISSING_MS 1000 /* look this often for a folder that is not there */
#define EVENTS                                                                                               \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)

struct agent_folder {
    char *path;
    int64_t check_ms;
    int fd, wd; /* wd -1: the folder is not watched now */
    struct http_fd *watch;
    struct http_timer *timer;
    void (*changed)(void *arg);
    void *arg;
};

static void add_watch(struct agent_folder *f)
{
    f->wd = f->fd < 0 ? -1 : inotify_add_watch(f->fd, f->path, EVENTS);
}

static void look(void *arg)
{
    struct agent_folder *f = arg;
    add_watch(f); /* again each time: the folder may have been removed and made anew */
    http_timer_set(f->timer, f->wd < 0 && f->check_ms > MISSING_MS ? MISSING_MS : f->check_ms);
    f->changed(f->arg);
}

static void readable(void *arg, unsigned ready)
{
    struct agent_folder *f = arg;
    char events[4096];
    (void)ready;
    while (read(f->fd, events, sizeof events) > 0)
        continue; /* what happened does not matter, only that something did */
    http_timer_set(f->timer, 0);
}

struct agent_folder *agent_folder_watch(struct http_loop *l, const char *path, int64_t check_ms,
                                        void (*changed)(void *arg), void *arg)
{
    struct agent_folder *f = cu_calloc(1, sizeof *f);
    *f = (struct agent_folder){
        .path = cu_strdup(path), .check_ms = check_ms, .changed = changed, .arg = arg
    };
    f->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    f->timer = http_timer_new(l, look, f);
    if (f->fd >= 0)
        f->watch = http_fd_new(l, f->fd, HTTP_FD_READ, readable, f);
    add_watch(f); /* before the caller reads the folder, so that nothing falls in between */
    http_timer_set(f->timer, f->wd < 0 && check_ms > MISSING_MS ? MISSING_MS : check_ms);
    return f;
}

void agent_folder_free(struct agent_folder *f)
{
    if (!f)
        return;
    http_fd_free(f->watch);
    http_timer_free(f->timer);
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f);
}

static int by_path(const void *a, const void *b)
{
    const struct agent_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static bool read_one(const char *dir, const char *name, struct agent_file *out)
{
    cu_autofree char *path = cu_path_join(dir, name);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct stat st;
    if (name[0] == '.' || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    if (cu_file_read(path, LIM_MANIFEST, &out->text, &out->n, &err) < 0) {
        cu_log_warning("static pod: %s", cu_err_text(&err));
        return false;
    }
    out->path = cu_steal(&path);
    return true;
}

int agent_folder_read(const char *path, struct agent_file **out, size_t *n, struct cu_err *err)
{
    DIR *d = opendir(path);
    if (!d && errno != ENOENT)
        return cu_fail_errno(err, errno, "open the folder %s", path);
    struct agent_file *files = NULL;
    size_t count = 0, cap = 0;
    const struct dirent *e;
    while (d && (e = readdir(d)) != NULL) {
        cu_grow(&files, &cap, count + 1, sizeof *files);
        count += read_one(path, e->d_name, &files[count]);
    }
    if (d)
        closedir(d);
    if (count > 1)
        qsort(files, count, sizeof *files, by_path);
    *out = files;
    *n = count;
    return 0;
}

void agent_files_free(struct agent_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(files[i].path);
        free(files[i].text);
    }
    free(files);
}
