/* agent/mark.c - marks on processes, and the search for marked ones: there is no moment, however short, at which a
 * running process is not known, as there would be with a file.
 * Must not stop or adopt what it finds. */
#include "agent/mark.h"

#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/strlist.h"
#include "node/daemon.h"
#include "node/mark.h"

char *agent_mark_make(const char *root_dir, const char *ns, const char *pod, const char *container,
                      const char *hash)
{
    return cu_asprintf(NODE_MARK "%s|%s|%s|%s|%s", ns, pod, container, hash, root_dir);
}

bool agent_mark_read(const char *environment, size_t n, const char *root_dir, struct agent_leftover *out)
{
    for (size_t i = 0; i < n; i += strnlen(environment + i, n - i) + 1) {
        if (n - i < strlen(NODE_MARK) || !cu_has_prefix(environment + i, NODE_MARK))
            continue;
        cu_autofree char *text = cu_strndup(environment + i + strlen(NODE_MARK), n - i - strlen(NODE_MARK));
        cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
        cu_strlist_split(&parts, text, '|');
        if (parts.n < 5)
            continue;
        /* The folder is last, so that it may hold the separator. */
        const char *dir = text;
        for (int skip = 0; skip < 4; skip++)
            dir = strchr(dir, '|') + 1;
        if (!cu_streq(dir, root_dir))
            continue;
        out->ns = cu_steal(&parts.v[0]);
        out->pod = cu_steal(&parts.v[1]);
        out->container = cu_steal(&parts.v[2]);
        out->hash = cu_steal(&parts.v[3]);
        return true;
    }
    return false;
}

static bool read_process(pid_t pid, const char *root_dir, struct agent_leftover *out)
{
    char path[40];
    cu_autofree char *text = NULL;
    size_t n = 0;
    if (pid <= 1 || pid == getpid() || getsid(pid) != pid) /* only what we started itself, not its children */
        return false;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    if (cu_file_read(path, LIM_PROC_FILE, &text, &n, NULL) < 0 || !agent_mark_read(text, n, root_dir, out))
        return false;
    out->pid = pid;
    out->start_ticks = node_process_start_time(pid);
    return true;
}

void agent_leftovers_find(const char *root_dir, struct agent_leftover **out, size_t *n)
{
    DIR *proc = opendir("/proc");
    size_t cap = 0;
    const struct dirent *e;
    *out = NULL;
    *n = 0;
    while (proc && (e = readdir(proc)) != NULL) {
        int64_t pid;
        if (cu_parse_i64(e->d_name, 2, INT32_MAX, &pid, NULL) < 0)
            continue;
        cu_grow(out, &cap, *n + 1, sizeof **out);
        *n += read_process((pid_t)pid, root_dir, &(*out)[*n]);
    }
    if (proc)
        closedir(proc);
}

void agent_leftovers_free(struct agent_leftover *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(l[i].ns);
        free(l[i].pod);
        free(l[i].container);
        free(l[i].hash);
    }
    free(l);
}
