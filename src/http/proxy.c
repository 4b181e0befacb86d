/* Choice of a proxy from the environment. Must not know libcurl. */
#include "http/proxy.h"
#include "base/ip.h"
#include "base/str.h"
#include "base/strlist.h"
#include "http/url.h"
#include <string.h>
#include <strings.h>

static const char *env_any(const char *upper, const char *lower)
{
    const char *v = getenv(upper);
    return v && *v ? v : getenv(lower);
}

/* Does one entry of NO_PROXY cover the host? `ip` is NULL when the host is a name. */
static bool covers(const char *entry, const char *host, int port, const struct cu_ip *ip)
{
    struct cu_cidr block;
    struct cu_ip other;
    if (strcmp(entry, "*") == 0)
        return true;
    if (cu_cidr_parse(entry, &block))
        return ip && cu_cidr_contains(&block, ip);
    cu_autofree char *name = NULL;
    int only_port = -1;
    if (cu_ip_parse(entry, &other))
        name = cu_strdup(entry);
    else if (cu_split_host_port(entry, &name, &only_port, NULL) < 0)
        return false;
    if (only_port >= 0 && only_port != port)
        return false;
    if (cu_ip_parse(name, &other))
        return ip && cu_ip_equal(ip, &other);
    const char *suffix = strncmp(name, "*.", 2) == 0 ? name + 1 : name;
    if (!*suffix)
        return false;
    size_t len = strlen(suffix), host_len = strlen(host);
    if (*suffix == '.')
        return host_len > len && strcasecmp(host + host_len - len, suffix) == 0;
    return strcasecmp(host, suffix) == 0 || (host_len > len && host[host_len - len - 1] == '.' &&
                                             strcasecmp(host + host_len - len, suffix) == 0);
}

char *http_proxy_for(const char *url)
{
    bool https = false;
    cu_autofree char *host = NULL;
    int port = -1;
    if (!http_url_split(url, &https, &host, &port))
        return NULL;
    const char *proxy = https ? env_any("HTTPS_PROXY", "https_proxy") : env_any("HTTP_PROXY", "http_proxy");
    if (!proxy || !*proxy)
        return NULL;
    struct cu_ip ip;
    bool is_ip = cu_ip_parse(host, &ip);
    if (strcasecmp(host, "localhost") == 0 || (is_ip && cu_ip_is_loopback(&ip)))
        return NULL;
    cu_autostrlist struct cu_strlist entries = CU_STRLIST_INIT;
    cu_strlist_split(&entries, cu_or(env_any("NO_PROXY", "no_proxy"), ""), ',');
    for (size_t i = 0; i < entries.n; i++) {
        cu_autofree char *entry = cu_trim(entries.v[i]);
        if (*entry && covers(entry, host, port, is_ip ? &ip : NULL))
            return NULL;
    }
    return strstr(proxy, "://") ? cu_strdup(proxy) : cu_asprintf("http://%s", proxy);
}
