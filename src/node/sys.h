/* node/sys.h - the door to this machine: everything node learns or does goes through one of these, so that tests
 * can stand in with a scratch tree and answers of their own. Layer: base. Never logs, never prints. */
#ifndef NODE_SYS_H
#define NODE_SYS_H

#include "base/ip.h"
#include "base/proc.h"
#include "base/strlist.h"

/* One address of one interface. */
struct node_addr {
    char ifname[16];
    struct cu_ip ip;
    bool up, loopback, point_to_point; /* flags of the interface */
};

/* Room in one file system. */
struct node_room {
    uint64_t id;                  /* of the file system: two folders on one have the same */
    uint64_t size, available;     /* bytes; available to unprivileged users */
    uint64_t inodes, inodes_free; /* 0 where the file system does not count them */
};

struct node_sys {
    const char *root; /* prefix of every path that is read; "" is this machine, else without trailing slash */
    void *arg;        /* handed to the functions below */
    /* cu_run without input. */
    int (*exec)(void *arg, const char *const argv[], int64_t timeout_ms, struct cu_proc_result *r,
                struct cu_err *err);
    char *(*which)(void *arg, const char *name); /* cu_which; caller frees */
    /* All addresses in the kernel's order: interfaces as listed, IPv4 before IPv6 of each. Caller frees *out. */
    int (*addresses)(void *arg, struct node_addr **out, size_t *n, struct cu_err *err);
    int (*clock_synced)(void *arg); /* 1 synchronised, 0 not, negative: cannot be told */
    int (*unmount)(void *arg, const char *path, int flags, struct cu_err *err);              /* umount2(2) */
    int (*resolve)(void *arg, const char *host, struct cu_strlist *out, struct cu_err *err); /* node/net.h */
    int (*room)(void *arg, const char *path, struct node_room *out,
                struct cu_err *err); /* node/resources.h */
};

/* This machine. Constant; never NULL. Everywhere else in node a NULL sys means this. */
const struct node_sys *node_sys_host(void);

char *node_path(const struct node_sys *sys, const char *path); /* root + path; caller frees */
bool node_exists(const struct node_sys *sys, const char *path);
/* Reads a file of at most LIM_PROC_FILE bytes below the root; codes of cu_file_read. */
int node_read(const struct node_sys *sys, const char *path, char **out, struct cu_err *err);
/* First line of a file, trimmed; NULL when it cannot be read or is empty. Caller frees. */
char *node_read_line(const struct node_sys *sys, const char *path);

#endif
