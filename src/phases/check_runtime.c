/* Checks of versions, the container runtime and the kubelet. They must not change anything. */
#include "base/semver.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "node/init.h"
#include "phases/kubelet.h"
#include "phases/preflight.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void ph_check_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const char *wanted = ph_checks_ctx(k)->init->cluster.kubernetes_version;
    cu_autofree char *beyond = cu_asprintf("1.%d.0-0", CFG_KUBERNETES_MINOR + 1);
    struct cu_semver v;
    if (cu_semver_parse(wanted, &v, NULL) < 0)
        ph_check_fail(k, NULL, "cannot read the Kubernetes version \"%s\"", wanted);
    else if (cu_semver_at_least(&v, beyond))
        ph_check_warn(
            k, NULL,
            "Kubernetes version is greater than kubeadm version; please install a kubeadm of %s or newer "
            "(this is %s)",
            wanted, CFG_KUBERNETES_VERSION);
}

void ph_check_cri(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    const char *socket_url = c->join ? c->join->node.cri_socket : c->init->node.cri_socket;
    const char *path = cu_has_prefix(socket_url, "unix://") ? socket_url + strlen("unix://") : socket_url;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(a.sun_path)) {
        ph_check_fail(k, NULL, "the path of the container runtime's socket is too long: %s", path);
        return;
    }
    memcpy(a.sun_path, path, strlen(path) + 1);
    cu_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
        ph_check_fail(
            k, NULL,
            "container runtime is not running: cannot connect to %s: %s; start it (`systemctl start "
            "containerd`), name another socket with --cri-socket, or do without with --embedded",
            socket_url, strerror(errno));
}

void ph_check_kubelet_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autofree char *version = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cu_semver have, wanted;
    if (ph_kubelet_version(c, &version, &err) < 0) {
        ph_check_fail(k, NULL, "couldn't get kubelet version: %s", cu_err_text(&err));
        return;
    }
    if (cu_semver_parse(version, &have, NULL) < 0 || !cu_semver_at_least(&have, CFG_MIN_KUBELET_VERSION)) {
        ph_check_fail(
            k, NULL,
            "the kubelet version is %s, this kubeadm only supports %s and newer; install a newer one",
            version, CFG_MIN_KUBELET_VERSION);
        return;
    }
    if (c->flow != PH_INIT || cu_semver_parse(c->init->cluster.kubernetes_version, &wanted, NULL) < 0)
        return;
    if (have.major > wanted.major || (have.major == wanted.major && have.minor > wanted.minor))
        ph_check_fail(
            k, NULL,
            "the kubelet version %s is higher than the control plane version %s, which is not supported; "
            "install an older kubelet, or name its version with --kubernetes-version",
            version, c->init->cluster.kubernetes_version);
}

void ph_check_kubelet_service(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autofree char *reason = NULL;
    const struct node_init *init = node_init_detect(c->sys, &reason);
    if (!init) {
        ph_check_warn(k, NULL, "%s; the kubelet is started directly, and not again after a reboot", reason);
    } else if (!node_service_exists(c->sys, init, "kubelet")) {
        ph_check_warn(k, NULL, "kubelet service does not exist; install the kubelet, or use --embedded");
    } else if (!node_service_enabled(c->sys, init, "kubelet")) {
        cu_autofree char *hint = node_service_enable_hint(init, "kubelet");
        ph_check_warn(k, NULL, "kubelet service is not enabled, please run '%s'", hint);
    }
}
