/* node/net.h - addresses, ports and names as seen from this machine. */
#ifndef NODE_NET_H
#define NODE_NET_H

#include "base/strlist.h"
#include "node/sys.h"

/* Can TCP `port` be bound on every address (IPv6 and IPv4 at once, as Go's ":port")? 0, or the reason:
 * CU_E_EXISTS in use, CU_E_FORBIDDEN no permission, CU_E_IO. */
int node_port_free(int port, struct cu_err *err);

/* Who listens on TCP `port`: "kube-apiserver, process 123"; NULL when /proc does not tell. Caller frees. */
char *node_port_owner(const struct node_sys *sys, int port);

enum { NODE_RESOLVE_MS = 2000 };
/* Addresses a name stands for, in text, appended to *out without repeats. CU_E_NOTFOUND: no such name;
 * CU_E_UNREACHABLE: the name servers did not answer. Takes NODE_RESOLVE_MS at most. */
int node_resolve(const struct node_sys *sys, const char *host, struct cu_strlist *out, struct cu_err *err);
int node_resolve_host(void *arg, const char *host, struct cu_strlist *out,
                      struct cu_err *err); /* as this machine */

/* The advertise address (spec config-api 8.4). `want` may be NULL or empty. *out: caller frees.
 * *warning (may be NULL as pointer): owned text when there is no default route and the result is "0.0.0.0".
 * CU_E_INVALID: `want` is not an address; CU_E_NOTFOUND: no usable address, the text says where was looked. */
int node_advertise_address(const struct node_sys *sys, const char *want, char **out, char **warning,
                           struct cu_err *err);

#endif
