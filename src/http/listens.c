/* Tries a TCP connection to the host of a URL. Must not know TLS. */
#include "http/listens.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/proxy.h"
#include "http/url.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

static bool connects(const struct addrinfo *to, int64_t until_ms)
{
    cu_autoclose int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int why = 0;
    socklen_t n = sizeof why;
    if (fd < 0)
        return false;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    if (errno != EINPROGRESS)
        return false;
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int r;
    do {
        int64_t left = until_ms - cu_mono_ms();
        r = poll(&p, 1, left > 0 ? (int)left : 0);
    } while (r < 0 && errno == EINTR);
    return r == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 && why == 0;
}

bool http_listens(const char *url, int64_t timeout_ms)
{
    cu_autofree char *proxy = http_proxy_for(url), *host = NULL;
    bool https, found = false;
    int port;
    if (proxy)
        return true;
    if (!http_url_split(url, &https, &host, &port))
        return false;
    cu_autofree char *service = cu_asprintf("%d", port);
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return false;
    int64_t until = cu_mono_ms() + timeout_ms;
    for (const struct addrinfo *a = list; a && !found; a = a->ai_next)
        found = connects(a, until);
    freeaddrinfo(list);
    return found;
}
