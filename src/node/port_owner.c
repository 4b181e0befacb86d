/* node/port_owner.c - which process listens on a port, from /proc alone.
 * Must not fail: not knowing is an answer. */
#include "node/net.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

#include "base/str.h"

/* Columns of /proc/net/tcp. */
enum { LOCAL_ADDRESS = 1, STATE = 3, INODE = 9, COLUMNS };
#define LISTENING "0A"

/* Inode of the line's socket when it listens on the port that ends in `suffix` (":192B"); else NULL. Caller frees. */
static char *listening_inode(const char *line, const char *suffix)
{
    cu_autofree char *copy = cu_strdup(line);
    char *state = NULL, *words[COLUMNS] = { NULL };
    size_t n = 0;
    for (char *w = strtok_r(copy, " ", &state); w && n < COLUMNS; w = strtok_r(NULL, " ", &state))
        words[n++] = w;
    bool hit =
        n == COLUMNS && cu_streq(words[STATE], LISTENING) && cu_has_suffix(words[LOCAL_ADDRESS], suffix);
    return hit ? cu_strdup(words[INODE]) : NULL;
}

/* Inode of the socket that listens on `port` in a table such as /proc/net/tcp; NULL: none. Caller frees. */
static char *listener(const struct node_sys *sys, const char *table, int port)
{
    cu_autofree char *text = NULL, *suffix = cu_asprintf(":%04X", (unsigned)port);
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    char *inode = NULL;
    if (node_read(sys, table, &text, NULL) < 0)
        return NULL;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 1; i < lines.n && !inode; i++)
        inode = listening_inode(lines.v[i], suffix);
    return inode;
}

static bool holds(const char *fds, const char *link)
{
    DIR *dir = opendir(fds);
    bool found = false;
    if (!dir)
        return false;
    for (const struct dirent *e; !found && (e = readdir(dir));) {
        char target[64];
        ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        found = cu_streq(target, link);
    }
    closedir(dir);
    return found;
}

char *node_port_owner(const struct node_sys *sys, int port)
{
    cu_autofree char *v4 = listener(sys, "/proc/net/tcp", port);
    cu_autofree char *v6 = v4 ? NULL : listener(sys, "/proc/net/tcp6", port);
    const char *inode = v4 ? v4 : v6;
    cu_autofree char *link = cu_asprintf("socket:[%s]", cu_or(inode, "")), *proc = node_path(sys, "/proc");
    DIR *dir = inode ? opendir(proc) : NULL;
    char *owner = NULL;
    if (!dir)
        return NULL;
    for (const struct dirent *e; !owner && (e = readdir(dir));) {
        cu_autofree char *fds = cu_asprintf("%s/%s/fd", proc, e->d_name);
        if (!isdigit((unsigned char)e->d_name[0]) || !holds(fds, link))
            continue;
        cu_autofree char *comm = cu_asprintf("/proc/%s/comm", e->d_name), *name = node_read_line(sys, comm);
        owner = cu_asprintf("%s, process %s", cu_or(name, "?"), e->d_name);
    }
    closedir(dir);
    return owner;
}
