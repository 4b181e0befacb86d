/* tests/unit/node/test_advertise.c - the advertise address, rule by rule (spec config-api 8.4). */
#include "fake.h"

#include "node/net.h"

#define V4(a, b, c, d)                                                                                       \
    {                                                                                                        \
        { a, b, c, d }, false                                                                                \
    }
#define V6(first, second, last)                                                                              \
    {                                                                                                        \
        { first, second, [15] = last }, true                                                                 \
    }
#define HEAD "Iface\tDestination\tGateway \tFlags\n"
#define ZERO "00000000000000000000000000000000"

static const struct node_addr machine[] = {
    { "lo", V4(127, 0, 0, 1), true, true, false },
    { "lo", V4(10, 9, 9, 9), true, true, false },
    { "lo", V6(0, 0, 1), true, true, false },
    { "eth0", V4(169, 254, 1, 1), true, false, false },
    { "eth0", V4(10, 0, 0, 5), true, false, false },
    { "eth0", V6(0xfe, 0x80, 5), true, false, false },
    { "eth0", V6(0xfd, 0, 5), true, false, false },
    { "down0", V4(10, 0, 1, 5), false, false, false },
    { "bare0", V4(169, 254, 2, 2), true, false, false },
    { "tun0", V4(10, 0, 2, 5), true, false, true },
};

static void check(struct fake *f, const char *want, const char *expect)
{
    cu_autofree char *out = NULL, *warning = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    int r = node_advertise_address(&f->sys, want, &out, &warning, &err);
    if (!expect) {
        assert_true(r < 0);
        assert_null(out);
        return;
    }
    assert_int_equal(r, 0);
    assert_string_equal(out, expect);
    assert_int_equal(warning != NULL, cu_streq(expect, "0.0.0.0"));
}

static void test_given(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    f.addrs = machine;
    f.n_addrs = CU_LEN(machine);
    check(&f, "192.168.1.1", "192.168.1.1");
    check(&f, "192.168.001.010", "192.168.1.10");
    check(&f, "FD00:0::1", "fd00::1");
    check(&f, "127.0.0.1", "10.9.9.9");
    check(&f, "::1", "10.9.9.9");
    check(&f, "localhost", NULL);
    check(&f, "1.2.3.256", NULL);
    check(&f, "1.2.3", NULL);
    check(&f, "0000000000000000000000000000000000000000000000000000000001.2.3.4", "1.2.3.4");
    f.n_addrs = 1;
    check(&f, "127.0.0.1", NULL);
    fake_clear(&f);
}

static void test_routes(void **state)
{
    struct fake f;
    fake_init(&f, *state);
    f.addrs = machine;
    f.n_addrs = CU_LEN(machine);
    check(&f, "", "10.0.0.5"); /* no routing table at all: any interface */
    check(&f, "::", "fd00::5");
    fake_file(&f, "/proc/net/route", HEAD "eth0\t0000000A\t00000000\t0001\n");
    check(&f, NULL, "0.0.0.0"); /* no default route */
    fake_file(&f, "/proc/net/route",
              HEAD "down0\t00000000\t0100000A\t0003\neth0\t00000000\t0100000A\t0003\n");
    check(&f, NULL, "10.0.0.5");
    check(&f, "::", "10.0.0.5"); /* no IPv6 route, so the other family */
    fake_file(&f, "/proc/net/ipv6_route",
              ZERO " 00 " ZERO " 00 " ZERO " ffffffff 1 0 00200200 lo\n" ZERO " 00 " ZERO
                   " 00 fe800000000000000000000000000001 00000400 1 0 00000003 eth0\n");
    check(&f, "::", "fd00::5");
    check(&f, "0.0.0.0", "10.0.0.5");
    fake_file(&f, "/proc/net/route", HEAD "bare0\t00000000\t0100000A\t0003\n");
    check(&f, "", "10.9.9.9"); /* nothing usable on the interface: one of a loopback interface */
    fake_file(&f, "/proc/net/ipv6_route", "");
    fake_file(&f, "/proc/net/route", HEAD "down0\t00000000\t0100000A\t0003\ngarbage\n\n");
    check(&f, "", NULL);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SCRATCH_TEST(test_given), SCRATCH_TEST(test_routes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
