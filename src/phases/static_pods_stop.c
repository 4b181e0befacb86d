/* phases/static_pods_stop.c - ends static Pods that outlived their node agent.
 * Must not know why they have to end. */
#include "phases/static_pods_stop.h"

#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "config/constants.h"
#include "node/mark.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_MS 5000
#define ENVIRON_MAX (256 * 1024)

static bool is_ours(pid_t pid)
{
    cu_autofree char *path = cu_asprintf("/proc/%d/environ", (int)pid), *text = NULL;
    size_t n = 0;
    if (getsid(pid) != pid || cu_file_read(path, ENVIRON_MAX, &text, &n, NULL) < 0)
        return false;
    for (const char *p = text; p < text + n; p += strlen(p) + 1)
        if (cu_has_prefix(p, NODE_MARK) && cu_has_suffix(p, "|" CFG_KUBELET_DIR))
            return true;
    return false;
}

void ph_static_pods_stop(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        int64_t pid = 0;
        if (cu_parse_i64(entry->d_name, 2, INT32_MAX, &pid, &e) < 0 || !is_ours((pid_t)pid))
            continue;
        cu_err_clear(&e);
        if (cu_terminate((pid_t)pid, GRACE_MS, &e) < 0)
            cu_log_warning("could not end process %d of a static Pod: %s", (int)pid, cu_err_text(&e));
    }
    if (proc)
        closedir(proc);
}
