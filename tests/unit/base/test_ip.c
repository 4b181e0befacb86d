/* tests/unit/base/test_ip.c - addresses and blocks in Go's text forms, arithmetic at the edges. */
#include "../cmocka_all.h"

#include "base/ip.h"

static void test_parse_and_format(void **state)
{
    static const char *const cases[][2] = {
        { "10.0.0.1", "10.0.0.1" },
        { "::1", "::1" },
        { "::", "::" },
        { "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
        { "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
        { "1:0:0:0:0:0:0:0", "1::" },
        { "::ffff:1.2.3.4", "1.2.3.4" },
        { "::1.2.3.4", "::102:304" },
        { "fe80::1", "fe80::1" },
    };
    static const char *const bad[] = { "",          "1.2.3",    "1.2.3.4.5",  "01.2.3.4",
                                       "1.2.3.256", "1.2.3.4 ", "fe80::1%lo", "1::2::3",
                                       ":1",        "12345::",  "abc",        "[::1]" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct cu_ip ip;
        char text[CU_IP_MAX];
        assert_true(cu_ip_parse(cases[i][0], &ip));
        cu_ip_format(&ip, text);
        assert_string_equal(text, cases[i][1]);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        struct cu_ip ip;
        assert_false(cu_ip_parse(bad[i], &ip));
    }
    assert_false(cu_ip_parse(NULL, &(struct cu_ip){ 0 }));
}

static void test_leading_zeros(void **state)
{
    struct cu_ip ip;
    struct cu_cidr cidr;
    char text[CU_IP_MAX];
    (void)state;
    assert_true(cu_ip_parse_sloppy("010.001.000.09", &ip));
    cu_ip_format(&ip, text);
    assert_string_equal(text, "10.1.0.9");
    assert_true(cu_ip_parse_sloppy("fd00::1", &ip));
    assert_false(cu_ip_parse_sloppy("10.0.0.256", &ip));
    assert_false(cu_ip_parse_sloppy("10.0.0", &ip));
    assert_false(cu_ip_parse_sloppy("", &ip));
    assert_false(cu_ip_parse_sloppy(NULL, &ip));
    assert_true(cu_cidr_parse_sloppy("010.0.0.0/8", &cidr));
    assert_false(cu_cidr_parse_sloppy("10.0.0.0", &cidr));
    assert_false(cu_cidr_parse_sloppy("10.0.0.0/33", &cidr));
}

static void test_questions(void **state)
{
    static const struct {
        const char *ip;
        bool loopback, unspecified, global;
    } cases[] = {
        { "127.3.0.1", true, false, false },
        { "0.0.0.0", false, true, false },
        { "::", false, true, false },
        { "::1", true, false, false },
        { "10.0.0.1", false, false, true },
        { "8.8.8.8", false, false, true },
        { "169.254.1.1", false, false, false },
        { "224.0.0.1", false, false, false },
        { "255.255.255.255", false, false, false },
        { "fe80::1", false, false, false },
        { "ff02::1", false, false, false },
        { "fd00::1", false, false, true },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        struct cu_ip ip;
        assert_true(cu_ip_parse(cases[i].ip, &ip));
        assert_int_equal(cu_ip_is_loopback(&ip), cases[i].loopback);
        assert_int_equal(cu_ip_is_unspecified(&ip), cases[i].unspecified);
        assert_int_equal(cu_ip_is_global_unicast(&ip), cases[i].global);
    }
    struct cu_ip a, b;
    assert_true(cu_ip_parse("1.2.3.4", &a) && cu_ip_parse("::ffff:1.2.3.4", &b));
    assert_true(cu_ip_equal(&a, &b));
    assert_true(cu_ip_parse("102:304::", &b));
    assert_false(cu_ip_equal(&a, &b));
}

static void test_cidr(void **state)
{
    static const char *const good[][2] = {
        { "10.96.5.7/12", "10.96.0.0/12" }, { "0.0.0.0/0", "0.0.0.0/0" },
        { "10.0.0.1/32", "10.0.0.1/32" },   { "fd00::5/108", "fd00::/108" },
        { "2001:db8::/0", "::/0" },         { "::ffff:10.1.2.3/112", "10.1.0.0/16" },
    };
    static const char *const bad[] = { "10.0.0.0",
                                       "10.0.0.0/33",
                                       "10.0.0.0/-1",
                                       "10.0.0.0/+8",
                                       "fd00::/129",
                                       "/8",
                                       "10.0.0.0/",
                                       "10.0.0.0/8x",
                                       "x/8",
                                       "::ffff:1.2.3.4/8",
                                       "11111111111111111111111111111111111111111111111111111/8" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        struct cu_cidr c;
        char text[CU_CIDR_MAX];
        assert_true(cu_cidr_parse(good[i][0], &c));
        cu_cidr_format(&c, text);
        assert_string_equal(text, good[i][1]);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_false(cu_cidr_parse(bad[i], &(struct cu_cidr){ 0 }));
    assert_false(cu_cidr_parse(NULL, &(struct cu_cidr){ 0 }));
}

static void nth(const char *cidr, uint64_t index, const char *want)
{
    struct cu_cidr c;
    struct cu_ip ip;
    char text[CU_IP_MAX] = "";
    assert_true(cu_cidr_parse(cidr, &c));
    bool ok = cu_cidr_nth(&c, index, &ip);
    if (ok)
        cu_ip_format(&ip, text);
    assert_int_equal(ok, want != NULL);
    assert_string_equal(text, want ? want : "");
}

static void test_arithmetic(void **state)
{
    (void)state;
    nth("10.96.0.0/12", 10, "10.96.0.10");
    nth("10.96.0.0/12", 0x100000, NULL);
    nth("10.0.0.0/30", 3, "10.0.0.3");
    nth("10.0.0.0/30", 4, NULL);
    nth("255.255.255.252/30", 4, NULL);
    nth("0.0.0.0/0", UINT64_MAX, NULL);
    nth("fd00::/64", UINT64_MAX, "fd00::ffff:ffff:ffff:ffff");
    nth("fd00::/112", 0xffff, "fd00::ffff");
    nth("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 1, NULL);
    struct cu_cidr c, sub;
    struct cu_ip ip;
    char text[CU_CIDR_MAX];
    assert_true(cu_cidr_parse("10.244.0.0/16", &c));
    assert_int_equal(cu_cidr_size(&c), 65536);
    assert_true(cu_cidr_subnet(&c, 24, 255, &sub));
    cu_cidr_format(&sub, text);
    assert_string_equal(text, "10.244.255.0/24");
    assert_false(cu_cidr_subnet(&c, 24, 256, &sub));
    assert_false(cu_cidr_subnet(&c, 15, 0, &sub));
    assert_false(cu_cidr_subnet(&c, 33, 0, &sub));
    assert_false(cu_cidr_subnet(&c, 24, UINT64_MAX, &sub));
    assert_true(cu_ip_parse("10.244.3.4", &ip) && cu_cidr_contains(&c, &ip));
    assert_true(cu_ip_parse("10.245.0.0", &ip) && !cu_cidr_contains(&c, &ip));
    assert_true(cu_ip_parse("fd00::1", &ip) && !cu_cidr_contains(&c, &ip));
    assert_true(cu_cidr_parse("fd00::/48", &c));
    assert_int_equal(cu_cidr_size(&c), UINT64_MAX);
    assert_true(cu_cidr_subnet(&c, 64, 258, &sub));
    cu_cidr_format(&sub, text);
    assert_string_equal(text, "fd00:0:0:102::/64");
    assert_true(cu_cidr_parse("::/0", &c));
    assert_true(cu_cidr_subnet(&c, 0, 0, &sub));
    assert_false(cu_cidr_subnet(&c, 0, 1, &sub));
}

static void test_host_port(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } good[] = { { "a.example", "a.example", -1 },     { "a:6443", "a", 6443 },
                 { "[fd00::1]:1", "fd00::1", 1 },      { "[fd00::1]", "fd00::1", -1 },
                 { "fd00::1", "fd00::1", -1 },         { ":80", "", 80 },
                 { "1.2.3.4:65535", "1.2.3.4", 65535 } };
    static const char *const bad[] = {
        "a:", "a:65536", "a:-1", "a:+1", "a:x", "a:b:c", "[fd00::1", "[::1]x"
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(good); i++) {
        cu_autofree char *host = NULL;
        int port = 0;
        assert_int_equal(cu_split_host_port(good[i].text, &host, &port, NULL), 0);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        char *host = NULL;
        int port = 7;
        assert_int_equal(cu_split_host_port(bad[i], &host, &port, NULL), -CU_E_INVALID);
        assert_null(host);
        assert_int_equal(port, 7);
    }
    cu_autofree char *v6 = cu_host_port("fd00::1", 6443), *v4 = cu_host_port("10.0.0.1", 1);
    assert_string_equal(v6, "[fd00::1]:6443");
    assert_string_equal(v4, "10.0.0.1:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_format), cmocka_unit_test(test_questions),
        cmocka_unit_test(test_leading_zeros),    cmocka_unit_test(test_cidr),
        cmocka_unit_test(test_arithmetic),       cmocka_unit_test(test_host_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
