/* The tree of `kubeadm reset` as tables: names, order, flags, functions. It must not know how a phase works. */
#include "phases/reset_tree.h"
#include "phases/phases.h"

#define FLAGS(...)                                                                                           \
    .flags = (const char *const[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

static const struct wf_phase top[] = {
    { .name = "preflight",
      .alias = "pre-flight",
      .run = ph_preflight_reset,
      FLAGS("dry-run", "force", "ignore-preflight-errors"),
      .brief = "Ask before anything is deleted" },
    { .name = "remove-etcd-member",
      .run = ph_remove_etcd_member,
      FLAGS("dry-run", "kubeconfig"),
      .brief = "Delete this machine's part of the cluster's store" },
    { .name = "cleanup-node",
      .alias = "cleanupnode",
      .run = ph_cleanup_node,
      FLAGS("cert-dir", "cleanup-tmp-dir", "cri-socket", "dry-run"),
      .brief = "Stop the kubelet and what it runs, delete its files" },
};
const struct wf_tree ph_reset_tree = { top, CU_LEN(top) };
