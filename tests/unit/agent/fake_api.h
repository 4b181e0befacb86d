/* tests/unit/agent/fake_api.h - a small API server in memory: objects by path, patches applied, one watch on pods,
 * certificate requests signed on the spot. Plain HTTP. */
#ifndef TESTS_AGENT_FAKE_API_H
#define TESTS_AGENT_FAKE_API_H

#include <pthread.h>

#include "base/strlist.h"
#include "codec/value.h"
#include "pki/csr.h"

struct fake_api {
    struct http_loop *loop;
    struct http_server *server;
    struct http_stream *watch; /* of pods; NULL: nobody watches */
    pthread_t thread;
    int port;
    pthread_mutex_t lock;   /* guards what follows */
    struct cu_map *objects; /* path to struct val */
    struct cu_strlist log;  /* "METHOD path" of every change */
    int serial;
    bool deny, refuse_all; /* deny certificate requests; answer 500 to everything */
    struct pki_key *ca_key;
    struct pki_cert *ca;
};

void fake_api_start(struct fake_api *f);
void fake_api_stop(struct fake_api *f);
struct val *fake_api_get(struct fake_api *f, const char *path);              /* new reference or NULL */
void fake_api_put(struct fake_api *f, const char *path, struct val *object); /* takes it; watchers are told */
void fake_api_remove(struct fake_api *f, const char *path);
size_t fake_api_count(struct fake_api *f, const char *line); /* how often "METHOD path" was asked */

#endif
