#include "host.h"
#include "config/constants.h"
#include "config/version.h"

static int answer(void *arg, const char *url, char **out, struct cu_err *err)
{
    const char *const *pair = arg; /* url, body; ends with NULL */
    for (; pair[0]; pair += 2) {
        if (strcmp(pair[0], url) == 0) {
            *out = cu_strdup(pair[1]);
            return 0;
        }
    }
    return cu_fail(err, CU_E_UNREACHABLE, "%s: no route", url);
}

static char *resolve(const char *text, const char *const *pairs, struct cu_strlist *warnings)
{
    struct cfg_host host = { 0 };
    char *out = NULL;

    host.fetch = pairs ? answer : NULL;
    host.arg = (void *)(uintptr_t)pairs;
    return cfg_resolve_version(text, &host, warnings, &out, NULL) < 0 ? NULL : out;
}

static void exact_versions_need_nobody(void **state)
{
    static const char *const table[][2] = {
        { "1.36.2", "v1.36.2" },         { "v1.36.2", "v1.36.2" },         { "v1.37.0-rc.1", "v1.37.0-rc.1" },
        { "ci/v1.36.0+1", "v1.36.0+1" }, { "release/v1.36.1", "v1.36.1" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(table); i++) {
        cu_autofree char *got = resolve(table[i][0], NULL, NULL);
        assert_string_equal(got, table[i][1]);
    }
}

static void what_is_no_version(void **state)
{
    static const char *const bad[] = { "1.36",     "v1.036.0",     "banana",
                                       "stable-0", "stable-1.360", "ci/",
                                       "v 1.2.3",  "stable-1.36 ", "release/ci/v1.36.0" };
    (void)state;
    for (size_t i = 0; i < CU_LEN(bad); i++)
        assert_null(resolve(bad[i], NULL, NULL));
}

static void labels_are_fetched(void **state)
{
    static const char *const pairs[] = { "https://dl.k8s.io/release/stable-1.36.txt",
                                         " v1.36.9\n",
                                         "https://dl.k8s.io/release/stable-1.txt",
                                         "v1.40.1",
                                         "https://storage.googleapis.com/k8s-release-dev/ci/latest.txt",
                                         "v1.36.5-3+abc",
                                         "https://dl.k8s.io/release/latest.txt",
                                         "stable-1.36",
                                         NULL };
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    (void)state;
    cu_autofree char *minor = resolve("stable-1.36", pairs, &warnings);
    assert_string_equal(minor, "v1.36.9");
    assert_int_equal(warnings.n, 0);
    cu_autofree char *newer = resolve("stable-1", pairs, &warnings); /* newer than known: our own minor */
    assert_string_equal(newer, "v1.36.9");
    assert_int_equal(warnings.n, 1);
    cu_autofree char *ci = resolve("ci/latest", pairs, &warnings);
    assert_string_equal(ci, "v1.36.5-3+abc");
    cu_autofree char *twice = resolve("latest", pairs, &warnings);
    assert_string_equal(twice, "v1.36.9");
}

static void unanswered_labels_fall_back(void **state)
{
    static const char *const nothing[] = { NULL };
    cu_autostrlist struct cu_strlist warnings = CU_STRLIST_INIT;
    (void)state;
    cu_autofree char *a = resolve("stable-1.35", nothing, &warnings);
    assert_string_equal(a, CFG_KUBERNETES_VERSION);
    assert_int_equal(warnings.n, 2);
    cu_autofree char *b = resolve("stable-1", NULL, &warnings);
    assert_string_equal(b, CFG_KUBERNETES_VERSION);
    assert_int_equal(warnings.n, 4);
}

static void labels_that_turn_in_circles_end(void **state)
{
    static const char *const circle[] = { "https://dl.k8s.io/release/stable.txt", "latest",
                                          "https://dl.k8s.io/release/latest.txt", "stable", NULL };
    (void)state;
    assert_null(resolve("stable", circle, NULL));
}

static void bounds(void **state)
{
    (void)state;
    assert_int_equal(cfg_check_version("v1.23.0", false, NULL), 0);
    assert_int_equal(cfg_check_version("v1.22.17", false, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_check_version("v1.34.9", true, NULL), -CU_E_INVALID);
    assert_int_equal(cfg_check_version("v1.35.0", true, NULL), 0);
    assert_int_equal(cfg_minor("v1.36.2"), 36);
    assert_int_equal(cfg_patch("v1.36.2"), 2);
    assert_int_equal(cfg_minor("x"), -1);
    assert_int_equal(cfg_stored_version("v1.30.4"), CFG_V1BETA3);
    assert_int_equal(cfg_stored_version("v1.31.0"), CFG_V1BETA4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_versions_need_nobody),
        cmocka_unit_test(what_is_no_version),
        cmocka_unit_test(labels_are_fetched),
        cmocka_unit_test(unanswered_labels_fall_back),
        cmocka_unit_test(labels_that_turn_in_circles_end),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
