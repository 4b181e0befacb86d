/* Percent coding, query strings, choice of proxies. */
#include "http/listens.h"
#include "http/proxy.h"
#include "http/url.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void test_encode(void **state)
{
    (void)state;
    cu_autofree char *a = http_url_encode("a b/c?=&~-._é%");
    assert_string_equal(a, "a%20b%2Fc%3F%3D%26~-._%C3%A9%25");
    cu_autofree char *b = http_url_encode("");
    assert_string_equal(b, "");
}

static void test_decode(void **state)
{
    (void)state;
    cu_autofree char *a = NULL;
    assert_int_equal(http_url_decode("a%20b+c%2f", 10, false, &a, NULL), 0);
    assert_string_equal(a, "a b+c/");
    cu_autofree char *b = NULL;
    assert_int_equal(http_url_decode("a+b%2", 3, true, &b, NULL), 0);
    assert_string_equal(b, "a b");
    static const char *const bad[] = { "%", "%2", "a%zz", "%00", "%2g" };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        char *out = NULL;
        assert_int_equal(http_url_decode(bad[i], strlen(bad[i]), true, &out, &err), -CU_E_INVALID);
        assert_null(out);
    }
}

static void test_query(void **state)
{
    (void)state;
    struct http_query q = HTTP_QUERY_INIT;
    http_query_parse("labelSelector=a%3Db%2Cc&watch&limit=5&limit=6&bad=%zz&x;y=1&&", &q);
    assert_int_equal(q.n, 4);
    assert_string_equal(http_query_get(&q, "labelSelector"), "a=b,c");
    assert_string_equal(http_query_get(&q, "watch"), "");
    assert_string_equal(http_query_get(&q, "limit"), "5");
    assert_null(http_query_get(&q, "bad"));
    assert_null(http_query_get(&q, "Limit"));
    http_query_clear(&q);
    http_query_parse(NULL, &q);
    assert_int_equal(q.n, 0);
    http_query_clear(&q);
}

static void test_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *no_proxy, *url, *want;
    } rows[] = {
        { "", "https://example.com/x", "http://proxy:3128" },
        { "", "http://example.com/x", "http://plain:8080" },
        { "", "https://localhost:6443/", NULL },
        { "", "https://127.0.0.1:6443/", NULL },
        { "", "https://[::1]:6443/", NULL },
        { "example.com", "https://example.com/", NULL },
        { "example.com", "https://a.example.com/", NULL },
        { "example.com", "https://badexample.com/", "http://proxy:3128" },
        { ".example.com", "https://example.com/", "http://proxy:3128" },
        { ".example.com", "https://a.EXAMPLE.com/", NULL },
        { "*.example.com", "https://a.example.com/", NULL },
        { "10.96.0.0/12, 192.168.0.0/16", "https://10.100.3.4:6443/", NULL },
        { "10.96.0.0/12", "https://10.112.0.1/", "http://proxy:3128" },
        { "fd00::/8", "https://[fd00::1]:6443/", NULL },
        { "10.0.0.1", "https://10.0.0.1:6443", NULL },
        { "10.0.0.1:6443", "https://10.0.0.1:6443/a", NULL },
        { "10.0.0.1:6444", "https://10.0.0.1:6443/a", "http://proxy:3128" },
        { "*", "https://anything/", NULL },
        { "", "ftp://example.com/", NULL },
        { "", "https://user@example.com/", "http://proxy:3128" },
    };
    setenv("HTTPS_PROXY", "http://proxy:3128", 1);
    setenv("http_proxy", "plain:8080", 1);
    unsetenv("HTTP_PROXY");
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        setenv("NO_PROXY", rows[i].no_proxy, 1);
        cu_autofree char *got = http_proxy_for(rows[i].url);
        if (!rows[i].want)
            assert_null(got);
        else
            assert_string_equal(got, rows[i].want);
    }
    unsetenv("HTTPS_PROXY");
    unsetenv("http_proxy");
    unsetenv("NO_PROXY");
    cu_autofree char *none = http_proxy_for("https://example.com/");
    assert_null(none);
}

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
        bool https;
    } good[] = {
        { "https://a.example", "a.example", 443, true },
        { "http://a.example/x", "a.example", 80, false },
        { "https://[fd00::1]:6443/p", "fd00::1", 6443, true },
        { "https://u:p@h:1?q", "h", 1, true },
    };
    static const char *const bad[] = { "", "ftp://a", "a.example:443", "https://a:port" };
    for (size_t i = 0; i < CU_LEN(good); i++) {
        cu_autofree char *host = NULL;
        bool https;
        int port;
        assert_true(http_url_split(good[i].url, &https, &host, &port));
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
        assert_int_equal(https, good[i].https);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autofree char *host = NULL;
        bool https;
        int port;
        assert_false(http_url_split(bad[i], &https, &host, &port));
    }
}

static void test_listens(void **state)
{
    (void)state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    cu_autofree char *url = cu_asprintf("https://127.0.0.1:%d/", ntohs(at.sin_port));
    assert_false(http_listens(url, 1000)); /* bound, but nobody listens yet */
    assert_int_equal(listen(fd, 1), 0);
    assert_true(http_listens(url, 1000));
    close(fd);
    assert_false(http_listens(url, 1000));
    assert_false(http_listens("no URL", 1000));
    setenv("HTTPS_PROXY", "proxy:3128", 1);
    assert_true(http_listens("https://192.0.2.1:6443", 1)); /* only the proxy knows */
    unsetenv("HTTPS_PROXY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode), cmocka_unit_test(test_decode), cmocka_unit_test(test_query),
        cmocka_unit_test(test_proxy),  cmocka_unit_test(test_split),  cmocka_unit_test(test_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
