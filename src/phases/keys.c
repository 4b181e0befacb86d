/* Counts the keys a run will need and has them made ahead. It must not know what a key is for. */
#include "phases/keys.h"
#include "base/file.h"
#include "base/str.h"
#include "config/gates.h"
#include "config/version.h"
#include "manifests/kubeconfig.h"
#include "phases/cert_table.h"
#include "phases/kubeconfig.h"
#include "pki/ca.h"
#include <string.h>

/* A join makes in one phase what init makes in one each. */
static const char *in_flow(const struct ph_ctx *c, const char *phase)
{
    if (c->flow != PH_JOIN)
        return phase;
    return cu_has_prefix(phase, "certs/") ? "control-plane-prepare/certs"
                                          : "control-plane-prepare/kubeconfig";
}

static bool joins(const char *kubeconfig)
{
    for (size_t i = 0; i < PH_JOIN_KUBECONFIGS; i++)
        if (cu_streq(ph_join_kubeconfigs[i], kubeconfig))
            return true;
    return false;
}

/* Selected, and neither the phase nor its group is skipped (the skip list is applied to the plan later). */
static bool will_run(const struct ph_ctx *c, const char *init_phase)
{
    const char *phase = in_flow(c, init_phase);
    cu_autofree char *group = cu_strndup(phase, strcspn(phase, "/"));
    return c->plan && wf_plan_selected(c->plan, phase) && !cu_strlist_has(&c->skip_phases, phase) &&
           !cu_strlist_has(&c->skip_phases, group);
}

static bool missing(const char *dir, const char *file)
{
    cu_autofree char *path = cu_path_join(dir, file);
    return !cu_exists(path);
}

static size_t count_certs(const struct ph_ctx *c)
{
    size_t n = 0;
    for (size_t i = 0; i < ph_cert_count; i++) {
        const struct ph_cert_row *row = &ph_cert_table[i];
        cu_autofree char *file = cu_asprintf("%s.crt", row->base);
        bool wanted = !c->init->cluster.etcd.external || !ph_cert_is_etcd(row);
        if (c->flow == PH_JOIN && !row->ca)
            continue; /* the cluster's own */
        n += wanted && will_run(c, row->phase) && missing(c->paths.certs_real, file);
    }
    return n + (c->flow != PH_JOIN && will_run(c, "certs/sa") && missing(c->paths.certs_real, "sa.key"));
}

static size_t count_kubeconfigs(const struct ph_ctx *c)
{
    struct mf_kubeconfig_file files[5];
    size_t n = 0, n_files = mf_kubeconfig_files(cfg_minor(c->init->cluster.kubernetes_version), files);
    for (size_t i = 0; i < n_files; i++) {
        cu_autofree char *phase = cu_asprintf("kubeconfig/%s", files[i].phase);
        if (c->flow == PH_JOIN && !joins(files[i].phase))
            continue;
        n += will_run(c, phase) && missing(c->paths.kubeconfig_dir, files[i].file);
    }
    return n;
}

void ph_keys_start(struct ph_ctx *c)
{
    ph_keys_start_n(c, c->external_ca ? 0 : count_certs(c) + count_kubeconfigs(c));
}

void ph_keys_start_n(struct ph_ctx *c, size_t n)
{
    enum pki_alg alg;
    if (n > 1 && pki_alg_parse(cfg_key_algorithm(&c->init->cluster), &alg, NULL) == 0)
        c->keys = pki_keypool_start(alg, n);
}

int ph_key_take(struct ph_ctx *c, struct pki_key **out, struct cu_err *err)
{
    enum pki_alg alg;
    int r = pki_alg_parse(cfg_key_algorithm(&c->init->cluster), &alg, err);
    return r < 0 ? r : pki_keypool_take(c->keys, alg, out, err);
}
