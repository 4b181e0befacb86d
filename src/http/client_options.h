/* http/client_options.h - the inside of struct http_client; not for other folders. */
#ifndef HTTP_CLIENT_OPTIONS_H
#define HTTP_CLIENT_OPTIONS_H

#include "http/client_internal.h"

struct http_client {
    char *ca_pem, *cert_pem, *key_pem, *bearer_token, *username, *password, *user_agent, *unix_socket,
        *proxy_url, *tls_server_name;
    bool insecure, http2, http2_plain, follow_redirects;
    int64_t connect_timeout_ms, timeout_ms;
    struct http_exchange x; /* the blocking request; its easy handle keeps the connection */
    enum http_cause cause;
};

#endif
