/* Checks of what the machine is: user, processors, memory, swap, firewalls, SELinux, clock, room on disk. They must not change
 * anything. */
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "node/init.h"
#include "node/resources.h"
#include "node/security.h"
#include "phases/preflight.h"

enum { MIN_CPUS = 2, MIN_MEMORY_MB = 1700 };

void ph_check_root(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    if (getuid() != 0)
        ph_check_fail(k, NULL, "the user is not root");
}

void ph_check_cpus(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int n = 0;
    if (node_cpus(ph_checks_ctx(k)->sys, &n, &err) < 0)
        ph_check_fail(k, NULL, "cannot count the processors: %s", cu_err_text(&err));
    else if (n < MIN_CPUS)
        ph_check_fail(k, NULL, "the number of available CPUs %d is less than the required %d", n, MIN_CPUS);
}

void ph_check_memory(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    uint64_t bytes = 0;
    if (node_memory(ph_checks_ctx(k)->sys, &bytes, NULL, &err) < 0)
        ph_check_fail(k, NULL, "cannot tell the memory size: %s", cu_err_text(&err));
    else if (bytes / 1024 / 1024 < MIN_MEMORY_MB)
        ph_check_fail(k, NULL, "the system RAM (%llu MB) is less than the minimum %d MB",
                      (unsigned long long)(bytes / 1024 / 1024), MIN_MEMORY_MB);
}

void ph_check_swap(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    bool on = false;
    if (node_swap_on(ph_checks_ctx(k)->sys, &on, &err) < 0)
        ph_check_warn(k, NULL, "cannot tell whether swap is on: %s", cu_err_text(&err));
    else if (on)
        ph_check_warn(
            k, NULL,
            "swap is on, and the kubelet does not start with it unless its configuration says failSwapOn: "
            "false");
}

/* Ports other machines reach this one on: of the API server, unless it is a worker, and of the kubelet. */
static size_t open_ports(const struct ph_ctx *c, int ports[2])
{
    size_t n = 0;
    if (!c->join)
        ports[n++] = c->init->local_api_endpoint.bind_port;
    else if (c->join->control_plane)
        ports[n++] = c->join->control_plane->local_api_endpoint.bind_port;
    ports[n++] = CFG_PORT_KUBELET;
    return n;
}

/* "6443 10250" */
static char *port_list(const int *ports, size_t n)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    for (size_t i = 0; i < n; i++)
        cu_strlist_addf(&words, "%d", ports[i]);
    return cu_strlist_join(&words, " ");
}

/* Whether the service exists is not asked for: one that does not is not active. Nor whether the init system runs: then
 * it says no. */
void ph_check_firewalld(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    int ports[2];
    size_t n = open_ports(c, ports);
    cu_autofree char *reason = NULL, *list = port_list(ports, n);
    const struct node_init *init = node_init_detect(c->sys, &reason);
    if (!init && !c->embedded && n > 1) { /* of workers upstream does not ask this */
        ph_check_warn(k, NULL, "cannot ask for firewalld: %s", reason);
        ph_check_fix(k, "%s", "");
    }
    if (!init || !node_service_active(c->sys, init, "firewalld"))
        return;
    ph_check_warn(k, NULL, "firewalld is active; the ports [%s] must be open", list);
    cu_autofree char *as_flags = cu_replace(list, " ", "/tcp --add-port=");
    ph_check_fix(k, "firewall-cmd --permanent --add-port=%s/tcp && firewall-cmd --reload", as_flags);
}

void ph_check_ufw(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    int ports[2];
    size_t n = 0, all = node_ufw_active(c->sys) ? open_ports(c, ports) : 0;
    cu_autostrlist struct cu_strlist commands = CU_STRLIST_INIT;
    for (size_t i = 0; i < all; i++)
        if (!node_ufw_lets_in(c->sys, ports[i]))
            ports[n++] = ports[i];
    if (!n)
        return;
    for (size_t i = 0; i < n; i++)
        cu_strlist_addf(&commands, "ufw allow %d/tcp", ports[i]);
    cu_autofree char *list = port_list(ports, n), *fix = cu_strlist_join(&commands, " && ");
    ph_check_warn(k, NULL, "the firewall ufw is active and blocks the ports [%s]", list);
    ph_check_fix(k, "%s", fix);
}

void ph_check_selinux(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    if (node_selinux_mode(ph_checks_ctx(k)->sys) == NODE_SELINUX_ENFORCING)
        ph_check_warn(k, NULL, "SELinux is enforcing; components may be refused their files");
}

void ph_check_clock(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    if (node_clock_synced(ph_checks_ctx(k)->sys) == 0)
        ph_check_warn(
            k, NULL,
            "the clock is not synchronised; certificates of machines with other clocks may be refused");
}

/* Folders that grow, and the share of room that must stay free in percent: below it the kubelet evicts (its
 * nodefs.available and imagefs.available). */
static const struct {
    const char *path;
    unsigned percent;
} growing[] = { { CFG_KUBELET_DIR, 10 },       { "/var/log", 10 },
                { CFG_ETCD_DATA_DIR, 10 },     { "/var/lib/cubeadm", 10 },
                { "/var/lib/containerd", 15 }, { "/var/lib/containers", 15 } };
enum { INODE_PERCENT = 5 };

static bool below(uint64_t part, uint64_t whole, unsigned percent)
{
    return whole && (double)part * 100 < (double)whole * percent;
}

void ph_check_room(struct ph_checks *k, const struct ph_check *row)
{
    const struct ph_ctx *c = ph_checks_ctx(k);
    uint64_t seen[CU_LEN(growing)];
    (void)row;
    for (size_t i = 0; i < CU_LEN(growing); i++) {
        struct node_room room = { 0 };
        bool known = node_room(c->sys, growing[i].path, &room, NULL) < 0;
        seen[i] = room.id;
        for (size_t j = 0; j < i; j++)
            known = known || seen[j] == room.id;
        if (known)
            continue;
        cu_autofree char *name = ph_check_dashed(growing[i].path);
        if (below(room.available, room.size, growing[i].percent))
            ph_check_warn(k, name,
                          "the file system of %s is nearly full: %llu of %llu MB are free, less than %u %%",
                          growing[i].path, (unsigned long long)(room.available >> 20),
                          (unsigned long long)(room.size >> 20), growing[i].percent);
        else if (below(room.inodes_free, room.inodes, INODE_PERCENT))
            ph_check_warn(k, name, "the file system of %s has less than %d %% of its inodes free",
                          growing[i].path, INODE_PERCENT);
        else
            continue;
        ph_check_fix(k, "du -xh %s | sort -h | tail", growing[i].path);
    }
}
