/* phases/cluster_config.c - reads the cluster's configuration from its ConfigMaps, and what it says of this node.
 * Must not know what it is read for. */
#include "phases/cluster_config.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/component.h"
#include "config/constants.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "manifests/objects.h"
#include "node/identity.h"
#include "phases/host.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "pki/cert.h"
#include <string.h>

#define INTERVAL_MS 50 /* spec join 21 */
#define LIMIT_MS 350
#define POD_INTERVAL_MS 500
#define KUBELET_CONF CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF
#define NODE_PREFIX "system:node:"

static int text_of(const struct val *map, const char *name, const char *key, const char **text,
                   struct cu_err *err)
{
    *text = val_find_str(map, "data", key, NULL);
    if (!*text)
        return cu_fail(err, CU_E_NOTFOUND,
                       "config map \"%s\" has no key \"%s\"; was this cluster made by kubeadm?", name, key);
    return 0;
}

static int get_map(struct kube_client *kube, const char *name, const char *key, struct val **map,
                   const char **text, struct cu_err *err)
{
    cu_autofree char *path = kube_path("v1", "configmaps", CFG_NS_SYSTEM, name);
    int r = kube_get_retry(kube, path, INTERVAL_MS, LIMIT_MS, map, err);
    if (r < 0)
        return cu_wrap(err, "failed to get config map \"%s\"", name);
    return text_of(*map, name, key, text, err);
}

/* Where a component configuration is stored. */
struct stored {
    const char *map, *key, *kind;
};

/* A document of a version that is not read is made anew when kubeadm made it: nothing of a user's is lost (spec join 7). */
static int use_document(const struct stored *s, struct val *doc, struct cfg_document *into,
                        struct cu_err *err)
{
    cu_autoerr struct cu_err unread = CU_ERR_INIT;
    val_unref(into->doc);
    into->doc = NULL;
    if (cfg_check_component(doc, s->kind, &unread) == 0) {
        into->doc = val_ref(doc);
        return 0;
    }
    if (into->user_supplied) {
        cu_err_move(err, &unread);
        return cu_wrap(
            err, "config map \"%s\" was changed by hand, and must be brought to a version this kubeadm reads",
            s->map);
    }
    cu_log_warning("config map \"%s\": %s; kubeadm made it, so it is made anew", s->map,
                   cu_err_text(&unread));
    return 0;
}

/* A component configuration as it is stored; `into` is replaced. */
static int get_document(struct ph_ctx *c, const struct stored *s, struct cfg_document *into,
                        struct cu_err *err)
{
    cu_autoval struct val *map = NULL, *doc = NULL;
    const char *text = NULL;
    int r = get_map(c->kube, s->map, s->key, &map, &text, err);
    if (r < 0 || !text)
        return r;
    if (codec_yaml_parse(text, strlen(text), &doc, err) < 0)
        return cu_wrap(err, "config map \"%s\"", s->map);
    cu_autofree char *hash = cfg_config_map_hash(map);
    into->user_supplied =
        !cu_streq(hash, val_find_str(map, "metadata", "annotations", CFG_ANNOTATION_HASH, NULL));
    return use_document(s, doc, into, err);
}

int ph_cluster_config_components(struct ph_ctx *c, struct cfg_init *init, struct cu_err *err)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    const struct stored proxy = { CFG_CM_KUBE_PROXY, CFG_CM_KUBE_PROXY_KEY, "KubeProxyConfiguration" };
    int r = get_document(c, &proxy, &init->cluster.kube_proxy, &e);
    if (r == -CU_E_NOTFOUND || r == -CU_E_FORBIDDEN)
        cu_log_warning("kube-proxy is not configured by kubeadm in this cluster: %s", cu_err_text(&e));
    else if (r < 0) {
        cu_err_move(err, &e);
        return r;
    }
    cu_autofree char *name = mf_kubelet_config_name(&init->cluster);
    const struct stored kubelet = { name, CFG_CM_KUBELET_KEY, "KubeletConfiguration" };
    return get_document(c, &kubelet, &init->cluster.kubelet, err);
}

int ph_cluster_config_get(struct kube_client *kube, const struct cfg_load_options *o, struct cfg_init **out,
                          struct cu_err *err)
{
    cu_autoval struct val *map = NULL;
    const char *text = NULL;
    int r = get_map(kube, CFG_CM_KUBEADM, CFG_CM_KUBEADM_KEY, &map, &text, err);
    return r < 0 ? r : cfg_from_cluster(text, o, out, err);
}

int ph_cluster_config_remembered(struct kube_client *kube, const struct cfg_load_options *o,
                                 struct cfg_init **out, struct cu_err *err)
{
    cu_autofree char *path = kube_path("v1", "configmaps", CFG_NS_SYSTEM, CFG_CM_KUBEADM);
    cu_autoval struct val *map = NULL;
    const char *text = NULL;
    int r = ph_cluster_config_get(kube, o, out, err);
    if (r != -CU_E_SERVER || kube_get(kube, path, "resourceVersion=0", &map, NULL) < 0)
        return r;
    cu_err_clear(err);
    r = text_of(map, CFG_CM_KUBEADM, CFG_CM_KUBEADM_KEY, &text, err);
    return r < 0 ? r : cfg_from_cluster(text, o, out, err);
}

int ph_cluster_config_stored(struct ph_ctx *c, const struct cfg_load_options *o, struct cu_err *err)
{
    int r = ph_cluster_config_get(c->kube, o, &c->init, err);
    return r < 0 ? r : ph_cluster_config_components(c, c->init, err);
}

/* Who the API server takes kubelet.conf for. Caller frees; NULL: it does not tell. */
static char *reviewed_user(const struct kube_config *kubelet)
{
    struct kube_client *client = NULL;
    cu_autoval struct val *answer = NULL;
    cu_autoval struct val *review = val_new_map();
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    cu_autofree char *path = kube_path("authentication.k8s.io/v1", "selfsubjectreviews", NULL, NULL);
    val_set_str(review, "kind", "SelfSubjectReview");
    val_set_str(review, "apiVersion", "authentication.k8s.io/v1");
    val_need_map(review, "metadata");
    if (kube_client_new(kubelet, NULL, &client, &ignored) == 0)
        kube_create(client, path, review, &answer, &ignored);
    kube_client_free(client);
    return cu_strdup(val_find_str(answer, "status", "userInfo", "username", NULL));
}

/* Common name of the certificate in it, or in the file it names. Caller frees; NULL: none. */
static char *certified_user(const struct kube_config *kubelet)
{
    const struct val *user = kube_config_current_user(kubelet);
    const char *data = val_get_str(user, "client-certificate-data");
    const char *file = val_get_str(user, "client-certificate");
    pki_autocert struct pki_cert *cert = NULL;
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    if (!cu_is_empty(data) && cu_unbase64(data, &pem, &n, NULL) == 0)
        pki_cert_parse((const char *)pem, n, &cert, NULL);
    else if (!cu_is_empty(file))
        pki_cert_load(file, &cert, NULL);
    return cert ? cu_strdup(pki_cert_cn(cert)) : NULL;
}

void ph_cluster_config_name(struct ph_ctx *c, struct cfg_init *init)
{
    kube_autoconfig struct kube_config *kubelet = NULL;
    cu_autofree char *user = NULL;
    if (kube_config_load(KUBELET_CONF, &kubelet, NULL) < 0)
        return;
    user = c->no_cluster ? NULL : reviewed_user(kubelet);
    if (!user || !cu_has_prefix(user, NODE_PREFIX)) {
        free(user);
        user = certified_user(kubelet);
    }
    if (user && cu_has_prefix(user, NODE_PREFIX))
        cfg_set_str(&init->node.name, user + strlen(NODE_PREFIX));
}

/* Where neither tells there may be one runtime that answers; else it stays empty: then it is the default. */
static void detect_socket(struct ph_ctx *c, const char *file)
{
    struct cfg_host host;
    cu_autostrlist struct cu_strlist found = CU_STRLIST_INIT;
    ph_host_options(c, &host);
    cu_log_warning("neither the Node nor %s tells the socket of the container runtime: looking for one",
                   file);
    if (host.find_cri)
        host.find_cri(host.arg, &found);
    if (found.n == 1)
        cfg_set_str(&c->init->node.cri_socket, found.v[0]);
}

/* The kubelet knows its runtime where the Node does not say it. */
static void find_socket(struct ph_ctx *c, const struct val *node)
{
    static const char file[] = CFG_KUBELET_DIR "/instance-config.yaml";
    cu_autofree char *text = NULL;
    cu_autoval struct val *doc = NULL;
    size_t n = 0;
    const char *socket = val_find_str(node, "metadata", "annotations", CFG_ANNOTATION_CRI_SOCKET, NULL);
    if (cu_is_empty(socket) && cu_file_read(file, LIM_CONFIG_FILE, &text, &n, NULL) == 0 &&
        codec_yaml_parse(text, n, &doc, NULL) == 0)
        socket = val_get_str(doc, "containerRuntimeEndpoint");
    if (!cu_is_empty(socket))
        cfg_set_str(&c->init->node.cri_socket, socket);
    else if (c->flow == PH_UPGRADE) /* nobody else needs it */
        detect_socket(c, file);
}

static int find_node(struct ph_ctx *c, struct cu_err *err)
{
    cu_autoval struct val *node = NULL;
    ph_cluster_config_name(c, c->init);
    cu_autofree char *host = NULL;
    if (cu_is_empty(c->init->node.name) && node_hostname(c->sys, &host, err) < 0)
        return cu_wrap(err, "the name of this node is not known");
    if (host)
        cfg_set_str(&c->init->node.name, host);
    cu_autofree char *path = kube_path("v1", "nodes", NULL, c->init->node.name);
    if (kube_get(c->kube, path, NULL, &node, err) < 0)
        return cu_wrap(err, "failed to get node \"%s\"", c->init->node.name);
    const struct val *taints = val_find(node, "spec", "taints", NULL);
    for (size_t i = 0; i < val_len(taints); i++) {
        const struct val *t = val_at(taints, i);
        cfg_taints_add(&c->init->node.taints, val_get_str(t, "key"), val_get_str(t, "value"),
                       val_get_str(t, "effect"));
    }
    c->init->node.taints.set = true;
    find_socket(c, node);
    return 0;
}

struct pod_wait {
    struct ph_ctx *ctx;
    char *path, *query, *endpoint;
};

/* One Pod with the address in its annotation is there. */
static enum cu_wait_state find_pod(void *arg, char **missing, struct cu_err *err)
{
    struct pod_wait *w = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autoval struct val *list = NULL;
    (void)err;
    if (kube_get(w->ctx->kube, w->path, w->query, &list, &e) < 0) {
        *missing = cu_strdup(cu_err_text(&e));
        return CU_WAIT_PENDING;
    }
    const struct val *pods = val_get(list, "items");
    const char *at = val_find_str(val_at(pods, 0), "metadata", "annotations", CFG_ANNOTATION_ADVERTISE, NULL);
    if (val_len(pods) != 1 || !at) {
        *missing = cu_asprintf("%zu such Pods%s", val_len(pods), at ? "" : ", without its address");
        return CU_WAIT_PENDING;
    }
    w->endpoint = cu_strdup(at);
    return CU_WAIT_DONE;
}

static int find_endpoint(struct ph_ctx *c, struct cu_err *err)
{
    struct cfg_endpoint *to = &c->init->local_api_endpoint;
    struct pod_wait w = { .ctx = c, .path = kube_path("v1", "pods", CFG_NS_SYSTEM, NULL) };
    w.query =
        cu_asprintf("fieldSelector=spec.nodeName%%3D%s&labelSelector=component%%3Dkube-apiserver%%2Ctier%%"
                    "3Dcontrol-plane",
                    c->init->node.name);
    cu_autofree char *what = cu_asprintf("the Pod of the API server on node %s", c->init->node.name);
    cu_autofree char *host = NULL;
    int port = -1;
    int r = ph_wait(c, &(struct ph_waiting){ what, ph_api_timeout(c), POD_INTERVAL_MS, find_pod, &w }, err);
    if (r == 0)
        r = cu_split_host_port(w.endpoint, &host, &port, err);
    if (r == 0) {
        cfg_set_str(&to->advertise_address, host);
        to->bind_port = port;
    }
    free(w.path);
    free(w.query);
    free(w.endpoint);
    return r;
}

int ph_cluster_config_parts(struct ph_ctx *c, const struct ph_cluster_read *read, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    struct cfg_load_options o = { .warnings = &warnings };
    ph_host_options(c, &o.host);
    int r = ph_cluster_config_get(c->kube, &o, &c->init, err);
    if (r == 0 && read->timeouts)
        c->init->timeouts = *read->timeouts;
    if (r == 0 && read->components)
        r = ph_cluster_config_components(c, c->init, err);
    if (r == 0)
        r = find_node(c, err);
    if (r == 0 && read->endpoint)
        r = find_endpoint(c, err);
    if (r == 0 && read->version)
        cfg_set_str(&c->init->cluster.kubernetes_version, read->version);
    if (r == 0)
        r = cfg_default_init_dynamic(c->init, &o, err);
    ph_warn_all(&warnings);
    return r;
}

int ph_cluster_config_read(struct ph_ctx *c, struct cu_err *err)
{
    return ph_cluster_config_parts(c, &(struct ph_cluster_read){ .components = true, .endpoint = true }, err);
}

void ph_cluster_config_say(struct ph_ctx *c, const char *prefix)
{
    ph_say(c, "[%s] Reading configuration from the \"%s\" ConfigMap in namespace \"%s\"...", prefix,
           CFG_CM_KUBEADM, CFG_NS_SYSTEM);
    ph_say(c,
           "[%s] It can be changed: edit it, then run 'kubeadm init phase upload-config kubeadm --config "
           "your-config-file' on a control plane",
           prefix);
}
