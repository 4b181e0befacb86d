/* Client against server over loopback, with and without TLS; bad clients on raw sockets; streams; reload. */
#include "fixture.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/timefmt.h"
#include "http/client.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

struct world {
    struct http_request *parked;
    struct http_stream *stream;
    atomic_int closed, handled, freed;
    atomic_bool parked_set, streaming;
};

static void on_stream_close(void *arg)
{
    struct world *w = arg;
    w->stream = NULL;
    w->closed++;
}

static void count_free(void *arg)
{
    struct world *w = arg;
    w->freed++;
}

static void handle(void *arg, struct http_request *r)
{
    struct world *w = arg;
    w->handled++;
    const char *path = http_request_path(r);
    size_t n = 0;
    const char *body = http_request_body(r, &n);
    if (strcmp(path, "/echo") == 0) {
        static const struct http_header h[] = { { "X-Evil", "a\r\nX-Forged: b" }, { NULL, NULL } };
        http_respond(r, 201, h, body, n);
    } else if (strcmp(path, "/who") == 0) {
        size_t len = 0;
        const void *der = http_request_peer_cert(r, &len);
        cu_autofree char *text = cu_asprintf("%s %s %d %d", http_request_method(r), http_request_query(r),
                                             der != NULL, http_request_is_tls(r));
        http_respond_text(r, 200, text);
    } else if (strcmp(path, "/conn") == 0) {
        bool known = http_request_conn_data(r) != NULL;
        if (!known)
            http_request_set_conn_data(r, w, count_free);
        http_respond_text(r, 200, known ? "known" : "new");
    } else if (strcmp(path, "/big") == 0) {
        size_t size = 5000000;
        char *big = cu_malloc(size);
        memset(big, 'x', size);
        http_respond_take(r, 200, NULL, big, size);
    } else if (strcmp(path, "/park") == 0) {
        w->parked = r;
        w->parked_set = true;
    } else if (strcmp(path, "/watch") == 0) {
        w->stream = http_stream_begin(r, 200, "application/json", on_stream_close, w);
        http_stream_send(w->stream, "{\"a\":1}\n", 8);
        w->streaming = true;
    } else if (strcmp(path, "/close") == 0) {
        static const struct http_header h[] = { { "Connection", "close" }, { NULL, NULL } };
        http_respond(r, 200, h, "bye", 3);
    } else {
        http_respond_text(r, 404, "nothing here");
    }
}

static char *error_body(void *arg, int code, const char *text, const char **content_type)
{
    (void)arg;
    *content_type = "application/json";
    return cu_asprintf("{\"code\":%d,\"message\":\"%s\"}", code, text);
}

static struct http_server_options options(struct world *w)
{
    memset(w, 0, sizeof(*w));
    return (struct http_server_options){ .handle = handle, .error_body = error_body, .arg = w };
}

static bool wait_for(atomic_int *v, int want)
{
    for (int i = 0; i < 300 && *v != want; i++)
        cu_sleep_ms(10);
    return *v == want;
}

static void test_requests(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    struct http_client_options co = { 0 };
    struct http_client *c = http_client_new(&co);
    struct http_response r = HTTP_RESPONSE_INIT;
    cu_autofree char *echo = fixture_url(f, "/echo");
    static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE" };
    for (size_t i = 0; i < CU_LEN(methods); i++) {
        struct http_call call = { .method = methods[i], .url = echo, .body = "a\0b", .body_len = 3 };
        assert_int_equal(http_client_do(c, &call, &r, NULL), 0);
        assert_int_equal(r.code, 201);
        assert_int_equal(r.len, 3);
        assert_memory_equal(r.body, "a\0b", 3);
        assert_null(http_response_header(&r, "X-Forged"));
    }
    assert_true(llabs(http_response_date_ms(&r) - cu_now_ms()) < 5000);
    cu_autofree char *conn = fixture_url(f, "/conn");
    struct http_call again = { .url = conn };
    assert_int_equal(http_client_do(c, &again, &r, NULL), 0);
    assert_string_equal(r.body, "new");
    assert_int_equal(http_client_do(c, &again, &r, NULL), 0);
    assert_string_equal(r.body, "known");
    cu_autofree char *big = fixture_url(f, "/big");
    struct http_call large = { .url = big };
    assert_int_equal(http_client_do(c, &large, &r, NULL), 0);
    assert_int_equal(r.len, 5000000);
    large.max_response = 1000;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(http_client_do(c, &large, &r, &err), -CU_E_INVALID);
    assert_int_equal(http_client_cause(c), HTTP_CAUSE_TOO_LARGE);
    struct http_call head = { .method = "HEAD", .url = echo };
    assert_int_equal(http_client_do(c, &head, &r, NULL), 0);
    assert_int_equal(r.len, 0);
    http_response_clear(&r);
    http_client_free(c);
    assert_true(wait_for(&w.freed, 1));
    fixture_stop(f);
}

static void test_client_errors(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    cu_autofree char *park = fixture_url(f, "/park");
    cu_autofree char *dead = fixture_url(f, "/x");
    struct http_client_options co = { 0 };
    struct http_client *c = http_client_new(&co);
    struct http_response r = HTTP_RESPONSE_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct http_call first = { .url = dead };
    assert_int_equal(http_client_do(c, &first, &r, &err), 0); /* its connection is used again */
    http_response_clear(&r);
    struct http_call slow = { .url = park, .timeout_ms = 200 };
    assert_int_equal(http_client_do(c, &slow, &r, &err), -CU_E_TIMEOUT);
    assert_int_equal(http_client_cause(c), HTTP_CAUSE_TIMEOUT);
    assert_non_null(strstr(err.msg, park));
    assert_true(w.parked_set);
    struct http_call tls_to_plain = { .url = cu_asprintf("https://127.0.0.1:%d/", fixture_port(f)) };
    assert_int_equal(http_client_do(c, &tls_to_plain, &r, &err), -CU_E_AUTH);
    assert_int_equal(http_client_cause(c), HTTP_CAUSE_TLS_OTHER);
    free((char *)(uintptr_t)tls_to_plain.url);
    /* answering a client that has left must be harmless, also after the server is gone */
    struct http_request *parked = w.parked;
    fixture_stop(f);
    assert_true(http_request_client_left(parked));
    http_respond_text(parked, 200, "late");
    struct http_call refused = { .url = dead };
    assert_int_equal(http_client_do(c, &refused, &r, &err), -CU_E_REFUSED);
    struct http_call nowhere = { .url = "http://no-such-host.invalid/" };
    assert_int_equal(http_client_do(c, &nowhere, &r, &err), -CU_E_UNREACHABLE);
    assert_int_equal(http_client_cause(c), HTTP_CAUSE_RESOLVE);
    struct http_call bad = { .url = "gopher://x/" };
    assert_true(http_client_do(c, &bad, &r, &err) < 0);
    http_response_clear(&r);
    http_client_free(c);
}

static void test_bad_clients(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *want;
    } rows[] = {
        { "\x16\x03\x01\x02\x00\x01garbage\r\n\r\n", "HTTP/1.1 400" },
        { "GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505" },
        { "POST /echo HTTP/1.1\r\nContent-Length: 4000000\r\n\r\nabc", "HTTP/1.1 413" },
        { "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", "HTTP/1.1 413" },
        { "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400" },
        { "GET /close HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK" },
        { "GET /none HTTP/1.0\r\n\r\n", "HTTP/1.1 404" },
    };
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoclose int fd = fixture_connect(f);
        cu_autofree char *got = raw_exchange(fd, rows[i].bytes, i == 0 ? 18 : strlen(rows[i].bytes));
        if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: %s", i, got);
        assert_non_null(strstr(got, "Connection: close\r\n"));
    }
    cu_autofree char *many = cu_calloc(1, LIM_HTTP_HEADERS + 100);
    strcpy(many, "GET / HTTP/1.1\r\nX: ");
    memset(many + strlen(many), 'x', LIM_HTTP_HEADERS);
    cu_autoclose int fd = fixture_connect(f);
    cu_autofree char *got = raw_exchange(fd, many, strlen(many));
    assert_int_equal(strncmp(got, "HTTP/1.1 431", 12), 0);
    assert_non_null(strstr(got, "\"code\":431"));
    fixture_stop(f);
}

static void test_pipelining(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    cu_autoclose int fd = fixture_connect(f);
    static const char two[] =
        "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\noneGET /who?a=1 HTTP/1.1\r\n\r\n"
        "GET /close HTTP/1.1\r\n\r\n";
    cu_autofree char *got = raw_exchange(fd, two, sizeof(two) - 1);
    assert_non_null(strstr(got, "\r\n\r\noneHTTP/1.1 200"));
    assert_non_null(strstr(got, "GET a=1 0 0"));
    assert_non_null(strstr(got, "bye"));
    assert_int_equal(w.handled, 3);
    fixture_stop(f);
}

static void test_slow_client(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    o.request_timeout_ms = 200;
    o.idle_timeout_ms = 400;
    struct fixture *f = fixture_start(&o, NULL);
    cu_autoclose int half = fixture_connect(f);
    cu_autofree char *a = raw_exchange(half, "GET / HT", 8);
    assert_int_equal(strncmp(a, "HTTP/1.1 408", 12), 0);
    cu_autoclose int body = fixture_connect(f);
    cu_autofree char *b = raw_exchange(body, "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 43);
    assert_int_equal(strncmp(b, "HTTP/1.1 408", 12), 0);
    cu_autoclose int idle = fixture_connect(f);
    cu_autofree char *c = raw_exchange(idle, "", 0);
    assert_string_equal(c, "");
    fixture_stop(f);
}

static void test_watch_client_leaves(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    int fd = fixture_connect(f);
    static const char ask[] = "GET /watch HTTP/1.1\r\n\r\n";
    assert_int_equal(send(fd, ask, sizeof(ask) - 1, 0), sizeof(ask) - 1);
    char got[1000] = "";
    size_t n = 0;
    while (!strstr(got, "8\r\n{\"a\":1}\n\r\n") && n < sizeof(got) - 1) {
        ssize_t r = recv(fd, got + n, sizeof(got) - 1 - n, 0);
        assert_true(r > 0);
        n += (size_t)r;
    }
    assert_int_equal(w.closed, 0);
    close(fd); /* the stream is idle: nothing is being sent */
    assert_true(wait_for(&w.closed, 1));
    fixture_stop(f);
}

static void post_end(void *arg)
{
    struct world *w = arg;
    http_stream_end(w->stream);
    w->stream = NULL;
}

struct seen {
    char text[100];
    size_t n;
    int code, ended, head;
    enum http_cause cause;
    struct http_loop *loop;
    struct http_transfer *cancel;
};

static void on_head(void *arg, const struct http_response *head)
{
    struct seen *s = arg;
    cu_autofree char *type = http_response_header(head, "content-type");
    assert_string_equal(type, "application/json");
    s->head = head->code;
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct seen *s = arg;
    assert_true(s->n + n < sizeof(s->text));
    memcpy(s->text + s->n, p, n);
    s->n += n;
    if (s->cancel)
        http_transfer_cancel(s->cancel);
    http_loop_stop(s->loop);
}

static void on_end(void *arg, int code, enum http_cause cause, const struct cu_err *err)
{
    struct seen *s = arg;
    (void)err;
    s->code = code;
    s->cause = cause;
    s->ended++;
    http_loop_stop(s->loop);
}

static const struct http_transfer_events events = { on_head, on_data, on_end };

static void test_transfers(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct fixture *f = fixture_start(&o, NULL);
    struct http_client_options co = { 0 };
    struct http_client *c = http_client_new(&co);
    struct http_loop *l = http_loop_new();
    struct seen s = { .loop = l }, s2 = { .loop = l }, s3 = { .loop = l };
    cu_autofree char *url = fixture_url(f, "/watch");
    struct http_call call = { .url = url };
    http_transfer_start(l, c, &call, &events, &s);
    assert_int_equal(s.ended, 0);
    http_loop_run_for(l, 3000);
    assert_string_equal(s.text, "{\"a\":1}\n");
    assert_int_equal(s.head, 200);
    http_loop_post(fixture_loop(f), post_end, &w);
    http_loop_run_for(l, 3000);
    assert_int_equal(s.ended, 1);
    assert_int_equal(s.code, 200);
    assert_int_equal(s.cause, HTTP_CAUSE_NONE);
    /* cancelled from within its own callback: the server notices, no end callback comes */
    s2.cancel = http_transfer_start(l, c, &call, &events, &s2);
    http_loop_run_for(l, 3000);
    http_loop_run_for(l, 50);
    assert_int_equal(s2.ended, 0);
    assert_true(wait_for(&w.closed, 1));
    call.url = "http://127.0.0.1:1/";
    http_transfer_start(l, c, &call, &events, &s3);
    http_loop_run_for(l, 3000);
    assert_int_equal(s3.ended, 1);
    assert_int_equal(s3.cause, HTTP_CAUSE_REFUSED);
    /* a transfer still running when the loop is freed */
    call.url = url;
    struct seen s4 = { .loop = l };
    http_transfer_start(l, c, &call, &events, &s4);
    http_loop_run_for(l, 3000);
    http_loop_free(l);
    http_client_free(c);
    fixture_stop(f);
}

/* TLS: with and without client certificate, each way a certificate can be wrong, reload. */
static int get(const char *ca, const struct pem_pair *client, const char *url, struct http_response *r,
               enum http_cause *cause)
{
    struct http_client_options co = { .ca_pem = ca };
    if (client) {
        co.cert_pem = client->cert;
        co.key_pem = client->key;
    }
    struct http_client *c = http_client_new(&co);
    struct http_call call = { .url = url };
    int result = http_client_do(c, &call, r, NULL);
    *cause = http_client_cause(c);
    http_client_free(c);
    return result;
}

static void test_tls(void **state)
{
    (void)state;
    struct pem_pair ca = make_cert("test-ca", NULL, NULL, -60, 3600),
                    other = make_cert("other", NULL, NULL, -60, 3600);
    struct pem_pair srv = make_cert("srv", &ca, "IP:127.0.0.1", -60, 3600);
    struct pem_pair client = make_cert("me", &ca, NULL, -60, 3600),
                    stranger = make_cert("it", &other, NULL, -60, 3600);
    struct world w;
    struct http_server_options o = options(&w);
    struct http_tls tls = { .cert_pem = srv.cert, .key_pem = srv.key, .client_ca_pem = ca.cert };
    struct fixture *f = fixture_start(&o, &tls);
    cu_autofree char *url = fixture_url(f, "/who");
    struct http_response r = HTTP_RESPONSE_INIT;
    enum http_cause cause;
    assert_int_equal(get(ca.cert, NULL, url, &r, &cause), 0);
    assert_string_equal(r.body, "GET  0 1");
    assert_int_equal(get(ca.cert, &client, url, &r, &cause), 0);
    assert_string_equal(r.body, "GET  1 1");
    /* not ours to refuse: a certificate of a stranger arrives, too */
    assert_int_equal(get(ca.cert, &stranger, url, &r, &cause), 0);
    assert_string_equal(r.body, "GET  1 1");
    assert_int_equal(get(other.cert, NULL, url, &r, &cause), -CU_E_AUTH);
    assert_int_equal(cause, HTTP_CAUSE_TLS_UNKNOWN_CA);
    cu_autoclose int fd = fixture_connect(f);
    cu_autofree char *plain = raw_exchange(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_null(strstr(plain, "200"));
    http_response_clear(&r);
    fixture_stop(f);
    static const struct {
        const char *san;
        long from, to;
        enum http_cause cause;
    } wrong[] = {
        { "IP:127.0.0.2", -60, 3600, HTTP_CAUSE_TLS_NAME },
        { "IP:127.0.0.1", -7200, -3600, HTTP_CAUSE_TLS_EXPIRED },
        { "IP:127.0.0.1", 3600, 7200, HTTP_CAUSE_TLS_NOT_YET },
    };
    for (size_t i = 0; i < CU_LEN(wrong); i++) {
        struct pem_pair bad = make_cert("bad", &ca, wrong[i].san, wrong[i].from, wrong[i].to);
        struct http_tls t = { .cert_pem = bad.cert, .key_pem = bad.key };
        f = fixture_start(&o, &t);
        cu_autofree char *u = fixture_url(f, "/who");
        assert_int_equal(get(ca.cert, NULL, u, &r, &cause), -CU_E_AUTH);
        assert_int_equal(cause, wrong[i].cause);
        fixture_stop(f);
        pem_pair_clear(&bad);
    }
    pem_pair_clear(&ca);
    pem_pair_clear(&other);
    pem_pair_clear(&srv);
    pem_pair_clear(&client);
    pem_pair_clear(&stranger);
}

static void test_tls_reload(void **state)
{
    (void)state;
    char dir[] = "/tmp/cubeadm-http-XXXXXX";
    assert_non_null(mkdtemp(dir));
    cu_autofree char *cert = cu_path_join(dir, "c.crt");
    cu_autofree char *key = cu_path_join(dir, "c.key");
    struct pem_pair ca1 = make_cert("ca1", NULL, NULL, -60, 3600),
                    ca2 = make_cert("ca2", NULL, NULL, -60, 3600);
    struct pem_pair s1 = make_cert("s", &ca1, "IP:127.0.0.1", -60, 3600),
                    s2 = make_cert("s", &ca2, "IP:127.0.0.1", -60, 3600);
    assert_int_equal(cu_file_write_str(cert, s1.cert, 0644, NULL), 0);
    assert_int_equal(cu_file_write_str(key, s1.key, 0600, NULL), 0);
    struct world w;
    struct http_server_options o = options(&w);
    struct http_tls tls = { .cert_file = cert, .key_file = key };
    struct fixture *f = fixture_start(&o, &tls);
    cu_autofree char *url = fixture_url(f, "/who");
    struct http_response r = HTTP_RESPONSE_INIT;
    enum http_cause cause;
    assert_int_equal(get(ca1.cert, NULL, url, &r, &cause), 0);
    assert_int_equal(cu_file_write_str(cert, s2.cert, 0644, NULL),
                     0); /* half a change: does not fit the key */
    cu_sleep_ms(1100);
    assert_int_equal(get(ca1.cert, NULL, url, &r, &cause), 0);
    assert_int_equal(cu_file_write_str(key, s2.key, 0600, NULL), 0);
    cu_sleep_ms(1100);
    assert_int_equal(get(ca2.cert, NULL, url, &r, &cause), 0);
    http_response_clear(&r);
    fixture_stop(f);
    struct http_loop *l = http_loop_new();
    struct http_server *s = http_server_new(l, &o);
    struct http_tls_context *t = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct http_tls bad = { .cert_pem = s1.cert, .key_pem = s2.key };
    assert_int_equal(http_server_add_tls(s, &bad, &t, &err), -CU_E_INVALID);
    struct http_tls missing = { .cert_file = "/nonexistent/c.crt", .key_file = key };
    assert_int_equal(http_server_add_tls(s, &missing, &t, &err), -CU_E_NOTFOUND);
    http_server_free(s);
    http_loop_free(l);
    assert_int_equal(cu_rm_rf(dir, false, NULL), 0);
    pem_pair_clear(&ca1);
    pem_pair_clear(&ca2);
    pem_pair_clear(&s1);
    pem_pair_clear(&s2);
}

static void test_slow_watcher(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct http_loop *l = http_loop_new();
    struct http_server *s = http_server_new(l, &o);
    char path[] = "/tmp/cubeadm-http-XXXXXX";
    assert_non_null(mkdtemp(path));
    cu_autofree char *sock = cu_path_join(path, "s");
    assert_int_equal(http_server_listen_unix(s, sock, 0600, NULL), 0);
    struct http_client_options co = { .unix_socket = sock };
    struct http_client *c = http_client_new(&co);
    struct seen seen = { .loop = l };
    struct http_call call = { .url = "http://unix/watch" };
    struct http_transfer *t = http_transfer_start(l, c, &call, &events, &seen);
    http_loop_run_for(l, 3000);
    assert_non_null(w.stream);
    cu_autofree char *block = cu_calloc(1, 100000);
    for (int i = 0; i < 50; i++) /* nobody reads meanwhile: we are the loop */
        http_stream_send(w.stream, block, 100000);
    assert_true(http_stream_pending(w.stream) > 4000000);
    http_stream_abort(w.stream);
    http_transfer_cancel(t);
    assert_int_equal(w.closed, 0);
    struct http_loop *unused = http_loop_new();
    http_loop_free(unused);
    http_client_free(c);
    http_server_free(s);
    http_loop_free(l);
    assert_int_equal(cu_rm_rf(path, false, NULL), 0);
}

static void on_drained(void *arg)
{
    http_loop_stop(arg);
}

static void test_listen_errors_and_drain(void **state)
{
    (void)state;
    struct world w;
    struct http_server_options o = options(&w);
    struct http_loop *l = http_loop_new();
    struct http_server *s = http_server_new(l, &o);
    int port = 0;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(http_server_listen(s, "", 0, NULL, &port, &err), 0);
    assert_true(port > 0);
    assert_int_equal(http_server_listen(s, "127.0.0.1", port, NULL, NULL, &err), -CU_E_EXISTS);
    assert_int_equal(http_server_listen(s, "nonsense", 0, NULL, NULL, &err), -CU_E_INVALID);
    assert_int_equal(http_server_listen(s, "127.0.0.1", 70000, NULL, NULL, &err), -CU_E_INVALID);
    struct http_client_options co = { 0 };
    struct http_client *c = http_client_new(&co);
    struct seen seen = { .loop = l };
    cu_autofree char *url = cu_asprintf("http://127.0.0.1:%d/watch", port);
    struct http_call call = { .url = url };
    http_transfer_start(l, c, &call, &events, &seen);
    http_loop_run_for(l, 3000);
    assert_int_equal(http_server_connections(s), 1);
    http_server_drain(s, on_drained, l);
    http_loop_run_for(l, 3000);
    assert_int_equal(http_server_connections(s), 0);
    assert_int_equal(w.closed, 1);
    http_server_free(s);
    http_loop_free(l);
    http_client_free(c);
}

static void test_many_connections(void **state)
{
    (void)state;
    enum { N = 300 };
    struct world w;
    struct http_server_options o = options(&w);
    o.max_connections = N;
    struct fixture *f = fixture_start(&o, NULL);
    int fds[N];
    for (int i = 0; i < N; i++)
        fds[i] = fixture_connect(f);
    for (int i = 0; i < N; i++)
        assert_int_equal(send(fds[i], "GET /close HTTP/1.1\r\n\r\n", 23, 0), 23);
    cu_autoclose int over = fixture_connect(f);
    cu_autofree char *nothing = raw_exchange(over, "", 0);
    (void)nothing; /* may or may not get in by now */
    for (int i = 0; i < N; i++) {
        cu_autofree char *got = raw_exchange(fds[i], "", 0);
        assert_non_null(strstr(got, "bye"));
        close(fds[i]);
    }
    fixture_stop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),         cmocka_unit_test(test_client_errors),
        cmocka_unit_test(test_bad_clients),      cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_slow_client),      cmocka_unit_test(test_watch_client_leaves),
        cmocka_unit_test(test_transfers),        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_tls_reload),       cmocka_unit_test(test_slow_watcher),
        cmocka_unit_test(test_many_connections), cmocka_unit_test(test_listen_errors_and_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
