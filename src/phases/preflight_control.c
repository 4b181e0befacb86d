/* Is the cluster ready for another control plane, and does this machine have what they share (spec join 4.3)? It must not
 * change anything. */
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "config/load.h"
#include "config/types.h"
#include "phases/preflight.h"
#include "pki/ca.h"

static void check_ca(const struct ph_ctx *c, const char *base, struct cu_strlist *problems)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    pki_autoca struct pki_ca ca = PKI_CA_INIT;
    if (pki_ca_load(c->paths.certs_real, base, &ca, &e) < 0)
        cu_strlist_addf(problems, "the certificate authority %s: %s", base, cu_err_text(&e));
    else if (!ca.key)
        cu_log_warning(
            "%s/%s.key is not there: the authority counts as external, and everything it signs must "
            "be there already",
            c->paths.certs_real, base);
}

static void check_sa(const struct ph_ctx *c, struct cu_strlist *problems)
{
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    cu_autofree char *key_path = pki_key_path(c->paths.certs_real, "sa"),
                     *pub_path = cu_path_join(c->paths.certs_real, "sa.pub"), *text = NULL;
    pki_autokey struct pki_key *key = NULL, *pub = NULL;
    size_t n = 0;
    int r = pki_key_load(key_path, &key, &e);
    if (r < 0)
        cu_strlist_addf(problems, "the service account key: %s", cu_err_text(&e));
    cu_err_clear(&e);
    r = cu_file_read(pub_path, LIM_PEM_FILE, &text, &n, &e);
    if (r == 0)
        r = pki_key_parse_public(text, n, &pub, &e);
    if (r < 0)
        cu_strlist_addf(problems, "the service account public key: %s", cu_err_text(&e));
}

int ph_check_control_plane_ready(struct ph_ctx *c, struct cu_err *err)
{
    const struct cfg_cluster *k = &c->init->cluster;
    cu_autostrlist struct cu_strlist problems = CU_STRLIST_INIT;
    if (cfg_is_embedded_store(k))
        cu_strlist_add(
            &problems,
            "the cluster keeps its objects in a file of its first machine (SQLite), which others "
            "cannot share; several control planes need etcd from the start:  kubeadm init --embedded "
            "--config FILE  with etcd.local in FILE");
    if (cu_is_empty(k->control_plane_endpoint))
        cu_strlist_add(
            &problems,
            "the cluster has no stable controlPlaneEndpoint, so nodes would lose it with its first "
            "control plane; set one with  kubeadm init phase upload-config kubeadm --config FILE");
    if (cu_is_empty(c->certificate_key)) {
        check_ca(c, "ca", &problems);
        check_sa(c, &problems);
        check_ca(c, "front-proxy-ca", &problems);
        if (!k->etcd.external)
            check_ca(c, "etcd/ca", &problems);
    }
    if (problems.n == 0)
        return 0;
    cu_autofree char *text = cu_strlist_join(&problems, "\n* ");
    return cu_fail(err, CU_E_INVALID,
                   "this cluster or this machine is not ready for another control plane:\n* %s\n%s", text,
                   cu_is_empty(c->certificate_key)
                       ? "Shared certificates come with --certificate-key (kubeadm init phase upload-certs "
                         "--upload-certs  on a control plane prints one), or are copied by hand"
                       : "");
}
