/* Connecting to a container runtime and its simple questions. Must not know what the answers are for. */
#include "cri/client.h"
#include "base/str.h"
#include "codec/value.h"
#include "cri/private.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int cri_call(struct cri_client *c, const struct cri_question *q, void *out, struct grpc_result *result,
             struct cu_err *err)
{
    const struct grpc_request req = { .method = q->method, .message = q->message, .timeout_ms = CRI_CALL_MS };
    return grpc_call(c->channel, &req, q->answer, (ProtobufCMessage **)out, result, err);
}
#define FREE(m) protobuf_c_message_free_unpacked((m) ? &(m)->base : NULL, NULL)

/* The path of "unix:///path" and, as Go's URLs allow, "unix:/path"; NULL when it is neither. Borrowed. */
static const char *socket_path(const char *endpoint)
{
    if (!cu_has_prefix(endpoint, "unix:"))
        return NULL;
    const char *path = endpoint + strlen("unix:");
    if (cu_has_prefix(path, "//"))
        path += 2;
    return *path == '/' ? path : NULL;
}

/* What the kernel says of the socket is clearer than what a failed call says. */
static int try_socket(const char *endpoint, const char *path, struct cu_err *err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(a.sun_path))
        return cu_fail(err, CU_E_INVALID, "the path of the container runtime's socket is too long: %s", path);
    memcpy(a.sun_path, path, strlen(path) + 1);
    cu_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return 0;
    int r = cu_fail_errno(err, errno, "cannot connect to %s", endpoint);
    cu_wrap(err, "container runtime is not running");
    return r;
}

/* Version and ImageFsInfo, as upstream asks before it relies on a runtime. */
static int shake_hands(struct cri_client *c, struct cu_err *err)
{
    cu_autogrpc struct grpc_result result = GRPC_RESULT_INIT;
    Runtime__V1__VersionRequest ask;
    Runtime__V1__Empty nothing, *ignored = NULL;
    Runtime__V1__VersionResponse *version = NULL;
    const char *service = "RuntimeService";
    runtime__v1__version_request__init(&ask);
    runtime__v1__empty__init(&nothing);
    int r = cri_call(c, CRI_ASK(CRI_RUNTIME "Version", &ask, version_response), &version, &result, err);
    if (r == 0) {
        c->runtime = cu_asprintf("%s %s", cu_or(version->runtime_name, "unnamed runtime"),
                                 cu_or(version->runtime_version, "of unknown version"));
        FREE(version);
        service = "ImageService";
        r = cri_call(c, CRI_ASK(CRI_IMAGE "ImageFsInfo", &nothing, empty), &ignored, &result, err);
        FREE(ignored);
    }
    if (r < 0 && result.status == GRPC_UNIMPLEMENTED)
        return cu_fail(
            err, CU_E_FINAL,
            "what listens at %s does not offer the service runtime.v1.%s (%s); for containerd, take "
            "\"cri\" out of disabled_plugins in /etc/containerd/config.toml, and use 1.6 or newer",
            c->endpoint, service, cu_or(result.message, "no reason given"));
    return r;
}

int cri_connect(const char *endpoint, struct cri_client **out, struct cu_err *err)
{
    const char *path = socket_path(cu_or(endpoint, ""));
    if (!path)
        return cu_fail(err, CU_E_INVALID,
                       "\"%s\" is no container runtime endpoint; it must be of the form unix:///path",
                       cu_or(endpoint, ""));
    int r = try_socket(endpoint, path, err);
    if (r < 0)
        return r;
    cu_autofree char *target = cu_asprintf("unix://%s", path);
    const struct grpc_channel_options o = { .target = target,
                                            .connect_timeout_ms = CRI_CALL_MS,
                                            .timeout_ms = CRI_CALL_MS };
    struct cri_client *c = cu_calloc(1, sizeof(*c));
    c->endpoint = cu_strdup(endpoint);
    r = grpc_channel_new(&o, &c->channel, err);
    if (r == 0)
        r = shake_hands(c, err);
    if (r < 0) {
        cri_client_free(c);
        cu_wrap(err, "could not talk to the container runtime");
        return r;
    }
    *out = c;
    return 0;
}

void cri_client_free(struct cri_client *c)
{
    if (!c)
        return;
    grpc_channel_free(c->channel);
    free(c->endpoint);
    free(c->runtime);
    free(c);
}

const char *cri_connect_fix(int code)
{
    if (code == -CU_E_FINAL)
        return "take \"cri\" out of disabled_plugins in /etc/containerd/config.toml, use containerd 1.6 or "
               "newer, and "
               "restart it";
    if (code == -CU_E_FORBIDDEN)
        return "run this as root";
    return "systemctl start containerd, or name another socket with --cri-socket";
}

const char *cri_endpoint(const struct cri_client *c)
{
    return c->endpoint;
}

const char *cri_runtime_name(const struct cri_client *c)
{
    return c->runtime;
}

void cri_status_clear(struct cri_status *s)
{
    free(s->runtime_why);
    free(s->network_why);
    free(s->sandbox_image);
    *s = (struct cri_status)CRI_STATUS_INIT;
}

/* containerd tells its CRI configuration as JSON; what cannot be read is left unknown. */
void cri_status_read_config(struct cri_status *s, const char *text)
{
    cu_autoval struct val *config = NULL;
    if (val_parse_json(text, strlen(text), &config, NULL) < 0)
        return;
    const char *image = val_get_str(config, "sandboxImage");
    if (!cu_is_empty(image) && !s->sandbox_image)
        s->sandbox_image = cu_strdup(image);
    const char *runtime = val_find_str(config, "containerd", "defaultRuntimeName", NULL);
    const struct val *runc = val_find(config, "containerd", "runtimes", cu_or(runtime, "runc"), NULL);
    const char *type = val_get_str(runc, "runtimeType");
    if (!type || !cu_has_suffix(type, "runc.v2"))
        return;
    bool systemd = val_get_bool(val_get(runc, "options"), "SystemdCgroup", false);
    s->cgroup_driver = systemd ? CRI_CGROUP_SYSTEMD : CRI_CGROUP_CGROUPFS;
}

static void take_condition(struct cri_status *s, const Runtime__V1__RuntimeCondition *k)
{
    bool runtime = cu_streq(k->type, "RuntimeReady"), network = cu_streq(k->type, "NetworkReady");
    if (k->status || (!runtime && !network))
        return;
    char **slot = runtime ? &s->runtime_why : &s->network_why;
    if (!*slot)
        *slot = cu_asprintf("%s: %s", cu_or(k->reason, "no reason"), cu_or(k->message, "no message"));
    s->runtime_down = s->runtime_down || runtime;
    s->network_down = s->network_down || network;
}

int cri_get_status(struct cri_client *c, bool verbose, struct cri_status *out, struct cu_err *err)
{
    Runtime__V1__StatusRequest ask;
    Runtime__V1__StatusResponse *m = NULL;
    runtime__v1__status_request__init(&ask);
    ask.verbose = verbose;
    int r = cri_call(c, CRI_ASK(CRI_RUNTIME "Status", &ask, status_response), &m, NULL, err);
    if (r < 0)
        return r;
    cri_status_clear(out);
    out->n_conditions = m->status ? m->status->n_conditions : 0;
    for (size_t i = 0; i < out->n_conditions; i++)
        take_condition(out, m->status->conditions[i]);
    for (size_t i = 0; i < m->n_info; i++)
        if (cu_streq(m->info[i]->key, "config"))
            cri_status_read_config(out, cu_or(m->info[i]->value, ""));
    FREE(m);
    return 0;
}

int cri_get_runtime_config(struct cri_client *c, bool *implemented, enum cri_cgroup_driver *driver,
                           struct cu_err *err)
{
    cu_autogrpc struct grpc_result result = GRPC_RESULT_INIT;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    Runtime__V1__Empty ask;
    Runtime__V1__RuntimeConfigResponse *m = NULL;
    runtime__v1__empty__init(&ask);
    int r = cri_call(c, CRI_ASK(CRI_RUNTIME "RuntimeConfig", &ask, runtime_config_response), &m, &result, &e);
    bool lacking = r < 0 && result.status == GRPC_UNIMPLEMENTED;
    if (r < 0 && !lacking) {
        if (err)
            cu_err_move(err, &e);
        return r;
    }
    *implemented = !lacking;
    *driver = CRI_CGROUP_UNKNOWN;
    if (m && m->linux)
        *driver = m->linux->cgroup_driver == RUNTIME__V1__CGROUP_DRIVER__SYSTEMD ? CRI_CGROUP_SYSTEMD
                                                                                 : CRI_CGROUP_CGROUPFS;
    FREE(m);
    return 0;
}
