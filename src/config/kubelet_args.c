/* The kubelet's command line as kubeadm-flags.env holds it (spec config 14.4, versions 5.3 and 18.3).
 * Must not know where files are written. */
#include "base/str.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/error.h"
#include "config/gates.h"
#include "config/images.h"
#include "config/version.h"

#define OLD_DOCKER_SOCKET "dockershim.sock"
#define LAST_KUBELET_WITH_DOCKER 23
#define LAST_KUBELET_WITH_ENDPOINT_FLAG 26 /* newer ones read the endpoint from their configuration */
#define LAST_KUBELET_WITH_PAUSE_FLAG 34
#define FIRST_LOCAL_SOCKET_MINOR 34

bool cfg_local_cri_socket(const struct cfg_cluster *c, int kubelet_minor)
{
    int minor = cfg_minor(c->kubernetes_version);

    if (kubelet_minor <= 0)
        kubelet_minor = minor;
    if (kubelet_minor > 0 && kubelet_minor <= LAST_KUBELET_WITH_ENDPOINT_FLAG)
        return false;
    if (minor > 0 && minor < FIRST_LOCAL_SOCKET_MINOR) {
        for (size_t i = 0; i < c->feature_gates.n; i++)
            if (cu_streq(c->feature_gates.v[i].name, "NodeLocalCRISocket"))
                return c->feature_gates.v[i].on;
        return false;
    }
    return cfg_gate_on(&c->feature_gates, "NodeLocalCRISocket");
}

static void runtime_args(const struct cfg_node *node, const struct cfg_cluster *c, int kubelet_minor,
                         struct cfg_args *base)
{
    const char *socket = cu_or(node->cri_socket, CFG_CRI_CONTAINERD);

    if (kubelet_minor <= LAST_KUBELET_WITH_DOCKER && cu_has_suffix(socket, OLD_DOCKER_SOCKET)) {
        cfg_args_add(base, "network-plugin", "cni");
    } else {
        if (kubelet_minor <= LAST_KUBELET_WITH_DOCKER)
            cfg_args_add(base, "container-runtime", "remote");
        if (!cfg_local_cri_socket(c, kubelet_minor))
            cfg_args_add(base, "container-runtime-endpoint", socket);
    }
    /* The flag only spares the image; upstream leaves it out from a control plane of 1.35 on, whatever the kubelet. */
    if (kubelet_minor <= LAST_KUBELET_WITH_PAUSE_FLAG &&
        cfg_minor(c->kubernetes_version) <= LAST_KUBELET_WITH_PAUSE_FLAG) {
        cu_autofree char *pause = cfg_image_pause(c);
        cfg_args_add(base, "pod-infra-container-image", pause);
    }
}

void cfg_kubelet_args(const struct cfg_node *node, const struct cfg_cluster *c, const char *hostname,
                      int kubelet_minor, bool register_taints, struct cu_strlist *out)
{
    struct cfg_args base = { 0 };
    cu_autostrlist struct cu_strlist taints = CU_STRLIST_INIT;

    if (kubelet_minor <= 0)
        kubelet_minor = cfg_minor(c->kubernetes_version);
    if (kubelet_minor <= 0)
        kubelet_minor = CFG_KUBERNETES_MINOR;
    runtime_args(node, c, kubelet_minor, &base);
    if (register_taints && node->taints.n) {
        for (size_t i = 0; i < node->taints.n; i++)
            cu_strlist_take(&taints, cfg_taint_text(&node->taints.v[i]));
        cu_autofree char *list = cu_strlist_join(&taints, ",");
        cfg_args_add(&base, "register-with-taints", list);
    }
    if (!cu_is_empty(node->name) && !cu_streq(node->name, hostname))
        cfg_args_add(&base, "hostname-override", node->name);
    cfg_args_merge(&base, &node->kubelet_extra_args, out);
    cfg_args_clear(&base);
}

char *cfg_kubelet_flags_env(const struct cu_strlist *args)
{
    cu_autofree char *line = cu_strlist_join(args, " ");
    cu_autofree char *quoted = cfg_quote(line);

    return cu_asprintf(CFG_KUBELET_FLAGS_VARIABLE "=%s\n", quoted);
}
