/* Command lines of the control plane and etcd as tables (spec init 7.4 to 7.7, versions 7.1, 8.1).
 * Must not know about the rest of the Pod. */
#include "base/file.h"
#include "base/ip.h"
#include "base/semver.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/images.h"
#include "config/load.h"
#include "config/version.h"
#include "manifests/pod_parts.h"
#include <string.h>

#define FLEX_VOLUMES "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"

/* A default argument. It is left out when its value names an unset variable, or when variable `when` is unset. */
struct row {
    const char *name, *value, *when;
};

static const struct row api_server[] = {
    { "advertise-address", "${adv}", NULL },
    { "allow-privileged", "true", NULL },
    { "authorization-mode", "Node,RBAC", "authorizationMode" },
    { "client-ca-file", "${certs}/ca.crt", NULL },
    { "enable-admission-plugins", "NodeRestriction", NULL },
    { "enable-bootstrap-token-auth", "true", NULL },
    { "etcd-cafile", "${etcdCA}", NULL },
    { "etcd-certfile", "${etcdCert}", NULL },
    { "etcd-keyfile", "${etcdKey}", NULL },
    { "etcd-servers", "${etcdServers}", NULL },
    { "kubelet-client-certificate", "${certs}/apiserver-kubelet-client.crt", NULL },
    { "kubelet-client-key", "${certs}/apiserver-kubelet-client.key", NULL },
    { "kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname", NULL },
    { "proxy-client-cert-file", "${certs}/front-proxy-client.crt", NULL },
    { "proxy-client-key-file", "${certs}/front-proxy-client.key", NULL },
    { "requestheader-allowed-names", "front-proxy-client", NULL },
    { "requestheader-client-ca-file", "${certs}/front-proxy-ca.crt", NULL },
    { "requestheader-extra-headers-prefix", "X-Remote-Extra-", NULL },
    { "requestheader-group-headers", "X-Remote-Group", NULL },
    { "requestheader-username-headers", "X-Remote-User", NULL },
    { "secure-port", "${port}", NULL },
    { "service-account-issuer", "https://kubernetes.default.svc.${dnsDomain}", NULL },
    { "service-account-key-file", "${certs}/sa.pub", NULL },
    { "service-account-signing-key-file", "${certs}/sa.key", NULL },
    { "service-cluster-ip-range", "${serviceSubnet}", NULL },
    { "tls-cert-file", "${certs}/apiserver.crt", NULL },
    { "tls-private-key-file", "${certs}/apiserver.key", NULL },
    { NULL, NULL, NULL },
};

static const struct row controller_manager[] = {
    { "allocate-node-cidrs", "true", "podSubnet" },
    { "authentication-kubeconfig", "${conf}/controller-manager.conf", NULL },
    { "authorization-kubeconfig", "${conf}/controller-manager.conf", NULL },
    { "bind-address", "127.0.0.1", NULL },
    { "client-ca-file", "${certs}/ca.crt", NULL },
    { "cluster-cidr", "${podSubnet}", NULL },
    { "cluster-name", "${clusterName}", NULL },
    { "cluster-signing-cert-file", "${signingCert}", NULL },
    { "cluster-signing-key-file", "${signingKey}", NULL },
    { "controllers", "*,bootstrapsigner,tokencleaner", NULL },
    { "kubeconfig", "${conf}/controller-manager.conf", NULL },
    { "leader-elect", "true", NULL },
    { "requestheader-client-ca-file", "${certs}/front-proxy-ca.crt", NULL },
    { "root-ca-file", "${certs}/ca.crt", NULL },
    { "service-account-private-key-file", "${certs}/sa.key", NULL },
    { "service-cluster-ip-range", "${serviceSubnet}", "podSubnet" },
    { "use-service-account-credentials", "true", NULL },
    { NULL, NULL, NULL },
};

static const struct row scheduler[] = {
    { "authentication-kubeconfig", "${conf}/scheduler.conf", NULL },
    { "authorization-kubeconfig", "${conf}/scheduler.conf", NULL },
    { "bind-address", "127.0.0.1", NULL },
    { "kubeconfig", "${conf}/scheduler.conf", NULL },
    { "leader-elect", "true", NULL },
    { NULL, NULL, NULL },
};

static const struct row etcd[] = {
    { "advertise-client-urls", "https://${advClient}", NULL },
    { "cert-file", "${certs}/etcd/server.crt", NULL },
    { "client-cert-auth", "true", NULL },
    { "data-dir", "${dataDir}", NULL },
    { "experimental-initial-corrupt-check", "true", "etcdBefore36" },
    { "experimental-watch-progress-notify-interval", "5s", "etcdNotifyBefore36" },
    { "feature-gates", "InitialCorruptCheck=true", "etcd36" },
    { "initial-advertise-peer-urls", "https://${advPeer}", NULL },
    { "initial-cluster", "${initialCluster}", NULL },
    { "initial-cluster-state", "existing", "joining" },
    { "key-file", "${certs}/etcd/server.key", NULL },
    { "listen-client-urls", "https://${localClient},https://${advClient}", NULL },
    { "listen-metrics-urls", "http://${localMetrics}", NULL },
    { "listen-peer-urls", "https://${advPeer}", NULL },
    { "name", "${node}", NULL },
    { "peer-cert-file", "${certs}/etcd/peer.crt", NULL },
    { "peer-client-cert-auth", "true", NULL },
    { "peer-key-file", "${certs}/etcd/peer.key", NULL },
    { "peer-trusted-ca-file", "${certs}/etcd/ca.crt", NULL },
    { "snapshot-count", "10000", NULL },
    { "trusted-ca-file", "${certs}/etcd/ca.crt", NULL },
    { "watch-progress-notify-interval", "5s", "etcd36" },
    { NULL, NULL, NULL },
};

static const struct row *const tables[MF_COMPONENTS] = {
    [MF_API_SERVER] = api_server,
    [MF_CONTROLLER_MANAGER] = controller_manager,
    [MF_SCHEDULER] = scheduler,
    [MF_ETCD] = etcd,
};

bool mf_etcd_at_least(const struct cfg_cluster *c, const char *version)
{
    if (cfg_minor(c->kubernetes_version) >= MF_FIRST_OWN_MINOR)
        return true;
    cu_autofree char *text = cfg_etcd_version(c);
    struct cu_semver v;
    return cu_semver_parse(text, &v, NULL) == 0 && cu_semver_at_least(&v, version);
}

static void set_if(struct mf_vars *v, const char *name, const char *text)
{
    mf_vars_set(v, name, cu_is_empty(text) ? NULL : text);
}

static void set_certs(struct mf_vars *v, const char *name, const char *file)
{
    mf_vars_take(v, name, cu_path_join(mf_vars_get(v, "certs"), file));
}

/* Where the API server finds its store, and how it proves itself there. */
static void etcd_vars(struct mf_vars *v, const struct cfg_cluster *c)
{
    const struct cfg_etcd_external *external = c->etcd.external;
    if (external) {
        bool pair = !cu_is_empty(external->cert_file) && !cu_is_empty(external->key_file);
        mf_vars_take(v, "etcdServers", cu_strlist_join(&external->endpoints, ","));
        set_if(v, "etcdCA", external->ca_file);
        mf_vars_set(v, "etcdCert", pair ? external->cert_file : NULL);
        mf_vars_set(v, "etcdKey", pair ? external->key_file : NULL);
        return;
    }
    const char *advertised =
        c->etcd.local ? cfg_args_last(&c->etcd.local->extra_args, "advertise-client-urls") : NULL;
    mf_vars_take(v, "etcdServers",
                 advertised ? cu_strdup(advertised)
                            : cu_asprintf("https://%s", mf_vars_get(v, "localClient")));
    set_certs(v, "etcdCA", "etcd/ca.crt");
    set_certs(v, "etcdCert", "apiserver-etcd-client.crt");
    set_certs(v, "etcdKey", "apiserver-etcd-client.key");
}

static void member_vars(struct mf_vars *v, const struct mf_pod_input *in)
{
    const struct cfg_cluster *c = &in->cfg->cluster;
    bool new_flags = mf_etcd_at_least(c, "3.6.0");
    const char *cluster = in->host->initial_cluster;
    mf_vars_set(v, "dataDir", c->etcd.local->data_dir);
    mf_vars_set(v, new_flags ? "etcd36" : "etcdBefore36", "yes");
    mf_vars_set(v, "etcdNotifyBefore36", !new_flags && in->minor >= 25 ? "yes" : NULL);
    mf_vars_set(v, "joining", cluster ? "yes" : NULL);
    mf_vars_take(v, "initialCluster",
                 cluster ? cu_strdup(cluster)
                         : cu_asprintf("%s=https://%s", in->cfg->node.name, mf_vars_get(v, "advPeer")));
}

void mf_pod_vars(struct mf_pod_input *in)
{
    const struct cfg_cluster *c = &in->cfg->cluster;
    struct mf_vars *v = &in->vars;
    const char *adv = cu_or(in->cfg->local_api_endpoint.advertise_address, "");
    struct cu_ip ip;
    const char *local = cu_ip_parse(adv, &ip) && ip.v6 ? "::1" : "127.0.0.1";
    mf_vars_init(v);
    mf_vars_set(v, "adv", adv);
    mf_vars_set(v, "local", local);
    mf_vars_take(v, "port", cu_asprintf("%d", in->cfg->local_api_endpoint.bind_port));
    mf_vars_take(v, "advClient", cu_host_port(adv, CFG_PORT_ETCD_CLIENT));
    mf_vars_take(v, "advPeer", cu_host_port(adv, CFG_PORT_ETCD_PEER));
    mf_vars_take(v, "localClient", cu_host_port(local, CFG_PORT_ETCD_CLIENT));
    mf_vars_take(v, "localMetrics", cu_host_port(local, CFG_PORT_ETCD_METRICS));
    mf_vars_take(v, "certs", cu_path_clean(c->certificates_dir));
    mf_vars_set(v, "certsVolume", c->certificates_dir); /* volumes have it as it was written */
    mf_vars_set(v, "conf", CFG_KUBERNETES_DIR);
    mf_vars_set(v, "node", in->cfg->node.name);
    set_if(v, "podSubnet", c->networking.pod_subnet);
    set_if(v, "serviceSubnet", c->networking.service_subnet);
    mf_vars_set(v, "dnsDomain", cu_or(c->networking.dns_domain, ""));
    set_if(v, "clusterName", c->cluster_name);
    mf_vars_set(v, "flexVolumes",
                cu_or(cfg_args_last(in->extra_args, "flex-volume-plugin-dir"), FLEX_VOLUMES));
    set_certs(v, "signingCert", "ca.crt");
    set_certs(v, "signingKey", "ca.key");
    if (in->host->external_ca) {
        mf_vars_set(v, "signingCert", "");
        mf_vars_set(v, "signingKey", "");
    }
    mf_vars_set(v, "authorizationMode", cfg_args_last(in->extra_args, "authorization-config") ? NULL : "yes");
    etcd_vars(v, c);
    if (in->component == MF_ETCD)
        member_vars(v, in);
}

static int by_name(const void *a, const void *b)
{
    const struct cfg_arg *x = a, *y = b;
    int r = strcmp(x->name, y->name);
    return r ? r : strcmp(x->value, y->value);
}

/* Once the user's arguments were sorted in among the defaults; up to 1.30 a name could occur only once. */
static void merge_sorted(const struct cfg_args *base, const struct cfg_args *extra, int minor,
                         struct cu_strlist *out)
{
    struct cfg_args all = { NULL, 0, 0, false };
    for (size_t i = 0; i < base->n; i++)
        if (!cfg_args_last(extra, base->v[i].name))
            cfg_args_add(&all, base->v[i].name, base->v[i].value);
    for (size_t i = 0; i < extra->n; i++)
        if (minor > 30)
            cfg_args_add(&all, extra->v[i].name, extra->v[i].value);
        else
            cfg_args_set(&all, extra->v[i].name, extra->v[i].value);
    if (all.n > 0)
        qsort(all.v, all.n, sizeof *all.v, by_name);
    for (size_t i = 0; i < all.n; i++)
        cu_strlist_addf(out, "--%s=%s", all.v[i].name, all.v[i].value);
    cfg_args_clear(&all);
}

struct val *mf_pod_command(const struct mf_pod_input *in)
{
    cu_autostrlist struct cu_strlist arguments = CU_STRLIST_INIT;
    struct cfg_args base = { NULL, 0, 0, false };
    for (const struct row *r = tables[in->component]; r->name; r++) {
        cu_autofree char *value = mf_expand(r->value, &in->vars);
        if (value && (!r->when || mf_vars_get(&in->vars, r->when)))
            cfg_args_add(&base, r->name, value);
    }
    if (in->minor >= MF_FIRST_OWN_MINOR)
        cfg_args_merge(&base, in->extra_args, &arguments);
    else
        merge_sorted(&base, in->extra_args, in->minor, &arguments);
    cfg_args_clear(&base);
    struct val *command = val_new_list();
    val_append_str(command, mf_component_name(in->component));
    for (size_t i = 0; i < arguments.n; i++)
        val_append_str(command, arguments.v[i]);
    return command;
}
