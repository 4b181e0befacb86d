/* An informer against a server whose answers the test writes by hand, both on one loop. */
#include "tests.h"
#include "base/str.h"
#include "http/server.h"
#include "kube/informer.h"
#include "kube/kubeconfig.h"

struct world {
    struct http_loop *loop;
    struct http_server *server;
    int port;
    struct kube_informer *informer;
    const char *list; /* body of the next list */
    int list_code;
    int watch_code; /* 0: stream */
    struct http_stream *stream;
    char *watch_query;
    int lists, watches, added, changed, deleted, synced, failed;
    enum cu_code last_code;
    const char *free_on; /* the informer is freed when an object of that name comes */
};

static const struct http_header json[] = { { "Content-Type", "application/json" }, { NULL, NULL } };

static void on_close(void *arg)
{
    struct world *w = arg;
    w->stream = NULL;
}

static void handle(void *arg, struct http_request *r)
{
    struct world *w = arg;
    if (!strstr(http_request_query(r), "watch=true")) {
        w->lists++;
        http_respond(r, w->list_code ? w->list_code : 200, json, w->list, strlen(w->list));
        return;
    }
    w->watches++;
    free(w->watch_query);
    w->watch_query = cu_strdup(http_request_query(r));
    if (w->watch_code) {
        int code = w->watch_code;
        w->watch_code = 0;
        http_respond(r, code, json, "{\"kind\":\"Status\",\"reason\":\"Expired\",\"message\":\"too old\"}",
                     55);
        return;
    }
    w->stream = http_stream_begin(r, 200, "application/json", on_close, w);
}

static void on_change(void *arg, const struct val *obj, const struct val *old)
{
    struct world *w = arg;
    if (obj && old)
        w->changed++;
    else if (obj)
        w->added++;
    else
        w->deleted++;
    if (w->free_on && cu_streq(val_find_str(obj, "metadata", "name", NULL), w->free_on)) {
        kube_informer_free(w->informer);
        w->informer = NULL;
    }
    http_loop_stop(w->loop);
}

static void on_synced(void *arg)
{
    struct world *w = arg;
    w->synced++;
}

static void on_failed(void *arg, const struct cu_err *cause)
{
    struct world *w = arg;
    w->failed++;
    w->last_code = cause->code;
}

static void begin(struct world *w, const char *list)
{
    memset(w, 0, sizeof(*w));
    w->loop = http_loop_new();
    w->list = list;
    struct http_server_options o = { .handle = handle, .arg = w };
    w->server = http_server_new(w->loop, &o);
    assert_int_equal(http_server_listen(w->server, "127.0.0.1", 0, NULL, &w->port, NULL), 0);
    cu_autofree char *url = cu_asprintf("http://127.0.0.1:%d", w->port);
    struct kube_config_spec cs = { .cluster = "c", .server = url, .user = "u", .token = "t" };
    struct kube_config *config = kube_config_build(&cs);
    struct kube_informer_spec s = { .path = "/api/v1/nodes",
                                    .query = "fieldSelector=a%3Db",
                                    .changed = on_change,
                                    .synced = on_synced,
                                    .failed = on_failed,
                                    .arg = w };
    assert_int_equal(kube_informer_new(w->loop, config, &s, &w->informer, NULL), 0);
    kube_config_free(config);
}

static void end(struct world *w)
{
    kube_informer_free(w->informer);
    http_server_free(w->server);
    http_loop_free(w->loop);
    free(w->watch_query);
}

/* Turns the loop until *counter reaches `want`. */
static void until(struct world *w, const int *counter, int want)
{
    for (int i = 0; i < 300 && *counter < want; i++)
        http_loop_run_for(w->loop, 10);
    assert_int_equal(*counter, want);
}

static void send_event(struct world *w, const char *type, const char *name, int version)
{
    cu_autofree char *line = cu_asprintf("{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\","
                                         "\"resourceVersion\":\"%d\"}}}\n",
                                         type, name, version);
    size_t half = strlen(line) / 2; /* an event may come in pieces */
    http_stream_send(w->stream, line, half);
    http_loop_run_for(w->loop, 5);
    http_stream_send(w->stream, line + half, strlen(line) - half);
}

#define TWO                                                                                                  \
    "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{\"name\":\"a\","                    \
    "\"resourceVersion\":\"3\"}},"                                                                           \
    "{\"metadata\":{\"name\":\"b\",\"namespace\":\"n\",\"resourceVersion\":\"4\"}}]}"

static void test_list_and_watch(void **state)
{
    (void)state;
    struct world w;
    begin(&w, TWO);
    assert_false(kube_informer_synced(w.informer));
    until(&w, &w.watches, 1);
    assert_int_equal(w.added, 2);
    assert_int_equal(w.synced, 1);
    assert_true(kube_informer_synced(w.informer));
    assert_non_null(strstr(w.watch_query, "fieldSelector=a%3Db&watch=true"));
    assert_non_null(strstr(w.watch_query, "resourceVersion=7&"));
    assert_non_null(kube_informer_get(w.informer, "n/b"));
    send_event(&w, "ADDED", "c", 8);
    until(&w, &w.added, 3);
    send_event(&w, "MODIFIED", "c", 9);
    until(&w, &w.changed, 1);
    send_event(&w, "DELETED", "a", 10);
    until(&w, &w.deleted, 1);
    assert_null(kube_informer_get(w.informer, "a"));
    send_event(&w, "BOOKMARK", "", 20);
    http_loop_run_for(w.loop, 20);
    http_stream_end(w.stream); /* a clean end: resume from the bookmark, no new list */
    until(&w, &w.watches, 2);
    assert_non_null(strstr(w.watch_query, "resourceVersion=20&"));
    assert_int_equal(w.lists, 1);
    assert_int_equal(w.failed, 0);
    size_t pos = 0, n = 0;
    struct val *obj;
    while (kube_informer_next(w.informer, &pos, &obj))
        n++;
    assert_int_equal(n, 2);
    end(&w);
}

static void test_expired_watch_lists_again(void **state)
{
    (void)state;
    struct world w;
    begin(&w, TWO);
    until(&w, &w.watches, 1);
    w.list = "{\"metadata\":{\"resourceVersion\":\"30\"},\"items\":[{\"metadata\":{\"name\":\"a\","
             "\"resourceVersion\":"
             "\"3\"}},{\"metadata\":{\"name\":\"z\",\"resourceVersion\":\"29\"}}]}";
    static const char gone[] =
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","
        "\"message\":\"too old\"}}\n";
    http_stream_send(w.stream, gone, sizeof(gone) - 1);
    until(&w, &w.watches, 2);
    assert_int_equal(w.lists, 2);
    assert_int_equal(w.added, 3);   /* z */
    assert_int_equal(w.deleted, 1); /* n/b */
    assert_int_equal(w.changed, 0); /* a is the same */
    assert_int_equal(w.last_code, CU_E_EXPIRED);
    w.watch_code = 410; /* the same as an HTTP answer */
    http_stream_end(w.stream);
    until(&w, &w.watches, 4);
    assert_int_equal(w.lists, 3);
    end(&w);
}

static void test_failures(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"no\"}");
    w.list_code = 403;
    until(&w, &w.failed, 2);
    assert_int_equal(w.last_code, CU_E_FORBIDDEN);
    w.list_code = 200;
    w.list = "not JSON";
    until(&w, &w.failed, 3);
    w.list = TWO;
    until(&w, &w.watches, 1);
    assert_int_equal(w.added, 2);
    static const char garbage[] = "garbage\n";
    http_stream_send(w.stream, garbage, sizeof(garbage) - 1);
    until(&w, &w.failed, 4);
    until(&w, &w.watches, 2);
    assert_int_equal(w.lists, w.failed); /* resumed, not listed again */
    http_server_free(w.server);          /* and the server goes away for a while */
    until(&w, &w.failed, 7);
    assert_int_equal(w.last_code, CU_E_REFUSED);
    struct http_server_options o = { .handle = handle, .arg = &w };
    w.server = http_server_new(w.loop, &o);
    assert_int_equal(http_server_listen(w.server, "127.0.0.1", w.port, NULL, NULL, NULL), 0);
    until(&w, &w.watches, 3);
    end(&w);
}

static void test_free_in_callback(void **state)
{
    (void)state;
    struct world w;
    begin(&w, TWO);
    w.free_on = "a";
    until(&w, &w.added, 1);
    assert_null(w.informer);
    http_loop_run_for(w.loop, 20);
    assert_int_equal(w.added, 1);
    assert_int_equal(w.synced, 0);
    end(&w);
    begin(&w, TWO);
    until(&w, &w.watches, 1);
    w.free_on = "x";
    send_event(&w, "ADDED", "x", 9);
    until(&w, &w.added, 3);
    assert_null(w.informer);
    http_loop_run_for(w.loop, 20);
    assert_null(w.stream); /* the server saw it leave */
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_and_watch),
        cmocka_unit_test(test_expired_watch_lists_again),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_free_in_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
