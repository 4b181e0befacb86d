#include "../cmocka_all.h"
#include "base/str.h"
#include "config/load.h"
#include "config/net.h"
#include <stdlib.h>

static void endpoints(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } good[] = {
        { "cp.example.org", "cp.example.org", -1 },
        { "cp:443", "cp", 443 },
        { "192.0.2.1:6443", "192.0.2.1", 6443 },
        { "[fd00::1]:7000", "fd00::1", 7000 },
        { "fd00::1", "fd00::1", -1 },
        { "cp:", "cp", -1 },
        { "[192.0.2.1]:06443", "192.0.2.1", 6443 },
    };
    static const char *const bad[] = { "cp:0",  "cp:65536", "cp:port",  "Upper.example", "bad_host",
                                       ":443",  "cp:443:1", "",         "[fd00::1]",     "[fd00::1]x:1",
                                       "cp:+1", "cp: 1",    "fd00::1:z" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        char *host = NULL;
        int port = 0;
        assert_int_equal(cfg_parse_endpoint(good[i].text, &host, &port, NULL), 0);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
        free(host);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        char *host = NULL;
        int port = 0;
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        assert_int_equal(cfg_parse_endpoint(bad[i], &host, &port, &err), -CU_E_INVALID);
        assert_null(host);
    }
}

static void file_urls(void **state)
{
    static const char *const table[][2] = {
        { "file:///a/b", "/a/b" },       { "file:/a", "/a" }, { "FILE://host/a", "/a" },
        { "file:///a%20b?q#f", "/a b" }, { "file:a/b", "" },  { "file://host", "" },
        { "file:///a%zz", NULL },        { "/a/b", NULL },    { "https://h/a", NULL },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        cu_autofree char *path = cfg_file_url_path(table[i][0]);
        if (!cu_streq(path, table[i][1]))
            fail_msg("%s: %s", table[i][0], path ? path : "none");
    }
}

static void url_schemes(void **state)
{
    static const char *const table[][2] = {
        { "https://h:1", "https" },
        { "HTTP://h", "http" },
        { "unix:///run/x.sock", "unix" },
        { "/run/x.sock", "" },
        { "localhost:2379", "localhost" },
        { "10.0.0.1:2379", NULL },
        { "https://a b", NULL },
        { "https://h:port", NULL },
        { "https://[fd00::1]:2379", "https" },
        { ":x", NULL },
        { "a%zz", NULL },
        { "a%20b", "" },
        { "https://h\nx", NULL },
        { "unix://http://x", "unix" },
        { "sqlite:///var/x.db", "sqlite" },
        { "", "" },
        { "relative/a:b", "" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        char *scheme = cfg_url_scheme(table[i][0]);
        if (!table[i][1])
            assert_null(scheme);
        else
            assert_string_equal(scheme ? scheme : "(none)", table[i][1]);
        free(scheme);
    }
}

static void repositories(void **state)
{
    static const char *const good[] = { "registry.k8s.io",
                                        "localhost:5000/a",
                                        "reg.example.org/a/b-c__d",
                                        "Reg.Example.org",
                                        "[fd00::1]:5000/x",
                                        "a",
                                        "UPPER" };
    static const char *const bad[] = { "",          "reg.example.org/Upper",
                                       "a//b",      "a/",
                                       "/a",        "a b",
                                       "https://x", "x:port/y",
                                       "-a",        "a-",
                                       "a/b:tag",   "a/.b" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++)
        assert_true(cfg_is_repository(good[i]));
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_false(cfg_is_repository(bad[i]));
}

static void bind_addresses(void **state)
{
    (void)state;
    assert_int_equal(cfg_check_bind_address("192.0.2.1", NULL), 0);
    assert_int_equal(cfg_check_bind_address("127.0.0.1", NULL), 0);
    assert_int_equal(cfg_check_bind_address("fd00::1", NULL), 0);
    assert_int_equal(cfg_check_bind_address("0.0.0.0", NULL), -CU_E_INVALID);
    assert_int_equal(cfg_check_bind_address("224.0.0.1", NULL), -CU_E_INVALID);
    assert_int_equal(cfg_check_bind_address(NULL, NULL), -CU_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),    cmocka_unit_test(file_urls),      cmocka_unit_test(url_schemes),
        cmocka_unit_test(repositories), cmocka_unit_test(bind_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
