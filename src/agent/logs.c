/* agent/logs.c - log files of containers: where they are, their end, their size cap.
 * Must not write lines into them: they belong to the processes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/launch.h"
#include "base/file.h"

char *agent_log_dir(const char *log_dir, const char *ns, const char *pod)
{
    bool system = strcmp(ns, "kube-system") == 0;
    return cu_asprintf("%s/%s%s%s", log_dir, system ? "" : ns, system ? "" : "_", pod);
}

char *agent_log_path(const char *log_dir, const char *container)
{
    return cu_asprintf("%s/%s.log", log_dir, container);
}

char *agent_log_previous_path(const char *log_dir, const char *container)
{
    return cu_asprintf("%s/%s.previous.log", log_dir, container);
}

char *agent_log_tail(const char *path, size_t max)
{
    cu_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (size <= 0)
        return cu_strdup("");
    off_t from = size > (off_t)max ? size - (off_t)max : 0;
    cu_autofree char *text = cu_calloc(1, max + 1);
    ssize_t n = pread(fd, text, max, from);
    if (n <= 0)
        return cu_strdup("");
    const char *line = from ? strchr(text, '\n') : NULL; /* the first one was cut in the middle */
    const char *start = line && line[1] ? line + 1 : text;
    size_t len = (size_t)(text + n - start);
    while (len && start[len - 1] == '\n')
        len--;
    return cu_strndup(start, len);
}

void agent_log_cap(const char *path, const char *previous, int64_t max)
{
    struct stat st;
    if (stat(path, &st) < 0 || st.st_size <= max)
        return;
    /* The process holds the file open for appending, so it is copied and emptied, not moved. What is written between
     * the two is lost; the alternative is a full disk. */
    if (cu_file_copy(path, previous, 0640, NULL) < 0 || truncate(path, 0) < 0) {
        if (truncate(path, 0) < 0)
            return; /* gone meanwhile */
    }
}
