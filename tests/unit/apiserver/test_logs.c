/* pods/log: what is asked of the node's agent, what the client gets, and what happens when either goes away. */
#include "../http/fixture.h"
#include "harness.h"

#define PODS "/api/v1/namespaces/ns/pods"

/* Stands in for an agent: answers by the container's name. */
static void agent(void *arg, struct http_request *r)
{
    (void)arg;
    const char *path = http_request_path(r);
    if (strstr(path, "/refused"))
        http_respond_text(r, 400, "container \"refused\" is waiting to start\n");
    else if (strstr(path, "/gone"))
        http_respond_text(r, 404, "no log\n");
    else {
        cu_autofree char *text = cu_asprintf("%s?%s\nlast line\n", path, http_request_query(r));
        http_respond_text(r, 200, text);
    }
}

static void make_objects(struct harness *h, int port)
{
    cu_autofree char *node = cu_asprintf(
        "{'metadata':{'name':'n'},'status':{'addresses':[{'type':'Hostname','address':'unresolvable.'},"
        "{'type':'InternalIP','address':'127.0.0.1'}],'daemonEndpoints':{'kubeletEndpoint':{'Port':%d}}}}",
        port);
    cu_strlist_clear(&h->s.opt.kubelet_preferred_address_types);
    cu_strlist_add(&h->s.opt.kubelet_preferred_address_types, "InternalIP");
    hs_make(h, "/api/v1/nodes", node);
    hs_make(h, PODS, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    hs_make(h, PODS,
            "{'metadata':{'name':'two'},'spec':{'containers':[{'name':'refused','image':'i'},{'name':'gone',"
            "'image':'i'},{'name':'fine','image':'i'}]}}");
    hs_make(h, PODS, "{'metadata':{'name':'unbound'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    expect_only(201, h, "POST", PODS "/p/binding", NULL, "{'target':{'name':'n'}}");
    expect_only(201, h, "POST", PODS "/two/binding", NULL, "{'target':{'name':'n'}}");
}

/* A streamed answer, until the server ends it; caller frees. */
static char *stream(struct harness *h, const char *path)
{
    int fd = hs_connect(h);
    cu_autobuf struct cu_buf in = CU_BUF_INIT(LIM_HTTP_RESPONSE);
    hs_send(fd, "GET", path, NULL, NULL);
    int64_t end = cu_mono_ms() + 5000;
    while (!strstr(cu_buf_str(&in), "\r\n0\r\n\r\n") && cu_mono_ms() < end)
        if (!hs_turn(h, fd, &in))
            break;
    close(fd);
    return cu_strdup(cu_buf_str(&in));
}

static void test_log(void **state)
{
    (void)state;
    struct harness h;
    struct pem_pair cert = make_cert("agent", NULL, "IP:127.0.0.1", -60, 3600);
    struct http_tls tls = { .cert_pem = cert.cert, .key_pem = cert.key };
    struct http_server_options o = { .handle = agent };
    struct fixture *f = fixture_start(&o, &tls);
    hs_start(&h);
    make_objects(&h, fixture_port(f));
    cu_autofree char *text = stream(&h, PODS "/p/log?tailLines=5&follow=true&pretty=1");
    assert_true(cu_has_prefix(text, "HTTP/1.1 200"));
    assert_non_null(strstr(text, "Content-Type: text/plain"));
    assert_non_null(strstr(text, "/containerLogs/ns/p/c?follow=true&tailLines=5\nlast line\n"));
    cu_autofree char *named = stream(&h, PODS "/two/log?container=fine&previous=true");
    assert_non_null(strstr(named, "/containerLogs/ns/two/fine?previous=true\n"));
    autoanswer refused = expect(400, &h, "GET", PODS "/two/log?container=refused", NULL, NULL);
    assert_string_equal(val_get_str(refused.body, "message"), "container \"refused\" is waiting to start");
    expect_only(404, &h, "GET", PODS "/two/log?container=gone", NULL, NULL);
    autoanswer which = expect(400, &h, "GET", PODS "/two/log", NULL, NULL);
    assert_non_null(strstr(val_get_str(which.body, "message"), "[refused gone fine]"));
    expect_only(400, &h, "GET", PODS "/p/log?container=x", NULL, NULL);
    expect_only(400, &h, "GET", PODS "/unbound/log", NULL, NULL);
    expect_only(404, &h, "GET", PODS "/none/log", NULL, NULL);
    expect_only(405, &h, "POST", PODS "/p/log", NULL, "{}");
    fixture_stop(f);
    autoanswer down = expect(500, &h, "GET", PODS "/p/log", NULL, NULL);
    assert_non_null(strstr(val_get_str(down.body, "message"), "containerLogs/ns/p/c"));
    hs_stop(&h);
    pem_pair_clear(&cert);
}

/* Never answers; the fixture ends it. */
static void silent(void *arg, struct http_request *r)
{
    struct http_stream **out = arg;
    *out = http_stream_begin(r, 200, "text/plain", NULL, NULL);
    http_stream_send(*out, "first\n", 6);
}

static void test_leaving(void **state)
{
    (void)state;
    struct harness h;
    struct http_stream *out = NULL;
    struct pem_pair cert = make_cert("agent", NULL, "IP:127.0.0.1", -60, 3600);
    struct http_tls tls = { .cert_pem = cert.cert, .key_pem = cert.key };
    struct http_server_options o = { .handle = silent, .arg = &out };
    struct fixture *f = fixture_start(&o, &tls);
    hs_start(&h);
    make_objects(&h, fixture_port(f));
    for (int i = 0; i < 2; i++) { /* the client leaves; then the server stops */
        int fd = hs_connect(&h);
        cu_autobuf struct cu_buf in = CU_BUF_INIT(LIM_HTTP_RESPONSE);
        hs_send(fd, "GET", PODS "/p/log?follow=true", NULL, NULL);
        int64_t end = cu_mono_ms() + 5000;
        while (!strstr(cu_buf_str(&in), "first\n") && cu_mono_ms() < end)
            assert_true(hs_turn(&h, fd, &in));
        assert_non_null(strstr(cu_buf_str(&in), "first\n"));
        if (i == 1)
            hs_close(&h);
        close(fd);
        if (i == 0)
            http_loop_run_for(h.s.loop, 50);
    }
    hs_open(&h);
    hs_stop(&h);
    fixture_stop(f);
    pem_pair_clear(&cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_log), cmocka_unit_test(test_leaving) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
