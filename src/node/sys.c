/* node/sys.c - the real machine behind the door, and reading through any door.
 * Must not know what the files and programs are for. */
#include "node/sys.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/timex.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "node/net.h"
#include "node/resources.h"

static int host_exec(void *arg, const char *const argv[], int64_t timeout_ms, struct cu_proc_result *r,
                     struct cu_err *err)
{
    (void)arg;
    return cu_run(argv, NULL, timeout_ms, r, err);
}

static char *host_which(void *arg, const char *name)
{
    (void)arg;
    return cu_which(name);
}

struct indexed {
    unsigned index; /* of the interface */
    size_t order;   /* of the kernel */
    struct node_addr addr;
};

static int by_index(const void *a, const void *b)
{
    const struct indexed *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool convert(const struct ifaddrs *from, struct node_addr *to)
{
    if (!from->ifa_addr)
        return false;
    *to = (struct node_addr){ .up = from->ifa_flags & IFF_UP,
                              .loopback = from->ifa_flags & IFF_LOOPBACK,
                              .point_to_point = from->ifa_flags & IFF_POINTOPOINT };
    snprintf(to->ifname, sizeof to->ifname, "%s", from->ifa_name);
    if (from->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from->ifa_addr, sizeof in);
        memcpy(to->ip.b, &in.sin_addr, 4);
        return true;
    }
    if (from->ifa_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from->ifa_addr, sizeof in6);
        memcpy(to->ip.b, &in6.sin6_addr, 16);
        to->ip.v6 = true;
        return true;
    }
    return false;
}

static int host_addresses(void *arg, struct node_addr **out, size_t *n, struct cu_err *err)
{
    (void)arg;
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) < 0)
        return cu_fail_errno(err, errno, "list the addresses of this machine");
    cu_autofree struct indexed *all = NULL;
    size_t cap = 0, count = 0;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        cu_grow(&all, &cap, count + 1, sizeof *all);
        if (!convert(i, &all[count].addr))
            continue;
        all[count].index = if_nametoindex(i->ifa_name);
        all[count].order = count;
        count++;
    }
    freeifaddrs(list);
    if (count > 1)
        qsort(all, count, sizeof *all, by_index);
    *out = cu_calloc(count, sizeof **out);
    *n = count;
    for (size_t i = 0; i < count; i++)
        (*out)[i] = all[i].addr;
    return 0;
}

static int host_clock_synced(void *arg)
{
    (void)arg;
    struct timex t = { .modes = 0 };
    int state = adjtimex(&t);
    if (state < 0)
        return -CU_E_IO;
    return state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static int host_unmount(void *arg, const char *path, int flags, struct cu_err *err)
{
    (void)arg;
    if (umount2(path, flags) == 0 || errno == EINVAL || errno == ENOENT)
        return 0;
    return cu_fail_errno(err, errno, "unmount %s", path);
}

const struct node_sys *node_sys_host(void)
{
    static const struct node_sys host = { .root = "",
                                          .exec = host_exec,
                                          .which = host_which,
                                          .addresses = host_addresses,
                                          .clock_synced = host_clock_synced,
                                          .unmount = host_unmount,
                                          .resolve = node_resolve_host,
                                          .room = node_room_host };
    return &host;
}

char *node_path(const struct node_sys *sys, const char *path)
{
    return cu_asprintf("%s%s", sys ? sys->root : "", path);
}

bool node_exists(const struct node_sys *sys, const char *path)
{
    cu_autofree char *full = node_path(sys, path);
    return cu_exists(full);
}

int node_read(const struct node_sys *sys, const char *path, char **out, struct cu_err *err)
{
    cu_autofree char *full = node_path(sys, path);
    return cu_file_read(full, LIM_PROC_FILE, out, NULL, err);
}

char *node_read_line(const struct node_sys *sys, const char *path)
{
    cu_autofree char *text = NULL;
    if (node_read(sys, path, &text, NULL) < 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    cu_autofree char *line = cu_trim(text);
    return *line ? cu_steal(&line) : NULL;
}
