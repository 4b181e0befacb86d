/* Phases certs and kubeconfig: what is made, what is kept, what is refused (spec init 5 and 6). */
#include "run.h"

#include "base/file.h"
#include "pki/ca.h"

/* A run with fast keys, begun. */
static void start(struct run *r, char *dir)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    run_init(r, dir);
    run_set(&r->opts.feature_gates, "PublicKeysECDSA=true");
    if (ph_init_begin(&r->ctx, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

static void phases(struct run *r, const char *only)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (run_phases(r, only, &err) < 0)
        fail_msg("%s: %s", only, cu_err_text(&err));
}

static void refused(struct run *r, const char *only, const char *want)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_true(run_phases(r, only, &err) < 0);
    if (!strstr(cu_err_text(&err), want))
        fail_msg("\"%s\" lacks \"%s\"", cu_err_text(&err), want);
}

static char *read_pki(struct run *r, const char *name)
{
    cu_autofree char *path = cu_path_join(r->ctx.paths.certs, name);
    char *text = NULL;
    if (cu_file_read(path, 1 << 20, &text, NULL, NULL) < 0)
        return cu_strdup("");
    return text;
}

static void test_all_and_again(void **state)
{
    struct run r;
    start(&r, *state);
    phases(&r, "certs");
    phases(&r, "kubeconfig");
    static const char *const said[] = {
        "[certs] Using certificateDir folder",
        "[certs] Generating \"ca\" certificate and key\n",
        ("[certs] apiserver serving cert is signed for DNS names [kubernetes kubernetes.default "
         "kubernetes.default.svc kubernetes.default.svc.cluster.local localhost] and IPs [10.96.0.1 "
         "192.0.2.10]\n"),
        ("[certs] etcd/peer serving cert is signed for DNS names [localhost] "
         "and IPs [192.0.2.10 127.0.0.1 ::1]\n"),
        "[kubeconfig] Writing \"super-admin.conf\" kubeconfig file\n",
    };
    for (size_t i = 0; i < CU_LEN(said); i++)
        assert_non_null(strstr(run_out(&r), said[i]));
    cu_autofree char *ca = read_pki(&r, "ca.crt"), *leaf = read_pki(&r, "apiserver.crt"),
                     *sa = read_pki(&r, "sa.key");
    run_clear(&r);

    start(&r, *state);
    phases(&r, "certs");
    phases(&r, "kubeconfig");
    assert_non_null(strstr(run_out(&r), "[certs] Using existing ca certificate authority\n"));
    assert_non_null(strstr(run_out(&r), "[certs] Using existing apiserver certificate and key on disk\n"));
    assert_non_null(strstr(run_out(&r), "[certs] Using the existing \"sa\" key\n"));
    assert_non_null(strstr(run_out(&r), "[kubeconfig] Using existing kubeconfig file: "));
    assert_null(strstr(run_out(&r), "Generating"));
    assert_null(strstr(run_out(&r), "Writing"));
    cu_autofree char *ca2 = read_pki(&r, "ca.crt"), *leaf2 = read_pki(&r, "apiserver.crt"),
                     *sa2 = read_pki(&r, "sa.key");
    assert_string_equal(ca, ca2);
    assert_string_equal(leaf, leaf2);
    assert_string_equal(sa, sa2);
    run_clear(&r);
}

static void test_single_phases_and_refusals(void **state)
{
    struct run r;
    start(&r, *state);
    refused(&r, "certs/apiserver", "cannot sign apiserver: the certificate authority ca is not usable");
    refused(&r, "kubeconfig/admin", "cannot sign the client certificate in admin.conf");
    phases(&r, "certs/ca");
    phases(&r, "certs/apiserver");
    assert_null(strstr(run_out(&r), "certificateDir")); /* the header belongs to the group */
    phases(&r, "kubeconfig/admin");
    /* another CA: what the old one signed is no longer good */
    cu_autofree char *crt = pki_crt_path(r.ctx.paths.certs, "ca"),
                     *key = pki_key_path(r.ctx.paths.certs, "ca");
    assert_int_equal(unlink(crt), 0);
    refused(&r, "certs/ca", "ca");
    assert_int_equal(unlink(key), 0);
    phases(&r, "certs/ca");
    refused(&r, "certs/apiserver", "[certs] certificate apiserver not signed by CA certificate ca");
    refused(&r, "kubeconfig/admin", "trusts another CA");
    run_clear(&r);
}

static void test_broken_sa_key(void **state)
{
    struct run r;
    start(&r, *state);
    cu_autofree char *path = pki_key_path(r.ctx.paths.certs, "sa");
    assert_int_equal(cu_mkdir_p(r.ctx.paths.certs, 0755, NULL), 0);
    assert_int_equal(cu_file_write_str(path, "no key\n", 0600, NULL), 0);
    refused(&r, "certs/sa", "the service account key is there but cannot be used");
    assert_int_equal(unlink(path), 0);
    phases(&r, "certs/sa");
    cu_autofree char *pub = read_pki(&r, "sa.pub");
    assert_true(cu_has_prefix(pub, "-----BEGIN PUBLIC KEY-----\n"));
    run_clear(&r);
}

static void test_external_ca(void **state)
{
    struct run r;
    start(&r, *state);
    phases(&r, "certs");
    phases(&r, "kubeconfig");
    cu_autofree char *key = pki_key_path(r.ctx.paths.certs, "ca"),
                     *leaf = pki_key_path(r.ctx.paths.certs, "apiserver");
    run_clear(&r);
    assert_int_equal(unlink(key), 0);

    start(&r, *state); /* all that the CA signs is there: begun without its key */
    assert_true(r.ctx.external_ca);
    phases(&r, "certs/sa");
    assert_non_null(strstr(run_out(&r), "External CA"));
    run_clear(&r);

    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_int_equal(unlink(leaf), 0);
    run_init(&r, *state);
    assert_true(ph_init_begin(&r.ctx, &err) < 0);
    assert_non_null(
        strstr(cu_err_text(&err), "certificate and key of apiserver, which it signs, must be in"));
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_all_and_again),
        SCRATCH_TEST(test_single_phases_and_refusals),
        SCRATCH_TEST(test_broken_sa_key),
        SCRATCH_TEST(test_external_ca),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
