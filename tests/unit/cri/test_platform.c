/* Which images run on which machines, and what is read of a runtime's words about an image. */
#include "base/str.h"
#include "../cmocka_all.h"
#include "cri/platform.h"
#include <string.h>

static void test_foreign(void **state)
{
    (void)state;
    static const struct {
        const char *platform, *machine;
        bool foreign;
    } rows[] = {
        { "linux/amd64", "x86_64", false },
        { "linux/386", "x86_64", false },
        { "linux/arm64", "x86_64", true },
        { "linux/amd64", "aarch64", true },
        { "linux/arm64", "aarch64", false },
        { "linux/arm", "aarch64", false },
        { "linux/arm64", "armv7l", true },
        { "linux/amd64", "i686", true },
        { "windows/amd64", "x86_64", true },
        { "linux/loong64", "loongarch64", false },
        { "linux/ppc64le", "ppc64le", false },
        { "linux/s390x", "riscv64", true },
        { NULL, "x86_64", false },
        { "linux/amd64", "vax", false },
        { "linux/", "x86_64", true },
        { "amd64", "x86_64", true },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++)
        if (cri_platform_is_foreign(rows[i].platform, rows[i].machine) != rows[i].foreign)
            fail_msg("%s on %s", rows[i].platform, rows[i].machine);
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *info, *platform;
    } rows[] = {
        { "{\"chainID\":\"sha256:1\",\"imageSpec\":{\"architecture\":\"arm64\",\"os\":\"linux\",\"config\":{}"
          "}}",
          "linux/arm64" },
        { "{\"imageSpec\":{\"architecture\":\"amd64\"}}", "linux/amd64" },
        { "{\"imageSpec\":{\"os\":\"windows\",\"architecture\":\"amd64\"}}", "windows/amd64" },
        { "{\"imageSpec\":{\"architecture\":\"\",\"os\":\"\"}}", NULL },
        { "{\"imageSpec\":{\"architecture\":7}}", NULL },
        { "{\"imageSpec\":[]}", NULL },
        { "{\"labels\":{}}", NULL },
        { "[]", NULL },
        { "{", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autofree char *platform = cri_platform_read(rows[i].info);
        if (!cu_streq(platform, rows[i].platform))
            fail_msg("%s gives %s", rows[i].info, cu_or(platform, "nothing"));
    }
}

static void test_cause(void **state)
{
    (void)state;
    cu_autofree char *text = cri_platform_cause("linux/s390x", "aarch64");
    static const char *const wanted[] = { "linux/s390x", "aarch64", "images for arm64",
                                          "--image-repository" };
    for (size_t i = 0; i < CU_LEN(wanted); i++)
        assert_non_null(strstr(text, wanted[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
