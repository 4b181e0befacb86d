/* Checks that ask the container runtime, and the pull of images as the last check (spec init 3.2 and 3.6). */
#include "base/str.h"
#include "config/images.h"
#include "config/types.h"
#include "cri/client.h"
#include "phases/phases.h"
#include "phases/preflight.h"
#include "phases/pull_images.h"

#define MIN_CONDITIONS 2 /* RuntimeReady and NetworkReady */

/* NULL: the finding was told. */
static struct cri_client *connected(struct ph_checks *k)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cri_client *client = NULL;
    int r = cri_connect(ph_checks_node(k)->cri_socket, &client, &err);
    if (r < 0) {
        ph_check_fail(k, NULL, "%s", cu_err_text(&err));
        ph_check_fix(k, "%s", cri_connect_fix(r));
    }
    return client;
}

void ph_check_cri(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autocristatus struct cri_status s = CRI_STATUS_INIT;
    struct cri_client *client = connected(k);
    if (!client)
        return;
    if (cri_get_status(client, false, &s, &err) < 0) {
        ph_check_fail(k, NULL, "could not get the status of the container runtime: %s", cu_err_text(&err));
        ph_check_fix(k, "systemctl restart containerd");
    } else if (s.n_conditions < MIN_CONDITIONS) {
        ph_check_fail(k, NULL, "the container runtime at %s tells %zu conditions of at least %d",
                      cri_endpoint(client), s.n_conditions, MIN_CONDITIONS);
        ph_check_fix(k, "systemctl restart containerd");
    } else if (s.runtime_down) {
        ph_check_fail(k, NULL, "the container runtime at %s is not ready: %s", cri_endpoint(client),
                      s.runtime_why);
        ph_check_fix(k, "journalctl -u containerd tells why");
    }
    cri_client_free(client);
}

void ph_check_cri_version(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    enum cri_cgroup_driver driver;
    bool implemented = false;
    struct cri_client *client = connected(k);
    if (!client)
        return;
    if (cri_get_runtime_config(client, &implemented, &driver, &err) < 0)
        ph_check_fail(k, NULL, "could not get the configuration of the container runtime: %s",
                      cu_err_text(&err));
    else if (!implemented)
        ph_check_warn(
            k, NULL,
            "%s at %s does not support the call RuntimeConfig, by which the kubelet learns the cgroup "
            "driver; a later kubelet will need it",
            cri_runtime_name(client), cri_endpoint(client));
    cri_client_free(client);
}

static void pull(struct ph_checks *k, struct cri_client *client, bool check_first)
{
    const struct ph_ctx *c = ph_checks_ctx(k);
    cu_autostrlist struct cu_strlist images = CU_STRLIST_INIT, failed = CU_STRLIST_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cfg_images(&c->init->cluster, &images);
    const struct ph_pull p = { .out = c->out,
                               .prefix = "[preflight]",
                               .images = &images,
                               .check_first = check_first,
                               .parallel = ph_checks_node(k)->image_pull_serial == CFG_NO };
    int r = ph_pull_images(client, &p, &failed, &err);
    for (size_t i = 0; i < failed.n; i++)
        ph_check_fail(k, NULL, "%s", failed.v[i]);
    if (r < 0 && failed.n == 0)
        ph_check_fail(k, NULL, "%s", cu_err_text(&err));
}

void ph_check_image_pull(struct ph_checks *k, const struct ph_check *row)
{
    (void)row;
    const char *policy = cu_or(ph_checks_node(k)->image_pull_policy, "IfNotPresent");
    bool check_first = cu_streq(policy, "IfNotPresent");
    struct cri_client *client = connected(k);
    if (client && (check_first || cu_streq(policy, "Always")))
        pull(k, client, check_first);
    else if (client && !cu_streq(policy, "Never"))
        ph_check_fail(k, NULL, "unsupported pull policy \"%s\"; it must be Always, IfNotPresent or Never",
                      policy);
    cri_client_free(client);
}

int ph_preflight_images(struct ph_ctx *c, const struct cu_strlist *ignored, struct cu_err *err)
{
    if (c->embedded)
        return 0;
    if (c->dry_run) {
        ph_say(
            c,
            "[preflight] Would pull the images of the control plane (as 'kubeadm config images pull' does)");
        return 0;
    }
    ph_say(c, "[preflight] Pulling the images of the control plane");
    ph_say(c, "[preflight] How long this takes depends on the network and the registry");
    ph_say(c, "[preflight] It can be done ahead with 'kubeadm config images pull'");
    return ph_checks_run(c, PH_CHECK_PULL, ignored, err);
}
