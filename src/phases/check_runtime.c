/* Checks of versions, the container runtime and the kubelet. They must not change anything. */
#include "base/semver.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/types.h"
#include "cri/client.h"
#include "node/init.h"
#include "node/runtime.h"
#include "phases/preflight.h"
#include <string.h>

void ph_check_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const char *wanted = ph_checks_ctx(k)->init->cluster.kubernetes_version;
    cu_autofree char *beyond = cu_asprintf("1.%d.0-0", CFG_KUBERNETES_MINOR + 1);
    struct cu_semver v;
    if (cu_semver_parse(wanted, &v, NULL) < 0)
        ph_check_fail(k, NULL, "cannot read the Kubernetes version \"%s\"", wanted);
    else if (cu_semver_at_least(&v, beyond))
        ph_check_warn(k, NULL, "Kubernetes version is greater than kubeadm version: %s is wanted, this is %s",
                      wanted, CFG_KUBERNETES_VERSION);
}

void ph_check_kubelet_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const struct ph_ctx *c = ph_checks_ctx(k);
    const char *version = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cu_semver have, wanted;
    if (ph_checks_kubelet_version(k, &version, &err) < 0) {
        ph_check_fail(k, NULL, "couldn't get kubelet version: %s", cu_err_text(&err));
        return;
    }
    if (cu_semver_parse(version, &have, NULL) < 0 || !cu_semver_at_least(&have, CFG_MIN_KUBELET_VERSION)) {
        ph_check_fail(k, NULL, "the kubelet version is %s, this kubeadm only supports %s and newer", version,
                      CFG_MIN_KUBELET_VERSION);
        return;
    }
    if (c->flow != PH_INIT || cu_semver_parse(c->init->cluster.kubernetes_version, &wanted, NULL) < 0)
        return;
    if (have.major > wanted.major || (have.major == wanted.major && have.minor > wanted.minor))
        ph_check_fail(k, NULL,
                      "the kubelet version %s is higher than the control plane version %s, which is not "
                      "supported",
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
        ph_check_warn(k, NULL, "kubelet service does not exist");
    } else if (!node_service_enabled(c->sys, init, "kubelet")) {
        cu_autofree char *hint = node_service_enable_hint(init, "kubelet");
        ph_check_warn(k, NULL, "kubelet service is not enabled, please run '%s'", hint);
        ph_check_fix(k, "%s", hint);
    }
}

/* What the running runtime says counts more than its files, which may have changed since it was started. */
static void ask_runtime(const char *endpoint, struct node_runtime *r)
{
    static const char *const drivers[] = {
        [CRI_CGROUP_SYSTEMD] = "systemd", [CRI_CGROUP_CGROUPFS] = "cgroupfs"
    };
    cu_autocristatus struct cri_status s = CRI_STATUS_INIT;
    enum cri_cgroup_driver driver = CRI_CGROUP_UNKNOWN;
    struct cri_client *client = NULL;
    bool implemented;
    if (cri_connect(endpoint, &client, NULL) < 0)
        return;
    cri_get_status(client, true, &s, NULL);
    cri_get_runtime_config(client, &implemented, &driver, NULL);
    cri_client_free(client);
    if (driver == CRI_CGROUP_UNKNOWN)
        driver = s.cgroup_driver;
    if (driver != CRI_CGROUP_UNKNOWN)
        r->cgroup_driver = drivers[driver];
    if (s.sandbox_image) {
        free(r->sandbox_image);
        r->sandbox_image = cu_steal(&s.sandbox_image);
    }
}

/* The configuration of a runtime that is there; one that is not is another check's to tell. */
static bool read_runtime(struct ph_checks *k, bool ask, struct node_runtime *out)
{
    const struct node_sys *sys = ph_checks_ctx(k)->sys;
    const char *socket_url = ph_checks_node(k)->cri_socket;
    const char *path = cu_has_prefix(socket_url, "unix://") ? socket_url + strlen("unix://") : socket_url;
    if (!node_exists(sys, path) || node_runtime_read(sys, socket_url, out, NULL) < 0)
        return false;
    if (ask)
        ask_runtime(socket_url, out);
    return true;
}

void ph_check_cri_plugin(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct node_runtime r;
    if (!read_runtime(k, false, &r))
        return;
    if (r.cri_off)
        ph_check_fail(k, NULL, "%s has the plugin \"cri\" in disabled_plugins: the kubelet cannot talk to it",
                      r.file);
    node_runtime_clear(&r);
}

static void tell_cgroup_driver(struct ph_checks *k, const struct node_runtime *r, const char *wanted)
{
    ph_check_warn(
        k, NULL,
        "the cgroup driver of %s is %s%s, that of the kubelet %s; Pods may be restarted again and again",
        r->name, r->cgroup_driver, r->has_file ? "" : " (its default)", wanted);
    if (!cu_streq(wanted, "systemd"))
        ph_check_fix(k, "set cgroupDriver: %s in the KubeletConfiguration", r->cgroup_driver);
    else if (cu_streq(r->name, "crio"))
        ph_check_fix(k, "set cgroup_manager = \"systemd\" under [crio.runtime] in %s; systemctl restart crio",
                     r->file);
    else
        ph_check_fix(
            k, "%ssed -i 's/SystemdCgroup = false/SystemdCgroup = true/' %s && systemctl restart containerd",
            r->has_file
                ? ""
                : "mkdir -p /etc/containerd && containerd config default >/etc/containerd/config.toml && ",
            r->file);
}

void ph_check_cgroup_driver(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct node_runtime r;
    if (!read_runtime(k, true, &r))
        return;
    const char *wanted =
        cu_or(val_get_str(ph_checks_ctx(k)->init->cluster.kubelet.doc, "cgroupDriver"), "systemd");
    if (!cu_streq(wanted, r.cgroup_driver))
        tell_cgroup_driver(k, &r, wanted);
    node_runtime_clear(&r);
}

void ph_check_sandbox_image(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    struct node_runtime r;
    if (!read_runtime(k, true, &r))
        return;
    cu_autofree char *wanted = cfg_image_pause(&ph_checks_ctx(k)->init->cluster);
    if (r.sandbox_image && !cu_streq(r.sandbox_image, wanted)) {
        ph_check_warn(k, NULL, "the sandbox image of %s is %s, that of this cluster %s", r.name,
                      r.sandbox_image, wanted);
        ph_check_fix(k, "sed -i 's|%s|%s|' %s && systemctl restart %s", r.sandbox_image, wanted, r.file,
                     r.name);
    }
    node_runtime_clear(&r);
}
