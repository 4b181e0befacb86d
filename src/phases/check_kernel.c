/* Checks of modules of the kernel. They must not change anything. */
#include "node/kernel.h"
#include "phases/preflight.h"
#include <string.h>

/* "nodev\toverlay\n": file systems are known by name also where they are built in. */
static bool is_filesystem(const struct node_sys *sys, const char *name)
{
    cu_autofree char *text = NULL, *line = cu_asprintf("\t%s\n", name);
    return node_read(sys, "/proc/filesystems", &text, NULL) == 0 && strstr(text, line);
}

/* A module built in without parameters shows nowhere in /sys/module; then its sysctl is there. */
static bool shows_in_sysctl(const struct node_sys *sys, const char *name)
{
    return strcmp(name, "br_netfilter") == 0 &&
           node_exists(sys, "/proc/sys/net/bridge/bridge-nf-call-iptables");
}

void ph_check_module(struct ph_checks *k, const struct ph_check *row)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    if (!is_filesystem(sys, row->path) && !shows_in_sysctl(sys, row->path) &&
        !node_module_present(sys, row->path))
        ph_check_warn(k, row->path, "the module %s is not loaded", row->path);
}
