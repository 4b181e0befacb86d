/* Answers about this machine for loading configurations and for the embedded mode. It must not know phases. */
#include "phases/host.h"
#include "base/file.h"
#include "base/strlist.h"
#include "config/host.h"
#include <limits.h>

void ph_host_options(struct ph_ctx *c, struct cfg_host *host)
{
    *host = cfg_host_of(c->sys);
}

/* Folder of the running program; NULL when the kernel does not tell. Caller frees. */
static char *program_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n < 0)
        return NULL;
    path[n] = '\0';
    return cu_path_dir(path);
}

static bool has_kubelet(const char *dir)
{
    cu_autofree char *path = cu_path_join(dir, "kubelet");
    return access(path, X_OK) == 0;
}

int ph_host_component_dir(struct ph_ctx *c, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist places = CU_STRLIST_INIT;
    cu_autofree char *own = program_dir();
    if (*c->opts->component_dir) {
        cu_strlist_add(&places, c->opts->component_dir);
    } else {
        if (own)
            cu_strlist_addf(&places, "%s/../libexec/cubeadm", own);
        if (own)
            cu_strlist_addf(&places, "%s/../plane", own);
        cu_strlist_add(&places, CUBEADM_LIBEXECDIR);
    }
    for (size_t i = 0; i < places.n; i++) {
        if (!has_kubelet(places.v[i]))
            continue;
        char *real = realpath(places.v[i], NULL);
        c->component_dir = real ? real : cu_strdup(places.v[i]);
        return 0;
    }
    cu_autofree char *looked = cu_strlist_join(&places, ", ");
    return cu_fail(
        err, CU_E_NOTFOUND,
        "the embedded control plane is not installed: no executable kubelet in %s; install cubeplane or name "
        "its folder with --component-dir",
        looked);
}
