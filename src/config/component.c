/* KubeletConfiguration and KubeProxyConfiguration: what kubeadm sets in them and how they are written
 * (spec config 14, versions 6 and 8). Must not know how they were loaded or where they go. */
#include "config/component.h"
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/field.h"
#include "config/net.h"
#include "config/version.h"
#include <string.h>

/* A value as upstream shows it: lists as "[a b]". */
static char *show(const struct val *v)
{
    cu_autostrlist struct cu_strlist items = CU_STRLIST_INIT;

    if (!val_is_list(v))
        return val_str(v) ? cu_strdup(val_str(v)) : val_dump_json(v, VAL_JSON_COMPACT);
    for (size_t i = 0; i < val_len(v); i++)
        cu_strlist_add(&items, cu_or(val_str(val_at(v, i)), ""));
    cu_autofree char *all = cu_strlist_join(&items, " ");
    return cu_asprintf("[%s]", all);
}

static void advise(struct cu_strlist *warnings, const char *kind, const char *field, const struct val *want,
                   const struct val *got)
{
    cu_autofree char *a = show(want);
    cu_autofree char *b = show(got);
    if (warnings)
        cu_strlist_addf(warnings, "%s: the recommended value of \"%s\" is %s; yours is kept: %s", kind, field,
                        a, b);
}

/* One value kubeadm sets: taken when the document has none (or an empty text), else compared. */
struct wish {
    const char *kind;
    const char *field; /* dotted path in messages */
    const char *key;
    bool silent; /* no advice about another value */
};

static void want(struct val *map, const struct wish *w, struct val *value, struct cu_strlist *warnings)
{
    const struct val *got = val_get(map, w->key);

    if (val_kind(got) == VAL_NULL || (val_str(got) && !*val_str(got))) {
        val_set(map, w->key, value);
        return;
    }
    if (!w->silent && !val_equal(got, value))
        advise(warnings, w->kind, w->field, value, got);
    val_unref(value);
}

int cfg_check_component(const struct val *doc, const char *kind, struct cu_err *err)
{
    const char *version = cu_or(val_get_str(doc, "apiVersion"), ""),
               *is = cu_or(val_get_str(doc, "kind"), "");
    cu_autofree char *want = NULL;

    for (size_t i = 0; i < CFG_KIND_COUNT && !want; i++)
        if (cu_streq(cfg_kinds[i].kind, kind))
            want = cu_asprintf("%s/%s", cfg_kinds[i].group, cfg_kinds[i].versions[0]);
    if (cu_streq(is, kind) && cu_streq(version, want))
        return 0;
    return cu_fail(err, CU_E_INVALID, "it holds kind \"%s\" of \"%s\", not %s of %s", is, version, kind,
                   want);
}

char *cfg_dns_ip(const char *service_subnet)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;
    struct cu_cidr cidr;
    struct cu_ip ip;
    char text[CU_IP_MAX];

    cu_strlist_split(&parts, cu_or(service_subnet, ""), ',');
    if (parts.n == 0 || !cu_cidr_parse_sloppy(parts.v[0], &cidr) || !cu_cidr_nth(&cidr, 10, &ip))
        return NULL;
    cu_ip_format(&ip, text);
    return cu_strdup(text);
}

static void kubelet_defaults(const struct cfg_cluster *c, struct val *doc, struct cu_strlist *warnings)
{
    static const char kind[] = "KubeletConfiguration";
    cu_autofree char *dns = cfg_dns_ip(c->networking.service_subnet);
    cu_autofree char *certs = cu_path_clean(cu_or(c->certificates_dir, CFG_PKI_DIR));
    cu_autofree char *ca = cu_path_join(certs, "ca.crt");
    struct val *authn = val_need_map(doc, "authentication");
    struct val *list = val_new_list();
    bool no_domain = cu_is_empty(c->networking.dns_domain);

    val_append_str(list, dns ? dns : "10.96.0.10");
    want(doc, &(struct wish){ kind, "staticPodPath", "staticPodPath", false }, val_new_str(CFG_MANIFESTS_DIR),
         warnings);
    want(doc, &(struct wish){ kind, "clusterDNS", "clusterDNS", false }, list, warnings);
    want(doc, &(struct wish){ kind, "clusterDomain", "clusterDomain", no_domain },
         val_new_str(cu_or(c->networking.dns_domain, "")), warnings);
    want(val_need_map(authn, "x509"),
         &(struct wish){ kind, "authentication.x509.clientCAFile", "clientCAFile", false }, val_new_str(ca),
         warnings);
    want(val_need_map(authn, "anonymous"),
         &(struct wish){ kind, "authentication.anonymous.enabled", "enabled", false }, val_new_bool(false),
         warnings);
    want(val_need_map(doc, "authorization"), &(struct wish){ kind, "authorization.mode", "mode", false },
         val_new_str("Webhook"), warnings);
    want(val_need_map(authn, "webhook"),
         &(struct wish){ kind, "authentication.webhook.enabled", "enabled", false }, val_new_bool(true),
         warnings);
    want(doc, &(struct wish){ kind, "healthzBindAddress", "healthzBindAddress", false },
         val_new_str("127.0.0.1"), warnings);
    want(doc, &(struct wish){ kind, "healthzPort", "healthzPort", false },
         val_new_int(CFG_PORT_KUBELET_HEALTHZ), warnings);
    want(doc, &(struct wish){ kind, "readOnlyPort", "readOnlyPort", false }, val_new_int(0), warnings);
    val_set_bool(doc, "rotateCertificates", true);
    want(doc, &(struct wish){ kind, "cgroupDriver", "cgroupDriver", true }, val_new_str("systemd"), warnings);
}

static void proxy_defaults(const struct cfg_init *c, struct val *doc, struct cu_strlist *warnings)
{
    static const char kind[] = "KubeProxyConfiguration";
    struct cu_ip ip;
    bool v4 = cu_ip_parse_sloppy(c->local_api_endpoint.advertise_address, &ip) && !ip.v6;

    want(doc, &(struct wish){ kind, "bindAddress", "bindAddress", false }, val_new_str(v4 ? "0.0.0.0" : "::"),
         warnings);
    if (!cu_is_empty(c->cluster.networking.pod_subnet))
        want(doc, &(struct wish){ kind, "clusterCIDR", "clusterCIDR", false },
             val_new_str(c->cluster.networking.pod_subnet), warnings);
    want(val_need_map(doc, "clientConnection"),
         &(struct wish){ kind, "clientConnection.kubeconfig", "kubeconfig", false },
         val_new_str(CFG_KUBE_PROXY_KUBECONFIG), warnings);
}

/* Starts from the user's document or an empty one; ends complete and with its kind. */
static struct val *begin(const struct cfg_document *d)
{
    return val_is_map(d->doc) ? val_copy(d->doc) : val_new_map();
}

static void finish(struct cfg_document *d, struct val *doc, enum cfg_kind_id id, int minor)
{
    cu_autofree char *version = cu_asprintf("%s/%s", cfg_kinds[id].group, cfg_kinds[id].versions[0]);

    val_unref(d->doc);
    d->doc = cfg_complete_document(cfg_kinds[id].object, doc, minor);
    val_set_str(d->doc, "apiVersion", version);
    val_set_str(d->doc, "kind", cfg_kinds[id].kind);
    val_unref(doc);
}

void cfg_default_components(struct cfg_init *c, struct cu_strlist *warnings)
{
    int minor = cfg_minor(c->cluster.kubernetes_version);
    struct val *proxy = begin(&c->cluster.kube_proxy);
    struct val *kubelet = begin(&c->cluster.kubelet);

    if (minor <= 0)
        minor = CFG_KUBERNETES_MINOR;
    proxy_defaults(c, proxy, warnings);
    finish(&c->cluster.kube_proxy, proxy, CFG_KIND_PROXY, minor);
    kubelet_defaults(&c->cluster, kubelet, warnings);
    finish(&c->cluster.kubelet, kubelet, CFG_KIND_KUBELET, minor);
}

void cfg_kubelet_use_resolved(struct cfg_init *c, bool resolved_active, struct cu_strlist *warnings)
{
    static const struct wish wish = { "KubeletConfiguration", "resolvConf", "resolvConf", false };
    struct val *doc;

    if (!resolved_active || !c->cluster.kubelet.doc)
        return;
    doc = val_copy(c->cluster.kubelet.doc);
    if (val_kind(val_get(doc, "resolvConf")) == VAL_NULL)
        val_set_str(doc, "resolvConf", CFG_RESOLVED_CONF);
    else
        want(doc, &wish, val_new_str(CFG_RESOLVED_CONF), warnings);
    val_unref(c->cluster.kubelet.doc);
    c->cluster.kubelet.doc = doc;
}

char *cfg_kubelet_yaml(const struct cfg_cluster *c)
{
    return codec_yaml_dump(c->kubelet.doc, CODEC_YAML_SORT);
}

char *cfg_kube_proxy_yaml(const struct cfg_cluster *c)
{
    return codec_yaml_dump(c->kube_proxy.doc, CODEC_YAML_SORT);
}

char *cfg_instance_config_yaml(const char *cri_socket)
{
    cu_autofree char *quoted = cfg_quote(cri_socket);
    return cu_asprintf("containerRuntimeEndpoint: %s\n", quoted);
}
