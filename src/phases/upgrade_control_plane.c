/* Phase control-plane of upgrade apply and upgrade node: the static Pods of this machine (spec operations 9.7). It must not
 * know how one is replaced. */
#include "base/file.h"
#include "base/str.h"
#include "config/constants.h"
#include "config/types.h"
#include "phases/dry_run.h"
#include "phases/phases.h"
#include "phases/renew_certs.h"
#include "phases/static_pod.h"
#include "phases/upgrade.h"
#include "phases/upgrade_pods.h"

static const enum mf_component components[] = { MF_API_SERVER, MF_CONTROLLER_MANAGER, MF_SCHEDULER };

/* Kubeconfigs of people are renewed behind the components, those of components with them. */
static int renew_admins(struct ph_ctx *c, struct cu_err *err)
{
    struct ph_held all[PH_HELD_MAX];
    size_t n = ph_held_list(false, all);
    struct ph_renewed done = PH_RENEWED_INIT;
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        bool super = cu_streq(all[i].name, CFG_SUPER_ADMIN_CONF);
        cu_autofree char *path = ph_held_path(c, &all[i]);
        if (cu_streq(all[i].name, CFG_ADMIN_CONF) || (super && cu_exists(path)))
            r = ph_renew(c, &all[i], &done, err);
    }
    cu_strlist_clear(&done.used_by);
    return r;
}

static int upgrade_all(struct ph_pods *p, struct cu_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < CU_LEN(components); i++)
        r = ph_pods_prepare(p, components[i], err);
    if (r == 0)
        r = ph_pods_upgrade_etcd(p, err);
    for (size_t i = 0; r == 0 && i < CU_LEN(components); i++)
        r = ph_pods_upgrade(p, components[i], false, err);
    if (r < 0 || !p->c->upgrade->certificate_renewal)
        return r;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    r = renew_admins(p->c, &e);
    if (r < 0) {
        r = ph_pods_roll_back(p, false, &e);
        cu_err_move(err, &e);
    }
    return r;
}

static int show(struct ph_ctx *c, struct cu_err *err)
{
    bool etcd = c->init->cluster.etcd.local && c->upgrade->etcd_upgrade;
    for (int i = 0; i < MF_COMPONENTS; i++) {
        if (i == MF_ETCD && !etcd)
            continue;
        enum mf_component component = (enum mf_component)i;
        cu_autofree char *name = cu_asprintf("%s.yaml", mf_component_name(component)),
                         *shown = cu_asprintf("%s/%s", c->paths.manifests, name);
        int r = ph_manifest_write(c, component, NULL, c->paths.dry_run_dir, err);
        if (r == 0)
            r = ph_dry_run_show(c, &(const struct ph_dry_file){ name, shown }, 1, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int ph_upgrade_control_plane(struct ph_ctx *c, struct cu_err *err)
{
    if (!c->upgrade->control_plane) {
        ph_say(c, "[upgrade/control-plane] Skipping phase: this node has no control plane");
        return 0;
    }
    ph_say(c, "[upgrade/control-plane] Upgrading the static Pods of this control plane to Kubernetes \"%s\"",
           c->init->cluster.kubernetes_version);
    if (c->dry_run)
        return show(c, err);
    struct ph_pods p;
    int r = ph_pods_begin(&p, c, err);
    if (r == 0)
        r = upgrade_all(&p, err);
    ph_pods_end(&p, r == 0);
    return r;
}
