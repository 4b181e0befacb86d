/* Requests for the certificates of a control plane, with their keys. It must not sign anything. */
#include "phases/generate_csr.h"
#include "base/file.h"
#include "base/str.h"
#include "config/types.h"
#include "config/version.h"
#include "manifests/kubeconfig.h"
#include "phases/cert_table.h"
#include "phases/keys.h"
#include "phases/phases.h"
#include "pki/ca.h"
#include "pki/csr.h"

#define SECRET_MODE 0600

static int must_be_new(const char *path, struct cu_err *err)
{
    return cu_exists(path) ? cu_fail(err, CU_E_EXISTS, "%s is there already; move it away first", path) : 0;
}

/* Makes the key and the request, and writes the request to `csr`. */
static int request(struct ph_ctx *c, const struct pki_cert_spec *spec, const char *csr, struct pki_key **key,
                   struct cu_err *err)
{
    pki_autocsr struct pki_csr *made = NULL;
    cu_autofree char *dir = cu_path_dir(csr);
    int r = ph_key_take(c, key, err);
    if (r == 0)
        r = pki_csr_create(spec, *key, &made, err);
    if (r == 0)
        r = cu_mkdir_p(dir, 0755, err);
    cu_autofree char *pem = r == 0 ? pki_csr_pem(made) : NULL;
    return r == 0 ? cu_file_write_str(csr, pem, SECRET_MODE, err) : r;
}

/* For a pair of files; `write` false: only looks whether they are new. */
static int pair(struct ph_ctx *c, const struct ph_cert_row *row, bool write, struct cu_err *err)
{
    cu_autofree char *key_path = pki_key_path(c->paths.certs, row->base);
    cu_autofree char *csr_path = cu_asprintf("%s/%s.csr", c->paths.certs, row->base);
    cu_autostrlist struct cu_strlist dns = CU_STRLIST_INIT, ips = CU_STRLIST_INIT;
    pki_autokey struct pki_key *key = NULL;
    int r = must_be_new(csr_path, err);
    if (r == 0)
        r = must_be_new(key_path, err);
    if (r < 0 || !write)
        return r;
    ph_say(c, "  %s", row->base);
    r = ph_cert_sans(c->init, row->sans, &dns, &ips, err);
    const struct pki_cert_spec spec = { .cn = row->cn ? row->cn : c->init->node.name,
                                        .dns = dns.n ? &dns : NULL,
                                        .ips = ips.n ? &ips : NULL };
    if (r == 0)
        r = request(c, &spec, csr_path, &key, err);
    return r == 0 ? pki_key_save(key_path, key, err) : r;
}

static int write_kubeconfig(struct ph_ctx *c, const struct mf_kubeconfig_file *f, const char *path,
                            const struct pki_key *key, struct cu_err *err)
{
    cu_autofree char *user = mf_kubeconfig_user(f, c->init), *server = mf_kubeconfig_server(f, c->init);
    cu_autowipe char *pem = pki_key_pem(key);
    const struct mf_kubeconfig k = {
        .cluster = c->init->cluster.cluster_name, .server = server, .user = user, .key_pem = pem
    };
    cu_autowipe char *text = mf_kubeconfig_text(&k);
    return cu_file_write_str(path, text, SECRET_MODE, err);
}

static int kubeconfig(struct ph_ctx *c, const struct mf_kubeconfig_file *f, bool write, struct cu_err *err)
{
    cu_autofree char *path = cu_path_join(c->paths.kubeconfig_dir, f->file);
    cu_autofree char *csr_path = cu_asprintf("%s.csr", path), *key_path = cu_asprintf("%s.key", path);
    cu_autofree char *user = mf_kubeconfig_user(f, c->init);
    cu_autostrlist struct cu_strlist orgs = CU_STRLIST_INIT;
    pki_autokey struct pki_key *key = NULL;
    int r = must_be_new(path, err);
    if (r == 0)
        r = must_be_new(csr_path, err);
    if (r == 0)
        r = must_be_new(key_path, err);
    if (r < 0 || !write)
        return r;
    ph_say(c, "  %s", f->file);
    if (f->group)
        cu_strlist_add(&orgs, f->group);
    const struct pki_cert_spec spec = { .cn = user, .orgs = orgs.n ? &orgs : NULL };
    r = request(c, &spec, csr_path, &key, err);
    return r == 0 ? write_kubeconfig(c, f, path, key, err) : r;
}

static int pairs(struct ph_ctx *c, bool write, struct cu_err *err)
{
    int r = 0;
    if (write)
        ph_say(c, "generating keys and CSRs in %s", c->paths.certs);
    for (size_t i = 0; r == 0 && i < ph_cert_count; i++)
        r = ph_cert_table[i].ca ? pair(c, &ph_cert_table[i], write, err) : 0;
    return r;
}

static int kubeconfigs(struct ph_ctx *c, bool write, struct cu_err *err)
{
    struct mf_kubeconfig_file files[5];
    size_t n = mf_kubeconfig_files(cfg_minor(c->init->cluster.kubernetes_version), files);
    int r = 0;
    if (write)
        ph_say(c, "generating keys and CSRs in %s", c->paths.kubeconfig_dir);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = kubeconfig(c, &files[i], write, err);
    return r;
}

int ph_generate_csrs(struct ph_ctx *c, struct cu_err *err)
{
    int r = 0;
    for (int write = 0; r == 0 && write < 2; write++) {
        r = pairs(c, write, err);
        if (r == 0)
            r = kubeconfigs(c, write, err);
    }
    return r;
}
