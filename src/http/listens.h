/* http/listens.h - is anybody there? Cheaper than a request: no TLS, no library is loaded. */
#ifndef HTTP_LISTENS_H
#define HTTP_LISTENS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether something accepts connections at the host and port of `url` within timeout_ms (looking up a name is not
 * counted). Also true where that cannot be told without a request: the way goes through a proxy. */
bool http_listens(const char *url, int64_t timeout_ms);

#endif
