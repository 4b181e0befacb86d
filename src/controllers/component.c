/* controllers/component.c - the frame of a component's process. Must not know what the component does. */
#include "controllers/component.h"

#include "base/log.h"
#include "base/str.h"
#include "controllers/elect.h"
#include "controllers/health.h"
#include "http/server.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"

#include <signal.h>

struct run {
    const struct ctl_component *component;
    struct ctl_options o;
    struct ctl c;
    struct http_server *health;
    struct ctl_elect *elect;
    struct http_signal *term, *interrupt;
    void *self;
    bool started;
};

static void on_leading(void *arg, bool leading)
{
    struct run *r = arg;
    if (leading && !r->started) {
        r->started = true;
        r->self = r->component->start(&r->c);
    }
    ctl_set_active(&r->c, leading);
}

static void on_signal(void *arg, int signo)
{
    struct run *r = arg;
    cu_log_info("%s: stopping on %s", r->component->name, signo == SIGINT ? "SIGINT" : "SIGTERM");
    http_loop_stop(r->c.loop);
}

static int prepare(struct run *r, int argc, char **argv, struct cu_err *err)
{
    int code = ctl_options_parse(argc, argv, r->component->port, &r->o, err);
    if (code < 0)
        return code;
    cu_log_set_verbosity((int)r->o.verbosity);
    if (r->o.unknown.n) {
        cu_autofree char *list = cu_strlist_join(&r->o.unknown, " ");
        cu_log_warning("flags that are not known here are ignored: %s", list);
    }
    if (cu_is_empty(r->o.kubeconfig))
        return cu_fail(err, CU_E_INVALID, "flag --kubeconfig is needed");
    code = kube_config_load(r->o.kubeconfig, &r->c.config, err);
    if (code < 0)
        return code;
    cu_autofree char *agent = cu_asprintf("%s/cubeadm-" CUBEADM_VERSION, r->component->name);
    return kube_client_new(r->c.config, &(struct kube_options){ .user_agent = agent }, &r->c.client, err);
}

static int begin(struct run *r, struct cu_err *err)
{
    r->c.loop = http_loop_new();
    r->term = http_signal_new(r->c.loop, SIGTERM, on_signal, r);
    r->interrupt = http_signal_new(r->c.loop, SIGINT, on_signal, r);
    /* Port 0 switches the endpoint off, as upstream's. */
    int code = r->o.secure_port == 0 ? 0
                                     : ctl_health_start(r->c.loop, r->o.bind_address, (int)r->o.secure_port,
                                                        &r->health, NULL, err);
    if (code < 0)
        return code;
    if (!r->o.leader_elect) {
        on_leading(r, true);
        return 0;
    }
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    struct ctl_elect_spec s = {
        .lease = r->component->name, .host = host, .o = &r->o, .changed = on_leading, .arg = r
    };
    r->elect = ctl_elect_new(r->c.loop, r->c.client, &s);
    return 0;
}

static void end(struct run *r)
{
    ctl_elect_free(r->elect);
    ctl_clear(&r->c);
    if (r->started)
        r->component->stop(r->self);
    http_server_free(r->health);
    http_signal_free(r->term);
    http_signal_free(r->interrupt);
    kube_client_free(r->c.client);
    http_loop_free(r->c.loop);
    kube_config_free(r->c.config);
    ctl_options_clear(&r->o);
}

int ctl_component_main(const struct ctl_component *component, int argc, char **argv)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct run r = { .component = component };
    r.c.component = component->name;
    r.c.o = &r.o;
    int code = prepare(&r, argc, argv, &err);
    if (code == 0)
        code = begin(&r, &err);
    if (code == 0)
        http_loop_run(r.c.loop);
    else
        cu_log_error("%s: %s", component->name, cu_err_text(&err));
    end(&r);
    return code < 0 ? 1 : 0;
}
