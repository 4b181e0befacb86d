/* node/resources.c - processors, memory, swap and disk of this machine.
 * Must not know how much Kubernetes wants of them. */
#include "node/resources.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/str.h"
#include "base/strlist.h"

/* Text behind "KEY" at the start of a line, trimmed; NULL when there is none. Caller frees. */
static char *field(const char *text, const char *key)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (!cu_has_prefix(line, key))
            continue;
        line += strlen(key);
        cu_autofree char *value = cu_strndup(line, strcspn(line, "\n"));
        return cu_trim(value);
    }
    return NULL;
}

/* "0-3,8" counts 5; -1 when it is not such a list. */
static int count_list(const char *list)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, list, ',');
    int64_t total = 0;
    for (size_t i = 0; i < parts.n; i++) {
        char *dash = strchr(parts.v[i], '-');
        int64_t from, to;
        if (dash)
            *dash = '\0';
        if (cu_parse_i64(parts.v[i], 0, 1000000, &from, NULL) < 0 ||
            cu_parse_i64(dash ? dash + 1 : parts.v[i], from, 1000000, &to, NULL) < 0)
            return -1;
        total += to - from + 1;
    }
    return total > 0 && total < 10000000 ? (int)total : -1;
}

int node_cpus(const struct node_sys *sys, int *out, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = node_read(sys, "/proc/self/status", &text, err);
    if (r < 0)
        return r;
    cu_autofree char *list = field(text, "Cpus_allowed_list:");
    int n = list ? count_list(list) : -1;
    if (n < 0)
        return cu_fail(err, CU_E_IO, "/proc/self/status does not tell the usable processors");
    *out = n;
    return 0;
}

/* "MemTotal:   4000 kB" in bytes. */
static bool kib_field(const char *text, const char *key, uint64_t *bytes)
{
    cu_autofree char *value = field(text, key);
    int64_t kib;
    if (value && cu_has_suffix(value, " kB"))
        value[strlen(value) - 3] = '\0';
    if (!value || cu_parse_i64(value, 0, INT64_MAX / 1024, &kib, NULL) < 0)
        return false;
    *bytes = (uint64_t)kib * 1024;
    return true;
}

int node_memory(const struct node_sys *sys, uint64_t *total, uint64_t *available, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    uint64_t all, free_now = 0;
    int r = node_read(sys, "/proc/meminfo", &text, err);
    if (r < 0)
        return r;
    if (!kib_field(text, "MemTotal:", &all) || (available && !kib_field(text, "MemAvailable:", &free_now)))
        return cu_fail(err, CU_E_IO, "/proc/meminfo does not tell how much memory there is");
    *total = all;
    if (available)
        *available = free_now;
    return 0;
}

int node_swap_on(const struct node_sys *sys, bool *on, struct cu_err *err)
{
    cu_autofree char *text = NULL;
    int r = node_exists(sys, "/proc/swaps") ? node_read(sys, "/proc/swaps", &text, err) : 0;
    if (r < 0)
        return r;
    const char *head = text ? strchr(text, '\n') : NULL; /* the first line names the columns */
    *on = head && head[1] != '\0';
    return 0;
}

int node_room_host(void *arg, const char *path, struct node_room *out, struct cu_err *err)
{
    (void)arg;
    char *at = cu_strdup(path);
    struct statvfs st;
    int r;
    while ((r = statvfs(at, &st)) < 0 && errno == ENOENT && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
        char *up = cu_path_dir(at); /* what is not there yet will be made on the parent's file system */
        free(at);
        at = up;
    }
    struct stat folder = { 0 };
    if (r < 0 || (r = stat(at, &folder)) < 0)
        r = cu_fail_errno(err, errno, "ask the file system of %s for its size", path);
    free(at);
    if (r < 0)
        return r;
    *out = (struct node_room){ .id = folder.st_dev,
                               .size = (uint64_t)st.f_blocks * st.f_frsize,
                               .available = (uint64_t)st.f_bavail * st.f_frsize,
                               .inodes = st.f_files,
                               .inodes_free = st.f_favail };
    return 0;
}

int node_room(const struct node_sys *sys, const char *path, struct node_room *out, struct cu_err *err)
{
    if (!sys)
        sys = node_sys_host();
    cu_autofree char *full = node_path(sys, path);
    return sys->room(sys->arg, full, out, err);
}

int node_disk(const struct node_sys *sys, const char *path, uint64_t *capacity, uint64_t *available,
              struct cu_err *err)
{
    struct node_room room;
    int r = node_room(sys, path, &room, err);
    if (r < 0)
        return r;
    if (capacity)
        *capacity = room.size;
    if (available)
        *available = room.available;
    return 0;
}
