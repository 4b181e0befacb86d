/* Checks of what the machine is: user, processors, memory, swap, firewalls, SELinux, clock. They must not change
 * anything. */
#include "base/str.h"
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
        ph_check_fail(k, NULL, "the user is not root; run this with sudo, or as root");
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
        ph_check_warn(k, NULL,
                      "swap is on; turn it off with `swapoff -a`, or allow it in the kubelet's configuration "
                      "(failSwapOn: false)");
}

static int api_port(const struct ph_ctx *c)
{
    const struct cfg_join_control_plane *joining = c->join ? c->join->control_plane : NULL;
    return joining ? joining->local_api_endpoint.bind_port : c->init->local_api_endpoint.bind_port;
}

void ph_check_firewalld(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autofree char *reason = NULL;
    const struct node_init *init = node_init_detect(c->sys, &reason);
    if (!init && !c->embedded)
        ph_check_warn(k, NULL, "cannot ask for firewalld: %s", reason);
    if (init && node_service_exists(c->sys, init, "firewalld") &&
        node_service_active(c->sys, init, "firewalld"))
        ph_check_warn(
            k, NULL,
            "firewalld is active; the ports [%d 10250] must be open: "
            "`firewall-cmd --permanent --add-port=%d/tcp --add-port=10250/tcp && firewall-cmd --reload`",
            api_port(c), api_port(c));
}

void ph_check_ufw(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    if (node_ufw_active(c->sys))
        ph_check_warn(k, NULL,
                      "the firewall ufw is active; the ports [%d 10250] must be open: `ufw allow %d/tcp && "
                      "ufw allow 10250/tcp`",
                      api_port(c), api_port(c));
}

void ph_check_selinux(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    if (node_selinux_mode(ph_checks_ctx(k)->sys) == NODE_SELINUX_ENFORCING)
        ph_check_warn(k, NULL,
                      "SELinux is enforcing; components may be refused their files. `setenforce 0` makes it "
                      "permissive, SELINUX=permissive in /etc/selinux/config keeps it so");
}

void ph_check_clock(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    if (node_clock_synced(ph_checks_ctx(k)->sys) == 0)
        ph_check_warn(
            k, NULL,
            "the clock is not synchronised; certificates of machines with other clocks may be refused. "
            "Start a time service (systemd-timesyncd, chrony)");
}
