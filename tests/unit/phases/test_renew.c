/* Certificates a control plane holds: the list, reading them, renewing them, requests for them (spec operations 6). */
#include "run.h"

#include "base/encode.h"
#include "base/file.h"
#include "config/load.h"
#include "kube/kubeconfig.h"
#include "phases/generate_csr.h"
#include "phases/renew_certs.h"
#include "pki/ca.h"
#include "pki/csr.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define YEAR_MS (365 * 24 * HOUR_MS)

/* A control plane's certificates and kubeconfigs with fast keys. */
static void start(struct run *r, char *dir)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    run_init(r, dir);
    run_set(&r->opts.feature_gates, "PublicKeysECDSA=true");
    if (ph_init_begin(&r->ctx, &err) < 0 || run_phases(r, "certs", &err) < 0 ||
        run_phases(r, "kubeconfig", &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

static struct ph_held held(const char *name)
{
    struct ph_held list[PH_HELD_MAX];
    size_t n = ph_held_list(false, list);
    for (size_t i = 0; i < n; i++)
        if (cu_streq(list[i].name, name))
            return list[i];
    fail_msg("no certificate %s", name);
    return (struct ph_held){ NULL };
}

static struct pki_cert *load(struct run *r, const char *name)
{
    struct ph_held h = held(name);
    struct pki_cert *cert = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (ph_held_load(&r->ctx, &h, &cert, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
    return cert;
}

static void renew(struct run *r, const char *name, struct ph_renewed *done)
{
    struct ph_held h = held(name);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    if (ph_renew(&r->ctx, &h, done, &err) < 0)
        fail_msg("%s", cu_err_text(&err));
}

static void refused(struct run *r, const char *name, const char *want)
{
    struct ph_held h = held(name);
    struct ph_renewed done = PH_RENEWED_INIT;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    assert_true(ph_renew(&r->ctx, &h, &done, &err) < 0);
    if (!strstr(cu_err_text(&err), want))
        fail_msg("\"%s\" lacks \"%s\"", cu_err_text(&err), want);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const names[] = { "admin.conf",
                                         "apiserver",
                                         "apiserver-etcd-client",
                                         "apiserver-kubelet-client",
                                         "controller-manager.conf",
                                         "etcd-healthcheck-client",
                                         "etcd-peer",
                                         "etcd-server",
                                         "front-proxy-client",
                                         "scheduler.conf",
                                         "super-admin.conf" };
    static const char *const authorities[] = { "ca", "etcd-ca", "front-proxy-ca" };
    struct ph_held list[PH_HELD_MAX];
    assert_int_equal(ph_held_list(false, list), CU_LEN(names));
    for (size_t i = 0; i < CU_LEN(names); i++) {
        assert_string_equal(list[i].name, names[i]);
        assert_false(cu_is_empty(list[i].title));
    }
    assert_string_equal(ph_held_issuer(&list[2]), "etcd-ca");
    assert_int_equal(ph_held_list(true, list), CU_LEN(authorities));
    for (size_t i = 0; i < CU_LEN(authorities); i++)
        assert_string_equal(list[i].name, authorities[i]);
    assert_null(ph_held_issuer(&list[0]));
}

static void same_but_new(const struct pki_cert *old, const struct pki_cert *new, int64_t start_ms)
{
    assert_string_equal(pki_cert_cn(new), pki_cert_cn(old));
    cu_autofree char *a = cu_strlist_join(pki_cert_dns(old), " "),
                     *b = cu_strlist_join(pki_cert_dns(new), " ");
    assert_string_equal(a, b);
    cu_autofree char *c = cu_strlist_join(pki_cert_ips(old), " "),
                     *d = cu_strlist_join(pki_cert_ips(new), " ");
    assert_string_equal(c, d);
    cu_autofree char *e = cu_strlist_join(pki_cert_orgs(old), " "),
                     *f = cu_strlist_join(pki_cert_orgs(new), " ");
    assert_string_equal(e, f);
    assert_int_equal(pki_cert_ekus(new), pki_cert_ekus(old));
    assert_string_not_equal(pki_cert_serial(new), pki_cert_serial(old));
    pki_autokey struct pki_key *was = pki_cert_key(old), *is = pki_cert_key(new);
    assert_false(pki_key_same_public(was, is));
    assert_int_equal(pki_cert_not_before(new), start_ms - PKI_BACKDATE_MS);
    assert_int_equal(pki_cert_not_after(new), start_ms + YEAR_MS);
}

static void test_renew_all(void **state)
{
    struct run r;
    struct ph_held list[PH_HELD_MAX];
    struct ph_renewed done = PH_RENEWED_INIT;
    start(&r, *state);
    r.ctx.start_ms += 400 * 24 * HOUR_MS; /* all have expired: they are renewed all the same */
    size_t n = ph_held_list(false, list);
    for (size_t i = 0; i < n; i++) {
        pki_autocert struct pki_cert *old = load(&r, list[i].name);
        renew(&r, list[i].name, &done);
        pki_autocert struct pki_cert *new = load(&r, list[i].name);
        same_but_new(old, new, r.ctx.start_ms);
        if (list[i].base) {
            cu_autoerr struct cu_err err = CU_ERR_INIT;
            pki_autocert struct pki_cert *ca = NULL;
            cu_autofree char *path = pki_crt_path(r.ctx.paths.certs, list[i].ca);
            assert_int_equal(pki_cert_load(path, &ca, NULL), 0);
            if (pki_pair_check(r.ctx.paths.certs, list[i].base, ca, NULL, r.ctx.start_ms, &err) != 1)
                fail_msg("%s", cu_err_text(&err));
        }
    }
    cu_autofree char *who = cu_strlist_join(&done.used_by, " ");
    assert_string_equal(who, "kube-apiserver kube-controller-manager etcd kube-scheduler");
    assert_int_equal(done.n_missing + done.n_external, 0);
    assert_non_null(strstr(run_out(&r), "certificate the API server serves with renewed\n"));
    cu_strlist_clear(&done.used_by);
    run_clear(&r);
}

/* The rest of a kubeconfig stays; the key belongs to the certificate, the authority is the one on disk. */
static void test_kubeconfig(void **state)
{
    struct run r;
    struct ph_renewed done = PH_RENEWED_INIT;
    start(&r, *state);
    cu_autofree char *path = cu_path_join(*state, "admin.conf"),
                     *ca_path = pki_crt_path(r.ctx.paths.certs, "ca");
    kube_autoconfig struct kube_config *config = NULL;
    assert_int_equal(kube_config_load(path, &config, NULL), 0);
    kube_config_set_server(config, "https://elsewhere:1");
    val_set_str(kube_config_current_context(config), "namespace", "mine");
    val_set_str(kube_config_default_cluster(config), "certificate-authority-data", "b2xk");
    assert_int_equal(kube_config_save(config, path, NULL), 0);
    renew(&r, "admin.conf", &done);
    kube_config_free(config);
    config = NULL;
    assert_int_equal(kube_config_load(path, &config, NULL), 0);
    assert_string_equal(kube_config_server(config), "https://elsewhere:1");
    assert_string_equal(val_get_str(kube_config_current_context(config), "namespace"), "mine");
    cu_autofree char *ca = NULL, *wanted = NULL;
    assert_int_equal(kube_config_ca(config, &ca, NULL), 0);
    assert_int_equal(cu_file_read(ca_path, 1 << 20, &wanted, NULL, NULL), 0);
    assert_string_equal(ca, wanted);
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    pki_autokey struct pki_key *key = NULL;
    pki_autocert struct pki_cert *cert = load(&r, "admin.conf");
    assert_int_equal(
        cu_unbase64(val_get_str(kube_config_current_user(config), "client-key-data"), &pem, &n, NULL), 0);
    assert_int_equal(pki_key_parse((const char *)pem, n, &key, NULL), 0);
    assert_true(pki_cert_matches_key(cert, key));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(done.used_by.n, 0);
    run_clear(&r);
}

static void test_missing_and_foreign(void **state)
{
    struct run r;
    struct ph_renewed done = PH_RENEWED_INIT;
    start(&r, *state);
    cu_autofree char *leaf = pki_crt_path(r.ctx.paths.certs, "apiserver"),
                     *ca_key = pki_key_path(r.ctx.paths.certs, "ca"),
                     *ca = pki_crt_path(r.ctx.paths.certs, "ca"), *admin = cu_path_join(*state, "admin.conf");
    /* external etcd: these do not apply, whatever is on disk */
    struct cfg_etcd_local *local = r.ctx.init->cluster.etcd.local;
    r.ctx.init->cluster.etcd.local = NULL;
    r.ctx.init->cluster.etcd.external = cu_calloc(1, sizeof(struct cfg_etcd_external));
    renew(&r, "etcd-server", &done);
    renew(&r, "apiserver-etcd-client", &done);
    assert_int_equal(done.n_missing, 2);
    free(r.ctx.init->cluster.etcd.external);
    r.ctx.init->cluster.etcd.external = NULL;
    r.ctx.init->cluster.etcd.local = local;

    /* the authority's key is kept elsewhere: told, and passed over; the old pair stays */
    assert_int_equal(unlink(ca_key), 0);
    pki_autocert struct pki_cert *before = load(&r, "apiserver");
    renew(&r, "apiserver", &done);
    renew(&r, "admin.conf", &done);
    pki_autocert struct pki_cert *after = load(&r, "apiserver");
    assert_string_equal(pki_cert_serial(before), pki_cert_serial(after));
    assert_int_equal(done.n_external, 2);
    assert_non_null(strstr(run_out(&r), "External ca detected: the certificate the API server serves with"));
    /* then everything it signs must be good */
    r.ctx.start_ms += 400 * 24 * HOUR_MS;
    refused(&r, "admin.conf", "apiserver");
    r.ctx.start_ms -= 400 * 24 * HOUR_MS;
    assert_int_equal(unlink(leaf), 0);
    renew(&r, "apiserver", &done);
    assert_int_equal(done.n_missing, 3);
    assert_non_null(strstr(run_out(&r), "MISSING! certificate the API server serves with\n"));
    /* no authority at all */
    assert_int_equal(unlink(ca), 0);
    refused(&r, "admin.conf", "the certificate of the authority that signed it");
    assert_int_equal(cu_file_write_str(admin, "kind: Config\n", 0600, NULL), 0);
    refused(&r, "admin.conf", "no usable current-context");
    run_clear(&r);
}

/* What stands in the way of the second file leaves the first as it was. */
static void test_pair_is_replaced_whole(void **state)
{
    struct run r;
    struct ph_held h = held("apiserver");
    start(&r, *state);
    cu_autofree char *block = cu_asprintf("%s/apiserver.crt.new", r.ctx.paths.certs);
    cu_autofree char *path = pki_key_path(r.ctx.paths.certs, "apiserver");
    cu_autofree char *before = NULL, *after = NULL;
    struct ph_renewed done = PH_RENEWED_INIT;
    assert_int_equal(cu_file_read(path, 1 << 20, &before, NULL, NULL), 0);
    assert_int_equal(mkdir(block, 0700), 0);
    assert_true(ph_renew(&r.ctx, &h, &done, NULL) < 0);
    assert_int_equal(cu_file_read(path, 1 << 20, &after, NULL, NULL), 0);
    assert_string_equal(before, after);
    cu_autofree char *left = cu_asprintf("%s.new", path);
    assert_false(cu_exists(left));
    run_clear(&r);
}

static void csr_is(const char *path, const char *cn, const char *org, const char *dns)
{
    cu_autofree char *text = NULL;
    size_t n = 0;
    pki_autocsr struct pki_csr *csr = NULL;
    struct stat st;
    assert_int_equal(cu_file_read(path, 1 << 20, &text, &n, NULL), 0);
    assert_int_equal(pki_csr_parse(text, n, &csr, NULL), 0);
    assert_string_equal(pki_csr_cn(csr), cn);
    assert_true(org ? cu_strlist_has(pki_csr_orgs(csr), org) : pki_csr_orgs(csr)->n == 0);
    assert_true(dns ? cu_strlist_has(pki_csr_dns(csr), dns) : pki_csr_dns(csr)->n == 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_csrs(void **state)
{
    struct run r;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    run_init(&r, *state);
    run_set(&r.opts.feature_gates, "PublicKeysECDSA=true");
    assert_int_equal(ph_init_begin(&r.ctx, NULL), 0);
    cu_autofree char *serving = cu_asprintf("%s/apiserver.csr", r.ctx.paths.certs),
                     *etcd = cu_asprintf("%s/etcd/peer.csr", r.ctx.paths.certs),
                     *admin = cu_path_join(*state, "admin.conf.csr"),
                     *kubelet = cu_path_join(*state, "kubelet.conf");
    /* one that is there: nothing is written */
    assert_int_equal(cu_file_write_str(kubelet, "x", 0600, NULL), 0);
    assert_int_equal(ph_generate_csrs(&r.ctx, &err), -CU_E_EXISTS);
    assert_non_null(strstr(cu_err_text(&err), "kubelet.conf is there already"));
    assert_false(cu_exists(serving));
    assert_int_equal(unlink(kubelet), 0);

    assert_int_equal(ph_generate_csrs(&r.ctx, NULL), 0);
    csr_is(serving, "kube-apiserver", NULL, "kubernetes.default.svc");
    csr_is(etcd, "localhost", NULL, "localhost");
    csr_is(admin, "kubernetes-admin", "kubeadm:cluster-admins", NULL);
    kube_autoconfig struct kube_config *config = NULL;
    assert_int_equal(kube_config_load(kubelet, &config, NULL), 0);
    const struct val *user = kube_config_current_user(config);
    assert_non_null(val_get_str(user, "client-key-data"));
    assert_null(val_get(user, "client-certificate-data"));
    assert_null(val_get(kube_config_default_cluster(config), "certificate-authority-data"));
    assert_string_equal(kube_config_server(config), "https://192.0.2.10:6443");
    assert_non_null(strstr(run_out(&r), "\n  etcd/healthcheck-client\n"));
    assert_int_equal(ph_generate_csrs(&r.ctx, NULL), -CU_E_EXISTS);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        SCRATCH_TEST(test_renew_all),
        SCRATCH_TEST(test_kubeconfig),
        SCRATCH_TEST(test_missing_and_foreign),
        SCRATCH_TEST(test_pair_is_replaced_whole),
        SCRATCH_TEST(test_csrs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
