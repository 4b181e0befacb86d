/* Configuration objects as documents and YAML text; the texts of `kubeadm config print` (spec config 2.1, 17.1).
 * Must not know where texts go. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/field.h"
#include "config/load.h"

#define LAST_MINOR_STORING_MODE 29

static struct val *encode(enum cfg_kind_id id, const void *object, enum cfg_version v)
{
    struct val *doc = cfg_encode_object(cfg_kinds[id].object, object, v);

    val_set_str(doc, "apiVersion", cfg_version_name(v));
    val_set_str(doc, "kind", cfg_kinds[id].kind);
    return doc;
}

struct val *cfg_encode_init(const struct cfg_init *c, enum cfg_version v)
{
    return encode(CFG_KIND_INIT, c, v);
}

struct val *cfg_encode_cluster(const struct cfg_cluster *c, enum cfg_version v)
{
    struct val *doc = encode(CFG_KIND_CLUSTER, c, v);

    if (!cu_is_empty(c->ci_kubernetes_version))
        val_set_str(doc, "kubernetesVersion", c->ci_kubernetes_version);
    if (v == CFG_V1BETA3 && !c->api_server.timeout_for_control_plane.set)
        val_set_str(val_need_map(doc, "apiServer"), "timeoutForControlPlane", "4m0s");
    return doc;
}

struct val *cfg_encode_stored(const struct cfg_cluster *c)
{
    struct val *doc = cfg_encode_cluster(c, cfg_stored_version(c->kubernetes_version));
    int minor = cfg_minor(c->kubernetes_version);

    if (minor >= 0 && minor <= LAST_MINOR_STORING_MODE) {
        struct val *args = val_need_map(val_need_map(doc, "apiServer"), "extraArgs");
        if (!val_get(args, "authorization-mode"))
            val_set_str(args, "authorization-mode", "Node,RBAC");
    }
    return doc;
}

struct val *cfg_encode_join(const struct cfg_join *c, enum cfg_version v)
{
    return encode(CFG_KIND_JOIN, c, v);
}

struct val *cfg_encode_reset(const struct cfg_reset *c)
{
    return encode(CFG_KIND_RESET, c, CFG_V1BETA4);
}

struct val *cfg_encode_upgrade(const struct cfg_upgrade *c)
{
    return encode(CFG_KIND_UPGRADE, c, CFG_V1BETA4);
}

char *cfg_yaml(struct val *const *docs, size_t n)
{
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);

    for (size_t i = 0; i < n; i++) {
        cu_autofree char *text = codec_yaml_dump(docs[i], CODEC_YAML_SORT);
        cu_buf_addf(&b, "%s%s", i ? "---\n" : "", text);
    }
    return cu_strdup(cu_buf_str(&b));
}

/* Prints and releases the documents. */
static char *print_docs(struct val **docs, size_t n)
{
    char *text = cfg_yaml(docs, n);

    for (size_t i = 0; i < n; i++)
        val_unref(docs[i]);
    return text;
}

static struct cfg_init *sample_init(void)
{
    static const struct cfg_load_options none = { 0 };
    struct cfg_init *c = cfg_init_new();
    cu_autoerr struct cu_err err = CU_ERR_INIT;

    cfg_set_str(&c->cluster.kubernetes_version, CFG_KUBERNETES_MINOR_ZERO);
    cfg_set_str(&c->local_api_endpoint.advertise_address, "1.2.3.4");
    cfg_set_str(&c->node.name, "node");
    cfg_set_str(&c->node.cri_socket, CFG_CRI_CONTAINERD);
    c->node.taints.set = true; /* kept from the dynamic default, shown as not given below */
    cfg_default_init_static(c);
    cfg_set_str(&c->bootstrap_tokens.v[0].token, CFG_PLACEHOLDER_TOKEN);
    if (cfg_default_init_dynamic(c, &none, &err) < 0) /* cannot: everything is given */
        abort();
    c->node.taints.set = false;
    cfg_set_str(&c->cluster.kubernetes_version, CFG_KUBERNETES_MINOR_ZERO);
    return c;
}

static int print_init(const struct cu_strlist *components, char **out, struct cu_err *err)
{
    struct cfg_init *c = sample_init();
    struct val **docs = cu_calloc(2 + (components ? components->n : 0), sizeof(struct val *));
    size_t n = 0;
    int r = 0;

    docs[n++] = cfg_encode_init(c, CFG_V1BETA4);
    docs[n++] = cfg_encode_cluster(&c->cluster, CFG_V1BETA4);
    for (size_t i = 0; r == 0 && components && i < components->n; i++) {
        if (cu_streq(components->v[i], "KubeletConfiguration"))
            docs[n++] = val_ref(c->cluster.kubelet.doc);
        else if (cu_streq(components->v[i], "KubeProxyConfiguration"))
            docs[n++] = val_ref(c->cluster.kube_proxy.doc);
        else
            r = cu_fail(
                err, CU_E_INVALID,
                "--component-configs: \"%s\" is not one of [KubeProxyConfiguration KubeletConfiguration]",
                components->v[i]);
    }
    cu_autofree char *text = print_docs(docs, n);
    if (r == 0)
        *out = cu_steal(&text);
    free(docs);
    cfg_init_free(c);
    return r;
}

static char *print_join(const char *hostname)
{
    struct cfg_join *c = cfg_join_new();
    struct cfg_discovery_token *d = c->discovery.bootstrap_token = cu_calloc(1, sizeof(*d));

    cfg_set_str(&d->token, CFG_PLACEHOLDER_TOKEN);
    cfg_set_str(&d->api_server_endpoint, "kube-apiserver:6443");
    d->unsafe_skip_ca_verification = true;
    cfg_set_str(&c->node.cri_socket, CFG_CRI_CONTAINERD);
    c->node.name = cu_lower(cu_or(hostname, "node"));
    cfg_default_join_static(c);
    struct val *doc = cfg_encode_join(c, CFG_V1BETA4);
    cfg_join_free(c);
    return print_docs(&doc, 1);
}

int cfg_print_defaults(const char *what, const struct cu_strlist *components, const char *hostname,
                       char **out, struct cu_err *err)
{
    if (cu_streq(what, "init"))
        return print_init(components, out, err);
    if (cu_streq(what, "join")) {
        *out = print_join(hostname);
        return 0;
    }
    if (cu_streq(what, "reset")) {
        struct cfg_reset *c = cfg_reset_new();
        cfg_set_str(&c->cri_socket, CFG_CRI_CONTAINERD);
        cfg_default_reset_static(c);
        struct val *doc = cfg_encode_reset(c);
        cfg_reset_free(c);
        *out = print_docs(&doc, 1);
        return 0;
    }
    if (cu_streq(what, "upgrade")) {
        struct cfg_upgrade *c = cfg_upgrade_new();
        cfg_default_upgrade_static(c);
        struct val *doc = cfg_encode_upgrade(c);
        cfg_upgrade_free(c);
        *out = print_docs(&doc, 1);
        return 0;
    }
    return cu_fail(err, CU_E_INVALID, "there are no defaults of \"%s\"", what);
}
