/* agent/folder.h - the manifest folder: what lies in it, and word when that changes. */
#ifndef AGENT_FOLDER_H
#define AGENT_FOLDER_H

#include "base/err.h"
#include "http/loop.h"
#include <stdint.h>

struct agent_folder; /* opaque: the watch */

/* `changed` is called from the loop soon after a file came, changed or went, and every check_ms. The folder may be
 * missing, and may come and go. */
struct agent_folder *agent_folder_watch(struct http_loop *l, const char *path, int64_t check_ms,
                                        void (*changed)(void *arg), void *arg);
void agent_folder_free(struct agent_folder *f); /* NULL is fine */

struct agent_file {
    char *path, *text; /* owned */
    size_t n;
};
/* Regular files (links followed) whose names do not start with ".", sorted by name; a missing folder has none. Files
 * that cannot be read are left out with a warning in the log. Free with agent_files_free. */
int agent_folder_read(const char *path, struct agent_file **out, size_t *n, struct cu_err *err);
void agent_files_free(struct agent_file *files, size_t n);

#endif
