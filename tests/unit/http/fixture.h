/* tests/unit/http/fixture.h - a server on its own thread and throw-away certificates for the tests of src/http. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include "http/server.h"

struct fixture; /* server thread */

/* Starts a server on 127.0.0.1 with these options (arg is handed to the handler). tls may be NULL. */
struct fixture *fixture_start(const struct http_server_options *o, const struct http_tls *tls);
void fixture_stop(struct fixture *f);
int fixture_port(const struct fixture *f);
char *fixture_url(const struct fixture *f,
                  const char *path); /* "http(s)://127.0.0.1:port/path"; caller frees */
struct http_loop *fixture_loop(const struct fixture *f);
struct http_server *fixture_server(const struct fixture *f);
struct http_tls_context *fixture_tls(const struct fixture *f);
int fixture_connect(const struct fixture *f); /* raw TCP socket */

/* Sends bytes on a raw socket and reads until the peer closes or 3 s pass; caller frees. */
char *raw_exchange(int fd, const void *bytes, size_t n);

struct pem_pair {
    char *cert, *key;
};
/* Makes a certificate signed by `ca` (NULL: itself) valid from now+from_s to now+to_s, for 127.0.0.1 or `dns`. */
struct pem_pair make_cert(const char *cn, const struct pem_pair *ca, const char *san, long from_s, long to_s);
void pem_pair_clear(struct pem_pair *p);

#endif
