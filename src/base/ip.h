/* base/ip.h - IP addresses and CIDR blocks, v4 and v6 alike. Text forms as Go's net package writes them. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define CU_IP_MAX 46 /* bytes of text, terminator included */
#define CU_CIDR_MAX 50

struct cu_ip {
    uint8_t b[16]; /* v4 addresses use b[0..3] */
    bool v6;
};
struct cu_cidr {
    struct cu_ip ip; /* network address (host bits cleared) */
    int bits;        /* prefix length */
};

/* Strict: no leading zeros, no zone (Go net.ParseIP). v4-mapped v6 becomes v4. */
bool cu_ip_parse(const char *s, struct cu_ip *out);
void cu_ip_format(const struct cu_ip *ip, char out[CU_IP_MAX]);
bool cu_ip_equal(const struct cu_ip *a, const struct cu_ip *b);
bool cu_ip_is_loopback(const struct cu_ip *ip);
bool cu_ip_is_unspecified(const struct cu_ip *ip);
bool cu_ip_is_global_unicast(const struct cu_ip *ip); /* Go's IsGlobalUnicast */

bool cu_cidr_parse(const char *s, struct cu_cidr *out);
/* The same, but leading zeros in the octets of an IPv4 address are fine ("010.0.0.1" is 10.0.0.1): so Kubernetes reads what
 * users write in configuration and flags (spec config 8.4). */
bool cu_ip_parse_sloppy(const char *s, struct cu_ip *out);
bool cu_cidr_parse_sloppy(const char *s, struct cu_cidr *out);
void cu_cidr_format(const struct cu_cidr *c, char out[CU_CIDR_MAX]);
bool cu_cidr_contains(const struct cu_cidr *c, const struct cu_ip *ip);
/* Address number `index` of the block (0 = network address); false when it lies outside. */
bool cu_cidr_nth(const struct cu_cidr *c, uint64_t index, struct cu_ip *out);
/* Number of addresses, cut to UINT64_MAX. */
uint64_t cu_cidr_size(const struct cu_cidr *c);
/* Sub-block number `index` with prefix length `bits` (>= c->bits); false when it lies outside. */
bool cu_cidr_subnet(const struct cu_cidr *c, int bits, uint64_t index, struct cu_cidr *out);

/* "host:port" with [ ] round a v6 host; caller frees. */
char *cu_host_port(const char *host, int port);
/* Splits "host", "host:port", "[v6]:port"; *host owned by the caller; *port = -1 when absent,
 * else 0..65535. A bare IPv6 address has no port. */
int cu_split_host_port(const char *s, char **host, int *port, struct cu_err *err);

#endif
