/* agent/agent.c - puts the parts together: options, pods, API thread, server, signals.
 * Must not do the work of any of them. */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>

#include "agent/api.h"
#include "agent/pods.h"
#include "agent/server.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "node/identity.h"
#include "node/net.h"

struct agent {
    struct agent_options options;
    struct agent_config config;
    char *node_name, *node_ip;
    int lock;
    struct http_loop *loop;
    struct http_signal *signals[3];
    struct agent_server *server;
    struct agent_pods *pods;
    struct agent_api *api;
};

static void publish(void *arg, struct val *pods)
{
    struct agent *a = arg;
    if (a->api)
        agent_api_publish(a->api, pods);
    else
        val_unref(pods);
}

static void all_stopped(void *arg)
{
    struct agent *a = arg;
    http_loop_stop(a->loop);
}

static void on_signal(void *arg, int signo)
{
    struct agent *a = arg;
    if (signo == SIGHUP) {
        agent_api_reload(a->api);
        return;
    }
    cu_log_info("signal %d: stopping the static pods", signo);
    agent_pods_stop(a->pods);
}

static int find_name(struct agent *a, struct cu_err *err)
{
    if (a->options.hostname_override) {
        cu_autofree char *trimmed = cu_trim(a->options.hostname_override);
        a->node_name = cu_lower(trimmed);
    } else {
        int r = node_hostname(NULL, &a->node_name, err);
        if (r < 0)
            return r;
    }
    if (!cu_is_dns_subdomain(a->node_name))
        return cu_fail(err, CU_E_INVALID,
                       "node name \"%s\" is not a DNS name; pass one with --hostname-override", a->node_name);
    return 0;
}

/* Any address of an interface that is up; NULL when there is none. Caller frees. */
static char *any_address(void)
{
    const struct node_sys *sys = node_sys_host();
    struct node_addr *addrs = NULL;
    size_t n = 0;
    char *found = NULL;
    if (sys->addresses(sys->arg, &addrs, &n, NULL) < 0)
        return NULL;
    for (int v6 = 0; v6 < 2 && !found; v6++) {
        for (size_t i = 0; i < n && !found; i++) {
            char text[CU_IP_MAX];
            if (!addrs[i].up || addrs[i].loopback || addrs[i].ip.v6 != (v6 == 1) ||
                !cu_ip_is_global_unicast(&addrs[i].ip))
                continue;
            cu_ip_format(&addrs[i].ip, text);
            found = cu_strdup(text);
        }
    }
    free(addrs);
    return found;
}

static void find_ip(struct agent *a)
{
    cu_autofree char *warning = NULL;
    if (a->options.node_ip) {
        a->node_ip = cu_strdup(a->options.node_ip);
        return;
    }
    if (node_advertise_address(NULL, NULL, &a->node_ip, &warning, NULL) == 0 && !warning)
        return;
    free(a->node_ip);
    a->node_ip = any_address();
    if (!a->node_ip) {
        cu_log_warning("this machine has no address but loopback ones; pass one with --node-ip");
        a->node_ip = cu_strdup("127.0.0.1");
    }
}

/* Two agents of one root folder would fight over the pods. */
static int take_lock(struct agent *a, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(a->options.root_dir, "cubeadm-agent.lock");
    int r = cu_mkdir_p(a->options.root_dir, 0755, err);
    if (r < 0)
        return r;
    a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (a->lock < 0)
        return cu_fail_errno(err, errno, "open %s", path);
    if (flock(a->lock, LOCK_EX | LOCK_NB) < 0)
        return cu_fail(err, CU_E_EXISTS, "another node agent runs with root folder %s; stop it first",
                       a->options.root_dir);
    return 0;
}

static int prepare(struct agent *a, struct cu_err *err)
{
    int r = agent_config_load(a->options.config, &a->config, err);
    if (r == 0)
        r = find_name(a, err);
    if (r == 0)
        r = take_lock(a, err);
    if (r < 0)
        return r;
    if (a->options.static_pod_path) {
        free(a->config.static_pod_path);
        a->config.static_pod_path = cu_strdup(a->options.static_pod_path);
    }
    find_ip(a);
    for (size_t i = 0; i < a->options.unknown.n; i++)
        cu_log_warning("flag %s means nothing to the process runtime", a->options.unknown.v[i]);
    return 0;
}

static int start(struct agent *a, struct cu_err *err)
{
    static const int watched[] = { SIGTERM, SIGINT, SIGHUP };
    const struct agent_server_spec server = { .loop = a->loop,
                                              .options = &a->options,
                                              .config = &a->config,
                                              .node_name = a->node_name,
                                              .node_ip = a->node_ip };
    const struct agent_pods_spec pods = { .loop = a->loop,
                                          .folder = a->config.static_pod_path,
                                          .check_ms = a->config.file_check_ms,
                                          .component_dir = a->options.component_dir,
                                          .log_dir = a->options.log_dir,
                                          .root_dir = a->options.root_dir,
                                          .node_name = a->node_name,
                                          .node_ip = a->node_ip,
                                          .publish = publish,
                                          .stopped = all_stopped,
                                          .arg = a };
    const struct agent_api_spec api = {
        .options = &a->options, .config = &a->config, .node_name = a->node_name, .node_ip = a->node_ip
    };
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    /* The port first: when it is taken, nothing must be started. */
    int r = agent_server_new(&server, &a->server, err);
    if (r < 0)
        return r;
    a->pods = agent_pods_new(&pods);
    r = agent_api_start(&api, &a->api, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < CU_LEN(watched); i++)
        a->signals[i] = http_signal_new(a->loop, watched[i], on_signal, a);
    if (agent_server_listen_tls(a->server, &why) < 0) /* only logs are lost without it */
        cu_log_warning("no logs over the network: %s", cu_err_text(&why));
    return 0;
}

static void clear(struct agent *a)
{
    for (size_t i = 0; i < CU_LEN(a->signals); i++)
        http_signal_free(a->signals[i]);
    agent_pods_free(a->pods);
    agent_server_free(a->server);
    http_loop_free(a->loop);
    if (a->lock >= 0)
        close(a->lock);
    free(a->node_name);
    free(a->node_ip);
    agent_config_clear(&a->config);
    agent_options_clear(&a->options);
}

static int run(struct agent *a)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    signal(SIGPIPE, SIG_IGN);
    a->loop = http_loop_new();
    int r = prepare(a, &err);
    if (r == 0)
        r = start(a, &err);
    if (r == 0) {
        cu_log_info("node agent of %s (%s) runs static pods of %s", a->node_name, a->node_ip,
                    cu_or(a->config.static_pod_path, "no folder"));
        http_loop_run(a->loop);
    } else {
        fprintf(stderr, "error: %s\n", cu_err_text(&err));
    }
    if (a->api && !agent_api_stop(a->api)) {
        fflush(NULL);
        _exit(r < 0 ? 1 : 0); /* a request hangs; its thread still uses what would be freed */
    }
    return r < 0 ? 1 : 0;
}

static const char help[] =
    "The node agent of cubeadm: runs static pods as host processes and speaks for this node to the API "
    "server.\n"
    "\n"
    "Usage:\n"
    "  kubelet [flags]\n"
    "\n"
    "Flags:\n"
    "      --bootstrap-kubeconfig string   Credentials to ask for a client certificate with while there is "
    "none.\n"
    "      --cert-dir string               Folder of the certificates (default \"<root-dir>/pki\").\n"
    "      --component-dir string          Folder searched first for the programs of static pods.\n"
    "      --config string                 KubeletConfiguration file.\n"
    "      --hostname-override string      Name of the node instead of the host's name.\n"
    "      --kubeconfig string             How to reach the API server; without it the node runs alone.\n"
    "      --log-dir string                Output of static pods (default \"/var/log/cubeadm\").\n"
    "      --node-ip string                Address of the node.\n"
    "      --node-labels key=value,...     Labels to register with.\n"
    "      --pod-manifest-path string      Folder of static pod manifests; wins over the configuration.\n"
    "      --register-with-taints list     Taints to register with, as key=value:Effect,...\n"
    "      --root-dir string               Folder of the agent's files (default \"/var/lib/kubelet\").\n"
    "  -v, --v int                         Verbosity of the log.\n"
    "      --version                       Print the version this agent behaves as.\n";

int agent_main(int argc, char **argv)
{
    struct agent a = { .lock = -1 };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (agent_options_parse(argc, argv, &a.options, &err) < 0) {
        fprintf(stderr, "error: %s\n", cu_err_text(&err));
        return 1;
    }
    int status = 0;
    cu_log_set_verbosity(a.options.verbosity);
    if (a.options.vmodule && !cu_log_set_vmodule(a.options.vmodule)) {
        fprintf(stderr, "error: --vmodule: \"%s\" is not pattern=N,...\n", a.options.vmodule);
        status = 1;
    } else if (a.options.help) {
        fputs(help, stdout);
    } else if (a.options.version) {
        puts("Kubernetes " AGENT_VERSION);
    } else {
        status = run(&a);
    }
    clear(&a);
    return status;
}
