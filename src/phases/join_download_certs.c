/* Phase download-certs of join: the certificates that control planes share, from the Secret kubeadm-certs (spec join
 * 8.1). Nothing is written before all of it could be opened. It must not know what the files are used for. */
#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "kube/client.h"
#include "phases/join_control_plane.h"
#include "phases/phases.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/seal.h"

#include <string.h>

enum { MAX_FILES = 9 };

struct shared_file {
    const char *key; /* in the Secret */
    char *path;      /* owned */
    uint8_t *text;   /* owned, secret; NULL: stored empty */
    size_t n;
    mode_t mode;
};
struct download {
    struct shared_file v[MAX_FILES];
    size_t n;
};

static void download_clear(struct download *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->v[i].path);
        if (d->v[i].text)
            cu_wipe(d->v[i].text, d->v[i].n);
        free(d->v[i].text);
    }
}

static void want(struct download *d, const char *key, char *path)
{
    d->v[d->n++] = (struct shared_file){ .key = key, .path = path };
}

/* A dry run puts files with a place of their own into its folder. */
static char *external_path(const struct ph_ctx *c, const char *path)
{
    return c->dry_run ? cu_path_join(c->paths.certs, cu_path_base(path)) : cu_strdup(path);
}

/* Which keys the Secret must have, and where each goes. */
static void want_all(const struct ph_ctx *c, struct download *d)
{
    static const char *const same_name[] = { "ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key",
                                             "sa.pub", "sa.key" };
    const struct cfg_etcd_external *e = c->init->cluster.etcd.external;
    for (size_t i = 0; i < CU_LEN(same_name); i++)
        want(d, same_name[i], cu_path_join(c->paths.certs, same_name[i]));
    if (!e) {
        want(d, "etcd-ca.crt", cu_path_join(c->paths.certs, "etcd/ca.crt"));
        want(d, "etcd-ca.key", cu_path_join(c->paths.certs, "etcd/ca.key"));
        return;
    }
    if (!cu_is_empty(e->ca_file))
        want(d, "external-etcd-ca.crt", external_path(c, e->ca_file));
    if (!cu_is_empty(e->cert_file))
        want(d, "external-etcd.crt", external_path(c, e->cert_file));
    if (!cu_is_empty(e->key_file))
        want(d, "external-etcd.key", external_path(c, e->key_file));
}

/* Private keys are for their owner alone; certificates and public keys for all; anything else is not ours. */
static int choose_mode(struct shared_file *f, struct cu_err *err)
{
    pki_autokey struct pki_key *key = NULL;
    pki_autocerts struct pki_certs certs = PKI_CERTS_INIT;
    const char *text = (const char *)f->text;
    f->mode = 0600;
    if (pki_key_parse(text, f->n, &key, NULL) == 0)
        return 0;
    f->mode = 0644;
    if (pki_certs_parse(text, f->n, &certs, NULL) == 0 || pki_key_parse_public(text, f->n, &key, NULL) == 0)
        return 0;
    return cu_fail(err, CU_E_INVALID, "\"%s\" in Secret %s is neither a certificate nor a key", f->key,
                   CFG_SECRET_CERTS);
}

static int open_file(const struct ph_ctx *c, const struct val *data, struct shared_file *f,
                     struct cu_err *err)
{
    const char *coded = val_get_str(data, f->key);
    cu_autofree uint8_t *sealed = NULL;
    size_t n = 0;
    if (!coded)
        return cu_fail(err, CU_E_NOTFOUND, "Secret %s has no key \"%s\"", CFG_SECRET_CERTS, f->key);
    if (!*coded) {
        cu_log_debug(1, "[download-certs] \"%s\" is stored empty: passed over", f->key);
        return 0;
    }
    int r = cu_unbase64(coded, &sealed, &n, err);
    if (r == 0)
        r = pki_open(c->certificate_key, sealed, n, &f->text, &f->n, err);
    if (r == -CU_E_AUTH)
        return cu_wrap(err,
                       "\"%s\" in Secret %s cannot be decrypted: is --certificate-key the one that the last "
                       "upload printed? `kubeadm init phase upload-certs --upload-certs` on a control plane "
                       "makes a new one",
                       f->key, CFG_SECRET_CERTS);
    if (r < 0)
        return cu_wrap(err, "\"%s\" in Secret %s", f->key, CFG_SECRET_CERTS);
    return choose_mode(f, err);
}

static int write_file(const struct shared_file *f, struct cu_err *err)
{
    cu_autofree char *dir = cu_path_dir(f->path);
    if (!f->text)
        return 0;
    int r = cu_mkdir_p(dir, 0755, err);
    return r == 0 ? cu_file_write(f->path, f->text, f->n, f->mode, err) : r;
}

static int download(struct ph_ctx *c, const struct val *secret, struct cu_err *err)
{
    struct download d = { .n = 0 };
    int r = 0;
    want_all(c, &d);
    for (size_t i = 0; r == 0 && i < d.n; i++)
        r = open_file(c, val_get(secret, "data"), &d.v[i], err);
    if (r == 0)
        ph_say(c, "[download-certs] Saving the certificates to the folder: \"%s\"", c->paths.certs);
    for (size_t i = 0; r == 0 && i < d.n; i++)
        r = write_file(&d.v[i], err);
    download_clear(&d);
    return r;
}

int ph_join_download_certs(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    cu_autoval struct val *secret = NULL;
    cu_autofree char *path = kube_path("v1", "secrets", CFG_NS_SYSTEM, CFG_SECRET_CERTS);
    if (c->join->control_plane && cu_is_empty(c->certificate_key)) {
        cu_log_debug(1, "[download-certs] no certificate key: the certificates must be here already");
        return 0;
    }
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    ph_say(c, "[download-certs] Downloading the certificates in Secret \"%s\" in the \"%s\" Namespace",
           CFG_SECRET_CERTS, CFG_NS_SYSTEM);
    r = kube_get(c->kube, path, NULL, &secret, err);
    if (r == -CU_E_NOTFOUND)
        return cu_wrap(
            err, "the certificates are not in the cluster (any more: they are kept for two hours); upload "
                 "them again with  kubeadm init phase upload-certs --upload-certs  on a control plane, and "
                 "use the key it prints");
    if (r < 0)
        return cu_wrap(err, "error downloading the certificates");
    return download(c, secret, err);
}
