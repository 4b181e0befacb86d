/* Checks for what an earlier cluster left on this machine and reset, here or upstream's, may not have taken away. They
 * must not change anything. */
#include "base/str.h"
#include "node/sys.h"
#include "phases/preflight.h"
#include <dirent.h>
#include <string.h>

enum { SAVE_MS = 5000 };

static bool is_cni_file(const char *name)
{
    return cu_has_suffix(name, ".conf") || cu_has_suffix(name, ".conflist") || cu_has_suffix(name, ".json");
}

/* First file of a folder that a CNI plugin or anybody put there; the path itself when it is no folder. NULL: nothing
 * is left. Caller frees. */
static char *first_left(const char *path, const char *full)
{
    DIR *dir = opendir(full);
    if (!dir)
        return access(full, F_OK) == 0 ? cu_strdup(path) : NULL;
    char *left = NULL;
    bool cni = strstr(path, "/cni/") != NULL;
    for (const struct dirent *e; !left && (e = readdir(dir));)
        if (!cu_streq(e->d_name, ".") && !cu_streq(e->d_name, "..") && (!cni || is_cni_file(e->d_name)))
            left = cu_asprintf("%s/%s", path, e->d_name);
    closedir(dir);
    return left;
}

void ph_check_leftover_path(struct ph_checks *k, const struct ph_check *row)
{
    cu_autofree char *full = node_path(ph_checks_ctx(k)->sys, row->path), *left = first_left(row->path, full);
    cu_autofree char *name = ph_check_dashed(row->path);
    if (left)
        ph_check_warn(k, name, "%s may be left over from an earlier cluster", left);
}

void ph_check_leftover_rules(struct ph_checks *k, const struct ph_check *row)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    const char *const argv[] = { row->path, NULL };
    cu_autofree char *program = sys->which(sys->arg, row->path);
    cu_autoproc struct cu_proc_result r = CU_PROC_RESULT_INIT;
    int chains = 0;
    if (!program || sys->exec(sys->arg, argv, SAVE_MS, &r, NULL) < 0 || r.status != 0)
        return;
    for (const char *p = r.out; (p = strstr(p, "\n:KUBE-")); p++)
        chains++;
    if (chains)
        ph_check_warn(k, row->suffix, "%d iptables chains KUBE-* are left over from an earlier cluster",
                      chains);
}

/* Links of network plugins and of kube-proxy. */
static const char *const links[] = { "cni0",       "flannel.1",    "vxlan.calico", "cilium_host",
                                     "cilium_net", "cilium_vxlan", "kube-ipvs0",   "nodelocaldns",
                                     "weave",      "antrea-gw0" };

void ph_check_leftover_links(struct ph_checks *k, const struct ph_check *row)
{
    for (size_t i = 0; i < CU_LEN(links); i++) {
        cu_autofree char *path = cu_asprintf("%s/%s", row->path, links[i]);
        if (!node_exists(ph_checks_ctx(k)->sys, path))
            continue;
        ph_check_warn(k, links[i], "the network link %s may be left over from an earlier cluster", links[i]);
        ph_check_fix(k, "ip link delete %s", links[i]);
    }
}
