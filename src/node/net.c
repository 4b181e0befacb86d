/* node/net.c - ports as seen from this machine.
 * Must not keep sockets open. Names are in resolve.c, the advertise address in advertise.c. */
#include "node/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int bind_any(int family, int port)
{
    cu_autoclose int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1, zero = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
        return -1;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    if (family == AF_INET)
        return bind(fd, (struct sockaddr *)&in, sizeof in) < 0 ? -1 : listen(fd, 1);
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero) < 0)
        return -1;
    return bind(fd, (struct sockaddr *)&in6, sizeof in6) < 0 ? -1 : listen(fd, 1);
}

int node_port_free(int port, struct cu_err *err)
{
    int r = bind_any(AF_INET6, port);
    if (r < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL || errno == EPROTONOSUPPORT))
        r = bind_any(AF_INET, port);
    if (r == 0)
        return 0;
    if (errno == EADDRINUSE)
        return cu_fail(err, CU_E_EXISTS, "port %d is in use; \"ss -ltnp 'sport = :%d'\" shows by whom", port,
                       port);
    return cu_fail_errno(err, errno, "bind port %d", port);
}
