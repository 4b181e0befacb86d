/* The list of certificates a control plane holds, and reading one. It must not change any. */
#include "phases/held_certs.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "config/version.h"
#include "kube/kubeconfig.h"
#include "manifests/kubeconfig.h"
#include "phases/cert_table.h"
#include "phases/external_ca.h"
#include "pki/ca.h"
#include <string.h>

#define PHASE_PREFIX "certs/" /* of the phase that makes it; the rest is its name */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ph_held *)a)->name, ((const struct ph_held *)b)->name);
}

size_t ph_held_list(bool authorities, struct ph_held out[PH_HELD_MAX])
{
    struct mf_kubeconfig_file files[5];
    size_t n = 0, n_files = authorities ? 0 : mf_kubeconfig_files(CFG_KUBERNETES_MINOR, files);
    for (size_t i = 0; i < ph_cert_count; i++) {
        const struct ph_cert_row *row = &ph_cert_table[i];
        if (authorities == !row->ca)
            out[n++] = (struct ph_held){ row->phase + strlen(PHASE_PREFIX), row->title, row->base, row->ca,
                                         row->used_by };
    }
    for (size_t i = 0; i < n_files; i++)
        if (!cu_streq(files[i].file, CFG_KUBELET_CONF))
            out[n++] = (struct ph_held){ files[i].file, files[i].title, NULL, "ca", files[i].used_by };
    qsort(out, n, sizeof(*out), by_name);
    return n;
}

bool ph_held_applies(const struct ph_held *h, const struct cfg_init *init)
{
    return !h->base || !init->cluster.etcd.external || !ph_cert_is_etcd(ph_cert_find(h->base));
}

char *ph_held_path(const struct ph_ctx *c, const struct ph_held *h)
{
    return h->base ? pki_crt_path(c->paths.certs, h->base) : cu_path_join(c->paths.kubeconfig_dir, h->name);
}

const char *ph_held_issuer(const struct ph_held *h)
{
    return h->ca ? ph_cert_find(h->ca)->phase + strlen(PHASE_PREFIX) : NULL;
}

/* The client certificate of a kubeconfig's current user; its cluster must carry an authority (spec operations 6.3). */
static int load_embedded(const char *path, struct pki_cert **out, struct cu_err *err)
{
    kube_autoconfig struct kube_config *config = NULL;
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    int r = kube_config_load(path, &config, err);
    if (r < 0)
        return r;
    if (!kube_config_current_context(config))
        return cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" has no usable current-context", path);
    if (cu_is_empty(val_get_str(kube_config_default_cluster(config), "certificate-authority-data")))
        return cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" carries no certificate-authority-data", path);
    const char *data = val_get_str(kube_config_current_user(config), "client-certificate-data");
    if (cu_is_empty(data))
        return cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" carries no client-certificate-data", path);
    r = cu_unbase64(data, &pem, &n, err);
    if (r == 0)
        r = pki_cert_parse((const char *)pem, n, out, err);
    return r < 0 ? cu_wrap(err, "the client certificate in kubeconfig \"%s\"", path) : 0;
}

int ph_held_load(const struct ph_ctx *c, const struct ph_held *h, struct pki_cert **out, struct cu_err *err)
{
    cu_autofree char *path = ph_held_path(c, h);
    if (!cu_exists(path))
        return cu_fail(err, CU_E_NOTFOUND, "%s is not there", path);
    int r = h->base ? pki_cert_load(path, out, err) : load_embedded(path, out, err);
    return r == -CU_E_NOTFOUND ? -CU_E_IO : r; /* gone meanwhile */
}

int ph_held_is_external(const struct ph_ctx *c, const struct ph_held *h, bool *external, struct cu_err *err)
{
    const char *ca = h->ca ? h->ca : h->base;
    cu_autofree char *path = pki_crt_path(c->paths.certs, ca);
    *external = pki_ca_is_external(c->paths.certs, ca);
    if (!*external && !cu_exists(path))
        return cu_fail(err, CU_E_NOTFOUND,
                       "%s is there but not %s, the certificate of the authority that signed it; copy that "
                       "from another control plane",
                       h->name, path);
    return *external ? ph_external_ca_check(c->paths.certs, ca, c->start_ms, err) : 0;
}
