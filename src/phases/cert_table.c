/* The table of certificates, and the names in serving certificates. It must not make any. */
#include "phases/cert_table.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include <string.h>

#define SERVER PKI_EKU_SERVER_AUTH
#define CLIENT PKI_EKU_CLIENT_AUTH

/* clang-format off */
const struct ph_cert_row ph_cert_table[] = {
    /* phase, base, issuer, common name,
     * usages, SANs, title, who has to be restarted */
    { "certs/ca", "ca", NULL, "kubernetes",
      0, PH_SANS_NONE, "certificate authority of the cluster", NULL },
    { "certs/apiserver", "apiserver", "ca", "kube-apiserver",
      SERVER, PH_SANS_APISERVER, "certificate the API server serves with", "kube-apiserver" },
    { "certs/apiserver-kubelet-client", "apiserver-kubelet-client", "ca", "kube-apiserver-kubelet-client",
      CLIENT, PH_SANS_NONE, "client certificate the API server shows to kubelets", "kube-apiserver" },
    { "certs/front-proxy-ca", "front-proxy-ca", NULL, "front-proxy-ca",
      0, PH_SANS_NONE, "certificate authority of the front proxy", NULL },
    { "certs/front-proxy-client", "front-proxy-client", "front-proxy-ca", "front-proxy-client",
      CLIENT, PH_SANS_NONE, "client certificate the API server shows to extension API servers", "kube-apiserver" },
    { "certs/etcd-ca", "etcd/ca", NULL, "etcd-ca",
      0, PH_SANS_NONE, "certificate authority of etcd", NULL },
    { "certs/etcd-server", "etcd/server", "etcd/ca", NULL,
      SERVER | CLIENT, PH_SANS_ETCD_SERVER, "certificate etcd serves with", "etcd" },
    { "certs/etcd-peer", "etcd/peer", "etcd/ca", NULL,
      SERVER | CLIENT, PH_SANS_ETCD_PEER, "certificate etcd members show to each other", "etcd" },
    { "certs/etcd-healthcheck-client", "etcd/healthcheck-client", "etcd/ca", "kube-etcd-healthcheck-client",
      CLIENT, PH_SANS_NONE, "client certificate for health probes of etcd", NULL },
    { "certs/apiserver-etcd-client", "apiserver-etcd-client", "etcd/ca", "kube-apiserver-etcd-client",
      CLIENT, PH_SANS_NONE, "client certificate the API server shows to etcd", "kube-apiserver" },
};
const size_t ph_cert_count = CU_LEN(ph_cert_table);
/* clang-format on */

const struct ph_cert_row *ph_cert_find(const char *base)
{
    for (size_t i = 0; i < ph_cert_count; i++)
        if (cu_streq(ph_cert_table[i].base, base))
            return &ph_cert_table[i];
    return NULL;
}

bool ph_cert_is_etcd(const struct ph_cert_row *row)
{
    return cu_streq(row->ca ? row->ca : row->base, "etcd/ca");
}

static bool is_wildcard(const char *s)
{
    return cu_has_prefix(s, "*.") && cu_is_dns_subdomain(s + 2);
}

/* Sorts a wanted name into names or addresses. */
static void add_san(const char *san, const char *where, struct cu_strlist *dns, struct cu_strlist *ips)
{
    struct cu_ip ip;
    if (cu_ip_parse_sloppy(san, &ip)) {
        char text[CU_IP_MAX];
        cu_ip_format(&ip, text);
        cu_strlist_add_unique(ips, text);
    } else if (cu_is_dns_subdomain(san) || is_wildcard(san)) {
        cu_strlist_add_unique(dns, san);
    } else {
        cu_log_warning("\"%s\" in %s is neither an address nor a DNS name; the certificate does not get it",
                       san, where);
    }
}

static void add_sans(const struct cu_strlist *sans, const char *where, struct cu_strlist *dns,
                     struct cu_strlist *ips)
{
    for (size_t i = 0; i < sans->n; i++)
        add_san(sans->v[i], where, dns, ips);
}

/* Address number 1 of the first service CIDR: that of the Service "kubernetes". */
static int kubernetes_service_ip(const char *subnets, char out[CU_IP_MAX], struct cu_err *err)
{
    cu_autofree char *first = cu_strndup(subnets, strcspn(subnets, ","));
    struct cu_cidr cidr;
    struct cu_ip ip;
    if (!cu_cidr_parse_sloppy(first, &cidr) || !cu_cidr_nth(&cidr, 1, &ip))
        return cu_fail(err, CU_E_INVALID, "the service CIDR \"%s\" has no first address", first);
    cu_ip_format(&ip, out);
    return 0;
}

static int apiserver_sans(const struct cfg_init *init, struct cu_strlist *dns, struct cu_strlist *ips,
                          struct cu_err *err)
{
    const struct cfg_cluster *k = &init->cluster;
    char service_ip[CU_IP_MAX];
    int r = kubernetes_service_ip(k->networking.service_subnet, service_ip, err);
    if (r < 0)
        return r;
    cu_strlist_add_unique(dns, init->node.name);
    static const char *const fixed[] = { "kubernetes", "kubernetes.default", "kubernetes.default.svc" };
    for (size_t i = 0; i < CU_LEN(fixed); i++)
        cu_strlist_add_unique(dns, fixed[i]);
    if (!cu_is_empty(k->networking.dns_domain)) {
        cu_autofree char *full = cu_asprintf("kubernetes.default.svc.%s", k->networking.dns_domain);
        cu_strlist_add_unique(dns, full);
    }
    cu_strlist_add_unique(ips, service_ip);
    add_san(init->local_api_endpoint.advertise_address, "localAPIEndpoint.advertiseAddress", dns, ips);
    if (!cu_is_empty(k->control_plane_endpoint)) {
        cu_autofree char *host = NULL;
        int port;
        r = cu_split_host_port(k->control_plane_endpoint, &host, &port, err);
        if (r < 0)
            return r;
        add_san(host, "controlPlaneEndpoint", dns, ips);
    }
    add_sans(&k->api_server.cert_sans, "apiServer.certSANs", dns, ips);
    return 0;
}

int ph_cert_sans(const struct cfg_init *init, enum ph_sans which, struct cu_strlist *dns,
                 struct cu_strlist *ips, struct cu_err *err)
{
    if (which == PH_SANS_NONE)
        return 0;
    if (which == PH_SANS_APISERVER)
        return apiserver_sans(init, dns, ips, err);
    cu_strlist_add_unique(dns, init->node.name);
    cu_strlist_add_unique(dns, "localhost");
    add_san(init->local_api_endpoint.advertise_address, "localAPIEndpoint.advertiseAddress", dns, ips);
    cu_strlist_add_unique(ips, "127.0.0.1");
    cu_strlist_add_unique(ips, "::1");
    const struct cfg_etcd_local *etcd = init->cluster.etcd.local;
    if (etcd && which == PH_SANS_ETCD_SERVER)
        add_sans(&etcd->server_cert_sans, "etcd.local.serverCertSANs", dns, ips);
    else if (etcd)
        add_sans(&etcd->peer_cert_sans, "etcd.local.peerCertSANs", dns, ips);
    return 0;
}
