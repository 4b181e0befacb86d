/* Phases of join that make a control plane of this machine: certificates, kubeconfig files, manifests, label and taint
 * (spec join 8.2 to 8.4, 13). They must not know how one of those is made: init's phases do. */
#include "phases/join_control_plane.h"
#include "config/types.h"
#include "phases/cert_table.h"
#include "phases/join_config.h"
#include "phases/run_mark.h"
#include "phases/kubeconfig.h"
#include "phases/phases.h"
#include "phases/static_pod.h"
#include "phases/wait.h"
#include "pki/ca.h"

int ph_join_is_control_plane(struct ph_ctx *c, bool *yes, struct cu_err *err)
{
    *yes = c->join->control_plane != NULL;
    if (!*yes)
        return 0;
    int r = ph_join_config(c, err);
    if (r == 0)
        c->external_ca = pki_ca_is_external(c->paths.certs_real, "ca");
    return r;
}

int ph_join_certs(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    r = ph_certs_header(c, err);
    for (size_t i = 0; r == 0 && i < ph_cert_count; i++)
        r = ph_certs_make(c, &ph_cert_table[i], err);
    return r == 0 ? ph_certs_sa(c, err) : r;
}

int ph_join_kubeconfig(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    r = ph_kubeconfig_header(c, err);
    for (size_t i = 0; r == 0 && i < PH_JOIN_KUBECONFIGS; i++)
        r = ph_kubeconfig_make(c, ph_join_kubeconfigs[i], err);
    return r;
}

int ph_join_manifests(struct ph_ctx *c, struct cu_err *err)
{
    static const enum mf_component components[] = { MF_API_SERVER, MF_CONTROLLER_MANAGER, MF_SCHEDULER };
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    r = ph_control_plane_header(c, err);
    for (size_t i = 0; r == 0 && i < CU_LEN(components); i++) {
        ph_say(c, "[control-plane] Creating static Pod manifest for \"%s\"",
               mf_component_name(components[i]));
        r = ph_manifest_write(c, components[i], NULL, c->paths.manifests, err);
    }
    return r;
}

int ph_join_mark_control_plane(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    return r < 0 || !control ? r : ph_mark_control_plane(c, err);
}

int ph_join_wait_control_plane(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r == 0 && control)
        r = ph_wait_components(c, err);
    if (r == 0 && !c->dry_run)
        ph_run_mark_remove();
    return r;
}
