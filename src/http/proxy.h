/* http/proxy.h - which proxy a URL goes through, by the rules of Go's httpproxy package, which kubeadm follows.
 * Used inside this folder and by its tests; kubeadm's preflight also warns by it. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "base/err.h"

/* URL of the proxy for `url` (http or https), from HTTPS_PROXY, HTTP_PROXY, NO_PROXY and their lower-case forms
 * (upper case first); NULL when the request goes direct. Caller frees. */
char *http_proxy_for(const char *url);

#endif
