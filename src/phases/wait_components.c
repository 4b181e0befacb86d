/* Waits for the three components of a control plane, together, with causes. It must not know how they run. */
#include "base/buf.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/yaml.h"
#include "config/types.h"
#include "http/client.h"
#include "kube/client.h"
#include "manifests/pod.h"
#include "phases/causes.h"
#include "phases/kubelet.h"
#include "phases/wait.h"
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

enum { POLL_MS = 100, REQUEST_MS = 2000, COMPONENTS = 3 };

/* What a component is asked, and where when its manifest does not say. */
static const struct row {
    enum mf_component component;
    const char *address_arg, *address; /* address NULL: the advertise address */
    const char *port, *path;
} rows[COMPONENTS] = {
    { MF_API_SERVER, "advertise-address", NULL, "6443", "/livez" },
    { MF_CONTROLLER_MANAGER, "bind-address", "127.0.0.1", "10257", "/healthz" },
    { MF_SCHEDULER, "bind-address", "127.0.0.1", "10259", "/livez" },
};

struct target {
    const struct row *row;
    const char *name;
    char *address, *port, *url; /* owned */
    bool done;
    char *last; /* what was missing at the last look; owned */
};
struct component_wait {
    struct ph_ctx *ctx;
    struct http_client *plain; /* no verification, no proxy, no certificate */
    struct kube_client *kube;  /* borrowed */
    struct target v[COMPONENTS];
    int64_t begin_us;
};

static void targets_clear(struct component_wait *w)
{
    for (size_t i = 0; i < COMPONENTS; i++) {
        free(w->v[i].address);
        free(w->v[i].port);
        free(w->v[i].url);
        free(w->v[i].last);
    }
}

static const struct cfg_endpoint *own_endpoint(const struct ph_ctx *c)
{
    return c->join && c->join->control_plane ? &c->join->control_plane->local_api_endpoint
                                             : &c->init->local_api_endpoint;
}

static int argument(const struct val *pod, const char *component, const char *name, const char *fallback,
                    char **out, struct cu_err *err)
{
    char *value = NULL;
    int r = mf_pod_argument(pod, component, name, &value, err);
    if (r < 0)
        return r;
    *out = cu_strdup(cu_or(value, fallback));
    free(value);
    return 0;
}

/* Where one component is to be found, from its manifest. */
static int read_target(struct ph_ctx *c, const struct row *row, struct target *t, struct cu_err *err)
{
    t->row = row;
    t->name = mf_component_name(row->component);
    cu_autofree char *path = cu_asprintf("%s/%s.yaml", c->paths.manifests, t->name), *text = NULL;
    cu_autoval struct val *pod = NULL;
    size_t n = 0;
    int r = cu_file_read(path, LIM_MANIFEST, &text, &n, err);
    if (r == 0 && (r = codec_yaml_parse(text, n, &pod, err)) < 0)
        return cu_wrap(err, "%s", path);
    if (r < 0 || c->dry_run) /* which only reads: a patched Pod may have no such container */
        return r;
    const char *address = row->address ? row->address : own_endpoint(c)->advertise_address;
    r = argument(pod, t->name, row->address_arg, address, &t->address, err);
    if (r == 0)
        r = argument(pod, t->name, "secure-port", row->port, &t->port, err);
    if (r < 0)
        return r;
    t->url = cu_asprintf(strchr(cu_or(t->address, ""), ':') ? "https://[%s]:%s%s" : "https://%s:%s%s",
                         t->address, t->port, row->path);
    return 0;
}

static int read_targets(struct ph_ctx *c, struct component_wait *w, struct cu_err *err)
{
    cu_autobuf struct cu_buf all = CU_BUF_INIT(LIM_PROC_FILE);
    size_t failed = 0;
    for (size_t i = 0; i < COMPONENTS; i++) {
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        if (read_target(c, &rows[i], &w->v[i], &one) < 0)
            cu_buf_addf(&all, "%s%s", failed++ ? ", " : "", cu_err_text(&one));
    }
    if (failed == 0)
        return 0;
    return cu_fail(err, CU_E_NOTFOUND, failed == 1 ? "%s" : "[%s]", all.data);
}

/* 0 when it is healthy, else a negative code and why it is not. */
static int ask(struct component_wait *w, const struct target *t, struct cu_err *err)
{
    if (t->row->component == MF_API_SERVER)
        return kube_get_raw(w->kube, t->row->path, NULL, NULL, err);
    const struct http_call call = { .url = t->url, .max_response = LIM_PROC_FILE };
    cu_autoresponse struct http_response answer = HTTP_RESPONSE_INIT;
    int r = http_client_do(w->plain, &call, &answer, err);
    if (r == 0 && answer.code != 200)
        return cu_fail(err, CU_E_SERVER, "%s answers with HTTP status %d", t->url, answer.code);
    return r;
}

static enum cu_wait_state look(struct component_wait *w, struct target *t, struct cu_err *err)
{
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = ask(w, t, &why);
    if (r == 0) {
        cu_autofree char *took = cu_format_duration((cu_mono_us() - w->begin_us) * 1000);
        ph_say(w->ctx, "[control-plane-check] %s is healthy after %s", t->name, took);
        t->done = true;
        return CU_WAIT_DONE;
    }
    free(t->last);
    t->last = r == -CU_E_REFUSED ? cu_asprintf("nobody listens on %s:%s", t->address, t->port)
                                 : cu_strdup(cu_err_text(&why));
    return ph_cause_pod(w->ctx, t->name, &t->last, err);
}

static enum cu_wait_state probe(void *arg, char **missing, struct cu_err *err)
{
    struct component_wait *w = arg;
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_PROC_FILE);
    bool all = true;
    for (size_t i = 0; i < COMPONENTS; i++) {
        struct target *t = &w->v[i];
        if (t->done)
            continue;
        enum cu_wait_state state = look(w, t, err);
        if (state == CU_WAIT_FINAL)
            return state;
        if (state == CU_WAIT_DONE)
            continue;
        all = false;
        cu_buf_addf(&text, "%s%s: %s", text.len ? "; " : "", t->name, t->last);
    }
    if (all)
        return CU_WAIT_DONE;
    enum cu_wait_state kubelet = ph_cause_kubelet(w->ctx, missing, err);
    free(*missing);
    *missing = cu_strdup(cu_buf_str(&text));
    return kubelet;
}

static void say_help(struct ph_ctx *c)
{
    const char *socket = c->join ? c->join->node.cri_socket : c->init->node.cri_socket;
    if (c->embedded)
        ph_say(c,
               "\nA component did not come up. Its output is in %s/<component>/<component>.log, the node "
               "agent's in %s",
               PH_LOG_DIR, PH_KUBELET_LOG);
    else
        ph_say(c,
               "\nA component may have crashed or exited when the container runtime started it. List its "
               "containers "
               "with:\n\t- 'crictl --runtime-endpoint %s ps -a | grep kube | grep -v pause'\nand look at the "
               "log of "
               "one with:\n\t- 'crictl --runtime-endpoint %s logs CONTAINERID'",
               socket, socket);
}

static int wait_all(struct component_wait *w, struct cu_err *err)
{
    struct ph_ctx *c = w->ctx;
    const struct cfg_timeouts *limits = c->join ? &c->join->timeouts : &c->init->timeouts;
    cu_autofree char *limit = cu_format_duration(limits->control_plane_component_health_check.ns);
    ph_say(c, "[control-plane-check] Waiting for healthy control plane components. This can take up to %s",
           limit);
    for (size_t i = 0; i < COMPONENTS; i++)
        ph_say(c, "[control-plane-check] Checking %s at %s", w->v[i].name, w->v[i].url);
    w->begin_us = cu_mono_us();
    int r = ph_wait(c,
                    &(struct ph_waiting){ "the control plane to be healthy",
                                          cfg_ms(limits->control_plane_component_health_check), POLL_MS,
                                          probe, w },
                    err);
    for (size_t i = 0; r < 0 && i < COMPONENTS; i++)
        if (!w->v[i].done)
            ph_say(c, "[control-plane-check] %s is not healthy: %s", w->v[i].name,
                   cu_or(w->v[i].last, "not asked"));
    if (r < 0 && r != -CU_E_CANCELED)
        say_help(c);
    return r;
}

int ph_wait_components(struct ph_ctx *c, struct cu_err *err)
{
    struct component_wait w = { .ctx = c };
    int r = read_targets(c, &w, err);
    if (r == 0 && !c->dry_run) {
        const struct http_client_options o = { .insecure = true, .proxy_url = "", .timeout_ms = REQUEST_MS };
        w.plain = http_client_new(&o);
        struct kube_client *own = NULL;
        r = c->flow == PH_JOIN ? ph_ctx_kube_own(c, &own, err) : ph_ctx_kube(c, &w.kube, err);
        w.kube = own ? own : w.kube;
        if (r == 0)
            r = wait_all(&w, err);
        http_client_free(w.plain);
        kube_client_free(own);
    }
    targets_clear(&w);
    return r;
}

struct port_wait {
    struct ph_ctx *ctx;
    const char *address, *port;
};

static enum cu_wait_state probe_port(void *arg, char **missing, struct cu_err *err)
{
    struct port_wait *w = arg;
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    struct addrinfo *a = NULL;
    if (getaddrinfo(w->address, w->port, &hints, &a) != 0) {
        cu_fail(err, CU_E_INVALID, "the API server's address %s is not usable", w->address);
        return CU_WAIT_FINAL;
    }
    cu_autoclose int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r = fd < 0 ? -1 : connect(fd, a->ai_addr, a->ai_addrlen);
    int why = errno;
    freeaddrinfo(a);
    if (r == 0)
        return CU_WAIT_DONE;
    *missing = why == ECONNREFUSED ? cu_strdup("nobody listens there yet") : cu_strdup(strerror(why));
    enum cu_wait_state state = ph_cause_pod(w->ctx, mf_component_name(MF_API_SERVER), missing, err);
    if (state == CU_WAIT_PENDING && mf_wants(MF_ETCD, w->ctx->init))
        state = ph_cause_pod(w->ctx, mf_component_name(MF_ETCD), missing, err);
    return state == CU_WAIT_PENDING ? ph_cause_kubelet(w->ctx, missing, err) : state;
}

int ph_wait_api_port(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_endpoint *e = own_endpoint(c);
    const struct cfg_timeouts *limits = c->join ? &c->join->timeouts : &c->init->timeouts;
    cu_autofree char *port = cu_asprintf("%d", e->bind_port),
                     *at = cu_host_port(e->advertise_address, e->bind_port);
    cu_autofree char *what = cu_asprintf("the API server to take connections on %s", at);
    struct port_wait w = { .ctx = c, .address = e->advertise_address, .port = port };
    int r = ph_wait(c,
                    &(struct ph_waiting){ what, cfg_ms(limits->control_plane_component_health_check), POLL_MS,
                                          probe_port, &w },
                    err);
    if (r < 0 && r != -CU_E_CANCELED)
        say_help(c);
    return r;
}
