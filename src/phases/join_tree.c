/* The tree of `kubeadm join` as tables: names, order, flags, functions. It must not know how a phase works nor how the
 * command line is read. Phases of control planes do nothing on a worker (spec join 3.1). */
#include "phases/join_tree.h"
#include "phases/phases.h"

#define FLAGS(...)                                                                                           \
    .flags = (const char *const[])                                                                           \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define IGNORES_ARG .takes_arg = true, .hides_arg = true /* the cluster is known there */
#define OWN "embedded", "component-dir", "events"
#define COMMON "config", "dry-run", OWN
#define CONTROL COMMON, "control-plane"
#define DISCOVERY                                                                                            \
    "discovery-file", "discovery-token", "discovery-token-ca-cert-hash",                                     \
        "discovery-token-unsafe-skip-ca-verification", "tls-bootstrap-token", "token"

static const struct wf_phase prepare[] = {
    { .name = "all",
      .all = true,
      .takes_arg = true,
      FLAGS(CONTROL, DISCOVERY, "apiserver-advertise-address", "apiserver-bind-port", "certificate-key",
            "node-name", "patches"),
      .brief = "Prepare this machine to be a control plane" },
    { .name = "download-certs",
      .run = ph_join_download_certs,
      .takes_arg = true,
      FLAGS(CONTROL, DISCOVERY, "certificate-key"),
      .brief = "Fetch the certificates control planes share from the Secret kubeadm-certs" },
    { .name = "certs",
      .run = ph_join_certs,
      .takes_arg = true,
      FLAGS(CONTROL, DISCOVERY, "apiserver-advertise-address", "node-name"),
      .brief = "Make the certificates of this control plane" },
    { .name = "kubeconfig",
      .run = ph_join_kubeconfig,
      .takes_arg = true,
      FLAGS(CONTROL, DISCOVERY, "certificate-key"),
      .brief = "Make the kubeconfig files of this control plane" },
    { .name = "control-plane",
      .run = ph_join_manifests,
      FLAGS(CONTROL, "apiserver-advertise-address", "apiserver-bind-port", "patches"),
      .brief = "Write the static Pod manifests of this control plane" },
};
static const struct wf_phase control_plane[] = {
    { .name = "all",
      .all = true,
      FLAGS(CONTROL, "apiserver-advertise-address", "node-name", "patches"),
      .brief = "Make this machine a control plane" },
    { .name = "mark-control-plane",
      .run = ph_join_mark_control_plane,
      FLAGS(CONTROL, "node-name"),
      .brief = "Mark this node as a control plane with labels and taints" },
};

static const struct wf_phase top[] = {
    { .name = "preflight",
      .run = ph_preflight_join,
      .takes_arg = true,
      FLAGS(CONTROL, DISCOVERY, "apiserver-advertise-address", "apiserver-bind-port", "certificate-key",
            "cri-socket", "ignore-preflight-errors", "fix-preflight", "output", "node-name"),
      .brief = "Check this machine before anything changes" },
    { .name = "control-plane-prepare",
      .brief = "Prepare this machine to be a control plane",
      .children = prepare,
      .n_children = CU_LEN(prepare) },
    { .name = "check-etcd",
      .hidden = true,
      .run = ph_check_etcd,
      .brief = "Check that etcd is healthy before a member is added" },
    { .name = "kubelet-start",
      .run = ph_kubelet_start_join,
      .takes_arg = true,
      FLAGS(COMMON, DISCOVERY, "cri-socket", "node-name", "patches"),
      .brief = "Write the kubelet's files and start it" },
    { .name = "etcd-join",
      .run = ph_etcd_join,
      FLAGS(CONTROL, "apiserver-advertise-address", "node-name", "patches"),
      .brief = "Add this machine's etcd to the others" },
    { .name = "kubelet-wait-bootstrap",
      .run = ph_kubelet_wait_bootstrap,
      IGNORES_ARG,
      FLAGS(COMMON, "cri-socket"),
      .brief = "Wait until the kubelet has its certificate" },
    { .name = "control-plane-join",
      .brief = "Make this machine a control plane",
      .children = control_plane,
      .n_children = CU_LEN(control_plane) },
    { .name = "wait-control-plane",
      .run = ph_join_wait_control_plane,
      IGNORES_ARG,
      .brief = "Wait until the components of this control plane answer" },
};
const struct wf_tree ph_join_tree = { top, CU_LEN(top) };
