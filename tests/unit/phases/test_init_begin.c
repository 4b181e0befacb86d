/* What init works on, and which mistake is told first (spec init 2.4). */
#include "run.h"

#include "base/file.h"

static char *begin(struct run *r)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    return ph_init_begin(&r->ctx, &err) < 0 ? cu_strdup(cu_err_text(&err)) : NULL;
}

static void test_flags_become_configuration(void **state)
{
    struct run r;
    run_init(&r, *state);
    run_set(&r.opts.node_name, "Box-1");
    run_set(&r.opts.service_cidr, "10.1.0.0/16");
    run_set(&r.opts.token, "abcdef.0123456789abcdef");
    cu_strlist_add(&r.opts.ignore_preflight_errors, "Swap");
    cu_strlist_add(&r.opts.ignore_preflight_errors, "Mem");
    cu_strlist_add(&r.opts.skip_phases, "addon");
    cu_autofree char *failed = begin(&r);
    assert_null(failed);
    const struct cfg_init *i = r.ctx.init;
    assert_string_equal(i->node.name, "Box-1");
    assert_string_equal(i->cluster.networking.service_subnet, "10.1.0.0/16");
    assert_string_equal(i->cluster.kubernetes_version, "v1.36.2");
    assert_string_equal(i->bootstrap_tokens.v[0].token, "abcdef.0123456789abcdef");
    assert_string_equal(i->node.ignore_preflight_errors.v[0], "mem");
    assert_string_equal(i->node.ignore_preflight_errors.v[1], "swap");
    assert_true(i->cluster.dns.disabled && i->cluster.proxy.disabled);
    assert_string_equal(r.ctx.paths.certs, r.opts.cert_dir);
    assert_string_equal(r.ctx.paths.manifests, "/etc/kubernetes/manifests");
    assert_false(r.ctx.dry_run || r.ctx.embedded || r.ctx.external_ca);
    run_clear(&r);
}

static void test_first_mistake(void **state)
{
    struct run r;
    static const struct {
        const char *gates, *token, *address, *ignore, *want;
    } rows[] = {
        { "Nope=true", "bad", "", "", "Nope" },
        { "", "bad", "", "", "the bootstrap token of --token is not of the form" },
        { "", "", "nonsense", "", "nonsense" },
        { "", "", "0.0.0.1x", "", "0.0.0.1x" },
        { "", "", "192.0.2.10", "all,swap", "ignore-preflight-errors" },
    };
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        run_init(&r, *state);
        run_set(&r.opts.feature_gates, rows[i].gates);
        run_set(&r.opts.token, rows[i].token);
        run_set(&r.opts.apiserver_advertise_address, rows[i].address);
        cu_strlist_split(&r.opts.ignore_preflight_errors, rows[i].ignore, ',');
        cu_autofree char *failed = begin(&r);
        assert_non_null(failed);
        assert_non_null(strstr(failed, rows[i].want));
        run_clear(&r);
    }
}

static void test_config_excludes_flags(void **state)
{
    struct run r;
    run_init(&r, *state);
    run_set(&r.opts.config, "/nosuch.yaml");
    static const char *const given[] = { "config", "dry-run", "embedded", "node-name",
                                         "token",  "v",       "cert-dir" };
    for (size_t i = 0; i < CU_LEN(given); i++)
        cu_strlist_add(&r.opts.given, given[i]);
    cu_strlist_sort(&r.opts.given);
    cu_autofree char *failed = begin(&r);
    assert_string_equal(failed, "can not mix '--config' with arguments [cert-dir token]");
    run_clear(&r);
}

static void test_dry_run_folder(void **state)
{
    struct run r;
    run_init(&r, *state);
    cu_autofree char *dir = cu_asprintf("%s/dry", r.dir), *admin = cu_asprintf("%s/dry/admin.conf", r.dir);
    setenv("KUBEADM_INIT_DRYRUN_DIR", dir, 1);
    r.opts.dry_run = true;
    cu_strlist_add(&r.opts.given, "dry-run");
    cu_autofree char *failed = begin(&r);
    unsetenv("KUBEADM_INIT_DRYRUN_DIR");
    assert_null(failed);
    assert_true(r.ctx.dry_run);
    assert_string_equal(r.ctx.paths.certs, dir);
    assert_string_equal(r.ctx.paths.certs_real, r.opts.cert_dir);
    assert_string_equal(r.ctx.paths.kubeconfig, admin);
    assert_string_equal(r.ctx.paths.kubelet, dir);
    assert_false(cu_exists(dir));
    run_clear(&r);
}

static void test_embedded_needs_its_programs(void **state)
{
    struct run r;
    cu_autofree char *dir = cu_asprintf("%s/bin", (char *)*state), *kubelet = cu_asprintf("%s/kubelet", dir);
    for (int there = 0; there < 2; there++) {
        run_init(&r, *state);
        r.opts.embedded = true;
        run_set(&r.opts.component_dir, dir);
        cu_autofree char *failed = begin(&r);
        if (there) {
            assert_null(failed);
            assert_string_equal(r.ctx.component_dir, dir);
            assert_string_equal(r.ctx.init->cluster.etcd.external->endpoints.v[0],
                                "sqlite:///var/lib/cubeadm/state.db");
        } else {
            assert_non_null(strstr(failed, "no executable kubelet in "));
            assert_int_equal(cu_mkdir_p(dir, 0755, NULL), 0);
            assert_int_equal(cu_file_write_str(kubelet, "#!/bin/sh\n", 0755, NULL), 0);
        }
        run_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_flags_become_configuration),  SCRATCH_TEST(test_first_mistake),
        SCRATCH_TEST(test_config_excludes_flags),       SCRATCH_TEST(test_dry_run_folder),
        SCRATCH_TEST(test_embedded_needs_its_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
