/* TLS side of the server: certificate, key, the question for a client certificate, reload. Must not know HTTP. */
#include "http/server_internal.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/timefmt.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

struct stamp {
    struct timespec mtime;
    ino_t ino;
    off_t size;
};

struct http_tls_context {
    SSL_CTX *ctx;
    char *cert_file, *key_file, *ca_file;
    char *cert_pem, *key_pem, *ca_pem; /* texts given instead of files */
    struct stamp stamps[3];            /* of the files as last looked at */
    int64_t checked_ms;
};

static int fail_openssl(struct cu_err *err, const char *what)
{
    unsigned long e = ERR_peek_last_error();
    int r = cu_fail(err, CU_E_INVALID, "%s: %s", what, e ? ERR_reason_error_string(e) : "unknown reason");
    ERR_clear_error();
    return r;
}

static struct stamp stamp_of(const char *path)
{
    struct stat st;
    struct stamp s;
    memset(&s, 0, sizeof(s));
    if (path && stat(path, &st) == 0) {
        s.mtime = st.st_mtim;
        s.ino = st.st_ino;
        s.size = st.st_size;
    }
    return s;
}

static bool files_changed(const struct http_tls_context *t)
{
    const char *files[3] = { t->cert_file, t->key_file, t->ca_file };
    for (size_t i = 0; i < CU_LEN(files); i++) {
        struct stamp now = stamp_of(files[i]);
        const struct stamp *old = &t->stamps[i];
        if (now.mtime.tv_sec != old->mtime.tv_sec || now.mtime.tv_nsec != old->mtime.tv_nsec ||
            now.ino != old->ino || now.size != old->size)
            return true;
    }
    return false;
}

static int load_chain(SSL_CTX *ctx, const char *pem, const char *what, struct cu_err *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool ok = x && SSL_CTX_use_certificate(ctx, x) == 1;
    X509_free(x);
    while (ok && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        ok = SSL_CTX_add0_chain_cert(ctx, x) == 1;
        if (!ok)
            X509_free(x);
    }
    BIO_free(bio);
    if (!ok)
        return fail_openssl(err, what);
    ERR_clear_error(); /* the end of the text counts as an error there */
    return 0;
}

static int load_key(SSL_CTX *ctx, const char *pem, const char *what, struct cu_err *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    bool ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return ok ? 0 : fail_openssl(err, what);
}

/* The proof of possession is part of the handshake; whether the certificate is trusted is asked by the caller. */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static int ask_client_cert(SSL_CTX *ctx, const char *pem, const char *what, struct cu_err *err)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x;
    while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(x)));
        X509_free(x);
    }
    BIO_free(bio);
    if (sk_X509_NAME_num(names) == 0) {
        sk_X509_NAME_free(names);
        return fail_openssl(err, what);
    }
    ERR_clear_error();
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
    return 0;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned int in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Text of a file or a copy of the text given; NULL when neither is. */
static int pem_of(const char *file, const char *text, char **out, struct cu_err *err)
{
    if (file)
        return cu_file_read(file, LIM_PEM_FILE, out, NULL, err);
    *out = cu_strdup(text);
    return 0;
}

int http_tls_reload(struct http_tls_context *t, struct cu_err *err)
{
    cu_autofree char *cert = NULL;
    cu_autowipe char *key = NULL;
    cu_autofree char *ca = NULL;
    struct stamp stamps[3] = { stamp_of(t->cert_file), stamp_of(t->key_file), stamp_of(t->ca_file) };
    int r = pem_of(t->cert_file, t->cert_pem, &cert, err);
    if (r == 0)
        r = pem_of(t->key_file, t->key_pem, &key, err);
    if (r == 0)
        r = pem_of(t->ca_file, t->ca_pem, &ca, err);
    if (r < 0)
        return r;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return fail_openssl(err, "set up TLS");
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    cu_autofree char *what =
        cu_asprintf("serving certificate \"%s\"", t->cert_file ? t->cert_file : "in memory");
    cu_autofree char *what_key =
        cu_asprintf("key \"%s\" of the serving certificate", t->key_file ? t->key_file : "in memory");
    cu_autofree char *what_ca = cu_asprintf("client CA \"%s\"", t->ca_file ? t->ca_file : "in memory");
    r = load_chain(ctx, cert ? cert : "", what, err);
    if (r == 0)
        r = load_key(ctx, key ? key : "", what_key, err);
    if (r == 0 && ca)
        r = ask_client_cert(ctx, ca, what_ca, err);
    if (r < 0) {
        SSL_CTX_free(ctx);
        return r;
    }
    SSL_CTX_free(t->ctx);
    t->ctx = ctx;
    memcpy(t->stamps, stamps, sizeof(stamps));
    return 0;
}

int http_tls_new(const struct http_tls *o, struct http_tls_context **out, struct cu_err *err)
{
    struct http_tls_context *t = cu_calloc(1, sizeof(*t));
    t->cert_file = cu_strdup(o->cert_file);
    t->key_file = cu_strdup(o->key_file);
    t->ca_file = cu_strdup(o->client_ca_file);
    t->cert_pem = cu_strdup(o->cert_pem);
    t->key_pem = cu_strdup(o->key_pem);
    t->ca_pem = cu_strdup(o->client_ca_pem);
    int r = http_tls_reload(t, err);
    if (r < 0) {
        http_tls_free(t);
        return r;
    }
    *out = t;
    return 0;
}

void http_tls_free(struct http_tls_context *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    free(t->cert_file);
    free(t->key_file);
    free(t->ca_file);
    free(t->cert_pem);
    cu_free_secret(t->key_pem);
    free(t->ca_pem);
    free(t);
}

SSL *http_tls_accept(struct http_tls_context *t)
{
    int64_t now = cu_mono_ms();
    if (now - t->checked_ms >= 1000) {
        t->checked_ms = now;
        /* A pair that does not load is likely half-written: the old one stays, and the next look tries again. */
        if (files_changed(t))
            http_tls_reload(t, NULL);
    }
    return SSL_new(t->ctx);
}
