/* Phase upload-certs: the certificates that control planes share, sealed with a key that only the user sees (spec init
 * 10.4). The Secret goes away with the token that owns it, after two hours. */
#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/load.h"
#include "config/validate.h"
#include "kube/client.h"
#include "manifests/objects.h"
#include "phases/bootstrap_secret.h"
#include "phases/objects.h"
#include "phases/phases.h"
#include "pki/seal.h"

#define LIFE_NS (2LL * 3600 * 1000000000)

static const char *const shared[] = { "ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key",
                                      "sa.pub", "sa.key" };

/* Seals one file into data[name]; a missing file is stored as an empty value. */
static int seal_file(const struct ph_ctx *c, struct val *data, const char *name, const char *path,
                     struct cu_err *err)
{
    cu_autowipe char *text = NULL;
    cu_autofree uint8_t *sealed = NULL;
    size_t n = 0, sealed_n = 0;
    int r = cu_is_empty(path) ? -CU_E_NOTFOUND : cu_file_read(path, LIM_PEM_FILE, &text, &n, err);
    if (r == -CU_E_NOTFOUND) {
        cu_err_clear(err);
        val_set_str(data, name, "");
        return 0;
    }
    if (r == 0)
        r = pki_seal(c->certificate_key, text, n, &sealed, &sealed_n, err);
    if (r < 0)
        return r;
    cu_autofree char *coded = cu_base64(sealed, sealed_n);
    val_set_str(data, name, coded);
    return 0;
}

static int seal_below(const struct ph_ctx *c, struct val *data, const char *name, const char *file,
                      struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(c->paths.certs_real, file);
    return seal_file(c, data, name, path, err);
}

static int seal_all(const struct ph_ctx *c, struct val *data, struct cu_err *err)
{
    const struct cfg_etcd_external *external = c->init->cluster.etcd.external;
    int r = 0;
    for (size_t i = 0; r == 0 && i < CU_LEN(shared); i++)
        r = seal_below(c, data, shared[i], shared[i], err);
    if (r == 0 && !external)
        r = seal_below(c, data, "etcd-ca.crt", "etcd/ca.crt", err);
    if (r == 0 && !external)
        r = seal_below(c, data, "etcd-ca.key", "etcd/ca.key", err);
    if (r == 0 && external)
        r = seal_file(c, data, "external-etcd-ca.crt", external->ca_file, err);
    if (r == 0 && external)
        r = seal_file(c, data, "external-etcd.crt", external->cert_file, err);
    if (r == 0 && external)
        r = seal_file(c, data, "external-etcd.key", external->key_file, err);
    return r;
}

/* A token without any use but its life, and the uid of its Secret. */
static int store_owner(struct ph_ctx *c, char **id, char **uid, struct cu_err *err)
{
    struct kube_client *kube = NULL;
    cu_autowipe char *token = cfg_new_token();
    cu_autoval struct val *stored = NULL;
    static char description[] = "Proxy for managing TTL for the kubeadm-certs secret";
    struct cfg_token t = { .token = token,
                           .description = description,
                           .ttl = { .ns = LIFE_NS, .set = true } };
    struct cfg_tokens one = { .v = &t, .n = 1 };
    cu_autofree char *path = ph_token_secret_path(token);
    int r = ph_ctx_kube(c, &kube, err);
    if (r == 0)
        r = ph_tokens_store(kube, &one, true, ph_api_timeout(c), err);
    if (r == 0)
        r = kube_get(kube, path, NULL, &stored, err);
    if (r < 0)
        return r;
    *id = cu_strndup(token, 6);
    *uid = cu_strdup(cu_or(val_find_str(stored, "metadata", "uid", NULL), ""));
    return 0;
}

int ph_upload_certs(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *id = NULL, *uid = NULL;
    if (!c->upload_certs) {
        ph_say(c, "[upload-certs] Skipping phase: certificates are uploaded with --upload-certs only");
        return 0;
    }
    if (!c->certificate_key)
        c->certificate_key = pki_certificate_key_new();
    ph_say(c, "[upload-certs] Storing the certificates in Secret \"%s\" in the \"%s\" Namespace",
           CFG_SECRET_CERTS, CFG_NS_SYSTEM);
    cu_autoval struct val *data = val_new_map();
    int r = store_owner(c, &id, &uid, err);
    if (r == 0)
        r = seal_all(c, data, err);
    if (r == 0)
        r = ph_store_all(c, mf_kubeadm_certs(id, uid, data), err);
    if (r < 0)
        return cu_wrap(err, "error uploading certificates");
    if (!c->opts->skip_certificate_key_print)
        ph_say(c, "[upload-certs] Using certificate key:\n%s", c->certificate_key);
    return 0;
}
