/* config/net.h - addresses, endpoints and URLs as the configuration API reads them. Internal to config. */
#ifndef CONFIG_NET_H
#define CONFIG_NET_H

#include "base/ip.h"

/* "host:port" or "[host]:port" as Go's net.SplitHostPort parts them: neither half is looked at, both may be empty, and
 * the last colon counts. *host owned by the caller; *port points into s. False: not of that form. */
bool cfg_split_host_port(const char *s, char **host, const char **port);

/* "host", "host:" or "host:port" with an IP ("[v6]:port", or without brackets and port) or lower-case DNS name and a
 * port from 1 to 65535. *host owned by the caller; *port -1 when absent. CU_E_INVALID says what is wrong. */
int cfg_parse_endpoint(const char *s, char **host, int *port, struct cu_err *err);

/* The path a file: URL names, percent codes resolved and "" when it has none; NULL when the text is no file: URL.
 * Caller frees. */
char *cfg_file_url_path(const char *url);

/* Scheme of a URL, "" when it has none; caller frees. NULL when the text is no URL (Go's url.Parse fails). */
char *cfg_url_scheme(const char *url);

/* Repository format: "<repo>/name:tag" fits the grammar of image references (spec config 12.2). */
bool cfg_is_repository(const char *repo);

#endif
