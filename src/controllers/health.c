/* controllers/health.c - the health endpoint. Must not know what is healthy: a loop that answers is. */
#include "controllers/health.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "http/server.h"
#include "pki/cert.h"

#define YEAR_MS (365ll * 24 * 3600 * 1000)

static void handle(void *arg, struct http_request *r)
{
    (void)arg;
    static const char *const paths[] = { "/healthz", "/livez", "/readyz" };
    for (size_t i = 0; i < CU_LEN(paths); i++) {
        if (cu_streq(http_request_path(r), paths[i])) {
            http_respond_text(r, 200, "ok");
            return;
        }
    }
    http_respond_text(r, 404, "404 page not found\n");
}

/* A self-signed pair for `address`. */
static int make_pair(const char *address, char **cert_pem, char **key_pem, struct cu_err *err)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    cu_autostrlist struct cu_strlist dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT;
    cu_strlist_add(&dns, "localhost");
    cu_strlist_add(&ips, address);
    int64_t now = cu_now_ms();
    struct pki_cert_spec spec = { .cn = "localhost",
                                  .ekus = PKI_EKU_SERVER_AUTH,
                                  .dns = &dns,
                                  .ips = &ips,
                                  .not_before_ms = now - PKI_BACKDATE_MS,
                                  .not_after_ms = now + YEAR_MS };
    int r = pki_key_generate(PKI_ECDSA_P256, &key, err);
    if (r == 0)
        r = pki_cert_self_sign(&spec, key, &cert, err);
    if (r < 0)
        return r;
    *cert_pem = pki_cert_pem(cert);
    *key_pem = pki_key_pem(key);
    return 0;
}

int ctl_health_start(struct http_loop *loop, const char *address, int port, struct http_server **out,
                     int *bound, struct cu_err *err)
{
    cu_autofree char *cert = NULL;
    cu_autowipe char *key = NULL;
    int r = make_pair(address, &cert, &key, err);
    if (r < 0)
        return r;
    struct http_server_options o = { .handle = handle, .max_body = 4096, .max_connections = 256 };
    struct http_server *s = http_server_new(loop, &o);
    struct http_tls_context *tls = NULL;
    r = http_server_add_tls(s, &(struct http_tls){ .cert_pem = cert, .key_pem = key }, &tls, err);
    if (r == 0)
        r = http_server_listen(s, address, port, tls, bound, err);
    if (r < 0) {
        http_server_free(s);
        return r;
    }
    *out = s;
    return 0;
}
