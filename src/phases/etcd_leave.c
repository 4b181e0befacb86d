/* Takes this machine's member out of the cluster's etcd. It must not delete any file. */
#include "phases/etcd_leave.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/types.h"
#include "manifests/pod.h"
#include "phases/etcd_cluster.h"

struct leaving {
    struct ph_ctx *ctx;
    struct etcd_client *etcd;
    uint64_t id;
};

/* An argument in one of this machine's manifests; NULL when there is none. Caller frees. */
static char *argument(enum mf_component component, const char *name)
{
    cu_autofree char *path = cu_asprintf("%s/%s.yaml", CFG_MANIFESTS_DIR, mf_component_name(component)),
                     *text = NULL;
    cu_autoval struct val *pod = NULL;
    char *value = NULL;
    size_t n = 0;
    if (cu_file_read(path, LIM_MANIFEST, &text, &n, NULL) == 0 && codec_yaml_parse(text, n, &pod, NULL) == 0)
        mf_pod_argument(pod, mf_component_name(component), name, &value, NULL);
    return value;
}

/* Where this machine's member is reached, by the argument of etcd that tells. A join that was interrupted may have been
 * announced to etcd without a manifest of etcd. Caller frees. */
static char *own_url(const char *name, int port)
{
    char *url = argument(MF_ETCD, name);
    if (url)
        return url;
    cu_autofree char *address = argument(MF_API_SERVER, "advertise-address");
    cu_autofree char *at = address ? cu_host_port(address, port) : NULL;
    return at ? cu_asprintf("https://%s", at) : NULL;
}

static enum cu_wait_state remove_once(void *arg, char **missing, struct cu_err *err)
{
    struct leaving *l = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    (void)err;
    int r = etcd_member_remove(l->etcd, l->id, NULL, &e);
    if (r == 0 || r == -CU_E_NOTFOUND)
        return CU_WAIT_DONE;
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

static int remove_member(struct leaving *l, const char *peer_url, int64_t limit_ms, struct cu_err *err)
{
    cu_autoetcdmembers struct etcd_members members = ETCD_MEMBERS_INIT;
    char id[ETCD_ID_MAX];
    int r = etcd_member_list(l->etcd, &members, err);
    if (r < 0)
        return r;
    const struct etcd_member *own = etcd_members_by_peer(&members, peer_url);
    if (!own || members.n == 1)
        return 0; /* taken out already, or the whole cluster goes */
    l->id = own->id;
    etcd_id_text(own->id, id);
    ph_say(l->ctx, "[reset] Removing member %s (%s) from the etcd cluster", id, peer_url);
    return ph_wait(
        l->ctx,
        &(struct ph_waiting){ "etcd to let its member go", limit_ms, PH_ETCD_INTERVAL_MS, remove_once, l },
        err);
}

int ph_etcd_leave(struct ph_ctx *c, struct cu_err *err)
{
    cu_autofree char *peer_url = own_url("initial-advertise-peer-urls", CFG_PORT_ETCD_PEER),
                     *client_url = own_url("advertise-client-urls", CFG_PORT_ETCD_CLIENT);
    const struct cfg_timeouts *t = &c->reset->timeouts;
    const struct ph_etcd_access a = { .kube = c->kube,
                                      .certs = c->init->cluster.certificates_dir,
                                      .api_ms = cfg_ms(t->kubernetes_api_call),
                                      .etcd_ms = cfg_ms(t->etcd_api_call),
                                      .leaving = client_url };
    struct leaving l = { .ctx = c };
    if (!c->init->cluster.etcd.local || !peer_url)
        return 0;
    int r = ph_etcd_connect(c, &a, &l.etcd, err);
    if (r == 0)
        r = remove_member(&l, peer_url, a.etcd_ms, err);
    etcd_client_free(l.etcd);
    return r;
}
