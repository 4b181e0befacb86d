/* Watches through the whole server: events, selectors, resume, bookmarks, forms, the end. */
#include "harness.h"

struct stream {
    struct harness *h;
    int fd;
    struct cu_buf in;
    bool open;
};

static void watch(struct stream *s, struct harness *h, const char *path, const char *headers)
{
    *s = (struct stream){ h, hs_connect(h), CU_BUF_INIT(LIM_HTTP_RESPONSE), true };
    hs_send(s->fd, "GET", path, headers, NULL);
    int64_t end = cu_mono_ms() + 5000;
    while (!strstr(cu_buf_str(&s->in), "\r\n\r\n") && cu_mono_ms() < end)
        s->open = hs_turn(h, s->fd, &s->in);
    if (!cu_has_prefix(cu_buf_str(&s->in), "HTTP/1.1 200"))
        fail_msg("%s", cu_buf_str(&s->in));
    cu_buf_drop(&s->in, (size_t)(strstr(s->in.data, "\r\n\r\n") + 4 - s->in.data));
}

/* The next event, owned by the caller; NULL when the stream ends or nothing comes. Chunks hold whole lines here. */
static struct val *next(struct stream *s)
{
    int64_t end = cu_mono_ms() + 5000;
    for (;;) {
        const char *text = cu_buf_str(&s->in), *line = strchr(text, '{'),
                   *nl = line ? strchr(line, '\n') : NULL;
        if (nl) {
            struct val *v = NULL;
            assert_int_equal(val_parse_json(line, (size_t)(nl - line), &v, NULL), 0);
            cu_buf_drop(&s->in, (size_t)(nl + 1 - text));
            return v;
        }
        if (!s->open || strstr(text, "0\r\n\r\n") || cu_mono_ms() > end)
            return NULL;
        s->open = hs_turn(s->h, s->fd, &s->in);
    }
}

static void stop(struct stream *s)
{
    close(s->fd);
    cu_buf_clear(&s->in);
}

/* "ADDED a 1": type, name, and data.k when there is one. */
static void expect_event(struct stream *s, const char *want)
{
    cu_autoval struct val *e = next(s);
    if (!e)
        fail_msg("no event, wanted %s", want);
    const char *k = val_find_str(e, "object", "data", "k", NULL);
    cu_autofree char *got = cu_asprintf("%s %s%s%s", val_get_str(e, "type"),
                                        cu_or(val_find_str(e, "object", "metadata", "name", NULL), "-"),
                                        k ? " " : "", k ? k : "");
    assert_string_equal(got, want);
}

static void expect_silence(struct stream *s)
{
    for (int i = 0; i < 5; i++)
        s->open = hs_turn(s->h, s->fd, &s->in);
    assert_null(strchr(cu_buf_str(&s->in), '{'));
}

static void put(struct harness *h, const char *name, const char *labels, const char *k)
{
    cu_autofree char *path = cu_asprintf(CM "/%s", name);
    cu_autofree char *body =
        cu_asprintf("{'metadata':{'name':'%s','labels':{%s}},'data':{'k':'%s'}}", name, labels, k);
    autoanswer a = hs_call(h, "PUT", path, NULL, body);
    if (a.code == 404)
        hs_make(h, CM, body);
}

static void test_events(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    put(&h, "a", "", "1");
    struct stream s;
    watch(&s, &h, CM "?watch=1", NULL);
    expect_event(&s, "ADDED a 1");
    put(&h, "b", "", "1");
    put(&h, "a", "", "2");
    expect_only(200, &h, "DELETE", CM "/a", NULL, NULL);
    hs_make(&h, "/api/v1/namespaces", "{'metadata':{'name':'other'}}");
    hs_make(&h, "/api/v1/namespaces/other/configmaps", "{'metadata':{'name':'x'}}");
    expect_event(&s, "ADDED b 1");
    expect_event(&s, "MODIFIED a 2");
    cu_autoval struct val *gone = next(&s);
    assert_string_equal(val_get_str(gone, "type"), "DELETED");
    assert_string_equal(val_find_str(gone, "object", "data", "k", NULL), "2");
    expect_silence(&s);
    put(&h, "b", "", "1"); /* no change, no event */
    expect_silence(&s);
    stop(&s);
    http_loop_run_for(h.s.loop, 20);
    put(&h, "b", "", "3"); /* the client is gone */
    hs_stop(&h);
}

static void test_selectors(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    put(&h, "a", "'x':'1'", "1");
    put(&h, "b", "", "1");
    struct stream s, named;
    watch(&s, &h, CM "?watch=true&labelSelector=x%3D1", NULL);
    watch(&named, &h, CM "?watch=true&fieldSelector=metadata.name%3Db", NULL);
    expect_event(&s, "ADDED a 1");
    expect_event(&named, "ADDED b 1");
    put(&h, "a", "'x':'2'", "2");
    cu_autoval struct val *left = next(&s);
    assert_string_equal(val_get_str(left, "type"), "DELETED");
    assert_string_equal(val_find_str(left, "object", "data", "k", NULL), "1"); /* the state before ... */
    autoanswer a = expect(200, &h, "GET", CM "/a", NULL, NULL);
    assert_string_equal(hs_rev(val_get(left, "object")), hs_rev(a.body)); /* ... with the new version */
    put(&h, "a", "'x':'2'", "3");
    put(&h, "b", "'x':'1'", "4");
    expect_event(&s, "ADDED b 4");
    expect_event(&named, "MODIFIED b 4");
    stop(&s);
    stop(&named);
    hs_stop(&h);
}

static void test_resume(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    put(&h, "a", "", "1");
    autoanswer list = expect(200, &h, "GET", CM, NULL, NULL);
    cu_autofree char *path = cu_asprintf(CM "?watch=1&resourceVersion=%s", hs_rev(list.body));
    put(&h, "a", "", "2");
    put(&h, "b", "", "1");
    expect_only(200, &h, "DELETE", CM "/b", NULL, NULL);
    struct stream s;
    for (int i = 0; i < 2; i++) {
        watch(&s, &h, path, NULL);
        expect_event(&s, "MODIFIED a 2");
        expect_event(&s, "ADDED b 1");
        expect_event(&s, "DELETED b 1");
        stop(&s);
        if (i == 0) { /* and once more after a restart */
            hs_close(&h);
            hs_open(&h);
        }
    }
    watch(&s, &h, CM "?watch=1&resourceVersion=1000", NULL); /* a version of the future */
    put(&h, "c", "", "1");
    expect_silence(&s);
    stop(&s);
    hs_stop(&h);
}

static void test_initial_events(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    put(&h, "a", "", "1");
    struct stream s;
    watch(&s, &h,
          CM "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
          NULL);
    expect_event(&s, "ADDED a 1");
    cu_autoval struct val *mark = next(&s);
    assert_string_equal(val_get_str(mark, "type"), "BOOKMARK");
    assert_string_equal(
        val_find_str(mark, "object", "metadata", "annotations", "k8s.io/initial-events-end", NULL), "true");
    autoanswer list = expect(200, &h, "GET", CM, NULL, NULL);
    assert_string_equal(hs_rev(val_get(mark, "object")), hs_rev(list.body));
    put(&h, "b", "", "1");
    expect_event(&s, "ADDED b 1");
    stop(&s);
    watch(&s, &h, CM "?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", NULL);
    expect_silence(&s);
    stop(&s);
    expect_only(422, &h, "GET", CM "?watch=1&sendInitialEvents=true", NULL, NULL);
    expect_only(422, &h, "GET", CM "?watch=1&resourceVersionMatch=NotOlderThan", NULL, NULL);
    expect_only(400, &h, "GET", CM "?watch=1&labelSelector=a%20b%20c", NULL, NULL);
    hs_stop(&h);
}

static void test_forms(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    put(&h, "a", "", "1");
    struct stream s;
    watch(&s, &h, CM "?watch=1", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n");
    put(&h, "a", "", "2");
    cu_autoval struct val *first = next(&s), *second = next(&s);
    assert_string_equal(val_find_str(first, "object", "kind", NULL), "Table");
    assert_true(val_len(val_find(first, "object", "columnDefinitions", NULL)) > 0);
    assert_int_equal(val_len(val_find(second, "object", "rows", NULL)), 1);
    assert_int_equal(val_len(val_find(second, "object", "columnDefinitions", NULL)), 0);
    stop(&s);
    watch(&s, &h, CM "?watch=1", "Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io\r\n");
    cu_autoval struct val *partial = next(&s);
    assert_string_equal(val_find_str(partial, "object", "kind", NULL), "PartialObjectMetadata");
    assert_null(val_find(partial, "object", "data", NULL));
    stop(&s);
    hs_stop(&h);
}

static void test_events_group(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    struct stream s;
    watch(&s, &h, "/apis/events.k8s.io/v1/namespaces/ns/events?watch=1", NULL);
    hs_make(
        &h, "/api/v1/namespaces/ns/events",
        "{'metadata':{'name':'e'},'involvedObject':{'kind':'Pod','name':'p','namespace':'ns'},'reason':'R',"
        "'message':'hello','type':'Normal'}");
    cu_autoval struct val *e = next(&s);
    assert_string_equal(val_find_str(e, "object", "apiVersion", NULL), "events.k8s.io/v1");
    assert_string_equal(val_find_str(e, "object", "note", NULL), "hello");
    assert_string_equal(val_find_str(e, "object", "regarding", "name", NULL), "p");
    stop(&s);
    autoanswer list =
        expect(200, &h, "GET", "/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dp", NULL, NULL);
    assert_string_equal(val_get_str(val_at(val_get(list.body, "items"), 0), "note"), "hello");
    hs_stop(&h);
}

static void test_timeout_and_many(void **state)
{
    (void)state;
    struct harness h;
    hs_start(&h);
    struct stream s, many[60];
    watch(&s, &h, CM "?watch=1&timeoutSeconds=1", NULL);
    for (size_t i = 0; i < CU_LEN(many); i++)
        watch(&many[i], &h, CM "?watch=1", NULL);
    int64_t start = cu_mono_ms();
    for (int i = 0; i < 20; i++) {
        char k[8];
        snprintf(k, sizeof(k), "%d", i);
        put(&h, "a", "", k);
    }
    for (size_t i = 0; i < CU_LEN(many); i++) {
        expect_event(&many[i], "ADDED a 0");
        for (int n = 1; n < 20; n++) {
            cu_autofree char *want = cu_asprintf("MODIFIED a %d", n);
            expect_event(&many[i], want);
        }
        stop(&many[i]);
    }
    while (!strstr(cu_buf_str(&s.in), "0\r\n\r\n") && cu_mono_ms() < start + 5000)
        s.open = hs_turn(&h, s.fd, &s.in);
    assert_in_range(cu_mono_ms() - start, 0, 4000);
    stop(&s);
    hs_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_initial_events),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_events_group),
        cmocka_unit_test(test_timeout_and_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
