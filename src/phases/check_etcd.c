/* Phase check-etcd of join: no member is added to an etcd that has lost its majority, nor while it cannot say (spec join
 * 9). It must not change anything. */
#include "config/types.h"
#include "base/str.h"
#include "phases/etcd_cluster.h"
#include "phases/join_control_plane.h"
#include "phases/objects.h"
#include "phases/phases.h"

static enum cu_wait_state healthy(void *arg, char **missing, struct cu_err *err)
{
    (void)err;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    if (etcd_healthy(arg, &e) == 0)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

int ph_check_etcd(struct ph_ctx *c, struct cu_err *err)
{
    bool control = false;
    struct etcd_client *etcd = NULL;
    int r = ph_join_is_control_plane(c, &control, err);
    if (r < 0 || !control)
        return r;
    if (!c->init->cluster.etcd.local) {
        ph_say(c, "[check-etcd] etcd is external: nothing to check");
        return 0;
    }
    if (c->dry_run) {
        ph_say(c, "[dryrun] Would check that the etcd cluster is healthy");
        return 0;
    }
    ph_say(c, "[check-etcd] Checking that the etcd cluster is healthy");
    struct ph_etcd_access a = { .certs = c->paths.certs_real,
                                .api_ms = ph_api_timeout(c),
                                .etcd_ms = cfg_ms(c->init->timeouts.etcd_api_call) };
    r = ph_ctx_kube(c, &a.kube, err);
    if (r == 0)
        r = ph_etcd_connect(c, &a, &etcd, err);
    if (r == 0)
        r = ph_wait(c,
                    &(struct ph_waiting){ "a majority of the etcd members to be healthy", a.etcd_ms,
                                          PH_ETCD_INTERVAL_MS, healthy, etcd },
                    err);
    etcd_client_free(etcd);
    return r;
}
