/* Endpoints that lead nowhere, and what is read of a runtime's configuration. Calls are tested on a real runtime
 * (tests/e2e/images.sh). */
#include "base/str.h"
#include "../cmocka_all.h"
#include "cri/private.h"
#include "../scratch.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void refuses(const char *endpoint, enum cu_code code, const char *words)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct cri_client *c = NULL;
    assert_int_equal(cri_connect(endpoint, &c, &err), -(int)code);
    assert_null(c);
    if (!strstr(cu_err_text(&err), words))
        fail_msg("\"%s\" lacks \"%s\"", cu_err_text(&err), words);
}

static void test_bad_endpoints(void **state)
{
    (void)state;
    char path[300] = "unix:///";
    memset(path + 8, 'x', sizeof(path) - 9);
    refuses("", CU_E_INVALID, "unix:///path");
    refuses(NULL, CU_E_INVALID, "unix:///path");
    refuses("tcp://127.0.0.1:1", CU_E_INVALID, "tcp://127.0.0.1:1");
    refuses("unix://relative.sock", CU_E_INVALID, "unix:///path");
    refuses(path, CU_E_INVALID, "too long");
    refuses("unix:///nowhere/at/all.sock", CU_E_NOTFOUND, "/nowhere/at/all.sock");
}

static void test_nobody_listens(void **state)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    cu_autofree char *endpoint = cu_asprintf("unix://%s/s", (const char *)*state);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", (const char *)*state);
    cu_autoclose int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    refuses(endpoint, CU_E_REFUSED, "refused");
}

static void test_config(void **state)
{
    (void)state;
    static const struct {
        const char *text, *image;
        enum cri_cgroup_driver driver;
    } rows[] = {
        { "{\"sandboxImage\":\"r/"
          "pause:3.9\",\"containerd\":{\"defaultRuntimeName\":\"runc\",\"runtimes\":{\"runc\":{"
          "\"runtimeType\":\"io.containerd.runc.v2\",\"options\":{\"SystemdCgroup\":true}}}}}",
          "r/pause:3.9", CRI_CGROUP_SYSTEMD },
        { "{\"containerd\":{\"defaultRuntimeName\":\"other\",\"runtimes\":{\"other\":{\"runtimeType\":"
          "\"io.containerd.runc.v2\",\"options\":null}}}}",
          NULL, CRI_CGROUP_CGROUPFS },
        { "{\"sandboxImage\":\"x\",\"containerd\":{\"runtimes\":{\"runc\":{\"runtimeType\":\"kata\"}}}}", "x",
          CRI_CGROUP_UNKNOWN },
        { "{\"sandboxImage\":7,\"containerd\":[]}", NULL, CRI_CGROUP_UNKNOWN },
        { "{\"sandboxImage\":", NULL, CRI_CGROUP_UNKNOWN },
        { "[]", NULL, CRI_CGROUP_UNKNOWN },
        { "", NULL, CRI_CGROUP_UNKNOWN },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autocristatus struct cri_status s = CRI_STATUS_INIT;
        cri_status_read_config(&s, rows[i].text);
        assert_true(cu_streq(s.sandbox_image, rows[i].image));
        assert_int_equal(s.cgroup_driver, rows[i].driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_endpoints),
        SCRATCH_TEST(test_nobody_listens),
        cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
