/* The checks as rows, in upstream's order (spec init 3.2, join 4.2 and 4.4). It must not know how one looks. */
#include "base/ip.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/types.h"
#include "phases/preflight.h"
#include <string.h>

#define INIT PH_CHECK_INIT
#define NODE PH_CHECK_JOIN_NODE
#define CONTROL PH_CHECK_JOIN_CONTROL
#define SAME PH_EMBEDDED_SAME
#define WARN PH_EMBEDDED_WARN
#define SKIP PH_EMBEDDED_SKIP
#define MANIFEST(name) CFG_MANIFESTS_DIR "/" name ".yaml"

/* Some CIDR of the cluster, or the advertise address, is of that family. */
static bool uses_family(const struct ph_ctx *c, bool v6)
{
    cu_autostrlist struct cu_strlist cidrs = CU_STRLIST_INIT;
    cu_strlist_split(&cidrs, cu_or(c->init->cluster.networking.service_subnet, ""), ',');
    cu_strlist_split(&cidrs, cu_or(c->init->cluster.networking.pod_subnet, ""), ',');
    for (size_t i = 0; i < cidrs.n; i++) {
        struct cu_cidr cidr;
        if (cu_cidr_parse(cidrs.v[i], &cidr) && cidr.ip.v6 == v6)
            return true;
    }
    struct cu_ip ip;
    return cu_ip_parse(c->init->local_api_endpoint.advertise_address, &ip) && ip.v6 == v6;
}

/* On join: the endpoint of token discovery is a literal address of that family. */
static bool endpoint_family(const struct ph_ctx *c, bool v6)
{
    const struct cfg_discovery_token *t = c->join->discovery.bootstrap_token;
    cu_autofree char *host = NULL;
    int port;
    struct cu_ip ip;
    return t && t->api_server_endpoint &&
           cu_split_host_port(t->api_server_endpoint, &host, &port, NULL) == 0 && cu_ip_parse(host, &ip) &&
           ip.v6 == v6;
}

static bool uses_v4(const struct ph_ctx *c)
{
    return c->flow == PH_JOIN ? endpoint_family(c, false) : uses_family(c, false);
}

static bool uses_v6(const struct ph_ctx *c)
{
    return c->flow == PH_JOIN ? endpoint_family(c, true) : uses_family(c, true);
}

static bool etcd_local(const struct ph_ctx *c)
{
    return c->init->cluster.etcd.local != NULL;
}

static bool etcd_external(const struct ph_ctx *c)
{
    return c->init->cluster.etcd.external && !cfg_is_embedded_store(&c->init->cluster);
}

static bool is_worker(const struct ph_ctx *c)
{
    return c->join && !c->join->control_plane;
}

/* clang-format off */
const struct ph_check ph_check_table[] = {
    /* name                          groups                 embedded  when           run                         looks at */
    { "IsPrivilegedUser",            PH_CHECK_ROOT | PH_CHECK_RESET, SAME, NULL,     ph_check_root,              NULL, 0 },
    { "FileAvailable",               NODE,                  SAME,     NULL,          ph_check_file_absent,       CFG_KUBERNETES_DIR "/" CFG_KUBELET_CONF, 0 },
    { "FileAvailable",               NODE,                  SAME,     NULL,          ph_check_file_absent,       CFG_KUBERNETES_DIR "/" CFG_BOOTSTRAP_KUBELET_CONF, 0 },
    { "NumCPU",                      INIT | CONTROL,        WARN,     NULL,          ph_check_cpus,              NULL, 0 },
    { "Mem",                         INIT | CONTROL,        WARN,     NULL,          ph_check_memory,            NULL, 0 },
    { "KubernetesVersion",           INIT | CONTROL,        SAME,     NULL,          ph_check_version,           NULL, 0 },
    { "Firewalld",                   INIT | CONTROL,        SAME,     NULL,          ph_check_firewalld,         NULL, 0 },
    { "Ufw",                         INIT | CONTROL,        SAME,     NULL,          ph_check_ufw,               NULL, 0 },
    { "Port",                        INIT | CONTROL,        SAME,     NULL,          ph_check_api_port,          NULL, 0 },
    { "Port",                        INIT | CONTROL,        SAME,     NULL,          ph_check_port,              NULL, CFG_PORT_SCHEDULER },
    { "Port",                        INIT | CONTROL,        SAME,     NULL,          ph_check_port,              NULL, CFG_PORT_CONTROLLER_MANAGER },
    { "FileAvailable",               INIT | CONTROL,        SAME,     NULL,          ph_check_file_absent,       MANIFEST("kube-apiserver"), 0 },
    { "FileAvailable",               INIT | CONTROL,        SAME,     NULL,          ph_check_file_absent,       MANIFEST("kube-controller-manager"), 0 },
    { "FileAvailable",               INIT | CONTROL,        SAME,     NULL,          ph_check_file_absent,       MANIFEST("kube-scheduler"), 0 },
    { "FileAvailable",               INIT | CONTROL,        SAME,     NULL,          ph_check_file_absent,       MANIFEST("etcd"), 0 },
    { "HTTPProxy",                   INIT | NODE | CONTROL, SAME,     NULL,          ph_check_proxy,             NULL, 0 },
    { "HTTPProxyCIDR",               INIT | CONTROL,        SAME,     NULL,          ph_check_proxy_cidrs,       NULL, 0 },
    { "CRI",                         INIT | NODE,           SKIP,     NULL,          ph_check_cri,               NULL, 0 },
    { "Swap",                        INIT | NODE,           SAME,     NULL,          ph_check_swap,              NULL, 0 },
    { "FileExisting",                INIT | NODE,           SKIP,     NULL,          ph_check_program,           "losetup", 0 },
    { "FileExisting",                INIT | NODE,           SKIP,     NULL,          ph_check_program,           "mount", 0 },
    { "FileExisting",                INIT | NODE,           SKIP,     NULL,          ph_check_program,           "cp", 0 },
    { "SystemVerification",          INIT | NODE,           WARN,     NULL,          ph_check_system,            NULL, 0 },
    { "SELinux",                     INIT | NODE,           SAME,     NULL,          ph_check_selinux,           NULL, 0 },
    { "Clock",                       INIT | NODE,           SAME,     NULL,          ph_check_clock,             NULL, 0 },
    { "Hostname",                    INIT | NODE,           SAME,     NULL,          ph_check_hostname,          NULL, 0 },
    { "KubeletVersion",              INIT | NODE,           SKIP,     NULL,          ph_check_kubelet_version,   NULL, 0 },
    { "Service-kubelet",             INIT | NODE,           SKIP,     NULL,          ph_check_kubelet_service,   NULL, 0 },
    { "Port",                        INIT | NODE,           SAME,     NULL,          ph_check_port,              NULL, CFG_PORT_KUBELET },
    { "FileAvailable",               NODE,                  SAME,     is_worker,     ph_check_file_absent,       NULL, 0 },
    { "FileContent",                 INIT | NODE,           WARN,     uses_v4,       ph_check_file_one,          "/proc/sys/net/ipv4/ip_forward", 0 },
    { "FileContent",                 INIT | NODE,           WARN,     uses_v6,       ph_check_file_one,          "/proc/sys/net/ipv6/conf/default/forwarding", 0 },
    { "ExternalEtcdVersion",         INIT,                  SAME,     etcd_external, ph_check_etcd_version,      NULL, 0 },
    { "Port",                        INIT | CONTROL,        SAME,     etcd_local,    ph_check_port,              NULL, CFG_PORT_ETCD_CLIENT },
    { "Port",                        INIT | CONTROL,        SAME,     etcd_local,    ph_check_port,              NULL, CFG_PORT_ETCD_PEER },
    { "DirAvailable",                INIT | CONTROL,        SAME,     etcd_local,    ph_check_etcd_dir,          NULL, 0 },
    { "ExternalEtcdClientCertificates", INIT | CONTROL,     SAME,     etcd_external, ph_check_etcd_client_files, NULL, 0 },
};
/* clang-format on */
const size_t ph_check_count = CU_LEN(ph_check_table);
