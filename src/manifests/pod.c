/* Static Pods, put together from their parts.
 * Must not know where manifests are written, nor whether they run. */
#include "manifests/pod.h"
#include "base/ip.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/load.h"
#include "config/version.h"
#include "manifests/pod_parts.h"
#include <string.h>

static const struct {
    const char *name, *cpu, *memory;
} components[MF_COMPONENTS] = {
    [MF_API_SERVER] = { "kube-apiserver", "250m", NULL },
    [MF_CONTROLLER_MANAGER] = { "kube-controller-manager", "200m", NULL },
    [MF_SCHEDULER] = { "kube-scheduler", "100m", NULL },
    [MF_ETCD] = { "etcd", "100m", "100Mi" },
};

const char *mf_component_name(enum mf_component c)
{
    return components[c].name;
}

bool mf_wants(enum mf_component c, const struct cfg_init *cfg)
{
    return c != MF_ETCD || !cfg->cluster.etcd.external;
}

static void pick(struct mf_pod_input *in)
{
    const struct cfg_cluster *c = &in->cfg->cluster;
    const struct cfg_component *part = in->component == MF_API_SERVER           ? &c->api_server
                                       : in->component == MF_CONTROLLER_MANAGER ? &c->controller_manager
                                                                                : &c->scheduler;
    bool etcd = in->component == MF_ETCD;
    in->extra_args = etcd ? &c->etcd.local->extra_args : &part->extra_args;
    in->extra_envs = etcd ? &c->etcd.local->extra_envs : &part->extra_envs;
    in->extra_volumes = etcd ? NULL : &part->extra_volumes;
}

static struct val *metadata(const struct mf_pod_input *in)
{
    struct val *m = val_new_map(), *labels = val_need_map(m, "labels");
    const struct cfg_endpoint *e = &in->cfg->local_api_endpoint;
    if (in->component == MF_API_SERVER) {
        cu_autofree char *address = cu_host_port(cu_or(e->advertise_address, ""), e->bind_port);
        val_set_str(val_need_map(m, "annotations"), CFG_ANNOTATION_ADVERTISE, address);
    } else if (in->component == MF_ETCD) {
        val_set_strf(val_need_map(m, "annotations"), CFG_ANNOTATION_ETCD_URLS, "https://%s",
                     mf_vars_get(&in->vars, "advClient"));
    }
    val_set_str(labels, "component", mf_component_name(in->component));
    val_set_str(labels, "tier", "control-plane");
    val_set_str(m, "name", mf_component_name(in->component));
    val_set_str(m, "namespace", CFG_NS_SYSTEM);
    return m;
}

/* spec init 7.9 */
static void run_as(const struct mf_pod_input *in, struct val *spec, struct val *container)
{
    const struct mf_ids *ids = in->host->ids;
    struct val *pod = val_need_map(spec, "securityContext");
    if (!ids)
        return;
    struct val *own = val_need_map(container, "securityContext"),
               *capabilities = val_need_map(own, "capabilities");
    val_append_str(val_need_list(capabilities, "drop"), "ALL");
    if (in->component == MF_API_SERVER)
        val_append_str(val_need_list(capabilities, "add"), "NET_BIND_SERVICE");
    else
        val_set_bool(own, "allowPrivilegeEscalation", false);
    val_set_int(pod, "runAsUser", ids->uid);
    val_set_int(pod, "runAsGroup", ids->gid);
    if (in->component == MF_API_SERVER || in->component == MF_CONTROLLER_MANAGER)
        val_append(val_need_list(pod, "supplementalGroups"), val_new_int(ids->sa_key_gid));
}

static struct val *spec(const struct mf_pod_input *in)
{
    const char *name = mf_component_name(in->component);
    const struct cfg_cluster *c = &in->cfg->cluster;
    struct val *s = val_new_map(), *container = val_new_map();
    cu_autofree char *image = in->component == MF_ETCD ? cfg_image_etcd(c) : cfg_image(c, name);
    val_append(val_need_list(s, "containers"), container);
    val_set(container, "command", mf_pod_command(in));
    val_set_str(container, "image", image);
    val_set_str(container, "imagePullPolicy", "IfNotPresent");
    val_set_str(container, "name", name);
    struct val *requests = val_need_map(val_need_map(container, "resources"), "requests");
    val_set_str(requests, "cpu", components[in->component].cpu);
    val_set_str(requests, "memory", components[in->component].memory);
    mf_pod_env(in, container);
    mf_pod_probes(in, container);
    mf_pod_volumes(in, s, container);
    val_set_bool(s, "hostNetwork", true);
    if (in->minor >= 27)
        val_set_int(s, "priority", 2000001000);
    val_set_str(s, "priorityClassName", "system-node-critical");
    val_set_str(val_need_map(val_need_map(s, "securityContext"), "seccompProfile"), "type", "RuntimeDefault");
    run_as(in, s, container);
    return s;
}

struct val *mf_pod(enum mf_component c, const struct cfg_init *cfg, const struct mf_host *host)
{
    static const struct mf_host nothing = { .exists = NULL };
    struct mf_pod_input in = { .component = c, .cfg = cfg, .host = host ? host : &nothing };
    in.minor = cfg_minor(cfg->cluster.kubernetes_version);
    pick(&in);
    mf_pod_vars(&in);
    struct val *pod = val_new_map();
    val_set_str(pod, "apiVersion", "v1");
    val_set_str(pod, "kind", "Pod");
    val_set(pod, "metadata", metadata(&in));
    val_set(pod, "spec", spec(&in));
    val_set(pod, "status", val_new_map());
    mf_vars_clear(&in.vars);
    return pod;
}

char *mf_pod_text(const struct val *pod)
{
    return codec_yaml_dump(pod, CODEC_YAML_SORT | CODEC_YAML_NO_FOLD);
}

/* Items that start with the name count, so "bind-address-x" would answer for "bind-address" too, as upstream. */
int mf_pod_argument(const struct val *pod, const char *component, const char *name, char **out,
                    struct cu_err *err)
{
    const struct val *containers = val_find(pod, "spec", "containers", NULL), *command = NULL;
    for (size_t i = 0; i < val_len(containers) && !command; i++) {
        const struct val *candidate = val_get(val_at(containers, i), "command");
        if (cu_streq(val_str(val_at(candidate, 0)), component))
            command = candidate;
    }
    if (!command)
        return cu_fail(err, CU_E_INVALID, "the Pod has no container that runs %s", component);
    const char *found = NULL;
    for (size_t i = 0; i < val_len(command); i++) {
        const char *item = cu_or(val_str(val_at(command, i)), "");
        const char *bare = item[0] == '-' ? item + (item[1] == '-' ? 2 : 1) : NULL;
        if (bare && cu_has_prefix(bare, name)) {
            const char *equals = strchr(bare, '='), *space = strchr(bare, ' ');
            found = equals ? equals + 1 : space ? space + 1 : "";
        }
    }
    *out = cu_strdup(cu_is_empty(found) ? NULL : found);
    return 0;
}
