/* controllers/reason.c - the sentence a pending pod carries. */
#include "controllers/reason.h"

#include "base/buf.h"
#include "base/str.h"

char *ctl_unschedulable_reason(const struct val *nodes)
{
    size_t n = val_len(nodes), process = 0;
    for (size_t i = 0; i < n; i++)
        if (cu_streq(val_find_str(val_at(nodes, i), "metadata", "labels", CTL_RUNTIME_LABEL, NULL),
                     "process"))
            process++;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(4096);
    cu_buf_addf(&b, "0/%zu nodes are available", n);
    if (process)
        cu_buf_addf(&b,
                    ": %zu node(s) run static pods only (embedded mode, label " CTL_RUNTIME_LABEL "=process)",
                    process);
    if (n > process)
        cu_buf_addf(&b, "%s %zu node(s) are for the real kube-scheduler, which is not running",
                    process ? "," : ":", n - process);
    cu_buf_add(&b, ".");
    return cu_strdup(cu_buf_str(&b));
}
