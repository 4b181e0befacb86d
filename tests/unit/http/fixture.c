/* A server on its own thread and throw-away certificates. Test code only. */
#include "fixture.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

struct fixture {
    pthread_t thread;
    struct http_loop *loop;
    struct http_server *server;
    struct http_tls_context *tls;
    int port;
};

static void *run(void *arg)
{
    struct fixture *f = arg;
    http_loop_run(f->loop);
    return NULL;
}

struct fixture *fixture_start(const struct http_server_options *o, const struct http_tls *tls)
{
    struct fixture *f = cu_calloc(1, sizeof(*f));
    struct cu_err err = CU_ERR_INIT;
    f->loop = http_loop_new();
    f->server = http_server_new(f->loop, o);
    if ((tls && http_server_add_tls(f->server, tls, &f->tls, &err) < 0) ||
        http_server_listen(f->server, "127.0.0.1", 0, f->tls, &f->port, &err) < 0) {
        fprintf(stderr, "fixture: %s\n", cu_err_text(&err));
        abort();
    }
    if (pthread_create(&f->thread, NULL, run, f) != 0)
        abort();
    return f;
}

void fixture_stop(struct fixture *f)
{
    http_loop_stop(f->loop);
    pthread_join(f->thread, NULL);
    http_server_free(f->server);
    http_loop_free(f->loop);
    free(f);
}

int fixture_port(const struct fixture *f)
{
    return f->port;
}

char *fixture_url(const struct fixture *f, const char *path)
{
    return cu_asprintf("http%s://127.0.0.1:%d%s", f->tls ? "s" : "", f->port, path);
}

struct http_loop *fixture_loop(const struct fixture *f)
{
    return f->loop;
}

struct http_server *fixture_server(const struct fixture *f)
{
    return f->server;
}

struct http_tls_context *fixture_tls(const struct fixture *f)
{
    return f->tls;
}

int fixture_connect(const struct fixture *f)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)f->port) };
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&in, sizeof(in)) < 0)
        abort();
    return fd;
}

char *raw_exchange(int fd, const void *bytes, size_t n)
{
    char *out = cu_calloc(1, 1 << 20);
    size_t len = 0;
    if (n > 0 && send(fd, bytes, n, MSG_NOSIGNAL) < 0)
        return out;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (len < (1 << 20) - 1 && poll(&p, 1, 3000) > 0) {
        ssize_t got = recv(fd, out + len, (1 << 20) - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    return out;
}

static char *pem_of_bio(BIO *bio)
{
    char *data = NULL;
    long n = BIO_get_mem_data(bio, &data);
    char *out = cu_strndup(data, (size_t)n);
    BIO_free(bio);
    return out;
}

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (!e)
        abort();
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

struct pem_pair make_cert(const char *cn, const struct pem_pair *ca, const char *san, long from_s, long to_s)
{
    static long serial = 100;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *ca_key = key;
    X509 *x = X509_new(), *issuer = x;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), to_s);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1,
                               -1, 0);
    if (ca) {
        BIO *b = BIO_new_mem_buf(ca->cert, -1);
        issuer = PEM_read_bio_X509(b, NULL, NULL, NULL);
        BIO_free(b);
        b = BIO_new_mem_buf(ca->key, -1);
        ca_key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
        BIO_free(b);
    }
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    add_ext(x, issuer, NID_basic_constraints, ca ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (san)
        add_ext(x, issuer, NID_subject_alt_name, san);
    X509_sign(x, ca_key, EVP_sha256());
    struct pem_pair out;
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    out.cert = pem_of_bio(b);
    b = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
    out.key = pem_of_bio(b);
    if (ca) {
        X509_free(issuer);
        EVP_PKEY_free(ca_key);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return out;
}

void pem_pair_clear(struct pem_pair *p)
{
    free(p->cert);
    free(p->key);
    p->cert = p->key = NULL;
}
