/* node/security.c - SELinux, firewalls and the clock.
 * Must not judge them; preflight does. */
#include "node/security.h"

#include "base/str.h"
#include "node/init.h"

enum node_selinux node_selinux_mode(const struct node_sys *sys)
{
    cu_autofree char *enforce = node_read_line(sys, "/sys/fs/selinux/enforce");
    if (!enforce)
        return NODE_SELINUX_DISABLED;
    return cu_streq(enforce, "1") ? NODE_SELINUX_ENFORCING : NODE_SELINUX_PERMISSIVE;
}

bool node_firewalld_active(const struct node_sys *sys)
{
    const struct node_init *init = node_init_detect(sys, NULL);
    return init && node_service_exists(sys, init, "firewalld") && node_service_active(sys, init, "firewalld");
}

bool node_ufw_active(const struct node_sys *sys)
{
    if (!sys)
        sys = node_sys_host();
    cu_autofree char *program = sys->which(sys->arg, "ufw"), *text = NULL;
    if (!program || node_read(sys, "/etc/ufw/ufw.conf", &text, NULL) < 0)
        return false;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        cu_autofree char *line = cu_replace(lines.v[i], " ", "");
        if (cu_strcaseeq(line, "ENABLED=yes"))
            return true;
    }
    return false;
}

int node_clock_synced(const struct node_sys *sys)
{
    if (!sys)
        sys = node_sys_host();
    return sys->clock_synced(sys->arg);
}
