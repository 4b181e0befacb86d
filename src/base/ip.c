/* base/ip.c - IP addresses, CIDR blocks and host:port pairs.
 * Must not resolve names or open sockets. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool parse_raw(const char *s, struct cu_ip *out, bool *mapped)
{
    struct cu_ip ip = { { 0 }, false };
    *mapped = false;
    if (inet_pton(AF_INET, s, ip.b) == 1) {
        *out = ip;
        return true;
    }
    if (inet_pton(AF_INET6, s, ip.b) != 1)
        return false;
    ip.v6 = true;
    if (memcmp(ip.b, mapped_prefix, sizeof mapped_prefix) == 0) {
        *out = (struct cu_ip){ { ip.b[12], ip.b[13], ip.b[14], ip.b[15] }, false };
        *mapped = true;
        return true;
    }
    *out = ip;
    return true;
}

bool cu_ip_parse(const char *s, struct cu_ip *out)
{
    bool mapped;
    return s && parse_raw(s, out, &mapped);
}

/* RFC 5952; unlike inet_ntop(3) never with a dotted tail. */
static void format6(const uint8_t b[16], char out[CU_IP_MAX])
{
    int best = -1, best_n = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && b[2 * (i + n)] == 0 && b[2 * (i + n) + 1] == 0)
            n++;
        if (n > best_n)
            best = i, best_n = n;
        if (n)
            i += n - 1;
    }
    char *w = out;
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            w = stpcpy(w, "::");
            i += best_n - 1;
            continue;
        }
        if (i && w[-1] != ':')
            *w++ = ':';
        w += sprintf(w, "%x", (unsigned)(b[2 * i] << 8 | b[2 * i + 1]));
    }
    *w = '\0';
}

void cu_ip_format(const struct cu_ip *ip, char out[CU_IP_MAX])
{
    if (ip->v6)
        format6(ip->b, out);
    else
        snprintf(out, CU_IP_MAX, "%d.%d.%d.%d", ip->b[0], ip->b[1], ip->b[2], ip->b[3]);
}

static int ip_bits(const struct cu_ip *ip)
{
    return ip->v6 ? 128 : 32;
}

bool cu_ip_equal(const struct cu_ip *a, const struct cu_ip *b)
{
    return a->v6 == b->v6 && memcmp(a->b, b->b, a->v6 ? 16 : 4) == 0;
}

bool cu_ip_is_loopback(const struct cu_ip *ip)
{
    static const uint8_t one[16] = { [15] = 1 };
    return ip->v6 ? memcmp(ip->b, one, 16) == 0 : ip->b[0] == 127;
}

bool cu_ip_is_unspecified(const struct cu_ip *ip)
{
    static const uint8_t zero[16];
    return memcmp(ip->b, zero, (size_t)ip_bits(ip) / 8) == 0;
}

static bool is_multicast(const struct cu_ip *ip)
{
    return ip->v6 ? ip->b[0] == 0xff : (ip->b[0] & 0xf0) == 0xe0;
}

static bool is_link_local(const struct cu_ip *ip)
{
    return ip->v6 ? ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80 : ip->b[0] == 169 && ip->b[1] == 254;
}

static bool is_broadcast(const struct cu_ip *ip)
{
    static const uint8_t ones[4] = { 255, 255, 255, 255 };
    return !ip->v6 && memcmp(ip->b, ones, 4) == 0;
}

bool cu_ip_is_global_unicast(const struct cu_ip *ip)
{
    return !is_broadcast(ip) && !cu_ip_is_unspecified(ip) && !cu_ip_is_loopback(ip) && !is_multicast(ip) &&
           !is_link_local(ip);
}

/* Clears all bits behind the first `bits`. */
static void mask(struct cu_ip *ip, int bits)
{
    for (int i = 0; i < 16; i++) {
        int keep = bits - 8 * i;
        if (keep <= 0)
            ip->b[i] = 0;
        else if (keep < 8)
            ip->b[i] = (uint8_t)(ip->b[i] & (0xff << (8 - keep)));
    }
}

bool cu_cidr_parse(const char *s, struct cu_cidr *out)
{
    const char *slash = s ? strchr(s, '/') : NULL;
    if (!slash || slash - s >= CU_IP_MAX)
        return false;
    char text[CU_IP_MAX];
    memcpy(text, s, (size_t)(slash - s));
    text[slash - s] = '\0';
    struct cu_cidr c;
    bool mapped;
    int64_t bits;
    if (slash[1] < '0' || slash[1] > '9' || !parse_raw(text, &c.ip, &mapped) ||
        cu_parse_i64(slash + 1, 0, 128, &bits, NULL) < 0)
        return false;
    if (mapped)
        bits -= 96;
    if (bits < 0 || bits > ip_bits(&c.ip))
        return false;
    c.bits = (int)bits;
    mask(&c.ip, c.bits);
    *out = c;
    return true;
}

/* Copy without the leading zeros of every dotted part; false when it does not fit. */
static bool strip_zeros(const char *s, char *out, size_t size)
{
    size_t n = 0;
    bool start = true;
    for (; *s; s++) {
        if (start && *s == '0' && s[1] >= '0' && s[1] <= '9')
            continue;
        if (n + 1 >= size)
            return false;
        out[n++] = *s;
        start = *s == '.';
    }
    out[n] = '\0';
    return true;
}

bool cu_ip_parse_sloppy(const char *s, struct cu_ip *out)
{
    char text[CU_IP_MAX];
    if (cu_ip_parse(s, out))
        return true;
    return s && !strchr(s, ':') && strip_zeros(s, text, sizeof(text)) && cu_ip_parse(text, out);
}

bool cu_cidr_parse_sloppy(const char *s, struct cu_cidr *out)
{
    char text[CU_CIDR_MAX];
    if (cu_cidr_parse(s, out))
        return true;
    return s && !strchr(s, ':') && strip_zeros(s, text, sizeof(text)) && cu_cidr_parse(text, out);
}

void cu_cidr_format(const struct cu_cidr *c, char out[CU_CIDR_MAX])
{
    char ip[CU_IP_MAX];
    cu_ip_format(&c->ip, ip);
    snprintf(out, CU_CIDR_MAX, "%s/%d", ip, c->bits);
}

bool cu_cidr_contains(const struct cu_cidr *c, const struct cu_ip *ip)
{
    if (c->ip.v6 != ip->v6)
        return false;
    struct cu_ip net = *ip;
    mask(&net, c->bits);
    return cu_ip_equal(&net, &c->ip);
}

/* Adds index << shift to the address; false when a bit falls off its top. */
static bool add_shifted(struct cu_ip *ip, uint64_t index, int shift)
{
    unsigned __int128 v = 0, add = (unsigned __int128)index << (shift < 128 ? shift : 0);
    int bytes = ip_bits(ip) / 8;
    if (shift >= 128 ? index != 0 : add >> shift != index)
        return false;
    if (shift >= 128)
        return true;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | ip->b[i];
    unsigned __int128 sum = v + add;
    if (sum < v || (bytes == 4 && sum >> 32))
        return false;
    for (int i = bytes - 1; i >= 0; i--, sum >>= 8)
        ip->b[i] = (uint8_t)sum;
    return true;
}

bool cu_cidr_nth(const struct cu_cidr *c, uint64_t index, struct cu_ip *out)
{
    struct cu_ip ip = c->ip;
    if (!add_shifted(&ip, index, 0) || !cu_cidr_contains(c, &ip))
        return false;
    *out = ip;
    return true;
}

uint64_t cu_cidr_size(const struct cu_cidr *c)
{
    int host = ip_bits(&c->ip) - c->bits;
    return host >= 64 ? UINT64_MAX : (uint64_t)1 << host;
}

bool cu_cidr_subnet(const struct cu_cidr *c, int bits, uint64_t index, struct cu_cidr *out)
{
    struct cu_cidr sub = { c->ip, bits };
    if (bits < c->bits || bits > ip_bits(&c->ip) || !add_shifted(&sub.ip, index, ip_bits(&c->ip) - bits) ||
        !cu_cidr_contains(c, &sub.ip))
        return false;
    *out = sub;
    return true;
}

char *cu_host_port(const char *host, int port)
{
    return cu_asprintf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

int cu_split_host_port(const char *s, char **host, int *port, struct cu_err *err)
{
    const char *host_start = s, *host_end, *port_text = NULL;
    struct cu_ip ip;
    if (*s == '[') {
        host_start = s + 1;
        host_end = strchr(s, ']');
        if (!host_end || (host_end[1] && host_end[1] != ':'))
            return cu_fail(err, CU_E_INVALID, "\"%s\" is not [address]:port", s);
        if (host_end[1])
            port_text = host_end + 2;
    } else {
        const char *colon = strchr(s, ':');
        if (colon && strchr(colon + 1, ':')) {
            if (!cu_ip_parse(s, &ip))
                return cu_fail(err, CU_E_INVALID, "\"%s\" has too many colons for host:port", s);
            colon = NULL; /* an IPv6 address without a port */
        }
        host_end = colon ? colon : s + strlen(s);
        port_text = colon ? colon + 1 : NULL;
    }
    int64_t number = -1;
    if (port_text && (*port_text == '+' || cu_parse_i64(port_text, 0, 65535, &number, err) < 0))
        return cu_fail(err, CU_E_INVALID, "\"%s\": the port must be a number from 0 to 65535", s);
    *host = cu_strndup(host_start, (size_t)(host_end - host_start));
    *port = (int)number;
    return 0;
}
