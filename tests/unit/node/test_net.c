/* tests/unit/node/test_net.c - ports that are free or taken, names that resolve or not. */
#include "fake.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "node/net.h"

static void test_port(void **state)
{
    (void)state;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof in;
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
    assert_int_equal(node_port_free(ntohs(in.sin_port), &err), -CU_E_EXISTS);
    cu_autofree char *number = cu_asprintf("%d", ntohs(in.sin_port));
    assert_non_null(strstr(cu_err_text(&err), number));
    assert_int_equal(node_port_free(0, NULL), 0); /* any port */
}

static void test_resolve(void **state)
{
    (void)state;
    cu_autostrlist struct cu_strlist addrs = CU_STRLIST_INIT;
    assert_int_equal(node_resolve(NULL, "192.0.2.7", &addrs, NULL), 0);
    assert_int_equal(addrs.n, 1);
    assert_string_equal(addrs.v[0], "192.0.2.7");
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_true(node_resolve(NULL, "no-such-host.invalid", &addrs, &err) < 0);
    assert_non_null(strstr(cu_err_text(&err), "no-such-host.invalid"));
    assert_int_equal(addrs.n, 1);
    assert_true(node_resolve(NULL, "", &addrs, NULL) < 0);
    assert_true(node_resolve(NULL, "localhost", &addrs, NULL) == 0 && addrs.n > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_port), cmocka_unit_test(test_resolve) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
