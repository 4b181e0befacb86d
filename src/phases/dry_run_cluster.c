/* The cluster of a dry run of join or upgrade: real answers first, then those of an invented cluster, which the functions make that
 * make a real one's objects. It must not know which phase asks. */
#include "phases/dry_run_cluster.h"
#include "base/str.h"
#include "codec/value.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/types.h"
#include "http/listens.h"
#include "kube/client.h"
#include "kube/dry_run.h"
#include "kube/kubeconfig.h"
#include "manifests/addons.h"
#include "manifests/objects.h"
#include "phases/cluster_config.h"
#include "phases/host.h"
#include "phases/upgrade.h"
#include "pki/ca.h"
#include "pki/jws.h"

#include <string.h>
#include <unistd.h>

#define LISTENS_MS 1000
#define ENDPOINT "192.168.0.101:6443"
#define TOKEN_ID "abcdef"
#define TOKEN_SECRET "abcdef0123456789"
#define CA_MS 360000000LL /* the hundred hours of certificateValidityPeriod below */

/* What upstream's invented kubeadm-config says. */
static const char configuration[] = "apiVersion: kubeadm.k8s.io/v1beta4\n"
                                    "kind: ClusterConfiguration\n"
                                    "certificateValidityPeriod: 100h0m0s\n"
                                    "controlPlaneEndpoint: " ENDPOINT "\n"
                                    "kubernetesVersion: " CFG_MIN_CONTROL_PLANE_VERSION "\n"
                                    "networking:\n"
                                    "  podSubnet: 192.168.0.0/16\n"
                                    "  serviceSubnet: 10.96.0.0/12\n";

struct kube_client *ph_dry_run_real(struct ph_ctx *c, const struct kube_config *config,
                                    const struct kube_options *o)
{
    const char *server = kube_config_server(config);
    struct kube_client *real = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (server && !http_listens(server, LISTENS_MS))
        ph_say(c, "[dryrun] Nothing listens at %s; going on without it", server);
    else if (kube_client_new(config, o, &real, &e) < 0)
        ph_say(c, "[dryrun] There is no client for %s (%s); going on without it", cu_or(server, "it"),
               cu_err_text(&e));
    return real;
}

/* cluster-info with a CA that was never used, signed as the signer of a cluster would. */
static int invent_info(const struct ph_ctx *c, struct val **out, struct cu_err *err)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    int r = pki_key_generate(PKI_ECDSA_P256, &key, err);
    if (r == 0)
        r = pki_ca_create("kubernetes", key, c->start_ms - PKI_BACKDATE_MS, c->start_ms + CA_MS, &ca, err);
    if (r < 0)
        return r;
    cu_autofree char *pem = pki_cert_pem(ca.cert);
    cu_autoval struct val *objects = mf_cluster_info("https://" ENDPOINT, pem);
    struct val *data = val_get(val_at(objects, 0), "data");
    const char *text = cu_or(val_get_str(data, "kubeconfig"), "");
    cu_autofree char *jws = pki_jws_sign(TOKEN_ID, TOKEN_SECRET, text, strlen(text));
    val_set_str(data, "jws-kubeconfig-" TOKEN_ID, jws);
    *out = val_ref(val_at(objects, 0));
    return 0;
}

/* Secret kubeadm-certs: every name, nothing behind it. */
static struct val *invent_certs(void)
{
    static const char *const names[] = {
        "ca.crt",
        "ca.key",
        "front-proxy-ca.crt",
        "front-proxy-ca.key",
        "sa.pub",
        "sa.key",
        "etcd-ca.crt",
        "etcd-ca.key",
        "external-etcd-ca.crt",
        "external-etcd.crt",
        "external-etcd.key",
    };
    cu_autoval struct val *data = val_new_map();
    for (size_t i = 0; i < CU_LEN(names); i++)
        val_set_str(data, names[i], "");
    cu_autoval struct val *objects = mf_kubeadm_certs(TOKEN_ID, "", data);
    return val_ref(val_at(objects, 0));
}

static void seed_first(struct kube_client *client, struct val *objects)
{
    kube_dry_run_seed(client, val_at(objects, 0));
    val_unref(objects);
}

static struct val *invent_server(const struct cfg_init *init)
{
    cu_autofree char *at = cfg_local_endpoint(&init->local_api_endpoint);
    struct val *pod = val_new_map(), *container = val_new_map();
    struct val *meta = val_need_map(pod, "metadata"), *spec = val_need_map(pod, "spec");
    val_set_str(pod, "apiVersion", "v1");
    val_set_str(pod, "kind", "Pod");
    val_set_strf(meta, "name", "kube-apiserver-%s", init->node.name);
    val_set_str(meta, "namespace", CFG_NS_SYSTEM);
    val_set_str(val_need_map(meta, "annotations"), CFG_ANNOTATION_ADVERTISE, at);
    val_set_str(container, "name", "kube-apiserver");
    val_set_str(container, "image", CFG_IMAGE_REPOSITORY "/kube-apiserver:v1.1.1");
    val_append(val_need_list(spec, "containers"), container);
    val_set_str(spec, "nodeName", init->node.name);
    return pod;
}

/* What an upgrade looks for besides: this node's API server, and CoreDNS as it will be. */
static int invent_running(struct ph_ctx *c, struct kube_client *client, struct cfg_init *init,
                          struct cu_err *err)
{
    cu_autoval struct val *pod = NULL, *dns = NULL;
    cu_autostrlist struct cu_strlist applied = CU_STRLIST_INIT;
    ph_cluster_config_name(c, init);
    if (c->upgrade->version)
        cfg_set_str(&init->cluster.kubernetes_version, c->upgrade->version);
    int r = mf_coredns(&init->cluster, 2, NULL, &applied, &dns, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < val_len(dns); i++)
        kube_dry_run_seed(client, val_at(dns, i));
    pod = invent_server(init);
    kube_dry_run_seed(client, pod);
    return 0;
}

static int invent(struct ph_ctx *c, struct kube_client *client, struct cu_err *err)
{
    struct cfg_load_options o = { 0 };
    struct cfg_init *init = NULL;
    cu_autoval struct val *info = NULL, *certs = invent_certs();
    ph_host_options(c, &o.host);
    int r = cfg_from_cluster(configuration, &o, &init, err);
    if (r == 0)
        r = cfg_default_init_dynamic(init, &o, err);
    if (r == 0)
        r = invent_info(c, &info, err);
    if (r == 0) {
        kube_dry_run_seed(client, info);
        kube_dry_run_seed(client, certs);
        seed_first(client, mf_kubeadm_config(&init->cluster));
        seed_first(client, mf_kubelet_config(&init->cluster));
        seed_first(client, mf_kube_proxy(init, environ));
        if (c->flow == PH_UPGRADE)
            r = invent_running(c, client, init, err);
    }
    cfg_init_free(init);
    return r;
}

int ph_dry_run_cluster(struct ph_ctx *c, struct kube_client *real, struct kube_client **out,
                       struct cu_err *err)
{
    const struct kube_dry_run_options o = { .out = c->out, .real = real };
    struct kube_client *client = kube_client_new_dry_run(&o);
    int r = invent(c, client, err);
    if (r < 0)
        kube_client_free(client);
    else
        *out = client;
    return r;
}
