/* What init stores in the cluster about the configuration: the ConfigMaps kubeadm-config, kubelet-config and kube-proxy
 * of every recorded case, texts byte for byte and the signature. */
#include "config/component.h"
#include "config/encode.h"
#include "config_cases.h"

#define FOLDER "cases"

/* data[key] of a recorded ConfigMap; borrowed. */
static const char *stored(const struct codec_docs *docs, const char *name, const char *key, const char **hash)
{
    for (size_t i = 0; i < docs->n; i++) {
        const struct val *o = docs->v[i].root;
        if (!cu_streq(val_get_str(o, "kind"), "ConfigMap") ||
            !cu_streq(val_find_str(o, "metadata", "name", NULL), name))
            continue;
        *hash = val_find_str(o, "metadata", "annotations", CFG_ANNOTATION_HASH, NULL);
        return val_find_str(o, "data", key, NULL);
    }
    return NULL;
}

static char *compare(const char *what, const char *want, const char *got)
{
    cu_autofree char *why = want ? difference(want, got) : NULL;
    return why ? cu_asprintf("%s: %s", what, why) : NULL;
}

/* The signature of a ConfigMap with one text, when it is signed. */
static char *compare_hash(const char *want, const struct cfg_document *d, const char *key, const char *text)
{
    cu_autoval struct val *map = val_new_map();
    cu_autofree char *hash = NULL;

    if (!want != d->user_supplied)
        return cu_strdup(want ? "signed upstream, not here" : "signed here, not upstream");
    if (!want)
        return NULL;
    val_set_str(val_need_map(map, "data"), key, text);
    hash = cfg_config_map_hash(map);
    return strcmp(hash, want) == 0 ? NULL : cu_asprintf("signature %s, want %s", hash, want);
}

static char *check_all(struct cfg_init *c, const struct codec_docs *docs)
{
    cu_autoval struct val *cluster = cfg_encode_cluster(&c->cluster, CFG_V1BETA4);
    cu_autofree char *yaml = cfg_yaml(&cluster, 1);
    cu_autofree char *kubelet = cfg_kubelet_yaml(&c->cluster);
    const char *hash = NULL;
    const char *want = stored(docs, CFG_CM_KUBEADM, CFG_CM_KUBEADM_KEY, &hash);
    char *why =
        want ? compare("ClusterConfiguration", want, yaml) : cu_strdup("no ClusterConfiguration recorded");

    if (why)
        return why;
    want = stored(docs, CFG_CM_KUBELET, CFG_CM_KUBELET_KEY, &hash);
    why = compare("KubeletConfiguration", want, kubelet);
    if (!why && want)
        why = compare_hash(hash, &c->cluster.kubelet, CFG_CM_KUBELET_KEY, kubelet);
    if (why)
        return why;
    cu_autofree char *raw = cfg_kube_proxy_yaml(&c->cluster);
    cu_autofree char *proxy = cu_trim(raw);
    want = stored(docs, CFG_CM_KUBE_PROXY, CFG_CM_KUBE_PROXY_KEY, &hash);
    return compare("KubeProxyConfiguration", want, proxy);
}

static char *check(const char *name)
{
    cu_autofree char *path = case_path(FOLDER, name, "config.yaml");
    cu_autofree char *text = case_text(FOLDER, name, "expected/api-objects.yaml");
    cu_autoval struct val *host = case_json(FOLDER, name, "host/host.json");
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    struct cfg_load_options o = recorded_host(NULL, NULL);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cfg_init *c = NULL;

    if (!text || codec_yaml_read(text, strlen(text), 0, &docs, &err) < 0)
        return cu_asprintf("recorded objects: %s", cu_err_text(&err));
    if (cfg_load_init(path, &o, &c, &err) < 0)
        return cu_strdup(cu_err_text(&err));
    cfg_couple_addons(&c->cluster, &c->skip_phases);
    cu_autofree char *facts = val_dump_json(host, VAL_JSON_COMPACT);
    cfg_kubelet_use_resolved(c, strstr(facts, "esolved\":true") != NULL, NULL);
    char *why = check_all(c, &docs);
    cfg_init_free(c);
    return why;
}

int main(void)
{
    struct tally t = { 0, 0 };
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;

    case_names(FOLDER, &names);
    for (size_t i = 0; i < names.n; i++) {
        cu_autofree char *why = check(names.v[i]);
        tell(&t, names.v[i], why);
    }
    return end(&t);
}
