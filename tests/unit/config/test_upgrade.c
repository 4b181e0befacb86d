/* Which upgrades are allowed, and which are offered. */
#include "host.h"
#include "base/buf.h"
#include "config/upgrade.h"

enum { NONE, SKIP, MUST };

static const struct {
    const char *wanted, *server, *kubeadm, *kubelet;
    bool experimental, rc;
    int worst;
    const char *says; /* part of the text; NULL: nothing is wrong */
} policies[] = {
    { "v1.36.2", "v1.36.1", "v1.36.2", "v1.36.1", false, false, NONE, NULL },
    { "v1.36.2", "v1.35.9", "v1.36.2", "v1.35.9", false, false, NONE, NULL },
    { "v1.36.2", "v1.36.2", "v1.36.2", "v1.36.2", false, false, NONE, NULL },
    { "v1.35.4", "v1.36.2", "v1.36.2", "v1.36.2", false, false, NONE, NULL }, /* one minor down */
    { "v1.36.2", "v1.34.0", "v1.36.2", "v1.34.0", false, false, MUST, "more than one minor above" },
    { "v1.36.0-rc.1", "v1.34.0", "v1.36.2", "v1.34.0", false, true, SKIP, "more than one minor above" },
    { "v1.34.2", "v1.36.2", "v1.36.2", "v1.34.0", false, false, MUST, "more than one minor below" },
    { "v1.37.0", "v1.36.2", "v1.36.2", "v1.36.2", false, false, MUST, "upgrade kubeadm to v1.37.0 first" },
    { "v1.37.0-rc.0", "v1.36.2", "v1.36.2", "v1.36.2", false, true, SKIP, "upgrade kubeadm" },
    { "v1.36.3", "v1.36.2", "v1.36.2", "v1.36.2", false, false, SKIP, "later than kubeadm v1.36.2" },
    { "v1.36.0-rc.1", "v1.35.2", "v1.36.2", "v1.35.2", false, false, SKIP, "not a stable release" },
    { "v1.36.0-rc.1", "v1.35.2", "v1.36.2", "v1.35.2", false, true, NONE, NULL },
    { "v1.36.0-beta.1", "v1.35.2", "v1.36.2", "v1.35.2", false, true, SKIP, "not a stable release" },
    { "v1.36.0-beta.1", "v1.35.2", "v1.36.2", "v1.35.2", true, false, NONE, NULL },
    { "v1.36.2", "v1.36.0", "v1.36.2", "v1.33.0", false, false, NONE, NULL }, /* three minors behind */
    { "v1.36.2", "v1.36.0", "v1.36.2", "v1.32.5", false, false, SKIP, "kubelets of version v1.32.5" },
    { "v1.36.2", "v1.36.0", "v1.36.2", NULL, false, false, SKIP, "not known" },
    { "v1.22.0", "v1.23.0", "v1.36.2", "v1.22.0", false, false, MUST, "older than what kubeadm" },
};

static void policy_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_LEN(policies); i++) {
        cu_autostrlist struct cu_strlist must = CU_STRLIST_INIT, skip = CU_STRLIST_INIT,
                                         kubelets = CU_STRLIST_INIT;
        if (policies[i].kubelet)
            cu_strlist_add(&kubelets, policies[i].kubelet);
        const struct cfg_upgrade_facts f = { .wanted = policies[i].wanted,
                                             .server = policies[i].server,
                                             .kubeadm = policies[i].kubeadm,
                                             .kubelets = policies[i].kubelet ? &kubelets : NULL,
                                             .allow_experimental = policies[i].experimental,
                                             .allow_rc = policies[i].rc };
        assert_int_equal(cfg_upgrade_check(&f, &must, &skip, NULL), 0);
        int worst = must.n ? MUST : skip.n ? SKIP : NONE;
        cu_strlist_copy(&must, &skip);
        cu_autofree char *all = cu_strlist_join(&must, "; ");
        if (worst != policies[i].worst || (policies[i].says && !strstr(all, policies[i].says)))
            fail_msg("%s on %s: %d %s", policies[i].wanted, policies[i].server, worst, all);
    }
}

static void what_is_no_version(void **state)
{
    (void)state;
    static const char *const bad[][3] = { { "now", "v1.36.0", "v1.36.2" },
                                          { "v1.36.2", "", "v1.36.2" },
                                          { "v1.36.2", "v1.36.0", NULL } };
    for (size_t i = 0; i < CU_LEN(bad); i++) {
        cu_autostrlist struct cu_strlist none = CU_STRLIST_INIT;
        const struct cfg_upgrade_facts f = { .wanted = bad[i][0], .server = bad[i][1], .kubeadm = bad[i][2] };
        assert_int_equal(cfg_upgrade_check(&f, &none, &none, NULL), -CU_E_INVALID);
    }
}

static int label(void *arg, const char *name, char **out, struct cu_err *err)
{
    const char *const *pair = arg;
    for (; pair[0]; pair += 2)
        if (strcmp(pair[0], name) == 0) {
            *out = cu_strdup(pair[1]);
            return 0;
        }
    return cu_fail(err, CU_E_NOTFOUND, "%s is not known", name);
}

static const struct {
    const char *cluster, *stable;
    bool experimental, rc;
    const char *labels[7], *want; /* "description=kubernetes/kubeadm;" each */
} offers[] = {
    { "v1.36.2", "v1.36.2", false, false, { "stable-1.36", "v1.36.2" }, "" },
    { "v1.35.1",
      "v1.36.2",
      false,
      false,
      { "stable-1.35", "v1.35.4" },
      "version in the v1.35 series=v1.35.4/v1.36.2;stable version=v1.36.2/v1.36.2;" },
    { "v1.36.2",
      "v1.36.3",
      false,
      false,
      { "stable-1.36", "v1.36.3" },
      "version in the v1.36 series=v1.36.3/v1.36.3;" },
    { "v1.35.1", "v1.36.2", false, false, { NULL }, "stable version=v1.36.2/v1.36.2;" }, /* no such label */
    { "v1.35.1",
      "v1.36.2",
      false,
      false,
      { "stable-1.35", "v1.36.2" }, /* the user named it: one offer */
      "version in the v1.35 series=v1.36.2/v1.36.2;" },
    { "v1.37.0-alpha.1", "v1.36.2", false, false, { "stable-1.37", "v1.36.2" }, "" },
    { "v1.36.2",
      "v1.36.2",
      false,
      true,
      { "stable-1.36", "v1.36.2", "latest", "v1.38.0-alpha.0", "latest-1.37", "v1.37.0-rc.1" },
      "release candidate version=v1.37.0-rc.1/v1.37.0-rc.1;" },
    { "v1.36.2",
      "v1.36.2",
      true,
      false,
      { "stable-1.36", "v1.36.2", "latest", "v1.38.0-alpha.0", "latest-1.37", "v1.37.0-rc.1" },
      "experimental version=v1.37.0-rc.1/v1.37.0-rc.1;" },
    { "v1.36.2",
      "v1.36.2",
      true,
      true,
      { "stable-1.36", "v1.36.2", "latest", "v1.38.0-alpha.2", "latest-1.37", "v1.37.0-beta.1" },
      "experimental version=v1.38.0-alpha.2/v1.38.0-alpha.2;" },
};

static void offer_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_LEN(offers); i++) {
        cfg_autooffers struct cfg_offers got = CFG_OFFERS_INIT;
        cu_autobuf struct cu_buf text = CU_BUF_INIT(4096);
        const struct cfg_offer_facts f = { .cluster = offers[i].cluster,
                                           .kubeadm = "v1.36.2",
                                           .stable = offers[i].stable,
                                           .allow_experimental = offers[i].experimental,
                                           .allow_rc = offers[i].rc,
                                           .resolve = label,
                                           .arg = (void *)(uintptr_t)offers[i].labels };
        assert_int_equal(cfg_upgrade_offers(&f, &got, NULL), 0);
        for (size_t k = 0; k < got.n; k++)
            cu_buf_addf(&text, "%s=%s/%s;", got.v[k].description, got.v[k].kubernetes, got.v[k].kubeadm);
        if (strcmp(cu_buf_str(&text), offers[i].want) != 0)
            fail_msg("%s to %s: %s", offers[i].cluster, offers[i].stable, cu_buf_str(&text));
    }
}

static int broken(void *arg, const char *name, char **out, struct cu_err *err)
{
    (void)arg;
    (void)out;
    return cu_fail(err, CU_E_CANCELED, "%s: interrupted", name);
}

static void other_failures_end_it(void **state)
{
    (void)state;
    cfg_autooffers struct cfg_offers got = CFG_OFFERS_INIT;
    const struct cfg_offer_facts f = {
        .cluster = "v1.35.0", .kubeadm = "v1.36.2", .stable = "v1.36.2", .resolve = broken
    };
    assert_int_equal(cfg_upgrade_offers(&f, &got, NULL), -CU_E_CANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(policy_table), cmocka_unit_test(what_is_no_version),
                                        cmocka_unit_test(offer_table),
                                        cmocka_unit_test(other_failures_end_it) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
