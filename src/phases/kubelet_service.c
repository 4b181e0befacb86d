/* Starts and stops the kubelet: by the init system, or directly with pid and log file. It must not know its files'
 * content. */
#include "base/file.h"
#include "base/log.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/constants.h"
#include "node/init.h"
#include "phases/kubelet.h"
#include <signal.h>
#include <string.h>

static const char service[] = "kubelet";

bool ph_kubelet_is_direct(const struct ph_ctx *c)
{
    return c->embedded || cu_exists(PH_KUBELET_PID) || node_init_detect(c->sys, NULL) == NULL;
}

struct node_daemon ph_kubelet_daemon(void)
{
    return (struct node_daemon){ .name = service, .pid_file = PH_KUBELET_PID, .log_file = PH_KUBELET_LOG };
}

/* Program of the kubelet to start directly: cubeplane's in the embedded mode, else the one in PATH. */
static char *program(const struct ph_ctx *c)
{
    return c->embedded ? cu_path_join(c->component_dir, service) : c->sys->which(c->sys->arg, service);
}

static int start_directly(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *path = program(c), *log_dir = cu_path_dir(PH_KUBELET_LOG);
    if (!path)
        return cu_fail(err, CU_E_NOTFOUND,
                       "there is no init system, and no kubelet in PATH to start directly");
    cu_autostrlist struct cu_strlist argv = CU_STRLIST_INIT;
    cu_strlist_add(&argv, path);
    cu_strlist_add(&argv, "--bootstrap-kubeconfig=" CFG_KUBERNETES_DIR "/" CFG_BOOTSTRAP_KUBELET_CONF);
    cu_strlist_add(&argv, "--kubeconfig=" CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF);
    cu_strlist_add(&argv, "--config=" CFG_KUBELET_DIR "/" CFG_KUBELET_CONFIG_FILE);
    if (c->embedded)
        cu_strlist_addf(&argv, "--component-dir=%s", c->component_dir);
    cu_autofree char *flags = cu_path_join(c->paths.kubelet, CFG_KUBELET_FLAGS_FILE);
    ph_kubelet_kept_args(flags, &argv, NULL); /* without the file there are none */
    struct node_daemon d = ph_kubelet_daemon();
    d.argv = (const char *const *)argv.v;
    int r = cu_mkdir_p(PH_RUN_DIR, 0755, err);
    if (r == 0)
        r = cu_mkdir_p(log_dir, 0755, err);
    return r == 0 ? node_daemon_start(&d, NULL, err) : r;
}

static int stop_directly(struct cu_err *err)
{
    const struct node_daemon d = ph_kubelet_daemon();
    return cu_exists(PH_KUBELET_PID) ? node_daemon_stop(&d, err) : 0;
}

void ph_kubelet_stop(struct ph_ctx *c)
{
    if (c->dry_run)
        return;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const struct node_init *init = c->embedded ? NULL : node_init_detect(c->sys, NULL);
    if (init && !node_service_exists(c->sys, init, service))
        ph_say(c, "[kubelet-start] There is no kubelet service on this machine yet");
    int r = init ? node_service_stop(c->sys, init, service, &err) : 0;
    if (!init || cu_exists(PH_KUBELET_PID))
        r = stop_directly(&err);
    if (r < 0)
        cu_log_warning("[kubelet-start] could not stop the kubelet: %s", cu_err_text(&err));
}

static int restart_directly(struct ph_ctx *c, struct cu_err *err)
{
    int r = stop_directly(err);
    return r == 0 ? start_directly(c, err) : r;
}

void ph_kubelet_restart(struct ph_ctx *c)
{
    if (c->dry_run)
        return;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    const struct node_init *init = c->embedded ? NULL : node_init_detect(c->sys, NULL);
    if (init && !node_service_exists(c->sys, init, service))
        ph_say(c, "[kubelet-start] There is no kubelet service on this machine; install the kubelet");
    int r = init ? node_service_restart(c->sys, init, service, &err) : restart_directly(c, &err);
    if (r < 0 && init &&
        !node_init_running(c->sys, init)) { /* a container with systemctl but without systemd */
        cu_err_clear(&err);
        r = restart_directly(c, &err);
    }
    if (r == 0)
        return;
    cu_log_warning("[kubelet-start] could not start the kubelet: %s", cu_err_text(&err));
    if (init)
        ph_say(c, "[kubelet-start] The kubelet did not start; look at its service, and start it by hand");
    else
        ph_say(c, "[kubelet-start] The kubelet did not start; its log is %s", PH_KUBELET_LOG);
}

void ph_kubelet_reload(struct ph_ctx *c)
{
    const struct node_daemon d = ph_kubelet_daemon();
    struct node_daemon_status s = { 0 };
    if (c->dry_run)
        return;
    if (c->embedded && node_daemon_status(&d, &s, NULL) == 0 && s.state == NODE_DAEMON_RUNNING)
        kill(s.pid, SIGHUP);
    else
        ph_kubelet_restart(c);
    node_daemon_status_clear(&s);
}
