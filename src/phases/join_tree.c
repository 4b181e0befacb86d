/* The tree of `kubeadm join` as tables: names, order, flags, functions. It must not know how a phase works nor how the
 * command line is read. Phases that upstream runs on control planes only have names here, so that skip lists written
 * for upstream are understood; on a worker they do nothing there either (spec join 3.1). */
#include "phases/join_tree.h"
#include "phases/phases.h"

#define FLAGS(...)                                                                                           \
    .flags = (const char *const[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define COMMON "config", "dry-run", "embedded", "component-dir", "events"
#define DISCOVERY                                                                                            \
    "discovery-file", "discovery-token", "discovery-token-ca-cert-hash",                                     \
        "discovery-token-unsafe-skip-ca-verification", "tls-bootstrap-token", "token"

static const struct wf_phase prepare[] = {
    { .name = "download-certs",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: fetch shared certificates" },
    { .name = "certs",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: make certificates" },
    { .name = "kubeconfig",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: make kubeconfig files" },
    { .name = "control-plane",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: write static Pod manifests" },
};
static const struct wf_phase control_plane[] = {
    { .name = "mark-control-plane",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: label and taint the node" },
};

static const struct wf_phase top[] = {
    { .name = "preflight",
      .run = ph_preflight_join,
      .takes_arg = true,
      FLAGS(COMMON, DISCOVERY, "apiserver-advertise-address", "apiserver-bind-port", "certificate-key",
            "control-plane", "cri-socket", "ignore-preflight-errors", "fix-preflight", "output", "node-name"),
      .brief = "Check this machine before anything changes" },
    { .name = "control-plane-prepare",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: prepare this machine",
      .children = prepare,
      .n_children = CU_LEN(prepare) },
    { .name = "check-etcd",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: check that etcd is healthy" },
    { .name = "kubelet-start",
      .run = ph_kubelet_start_join,
      .takes_arg = true,
      FLAGS(COMMON, DISCOVERY, "cri-socket", "node-name", "patches"),
      .brief = "Write the kubelet's files and start it" },
    { .name = "etcd-join",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: add an etcd member" },
    { .name = "kubelet-wait-bootstrap",
      .run = ph_kubelet_wait_bootstrap,
      FLAGS(COMMON, "cri-socket"),
      .brief = "Wait until the kubelet has its certificate" },
    { .name = "control-plane-join",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: become one",
      .children = control_plane,
      .n_children = CU_LEN(control_plane) },
    { .name = "wait-control-plane",
      .hidden = true,
      .run = ph_join_control_plane_only,
      .brief = "Control planes: wait until the components answer" },
};
const struct wf_tree ph_join_tree = { top, CU_LEN(top) };
