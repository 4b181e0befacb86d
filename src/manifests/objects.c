/* Objects of the API phases: configuration maps, bootstrap tokens and the RBAC round them.
 * Must not know how they get to the server. */
#include "manifests/objects.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "codec/yaml.h"
#include "config/component.h"
#include "config/constants.h"
#include "config/encode.h"
#include "config/version.h"
#include "manifests/template.h"
#include <string.h>

static struct val *object(const char *kind, const char *name, const char *namespace)
{
    struct val *o = val_new_map(), *meta;
    val_set_str(o, "apiVersion", "v1");
    val_set_str(o, "kind", kind);
    meta = val_need_map(o, "metadata");
    val_set_str(meta, "name", name);
    val_set_str(meta, "namespace", namespace);
    return o;
}

struct val *mf_cluster_admins(void)
{
    return mf_load("cluster-admins.yaml", NULL);
}

struct val *mf_kubeadm_config(const struct cfg_cluster *c)
{
    cu_autoval struct val *doc = cfg_encode_stored(c);
    cu_autofree char *text = cfg_yaml(&doc, 1);
    struct val *map = object("ConfigMap", CFG_CM_KUBEADM, CFG_NS_SYSTEM);
    val_set_str(val_need_map(map, "data"), CFG_CM_KUBEADM_KEY, text);
    struct val *list = mf_load("kubeadm-config-rbac.yaml", NULL);
    val_insert(list, 0, map);
    return list;
}

/* The hash says that nobody but kubeadm wrote the document, so that a later version may write it anew. */
static void sign(struct val *map, const struct cfg_document *document)
{
    if (document->user_supplied)
        return;
    cu_autofree char *hash = cfg_config_map_hash(map);
    val_set_str(val_need_map(val_need_map(map, "metadata"), "annotations"), CFG_ANNOTATION_HASH, hash);
}

char *mf_kubelet_config_name(const struct cfg_cluster *c)
{
    int minor = cfg_minor(c->kubernetes_version);
    return minor <= 23 ? cu_asprintf(CFG_CM_KUBELET "-1.%d", minor) : cu_strdup(CFG_CM_KUBELET);
}

struct val *mf_kubelet_config(const struct cfg_cluster *c)
{
    mf_autovars struct mf_vars vars = { NULL };
    cu_autofree char *text = cfg_kubelet_yaml(c);
    mf_vars_init(&vars);
    mf_vars_take(&vars, "map", mf_kubelet_config_name(c));
    struct val *map = object("ConfigMap", mf_vars_get(&vars, "map"), CFG_NS_SYSTEM);
    val_set_str(val_need_map(map, "data"), CFG_CM_KUBELET_KEY, text);
    sign(map, &c->kubelet);
    struct val *list = mf_load("kubelet-config-rbac.yaml", &vars);
    val_insert(list, 0, map);
    return list;
}

struct val *mf_kubeadm_certs(const char *token_id, const char *owner_uid, const struct val *data)
{
    struct val *secret = object("Secret", CFG_SECRET_CERTS, CFG_NS_SYSTEM), *owner = val_new_map();
    val_set_str(owner, "apiVersion", "v1");
    val_set_bool(owner, "blockOwnerDeletion", true);
    val_set_bool(owner, "controller", true);
    val_set_str(owner, "kind", "Secret");
    val_set_strf(owner, "name", "bootstrap-token-%s", token_id);
    val_set_str(owner, "uid", owner_uid);
    val_append(val_need_list(val_need_map(secret, "metadata"), "ownerReferences"), owner);
    val_set(secret, "data", data ? val_copy(data) : val_new_map());
    struct val *list = mf_load("kubeadm-certs-rbac.yaml", NULL);
    val_insert(list, 0, secret);
    return list;
}

static void set_data(struct val *data, const char *key, const char *text)
{
    cu_autofree char *encoded = cu_base64(text, strlen(text));
    val_set_str(data, key, encoded);
}

int mf_bootstrap_token(const struct cfg_token *t, int64_t now_ms, struct val **out, struct cu_err *err)
{
    const char *dot = t->token ? strchr(t->token, '.') : NULL;
    if (!dot || dot == t->token || !dot[1])
        return cu_fail(err, CU_E_INVALID, "a bootstrap token has the form \"id.secret\"");
    cu_autofree char *id = cu_strndup(t->token, (size_t)(dot - t->token));
    cu_autofree char *name = cu_asprintf("bootstrap-token-%s", id);
    struct val *secret = object("Secret", name, CFG_NS_SYSTEM), *data = val_need_map(secret, "data");
    val_set_str(secret, "type", "bootstrap.kubernetes.io/token");
    set_data(data, "token-id", id);
    set_data(data, "token-secret", dot + 1);
    if (!cu_is_empty(t->description))
        set_data(data, "description", t->description);
    if (!cu_is_empty(t->expires)) {
        set_data(data, "expiration", t->expires);
    } else if (t->ttl.ns > 0) {
        char when[CU_RFC3339_MAX];
        cu_rfc3339(now_ms + cfg_ms(t->ttl), when);
        set_data(data, "expiration", when);
    }
    for (size_t i = 0; i < t->usages.n; i++) {
        cu_autofree char *key = cu_asprintf("usage-bootstrap-%s", t->usages.v[i]);
        set_data(data, key, "true");
    }
    if (t->groups.n > 0) {
        cu_autofree char *groups = cu_strlist_join(&t->groups, ",");
        set_data(data, "auth-extra-groups", groups);
    }
    *out = secret;
    return 0;
}

struct val *mf_bootstrap_rbac(void)
{
    return mf_load("bootstrap-rbac.yaml", NULL);
}

/* A kubeconfig without users and contexts, as upstream serialises it. */
static char *cluster_info_text(const char *server, const char *ca_pem)
{
    cu_autofree char *ca = cu_base64(ca_pem, strlen(ca_pem));
    cu_autoval struct val *v = val_new_map();
    struct val *entry = val_new_map();
    val_set_str(v, "apiVersion", "v1");
    val_append(val_need_list(v, "clusters"), entry);
    val_set_str(val_need_map(entry, "cluster"), "certificate-authority-data", ca);
    val_set_str(val_need_map(entry, "cluster"), "server", server);
    val_set_str(entry, "name", "");
    val_set(v, "contexts", val_new_null());
    val_set_str(v, "current-context", "");
    val_set_str(v, "kind", "Config");
    val_set(v, "users", val_new_null());
    return codec_yaml_dump(v, CODEC_YAML_SORT | CODEC_YAML_NO_FOLD);
}

struct val *mf_cluster_info(const char *server, const char *ca_pem)
{
    cu_autofree char *text = cluster_info_text(server, ca_pem);
    struct val *map = object("ConfigMap", CFG_CM_CLUSTER_INFO, CFG_NS_PUBLIC);
    val_set_str(val_need_map(map, "data"), "kubeconfig", text);
    struct val *list = mf_load("cluster-info-rbac.yaml", NULL);
    val_insert(list, 0, map);
    return list;
}
