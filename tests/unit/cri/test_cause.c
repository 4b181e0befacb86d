/* What runtimes say of failed pulls, and what is made of it. The messages are containerd's and CRI-O's. */
#include "base/str.h"
#include "../cmocka_all.h"
#include "cri/pull.h"
#include <string.h>
#include <sys/utsname.h>

#define IMAGE "reg.example:5000/k8s/pause:3.10"
#define PULL "failed to pull and unpack image \"" IMAGE "\": "

static void test_known_causes(void **state)
{
    (void)state;
    static const struct {
        const char *message, *wanted;
        bool final;
    } rows[] = {
        { PULL "failed to copy: write /var/lib/containerd/x: no space left on device", "no space left",
          true },
        { PULL "no match for platform in manifest sha256:ab12: not found", "other architectures only", true },
        { PULL "manifest sha256:ab12: not found", "built for another architecture", true },
        { PULL "failed to resolve reference \"" IMAGE "\": " IMAGE ": not found", "no such image or tag",
          true },
        { "reading manifest 3.10 in reg.example:5000/k8s/pause: manifest unknown", "no such image or tag",
          true },
        { PULL "dial tcp 127.0.0.1:5000: connect: connection refused", "reg.example:5000 is not running",
          false },
        { PULL "dial tcp: lookup reg.example: no such host", "cannot be resolved", false },
        { PULL "dial tcp 10.0.0.1:443: i/o timeout", "does not answer in time", false },
        { PULL "http: server gave HTTP response to HTTPS client", "speaks plain HTTP", true },
        { PULL "tls: failed to verify certificate: x509: certificate signed by unknown authority",
          "is not trusted", true },
        { PULL "pull access denied, repository does not exist or may require authorization", "log in", true },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        bool final = !rows[i].final;
        cu_autofree char *text = cri_pull_cause(IMAGE, rows[i].message, &final);
        assert_non_null(strstr(text, rows[i].wanted));
        assert_non_null(strstr(text, rows[i].message)); /* the runtime's own words are kept */
        assert_null(strchr(text, '{'));
        assert_int_equal(final, rows[i].final);
    }
}

static void test_machine_is_named(void **state)
{
    (void)state;
    struct utsname u;
    assert_int_equal(uname(&u), 0);
    cu_autofree char *text = cri_pull_cause(IMAGE, "no match for platform in manifest", NULL);
    assert_non_null(strstr(text, u.machine));
}

static void test_unknown_cause_as_it_is(void **state)
{
    (void)state;
    bool final = true;
    cu_autofree char *text = cri_pull_cause("pause", "something\nodd", &final);
    assert_string_equal(text, "something odd");
    assert_false(final);
    cu_autofree char *other = cri_pull_cause("pause", "connection refused", NULL);
    assert_non_null(strstr(other, "docker.io"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_causes),
        cmocka_unit_test(test_machine_is_named),
        cmocka_unit_test(test_unknown_cause_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
