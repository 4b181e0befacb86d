/* apiserver/parts.c - makes and frees the parts of a server in their order of dependence.
 * Must not know sockets or time. */
#include "apiserver/admission.h"
#include "apiserver/authn.h"
#include "apiserver/authz.h"
#include "apiserver/call.h"
#include "apiserver/collector.h"
#include "apiserver/logs.h"
#include "apiserver/namespaces.h"
#include "apiserver/watch.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/etcd.h"
#include "store/sqlite.h"
#include <string.h>

#define ETCD_WAIT_MS 20000 /* etcd is started at the same moment as we are */

static int read_pem(const char *flag, const char *path, char **out, struct cu_err *err)
{
    if (!cu_is_empty(path) && cu_file_read(path, LIM_PEM_FILE, out, NULL, err) < 0)
        return cu_wrap(err, "--%s", flag);
    return 0;
}

static int open_store(struct api_server *s, struct cu_err *err)
{
    const struct api_options *o = &s->opt;
    const char *first = o->etcd_servers.n ? o->etcd_servers.v[0] : "";
    if (o->etcd_servers.n == 1 && cu_has_prefix(first, "sqlite://"))
        return store_sqlite_open(first + strlen("sqlite://"), &s->store, err);
    cu_autofree char *ca = NULL, *cert = NULL, *root = cu_asprintf("%s/", o->etcd_prefix);
    cu_autowipe char *key = NULL;
    if (read_pem("etcd-cafile", o->etcd_cafile, &ca, err) < 0 ||
        read_pem("etcd-certfile", o->etcd_certfile, &cert, err) < 0 ||
        read_pem("etcd-keyfile", o->etcd_keyfile, &key, err) < 0)
        return -1;
    struct store_etcd_options e = { .endpoints = (const char *const *)o->etcd_servers.v,
                                    .n = o->etcd_servers.n,
                                    .ca_pem = ca,
                                    .cert_pem = cert,
                                    .key_pem = key,
                                    .root = root,
                                    .wait_ms = ETCD_WAIT_MS };
    if (store_etcd_open(&e, &s->store, err) < 0)
        return cu_wrap(err, "--etcd-servers");
    return 0;
}

int api_parts_open(struct api_server *s, struct cu_err *err)
{
    const struct api_options *o = &s->opt;
    if (open_store(s, err) < 0)
        return -1;
    if (api_registry_open(s->store, o->etcd_prefix, &s->registry, err) < 0 ||
        api_auth_new(o, s->registry, &s->auth, err) < 0 ||
        api_authz_new(&o->authorization_mode, s->registry, &s->authz, err) < 0)
        return -1;
    s->admission = api_admission_new(o, s->registry, s->authz);
    s->watches = api_watches_new(s);
    s->collector = api_collector_new(s);
    s->namespaces = api_namespaces_new(s);
    s->logs = api_logs_new(s);
    return 0;
}

void api_parts_close(struct api_server *s)
{
    api_watches_free(s->watches);
    api_logs_free(s->logs);
    http_server_free(s->http);
    api_collector_free(s->collector);
    api_namespaces_free(s->namespaces);
    api_admission_free(s->admission);
    api_authz_free(s->authz);
    api_auth_free(s->auth);
    api_registry_close(s->registry);
    store_close(s->store);
}
