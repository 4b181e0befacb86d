/* HTTP/1.1 syntax: what is accepted, what is refused with which status, bodies cut at every byte. */
#include "http/parse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_head(void **state)
{
    (void)state;
    static const char text[] =
        "PATCH /api/v1/nodes/n%201?fieldManager=a%20b HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\nx-a:2\r\n"
        "Content-Length: 12\r\nConnection: keep-alive, close\r\nExpect: 100-continue\r\n\r\n";
    struct http_head h = { 0 };
    const char *why = "";
    assert_int_equal(http_head_parse(text, sizeof(text) - 1, &h, &why), 0);
    assert_string_equal(h.method, "PATCH");
    assert_string_equal(h.path, "/api/v1/nodes/n%201");
    assert_string_equal(h.query, "fieldManager=a%20b");
    assert_string_equal(http_head_get(&h, "X-a"), "1");
    assert_string_equal(h.fields[2].value, "2");
    assert_int_equal(h.n_fields, 6);
    assert_int_equal(h.content_length, 12);
    assert_false(h.keep_alive);
    assert_true(h.expect_continue);
    assert_false(h.chunked);
    http_head_clear(&h);
}

static void test_head_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        bool keep;
    } rows[] = {
        { "GET / HTTP/1.1\r\n\r\n", 0, true },
        { "\r\nGET / HTTP/1.1\r\n\r\n", 0, true },
        { "GET / HTTP/1.0\r\n\r\n", 0, false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, true },
        { "GET http://host/p?q HTTP/1.1\r\n\r\n", 0, true },
        { "GET http://host HTTP/1.1\r\n\r\n", 400, false },
        { "GET / HTTP/2.0\r\n\r\n", 505, false },
        { "GET / HTTP/1.1 \r\n\r\n", 400, false },
        { "GET  / HTTP/1.1\r\n\r\n", 400, false },
        { "GET /\x01 HTTP/1.1\r\n\r\n", 400, false },
        { "GE T / HTTP/1.1\r\n\r\n", 400, false },
        { "GET x HTTP/1.1\r\n\r\n", 400, false },
        { "GET /\r\n\r\n", 400, false },
        { "\x16\x03\x01\x02\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nA : b\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\n: b\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nA: b\x02\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", 0, true },
        { "GET / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, false },
        { "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, false },
        { "GET / HTTP/1.1\r\nExpect: magic\r\n\r\n", 417, false },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct http_head h = { 0 };
        const char *why = "";
        int code = http_head_parse(rows[i].text, strlen(rows[i].text), &h, &why);
        if (code != rows[i].code)
            print_error("row %zu: %s\n", i, rows[i].text);
        assert_int_equal(code, rows[i].code);
        if (code == 0)
            assert_int_equal(h.keep_alive, rows[i].keep);
        else
            assert_true(*why);
        http_head_clear(&h);
    }
}

static void test_nul(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n";
    struct http_head h = { 0 };
    const char *why = "";
    assert_int_equal(http_head_parse(text, sizeof(text) - 1, &h, &why), 400);
    http_head_clear(&h);
}

/* Feeds text in steps of `step` bytes; returns the status. */
static int feed(struct http_body *b, const char *text, size_t step, size_t *used)
{
    size_t n = strlen(text), at = 0;
    const char *why = "";
    int code = 0;
    while (!code && at < n && b->state != HTTP_BODY_DONE) {
        size_t take = n - at < step ? n - at : step, got = 0;
        code = http_body_feed(b, text + at, take, &got, &why);
        at += got;
    }
    *used = at;
    return code;
}

static void test_chunked(void **state)
{
    (void)state;
    static const char text[] = "5\r\nhello\r\n10;ext=1\r\n, world, 16 byte\r\n0\r\nTrailer: x\r\n\r\nGET";
    for (size_t step = 1; step < sizeof(text); step++) {
        struct http_head h = { .chunked = true };
        struct http_body b;
        size_t used = 0;
        http_body_init(&b, &h, 100);
        assert_int_equal(feed(&b, text, step, &used), 0);
        assert_int_equal(b.state, HTTP_BODY_DONE);
        assert_string_equal(cu_buf_str(&b.data), "hello, world, 16 byte");
        assert_int_equal(used, sizeof(text) - 1 - 3);
        http_body_clear(&b);
    }
}

static void test_chunked_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } rows[] = {
        { "x\r\n", 400 },
        { "-1\r\n", 400 },
        { "5\nhello", 400 },
        { "1\r\nab\r\n", 400 },
        { "ffffffffffffffff\r\n", 400 },
        { "65\r\n", 413 },
        { "\r\n", 400 },
        { "5 5\r\n", 0 },
        { "60\r\n", 0 },
        { "1\r\na\r\n64\r\n", 413 },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        struct http_head h = { .chunked = true };
        struct http_body b;
        size_t used = 0;
        http_body_init(&b, &h, 100);
        if (feed(&b, rows[i].text, 3, &used) != rows[i].code)
            fail_msg("row %zu: %s", i, rows[i].text);
        http_body_clear(&b);
    }
}

static void test_length(void **state)
{
    (void)state;
    struct http_head h = { .content_length = 4 };
    struct http_body b;
    size_t used = 0;
    http_body_init(&b, &h, 100);
    assert_int_equal(feed(&b, "abcdef", 6, &used), 0);
    assert_int_equal(used, 4);
    assert_string_equal(cu_buf_str(&b.data), "abcd");
    http_body_clear(&b);
    h.content_length = 0;
    http_body_init(&b, &h, 100);
    assert_int_equal(b.state, HTTP_BODY_DONE);
    http_body_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),    cmocka_unit_test(test_head_forms),  cmocka_unit_test(test_nul),
        cmocka_unit_test(test_chunked), cmocka_unit_test(test_chunked_bad), cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
