/* Addresses, endpoints, URLs and image repositories: the forms the configuration API accepts.
 * Must not know which field they stand in. */
#include "config/net.h"
#include "base/str.h"
#include "base/strlist.h"
#include "http/url.h"
#include <ctype.h>
#include <string.h>

bool cfg_split_host_port(const char *s, char **host, const char **port)
{
    const char *colon = strrchr(s, ':'), *from = s, *end = colon;

    if (!colon)
        return false;
    if (*s == '[') {
        from = s + 1;
        end = strchr(s, ']');
        if (!end || end + 1 != colon)
            return false;
    } else if (memchr(s, ':', (size_t)(colon - s))) {
        return false; /* an IPv6 address without brackets */
    }
    if (strchr(from, '[') || strchr(*s == '[' ? end + 1 : s, ']'))
        return false;
    *host = cu_strndup(from, (size_t)(end - from));
    *port = colon + 1;
    return true;
}

int cfg_parse_endpoint(const char *s, char **host, int *port, struct cu_err *err)
{
    cu_autofree char *name = NULL;
    const char *text = "";
    struct cu_ip ip;
    int64_t number = -1;

    if (!cfg_split_host_port(s, &name, &text))
        name = cu_strdup(s);
    if (*text && (!isdigit((unsigned char)*text) || cu_parse_i64(text, 1, 65535, &number, NULL) < 0))
        return cu_fail(err, CU_E_INVALID, "the port \"%s\" is not a number between 1 and 65535", text);
    if (!cu_ip_parse_sloppy(name, &ip) && !cu_is_dns_subdomain(name))
        return cu_fail(err, CU_E_INVALID, "\"%s\" is neither an IP address nor a DNS name in lower case",
                       name);
    *host = cu_steal(&name);
    *port = (int)number;
    return 0;
}

static bool is_hex2(const char *s)
{
    return isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]);
}

static bool is_authority(const char *s, size_t n)
{
    const char *port = NULL;

    for (size_t i = 0; i < n; i++) {
        if (strchr(" <>\"\\^`{|}", s[i]))
            return false;
        if (s[i] == ']' || s[i] == '@')
            port = NULL;
        else if (s[i] == ':')
            port = s + i;
    }
    if (port && n && s[0] == '[' && !memchr(s, ']', n))
        return false;
    if (port && memchr(port, ']', n - (size_t)(port - s)))
        return true;
    for (const char *p = port ? port + 1 : s + n; p < s + n; p++)
        if (!isdigit((unsigned char)*p))
            return false;
    return true;
}

char *cfg_url_scheme(const char *url)
{
    size_t n = 0;

    for (const char *p = url; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f || (*p == '%' && !is_hex2(p + 1)))
            return NULL;
    if (*url == ':')
        return NULL;
    if (isalpha((unsigned char)*url))
        while (isalnum((unsigned char)url[n]) || (url[n] && strchr("+-.", url[n])))
            n++;
    if (n == 0 || url[n] != ':') { /* no scheme: the first segment must not hold a colon */
        size_t segment = strcspn(url, "/?#");
        bool colon = *url != '/' && memchr(url, ':', segment);
        if (cu_has_prefix(url, "//"))
            return is_authority(url + 2, strcspn(url + 2, "/?#")) ? cu_strdup("") : NULL;
        return colon ? NULL : cu_strdup("");
    }
    if (cu_has_prefix(url + n, "://") && !is_authority(url + n + 3, strcspn(url + n + 3, "/?#")))
        return NULL;
    cu_autofree char *scheme = cu_strndup(url, n);
    return cu_lower(scheme);
}

char *cfg_file_url_path(const char *url)
{
    cu_autofree char *scheme = cfg_url_scheme(url);
    char *path = NULL;

    if (!scheme || !cu_streq(scheme, "file"))
        return NULL;
    url += strlen("file:");
    if (cu_has_prefix(url, "//"))
        url += 2 + strcspn(url + 2, "/?#");
    else if (*url != '/')
        return cu_strdup(""); /* "file:x" has no path */
    return http_url_decode(url, strcspn(url, "?#"), false, &path, NULL) < 0 ? NULL : path;
}

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9]+((?:[._]|__|[-]+)[a-z0-9]+)* */
static bool is_path_component(const char *s)
{
    if (!is_lower_alnum(*s))
        return false;
    while (*s) {
        while (is_lower_alnum(*s))
            s++;
        if (!*s)
            return true;
        if (*s == '-')
            s += strspn(s, "-");
        else if (*s == '_' && s[1] == '_')
            s += 2;
        else if (*s == '.' || *s == '_')
            s++;
        else
            return false;
        if (!is_lower_alnum(*s))
            return false;
    }
    return true;
}

/* Labels of letters, digits and inner "-" joined by ".", or [IPv6], and an optional port. */
static bool is_domain(const char *s)
{
    if (*s == '[') {
        size_t n = strspn(s + 1, "0123456789abcdefABCDEF:");
        if (n == 0 || s[1 + n] != ']')
            return false;
        s += n + 2;
    } else {
        for (;;) {
            if (!isalnum((unsigned char)*s))
                return false;
            while (isalnum((unsigned char)*s) || *s == '-')
                s++;
            if (s[-1] == '-')
                return false;
            if (*s != '.')
                break;
            s++;
        }
    }
    if (*s == ':') {
        size_t n = strspn(s + 1, "0123456789");
        return n > 0 && s[1 + n] == '\0';
    }
    return *s == '\0';
}

bool cfg_is_repository(const char *repo)
{
    cu_autostrlist struct cu_strlist parts = CU_STRLIST_INIT;

    cu_strlist_split(&parts, repo, '/');
    if (parts.n == 0)
        return false;
    for (size_t i = 0; i < parts.n; i++)
        if (!is_path_component(parts.v[i]) && !(i == 0 && is_domain(parts.v[i])))
            return false;
    return true;
}
