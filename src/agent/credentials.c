/* agent/credentials.c - who the agent is to the API server: its kubeconfig, TLS bootstrap, certificate rotation (spec
 * join 15).
 * Must not know what the credentials are used for. */
#include <string.h>
#include <sys/stat.h>

#include "agent/api_internal.h"
#include "agent/certs.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "http/url.h"
#include "node/identity.h"

#define LOOK_MS 1000 /* how often the files are looked at for changes */
#define POLL_FIRST_MS 10
#define POLL_MAX_MS 1000
#define CSR_WAIT_MS (15 * 60 * 1000)
#define ROTATE_LOOK_MS (10 * 60 * 1000)

static char *user_agent(void)
{
    return cu_asprintf("kubelet/" AGENT_VERSION " (linux/%s) cubeadm/" CUBEADM_VERSION, node_arch());
}

void agent_drop_client(struct agent_api *a)
{
    kube_informer_free(a->informer);
    kube_client_free(a->kube);
    free(a->credentials_mark);
    a->informer = NULL;
    a->kube = NULL;
    a->credentials_mark = NULL;
}

/* Changes whenever one of the files does. */
static char *mark_of(const struct agent_api *a)
{
    cu_autofree char *current = agent_certs_current(a->s.options->cert_dir);
    const char *const paths[] = { a->s.options->kubeconfig, current };
    char *mark = cu_strdup("");
    for (size_t i = 0; i < CU_LEN(paths); i++) {
        struct stat st = { .st_ino = 0 };
        if (stat(paths[i], &st) < 0)
            st.st_ino = 0;
        char *more = cu_asprintf("%s %llu:%lld.%09ld", mark, (unsigned long long)st.st_ino,
                                 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
        free(mark);
        mark = more;
    }
    return mark;
}

/* Text of "<key>-data" (base64) or of the file "<key>" of the current user; NULL when neither is there. */
static char *user_pem(const struct kube_config *c, const char *key)
{
    const struct val *user = kube_config_current_user(c);
    cu_autofree char *data_key = cu_asprintf("%s-data", key);
    const char *data = val_get_str(user, data_key), *file = val_get_str(user, key);
    char *text = NULL;
    size_t n;
    if (!cu_is_empty(data)) {
        uint8_t *bytes = NULL;
        return cu_unbase64(data, &bytes, &n, NULL) == 0 ? (char *)bytes : NULL;
    }
    if (cu_is_empty(file) || cu_file_read(file, LIM_PEM_FILE, &text, NULL, NULL) < 0)
        return NULL;
    return text;
}

/* 0 when the kubeconfig can be used: it is there and its certificate, if it has one, has not ended. */
static int check_config(const struct kube_config *c, struct cu_err *err)
{
    const struct val *user = kube_config_current_user(c);
    bool wants_cert = val_get(user, "client-certificate") || val_get(user, "client-certificate-data");
    if (!kube_config_has_credentials(c))
        return cu_fail(err, CU_E_AUTH, "%s holds no credentials", c->path);
    if (!wants_cert)
        return 0;
    cu_autofree char *pem = user_pem(c, "client-certificate");
    pki_autocert struct pki_cert *cert = NULL;
    if (!pem || pki_cert_parse(pem, strlen(pem), &cert, NULL) < 0)
        return cu_fail(err, CU_E_NOTFOUND, "the client certificate of %s is not there yet", c->path);
    if (pki_cert_period(cert, cu_now_ms()) == PKI_PERIOD_EXPIRED)
        return cu_fail(err, CU_E_EXPIRED, "the client certificate of %s has expired", c->path);
    return 0;
}

/* Credentials that came inside the kubeconfig (as init writes it) become the first of the certificate folder, so that
 * kubelet.conf can be pointed there and rotation has a place to begin. */
static void seed_store(const struct agent_api *a, const struct kube_config *c)
{
    const struct val *user = kube_config_current_user(c);
    cu_autofree char *current = agent_certs_current(a->s.options->cert_dir);
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct stat st;
    if (!a->s.config->rotate_certificates || lstat(current, &st) == 0 ||
        !val_get(user, "client-certificate-data"))
        return;
    cu_autofree char *cert = user_pem(c, "client-certificate");
    cu_autowipe char *key = user_pem(c, "client-key");
    if (!cert || !key || agent_certs_store(a->s.options->cert_dir, cert, key, cu_now_ms(), &err) < 0)
        cu_log_warning("keep the client certificate: %s", cu_err_text(&err));
}

static void pods_synced(void *arg)
{
    agent_api_hurry(arg, STEP_PODS);
}

static int connect_with(struct agent_api *a, const struct kube_config *c, struct cu_err *err)
{
    cu_autofree char *agent = user_agent(), *node = http_url_encode(a->s.node_name);
    cu_autofree char *query = cu_asprintf("fieldSelector=spec.nodeName%%3D%s", node);
    const struct kube_options o = { .user_agent = agent };
    const struct kube_informer_spec is = { .path = "/api/v1/pods",
                                           .query = query,
                                           .changed = agent_pods_changed,
                                           .synced = pods_synced,
                                           .arg = a,
                                           .user_agent = agent };
    struct kube_client *kube = NULL;
    struct kube_informer *informer = NULL;
    int r = kube_client_new(c, &o, &kube, err);
    if (r == 0)
        r = kube_informer_new(a->loop, c, &is, &informer, err);
    if (r < 0) {
        kube_client_free(kube);
        return r;
    }
    agent_drop_client(a);
    a->kube = kube;
    a->informer = informer;
    a->credentials_mark = mark_of(a);
    return 0;
}

/* --- asking for a certificate --- */

/* 1 and *pem when issued, 0 while pending. */
static int look_at_csr(const struct val *csr, char **pem, struct cu_err *err)
{
    const struct val *conditions = val_find(csr, "status", "conditions", NULL);
    const char *name = val_find_str(csr, "metadata", "name", NULL);
    const char *data = val_find_str(csr, "status", "certificate", NULL);
    bool approved = false;
    for (size_t i = 0; i < val_len(conditions); i++) {
        const struct val *c = val_at(conditions, i);
        const char *type = val_get_str(c, "type");
        approved = approved || cu_streq(type, "Approved");
        if (cu_streq(type, "Denied") || cu_streq(type, "Failed"))
            return cu_fail(err, CU_E_FINAL, "certificate request %s was %s: %s", name,
                           *type == 'D' ? "denied" : "not signed",
                           cu_or(val_get_str(c, "message"), "no reason given"));
    }
    uint8_t *bytes = NULL;
    size_t n;
    if (!approved || cu_is_empty(data) || cu_unbase64(data, &bytes, &n, NULL) < 0)
        return 0;
    *pem = (char *)bytes;
    return 1;
}

/* Failures of the way to the server, not of the request. */
static bool is_passing(int code)
{
    return code == -CU_E_REFUSED || code == -CU_E_UNREACHABLE || code == -CU_E_TIMEOUT ||
           code == -CU_E_SERVER;
}

static int wait_for_csr(struct agent_api *a, struct kube_client *kube, const struct val *created, char **pem,
                        struct cu_err *err)
{
    const char *name = val_find_str(created, "metadata", "name", NULL);
    const char *uid = val_find_str(created, "metadata", "uid", NULL);
    cu_autofree char *path =
        kube_path("certificates.k8s.io/v1", "certificatesigningrequests", NULL, cu_or(name, ""));
    int64_t end = cu_mono_ms() + CSR_WAIT_MS, told = cu_mono_ms();
    for (int64_t pause = POLL_FIRST_MS; cu_mono_ms() < end;) {
        if (!agent_api_sleep(a, pause))
            return cu_fail(err, CU_E_CANCELED, "stopped while waiting for certificate request %s", name);
        cu_autoval struct val *csr = NULL;
        cu_autoerr struct cu_err why = CU_ERR_INIT;
        int r = kube_get(kube, path, NULL, &csr, &why);
        if (is_passing(r)) { /* the request waits on the server meanwhile */
            pause = POLL_MAX_MS;
            continue;
        }
        if (r < 0) {
            cu_err_move(err, &why);
            return r;
        }
        if (!cu_streq(val_find_str(csr, "metadata", "uid", NULL), uid))
            return cu_fail(err, CU_E_CONFLICT, "certificate request %s was replaced by another", name);
        r = look_at_csr(csr, pem, err);
        if (r != 0)
            return r;
        if (cu_mono_ms() - told > 10000) {
            told = cu_mono_ms();
            cu_log_info(
                "certificate request %s is still pending; \"kubectl certificate approve %s\" approves it by "
                "hand",
                name, name);
        }
        pause = pause * 3 / 2 < POLL_MAX_MS ? pause * 3 / 2 : POLL_MAX_MS;
    }
    return cu_fail(err, CU_E_TIMEOUT, "certificate request %s was neither signed nor denied in 15 minutes",
                   name);
}

static int ask_for_certificate(struct agent_api *a, struct kube_client *kube, struct cu_err *err)
{
    pki_autokey struct pki_key *key = NULL;
    cu_autoval struct val *request = NULL, *created = NULL;
    cu_autofree char *pem = NULL,
                     *path = kube_path("certificates.k8s.io/v1", "certificatesigningrequests", NULL, NULL);
    int r = pki_key_generate(PKI_ECDSA_P256, &key, err);
    if (r == 0)
        r = agent_csr_object(a->s.node_name, key, &request, err);
    if (r == 0)
        r = kube_create(kube, path, request, &created, err);
    if (r < 0)
        return r;
    cu_log_info("asked for a client certificate with request %s",
                val_find_str(created, "metadata", "name", NULL));
    r = wait_for_csr(a, kube, created, &pem, err);
    if (r < 0)
        return r;
    cu_autowipe char *key_pem = pki_key_pem(key);
    return agent_certs_store(a->s.options->cert_dir, pem, key_pem, cu_now_ms(), err);
}

/* kubelet.conf that points to the certificate folder, with the server of the bootstrap kubeconfig. */
static int write_config(struct agent_api *a, const struct kube_config *boot, struct cu_err *err)
{
    cu_autofree char *ca = NULL, *current = agent_certs_current(a->s.options->cert_dir);
    int r = kube_config_ca(boot, &ca, err);
    if (r < 0 && r != -CU_E_NOTFOUND)
        return r;
    const struct kube_config_spec spec = { .cluster = "default-cluster",
                                           .server = kube_config_server(boot),
                                           .ca_pem = ca,
                                           .user = "default-auth",
                                           .context = "default-context",
                                           .cert_file = current,
                                           .key_file = current };
    if (cu_is_empty(spec.server))
        return cu_fail(err, CU_E_INVALID, "%s names no server", boot->path);
    if (r < 0 && err)
        cu_err_clear(err);
    kube_autoconfig struct kube_config *c = kube_config_build(&spec);
    val_set_str(kube_config_current_context(c), "namespace", "default");
    static const char *const kept[] = { "tls-server-name", "proxy-url" }; /* else the server is not reached */
    for (size_t i = 0; i < CU_LEN(kept); i++)
        val_set_str(kube_config_default_cluster(c), kept[i],
                    val_get_str(kube_config_default_cluster(boot), kept[i]));
    return kube_config_save(c, a->s.options->kubeconfig, err);
}

static int bootstrap(struct agent_api *a, struct cu_err *err)
{
    kube_autoconfig struct kube_config *boot = NULL;
    cu_autofree char *agent = user_agent();
    const struct kube_options o = { .user_agent = agent };
    struct kube_client *kube = NULL;
    int r = kube_config_load(a->s.options->bootstrap_kubeconfig, &boot, err);
    if (r == 0)
        r = write_config(a, boot, err);
    if (r == 0)
        r = kube_client_new(boot, &o, &kube, err);
    if (r == 0)
        r = ask_for_certificate(a, kube, err);
    kube_client_free(kube);
    if (r < 0)
        cu_wrap(err, "TLS bootstrap with %s", a->s.options->bootstrap_kubeconfig);
    return r;
}

/* --- the steps --- */

/* After a rotation the certificate folder holds a newer certificate than the kubeconfig itself: use that. */
static void prefer_newer(const struct agent_api *a, struct kube_config *c)
{
    struct val *user = kube_config_current_user(c);
    pki_autocert struct pki_cert *stored = NULL, *inside = NULL;
    if (!a->s.config->rotate_certificates || !val_get(user, "client-certificate-data") ||
        agent_certs_load(a->s.options->cert_dir, &stored, NULL) < 0)
        return;
    cu_autofree char *pem = user_pem(c, "client-certificate"),
                     *current = agent_certs_current(a->s.options->cert_dir);
    if (pem && pki_cert_parse(pem, strlen(pem), &inside, NULL) == 0 &&
        pki_cert_not_before(stored) <= pki_cert_not_before(inside))
        return;
    val_del(user, "client-certificate-data");
    val_del(user, "client-key-data");
    val_set_str(user, "client-certificate", current);
    val_set_str(user, "client-key", current);
}

static int try_config(struct agent_api *a, struct cu_err *err)
{
    kube_autoconfig struct kube_config *c = NULL;
    int r = kube_config_load(a->s.options->kubeconfig, &c, err);
    if (r < 0)
        return r;
    prefer_newer(a, c);
    r = check_config(c, err);
    if (r < 0)
        return r;
    seed_store(a, c);
    return connect_with(a, c, err);
}

int64_t agent_step_credentials(struct agent_api *a, struct cu_err *err)
{
    const char *boot = a->s.options->bootstrap_kubeconfig;
    if (!a->s.options->kubeconfig)
        return cu_fail(err, CU_E_NOTFOUND, "no --kubeconfig was given: this node runs its static pods alone");
    bool asked = atomic_exchange(&a->reload, false);
    cu_autofree char *mark = mark_of(a);
    if (a->kube && !asked && cu_streq(mark, a->credentials_mark))
        return LOOK_MS;
    cu_autoerr struct cu_err why = CU_ERR_INIT;
    int r = agent_certs_repair(a->s.options->cert_dir, err);
    if (r < 0)
        return r;
    r = try_config(a, &why);
    bool may_bootstrap = boot && cu_exists(boot) && !a->kube;
    if (r < 0 && !may_bootstrap) {
        cu_err_move(err, &why);
        return r;
    }
    if (r < 0) {
        r = bootstrap(a, err);
        if (r == 0)
            r = try_config(a, err);
        if (r < 0)
            return r;
    }
    a->rotate_ms = 0;
    a->steps[STEP_ROTATE].due_ms = 0;
    return LOOK_MS;
}

int64_t agent_step_rotate(struct agent_api *a, struct cu_err *err)
{
    pki_autocert struct pki_cert *cert = NULL;
    if (!a->s.config->rotate_certificates || agent_certs_load(a->s.options->cert_dir, &cert, NULL) < 0)
        return ROTATE_LOOK_MS;
    if (a->rotate_ms == 0)
        a->rotate_ms = agent_certs_rotation_ms(cert, (double)cu_random_below(1000) / 1000);
    int64_t left = a->rotate_ms - cu_now_ms();
    if (left > 0)
        return left < ROTATE_LOOK_MS ? left : ROTATE_LOOK_MS;
    int r = ask_for_certificate(a, a->kube, err);
    if (r < 0)
        return r;
    cu_log_info("the client certificate was rotated");
    atomic_store(&a->reload, true); /* connections of the old one are closed with its client */
    agent_api_hurry(a, STEP_CREDENTIALS);
    return LOOK_MS;
}
