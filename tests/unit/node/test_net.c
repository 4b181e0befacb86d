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

static void test_port_owner(void **state)
{
    static const char head[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    struct fake f;
    fake_init(&f, *state);
    assert_null(node_port_owner(&f.sys, 6443)); /* no tables */
    cu_autofree char *tcp = cu_asprintf("%s   0: 0100007F:192B 0100007F:D431 01 00000000:00000000 "
                                        "00:00000000 00000000     0        0 111 1 0 20\n"
                                        "   1: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 "
                                        "00000000     0        0 222 1 0 100\n"
                                        "nonsense\n   2: 00000000 0A\n",
                                        head);
    cu_autofree char *tcp6 =
        cu_asprintf("%s   0: 00000000000000000000000000000000:280A "
                    "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 "
                    "00000000     0        0 333 1 0 100\n",
                    head);
    fake_file(&f, "/proc/net/tcp", tcp);
    fake_file(&f, "/proc/net/tcp6", tcp6);
    fake_file(&f, "/proc/1/comm", "init\n");
    fake_file(&f, "/proc/42/comm", "kube-apiserver\n");
    fake_file(&f, "/proc/42/fd/0", "");
    cu_autofree char *other = cu_asprintf("%s/proc/42/fd/5", (char *)*state),
                     *held = cu_asprintf("%s/proc/42/fd/7", (char *)*state);
    assert_int_equal(symlink("socket:[111]", other), 0);
    assert_null(node_port_owner(&f.sys, 6443)); /* a connection is no listener */
    assert_int_equal(symlink("socket:[222]", held), 0);
    cu_autofree char *owner = node_port_owner(&f.sys, 6443);
    assert_string_equal(owner, "kube-apiserver, process 42");
    assert_null(node_port_owner(&f.sys, 10250)); /* of a process that is not seen */
    assert_null(node_port_owner(&f.sys, 80));
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_port), cmocka_unit_test(test_resolve),
                                        SCRATCH_TEST(test_port_owner) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
