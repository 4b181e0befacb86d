/* agent/certs.c - the node's client certificate on disk and the request for a new one (spec join 15).
 * Must not talk to the server; bootstrap.c carries the request. */
#include "agent/certs.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"

#define CURRENT "kubelet-client-current.pem"
#define UPDATED "kubelet-client-updated.pem"

char *agent_certs_current(const char *dir)
{
    return cu_path_join(dir, CURRENT);
}

enum link_state { LINK_ABSENT, LINK_THERE, LINK_OTHER };

static enum link_state link_state(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return LINK_ABSENT;
    return S_ISLNK(st.st_mode) ? LINK_THERE : LINK_OTHER;
}

static int refuse_other(const char *path, struct cu_err *err)
{
    if (link_state(path) != LINK_OTHER)
        return 0;
    return cu_fail(err, CU_E_INVALID, "%s is not a symbolic link; move it away, the agent keeps a link there",
                   path);
}

int agent_certs_repair(const char *dir, struct cu_err *err)
{
    cu_autofree char *current = cu_path_join(dir, CURRENT), *updated = cu_path_join(dir, UPDATED);
    if (link_state(current) != LINK_ABSENT || link_state(updated) != LINK_THERE)
        return 0;
    return rename(updated, current) < 0 ? cu_fail_errno(err, errno, "rename %s", updated) : 0;
}

/* <dir>/kubelet-client-<YYYY-MM-DD-hh-mm-ss>.pem, local time as upstream. */
static char *dated_path(const char *dir, int64_t now_ms)
{
    time_t t = (time_t)(now_ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    return cu_asprintf("%s/kubelet-client-%04d-%02d-%02d-%02d-%02d-%02d.pem", dir, tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

int agent_certs_store(const char *dir, const char *cert_pem, const char *key_pem, int64_t now_ms,
                      struct cu_err *err)
{
    pki_autocert struct pki_cert *cert = NULL;
    pki_autokey struct pki_key *key = NULL;
    cu_autofree char *current = cu_path_join(dir, CURRENT), *updated = cu_path_join(dir, UPDATED);
    cu_autofree char *path = dated_path(dir, now_ms);
    int r = pki_cert_parse(cert_pem, strlen(cert_pem), &cert, err);
    if (r == 0)
        r = pki_key_parse(key_pem, strlen(key_pem), &key, err);
    if (r == 0 && !pki_cert_matches_key(cert, key))
        r = cu_fail(err, CU_E_INVALID,
                    "the client certificate does not belong to the key it was asked for with");
    if (r == 0)
        r = refuse_other(current, err);
    if (r == 0)
        r = refuse_other(updated, err);
    if (r == 0)
        r = cu_mkdir_p(dir, 0755, err);
    if (r < 0)
        return r;
    cu_autowipe char *both = cu_asprintf("%s%s", cert_pem, key_pem);
    r = cu_file_write_str(path, both, 0600, err);
    if (r < 0)
        return r;
    /* One rename switches; a crash before it leaves `updated` for agent_certs_repair. */
    if ((unlink(updated) < 0 && errno != ENOENT) || symlink(path, updated) < 0 ||
        rename(updated, current) < 0)
        return cu_fail_errno(err, errno, "point %s to %s", current, path);
    return 0;
}

int agent_certs_load(const char *dir, struct pki_cert **out, struct cu_err *err)
{
    cu_autofree char *path = agent_certs_current(dir);
    cu_autowipe char *text = NULL;
    pki_autocert struct pki_cert *cert = NULL;
    pki_autokey struct pki_key *key = NULL;
    size_t n;
    int r = cu_file_read(path, LIM_PEM_FILE, &text, &n, err);
    if (r < 0)
        return r;
    r = pki_cert_parse(text, n, &cert, err);
    if (r == 0)
        r = pki_key_parse(text, n, &key, err);
    if (r == 0 && !pki_cert_matches_key(cert, key))
        r = cu_fail(err, CU_E_INVALID, "the certificate does not belong to the key");
    if (r < 0) {
        cu_wrap(err, "%s", path);
        return r;
    }
    *out = cu_steal(&cert);
    return 0;
}

int64_t agent_certs_rotation_ms(const struct pki_cert *c, double random)
{
    int64_t start = pki_cert_not_before(c), life = pki_cert_not_after(c) - start;
    return start + (int64_t)((double)life * (0.7 + 0.2 * random));
}

int agent_csr_object(const char *node, const struct pki_key *key, struct val **out, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT;
    cu_autofree char *cn = cu_asprintf("system:node:%s", node);
    pki_autocsr struct pki_csr *csr = NULL;
    cu_strlist_add(&orgs, "system:nodes");
    const struct pki_cert_spec spec = { .cn = cn, .orgs = &orgs };
    int r = pki_csr_create(&spec, key, &csr, err);
    if (r < 0)
        return r;
    cu_autofree char *pem = pki_csr_pem(csr), *request = cu_base64(pem, strlen(pem));
    struct val *obj = val_new_map(), *body, *usages = val_new_list();
    val_set_str(obj, "apiVersion", "certificates.k8s.io/v1");
    val_set_str(obj, "kind", "CertificateSigningRequest");
    val_set_str(val_need_map(obj, "metadata"), "generateName", "csr-");
    body = val_need_map(obj, "spec");
    val_set_str(body, "request", request);
    val_set_str(body, "signerName", "kubernetes.io/kube-apiserver-client-kubelet");
    val_append_str(usages, "digital signature");
    if (cu_has_prefix(pki_key_type(key), "RSA"))
        val_append_str(usages, "key encipherment");
    val_append_str(usages, "client auth");
    val_set(body, "usages", usages);
    *out = obj;
    return 0;
}
