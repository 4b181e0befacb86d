/* The endpoints of a configuration and the check of the address an API server binds to (spec config 8.5, 8.6).
 * Must not know the machine. */
#include "base/str.h"
#include "config/load.h"
#include "config/net.h"

int cfg_check_bind_address(const char *address, struct cu_err *err)
{
    struct cu_ip ip;

    if (!cu_ip_parse_sloppy(cu_or(address, ""), &ip))
        return cu_fail(err, CU_E_INVALID, "the advertise address \"%s\" is no IP address",
                       cu_or(address, ""));
    if (!cu_ip_is_loopback(&ip) && !cu_ip_is_global_unicast(&ip))
        return cu_fail(
            err, CU_E_INVALID,
            "%s cannot be used as bind address of the API server; name an address of this machine with "
            "--apiserver-advertise-address or localAPIEndpoint.advertiseAddress",
            address);
    return 0;
}

char *cfg_local_endpoint(const struct cfg_endpoint *e)
{
    return cu_host_port(cu_or(e->advertise_address, ""), e->bind_port);
}

char *cfg_endpoint(const struct cfg_init *c)
{
    cu_autofree char *host = NULL;
    int port;

    if (cu_is_empty(c->cluster.control_plane_endpoint) ||
        cfg_parse_endpoint(c->cluster.control_plane_endpoint, &host, &port, NULL) < 0)
        return cfg_local_endpoint(&c->local_api_endpoint);
    return cu_host_port(host, port > 0 ? port : c->local_api_endpoint.bind_port);
}
