/* CoreDNS and kube-proxy: the embedded files of the newest version, changed for the version that is deployed.
 * Must not know how objects get to the server. */
#include "manifests/addons.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/load.h"
#include "config/version.h"
#include "manifests/pod.h"
#include "manifests/pod_parts.h"
#include <string.h>

/* ---- CoreDNS (versions 12.2) ---- */

static void remove_where(struct val *list, const char *key, const char *value)
{
    for (size_t i = val_len(list); i > 0; i--)
        if (cu_streq(val_get_str(val_at(list, i - 1), key), value))
            val_remove(list, i - 1);
}

static void tolerate_master(struct val *pod_spec)
{
    struct val *t = val_new_map();
    val_set_str(t, "key", "node-role.kubernetes.io/master");
    val_set_str(t, "effect", "NoSchedule");
    val_insert(val_get(pod_spec, "tolerations"), 1, t);
}

static void numeric_probe_ports(struct val *container)
{
    struct val *ports = val_get(container, "ports");
    remove_where(ports, "name", "liveness-probe");
    remove_where(ports, "name", "readiness-probe");
    val_set_int(val_find(container, "livenessProbe", "httpGet", NULL), "port", 8080);
    val_set_int(val_find(container, "readinessProbe", "httpGet", NULL), "port", 8181);
}

static void allow_nodes(struct val *role)
{
    static const char text[] = "{apiGroups: [''], resources: [nodes], verbs: [get]}";
    struct val *rule = NULL;
    if (codec_yaml_parse(text, sizeof text - 1, &rule, NULL) == 0)
        val_insert(val_get(role, "rules"), 1, rule);
}

static void for_version(const struct val *objects, int minor)
{
    struct val *spec = val_find(mf_of_kind(objects, "Deployment"), "spec", "template", "spec", NULL);
    struct val *container = val_at(val_get(spec, "containers"), 0);
    if (minor < 25)
        val_del(spec, "affinity");
    if (minor < 26)
        tolerate_master(spec);
    if (minor < 28)
        allow_nodes(mf_of_kind(objects, "ClusterRole"));
    if (minor < 29)
        val_replace(val_find(container, "securityContext", "capabilities", "drop", NULL), 0,
                    val_new_str("all"));
    if (minor < 34)
        numeric_probe_ports(container);
}

int mf_coredns(const struct cfg_cluster *c, int64_t replicas, const struct cfg_patch_set *patches,
               struct cu_strlist *applied, struct val **out, struct cu_err *err)
{
    int minor = cfg_minor(c->kubernetes_version);
    const char *domain = cu_or(c->networking.dns_domain, "");
    mf_autovars struct mf_vars vars = { NULL };
    cu_autofree char *ip = cfg_dns_ip(c->networking.service_subnet);
    if (!ip)
        return cu_fail(err, CU_E_INVALID,
                       "the service subnet \"%s\" has no tenth address for the DNS service",
                       cu_or(c->networking.service_subnet, ""));
    mf_vars_init(&vars);
    mf_vars_set(&vars, "dnsDomain", domain);
    mf_vars_set(&vars, "dnsIP", ip);
    mf_vars_take(&vars, "image", cfg_image_coredns(c));
    if (minor < 32 || !*domain)
        mf_vars_set(&vars, "cache", "cache 30");
    else
        mf_vars_take(&vars, "cache",
                     cu_asprintf("cache 30 {\n       disable success %s\n       disable denial %s\n    }",
                                 domain, domain));
    cu_autoval struct val *objects = mf_load("coredns.yaml", &vars);
    for_version(objects, minor);
    for (size_t i = 0; i < val_len(objects); i++) {
        struct val *o = val_at(objects, i);
        if (!cu_streq(val_get_str(o, "kind"), "Deployment"))
            continue;
        val_set_int(val_get(o, "spec"), "replicas", replicas);
        struct val *patched = val_ref(o);
        int rc = mf_apply_patches(&patched, "corednsdeployment", patches, applied, err);
        val_replace(objects, i, patched);
        if (rc < 0)
            return rc;
    }
    *out = cu_steal(&objects);
    return 0;
}

/* ---- kube-proxy ---- */

struct val *mf_kube_proxy(const struct cfg_init *cfg, char *const *environment)
{
    mf_autovars struct mf_vars vars = { NULL };
    cu_autofree char *endpoint = cfg_endpoint(cfg), *config = cfg_kube_proxy_yaml(&cfg->cluster);
    mf_vars_init(&vars);
    mf_vars_take(&vars, "server", cu_asprintf("https://%s", endpoint));
    mf_vars_take(&vars, "image", cfg_image(&cfg->cluster, "kube-proxy"));
    struct val *objects = mf_load("kube-proxy.yaml", &vars);

    struct val *map = mf_of_kind(objects, "ConfigMap");
    size_t n = strlen(config);
    val_set(val_get(map, "data"), CFG_CM_KUBE_PROXY_KEY,
            val_new_strn(config, n > 0 && config[n - 1] == '\n' ? n - 1 : n));
    if (!cfg->cluster.kube_proxy.user_supplied) {
        cu_autofree char *hash = cfg_config_map_hash(map);
        val_set_str(val_need_map(val_get(map, "metadata"), "annotations"), CFG_ANNOTATION_HASH, hash);
    }

    struct val *spec = val_find(mf_of_kind(objects, "DaemonSet"), "spec", "template", "spec", NULL);
    struct val *env = val_get(val_at(val_get(spec, "containers"), 0), "env");
    cu_autoval struct val *proxies = val_new_list();
    mf_proxy_env(environment, proxies);
    for (size_t i = 0; i < val_len(proxies); i++)
        val_append(env, val_ref(val_at(proxies, i)));
    return objects;
}

/* ---- printing ---- */

/* The order of --print-manifest (spec init 11.1, 11.3). */
static const char *const dns_order[] = { "Deployment",  "ConfigMap",          "Service",
                                         "ClusterRole", "ClusterRoleBinding", "ServiceAccount" };
static const char *const proxy_order[] = { "ServiceAccount", "ClusterRoleBinding", "Role",
                                           "RoleBinding",    "ConfigMap",          "DaemonSet" };

char *mf_print_addon(const struct val *objects)
{
    const char *const *order = mf_of_kind(objects, "DaemonSet") ? proxy_order : dns_order;
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    for (size_t i = 0; i < CU_LEN(dns_order); i++) {
        cu_autoval struct val *o = val_copy(mf_of_kind(objects, order[i]));
        struct val *meta = val_get(o, "metadata");
        if (val_del(val_get(meta, "annotations"), CFG_ANNOTATION_HASH) &&
            val_len(val_get(meta, "annotations")) == 0)
            val_del(meta, "annotations");
        struct val *subjects = val_get(o, "subjects");
        for (size_t k = 0; k < val_len(subjects); k++) /* the server's default */
            val_del(val_at(subjects, k), "apiGroup");
        cu_autofree char *text = codec_yaml_dump(o, CODEC_YAML_SORT | CODEC_YAML_NO_FOLD);
        cu_buf_addf(&b, "---\n%s", text);
    }
    char *out = NULL;
    return cu_buf_take(&b, &out, NULL) < 0 ? NULL : out;
}
