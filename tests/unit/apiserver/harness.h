/* tests/unit/apiserver/harness.h - a whole server in this process: plain HTTP on a free port, AlwaysAllow, a database in
 * a temporary folder. The client runs on the same thread and turns the loop while it waits. */
#ifndef TESTS_APISERVER_HARNESS_H
#define TESTS_APISERVER_HARNESS_H

#include "apiserver/call.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "test_util.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct harness {
    char dir[64];
    const char *etcd; /* endpoint; NULL: SQLite in dir */
    struct http_fd *feed;
    struct api_server s;
};

static inline void hs_feed(void *arg, unsigned ready)
{
    struct harness *h = arg;
    (void)ready;
    assert_int_equal(api_registry_pump(h->s.registry, NULL), 0);
}

static inline void hs_open(struct harness *h)
{
    cu_autofree char *db = h->etcd ? cu_asprintf("--etcd-servers=%s", h->etcd)
                                   : cu_asprintf("--etcd-servers=sqlite://%s/state.db", h->dir);
    char *argv[] = { (char[]){ "kube-apiserver" },
                     db,
                     (char[]){ "--tls-cert-file=-" },
                     (char[]){ "--tls-private-key-file=-" },
                     (char[]){ "--advertise-address=127.0.0.1" },
                     (char[]){ "--service-cluster-ip-range=10.96.0.0/12" } };
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    h->s = (struct api_server){ 0 };
    if (api_options_parse((int)CU_LEN(argv), argv, &h->s.opt, &err) < 0)
        fail_msg("%s", err.msg);
    h->s.loop = http_loop_new();
    if (api_parts_open(&h->s, &err) < 0)
        fail_msg("%s", err.msg);
    struct http_server_options ho = { .handle = api_dispatch, .error_body = api_error_body, .arg = &h->s };
    h->s.http = http_server_new(h->s.loop, &ho);
    if (http_server_listen(h->s.http, "127.0.0.1", 0, NULL, &h->s.port, &err) < 0)
        fail_msg("%s", err.msg);
    h->s.policy_ready = true;
    if (store_fd(h->s.store) >= 0)
        h->feed = http_fd_new(h->s.loop, store_fd(h->s.store), HTTP_FD_READ, hs_feed, h);
}

static inline void hs_close(struct harness *h)
{
    http_fd_free(h->feed);
    h->feed = NULL;
    api_parts_close(&h->s);
    http_loop_free(h->s.loop);
    api_options_clear(&h->s.opt);
}

static inline int hs_connect(struct harness *h)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)h->s.port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void hs_send(int fd, const char *method, const char *path, const char *headers,
                           const char *body)
{
    cu_autofree char *json = body ? cu_replace(body, "'", "\"") : NULL;
    cu_autofree char *text =
        cu_asprintf("%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s", method, path,
                    headers ? headers : "", json ? strlen(json) : 0, json ? json : "");
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Turns the loop and reads what is there; false when the server has closed. */
static inline bool hs_turn(struct harness *h, int fd, struct cu_buf *in)
{
    char part[65536];
    http_loop_run_for(h->s.loop, 2);
    ssize_t n;
    while ((n = read(fd, part, sizeof(part))) > 0)
        cu_buf_addn(in, part, (size_t)n);
    return n != 0;
}

struct answer {
    int code;
    char *head;
    struct val *body; /* NULL when it is no JSON */
    char *text;
};

static inline void answer_clear(struct answer *a)
{
    free(a->head);
    free(a->text);
    val_unref(a->body);
}
#define autoanswer __attribute__((cleanup(answer_clear))) struct answer

/* One request; headers end with \r\n each and may be NULL; ' in the body stands for ". */
static inline struct answer hs_call(struct harness *h, const char *method, const char *path,
                                    const char *headers, const char *body)
{
    int fd = hs_connect(h);
    cu_autobuf struct cu_buf in = CU_BUF_INIT(LIM_HTTP_RESPONSE);
    hs_send(fd, method, path, headers, body);
    int64_t end = cu_mono_ms() + 10000;
    const char *blank = NULL, *length = NULL;
    while (cu_mono_ms() < end) {
        bool open = hs_turn(h, fd, &in);
        blank = strstr(cu_buf_str(&in), "\r\n\r\n");
        length = blank ? strcasestr(cu_buf_str(&in), "Content-Length: ") : NULL;
        if (length && strlen(blank + 4) >= strtoul(length + 16, NULL, 10))
            break;
        assert_true(open);
    }
    close(fd);
    if (!length)
        fail_msg("no answer to %s %s: %s", method, path, cu_buf_str(&in));
    struct answer a = { .code = atoi(cu_buf_str(&in) + strlen("HTTP/1.1 ")) };
    a.head = cu_strndup(cu_buf_str(&in), (size_t)(blank - cu_buf_str(&in)));
    a.text = cu_strdup(blank + 4);
    val_parse_json(a.text, strlen(a.text), &a.body, NULL);
    return a;
}

/* The request must be answered with that code. */
#define expect(code_, ...)                                                                                   \
    ({                                                                                                       \
        struct answer a_ = hs_call(__VA_ARGS__);                                                             \
        if (a_.code != (code_))                                                                              \
            fail_msg("%d instead of %d: %s", a_.code, (code_), a_.text);                                     \
        a_;                                                                                                  \
    })
#define expect_only(code_, ...)                                                                              \
    do {                                                                                                     \
        autoanswer only_ = expect(code_, __VA_ARGS__);                                                       \
        (void)only_;                                                                                         \
    } while (0)

static inline void hs_make(struct harness *h, const char *path, const char *body)
{
    expect_only(201, h, "POST", path, NULL, body);
}

static inline void hs_start(struct harness *h)
{
    *h = (struct harness){ .dir = "/tmp/apiserver-XXXXXX" };
    assert_non_null(mkdtemp(h->dir));
    hs_open(h);
    hs_make(h, "/api/v1/namespaces", "{'metadata':{'name':'ns'}}");
    hs_make(h, "/api/v1/namespaces/ns/serviceaccounts", "{'metadata':{'name':'default'}}");
}

static inline void hs_stop(struct harness *h)
{
    hs_close(h);
    assert_int_equal(cu_rm_rf(h->dir, false, NULL), 0);
}

static inline const char *hs_rev(const struct val *v)
{
    return val_find_str(v, "metadata", "resourceVersion", NULL);
}

#define CM "/api/v1/namespaces/ns/configmaps"

#endif
