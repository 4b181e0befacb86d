/* node/security.c - SELinux, firewalls and the clock.
 * Must not judge them; preflight does. */
#include "node/security.h"

#include <string.h>

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

/* Is the port one of "6443", "2379:2380", "6443,10250", "any"? */
static bool covers(const char *ports, int port)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    cu_strlist_split(&parts, ports, ',');
    for (size_t i = 0; i < parts.n; i++) {
        char *colon = strchr(parts.v[i], ':');
        int64_t from, to;
        if (cu_streq(parts.v[i], "any"))
            return true;
        if (colon)
            *colon = '\0';
        if (cu_parse_i64(parts.v[i], 1, 65535, &from, NULL) == 0 &&
            cu_parse_i64(colon ? colon + 1 : parts.v[i], from, 65535, &to, NULL) == 0 && from <= port &&
            port <= to)
            return true;
    }
    return false;
}

/* "### tuple ### allow tcp 6443 0.0.0.0/0 any 0.0.0.0/0 in", from anywhere to anywhere. */
static bool rule_lets_in(const char *line, int port)
{
    static const char head[] = "### tuple ### allow ";
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    if (!cu_has_prefix(line, head))
        return false;
    cu_strlist_split(&words, line + strlen(head), ' ');
    return words.n >= 6 && (cu_streq(words.v[0], "tcp") || cu_streq(words.v[0], "any")) &&
           covers(words.v[1], port) &&
           (cu_has_prefix(words.v[4], "0.0.0.0/0") || cu_has_prefix(words.v[4], "::/0")) &&
           cu_has_prefix(words.v[5], "in");
}

bool node_ufw_lets_in(const struct node_sys *sys, int port)
{
    cu_autofree char *defaults = NULL, *rules = NULL;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    if (node_read(sys, "/etc/default/ufw", &defaults, NULL) == 0 &&
        (cu_has_prefix(defaults, "DEFAULT_INPUT_POLICY=\"ACCEPT\"") ||
         strstr(defaults, "\nDEFAULT_INPUT_POLICY=\"ACCEPT\"")))
        return true;
    if (node_read(sys, "/etc/ufw/user.rules", &rules, NULL) == 0)
        cu_strlist_split(&lines, rules, '\n');
    for (size_t i = 0; i < lines.n; i++)
        if (rule_lets_in(lines.v[i], port))
            return true;
    return false;
}

int node_clock_synced(const struct node_sys *sys)
{
    if (!sys)
        sys = node_sys_host();
    return sys->clock_synced(sys->arg);
}
