/* Finds the members of the cluster's etcd and connects to them. It must not change the membership. */
#include "phases/etcd_cluster.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/constants.h"
#include "kube/client.h"

#define POD_QUERY "labelSelector=component%3Detcd%2Ctier%3Dcontrol-plane"

struct finding {
    struct ph_ctx *ctx;
    struct kube_client *kube;
    struct cu_strlist endpoints;
    struct etcd_client *etcd; /* second step: synchronising */
    const char *leaving;
};

char *ph_etcd_peer_url(const char *address)
{
    cu_autofree char *at = cu_host_port(address, CFG_PORT_ETCD_PEER);
    return cu_asprintf("https://%s", at);
}

/* Every Pod of etcd must name its endpoint: with one missing the cluster is not known yet. */
static enum cu_wait_state list_pods(void *arg, char **missing, struct cu_err *err)
{
    struct finding *f = arg;
    cu_autofree char *path = kube_path("v1", "pods", CFG_NS_SYSTEM, NULL);
    cu_autoval struct val *list = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = kube_get(f->kube, path, POD_QUERY, &list, &e);
    if (r == -CU_E_SERVER &&
        f->leaving) { /* the etcd behind it may be the one that is dead: what it remembers */
        cu_err_clear(&e);
        r = kube_get(f->kube, path, POD_QUERY "&resourceVersion=0", &list, &e);
    }
    if (r == -CU_E_AUTH) {
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    if (r < 0) {
        *missing = cu_strdup(cu_err_text(&e));
        return CU_WAIT_PENDING;
    }
    const struct val *pods = val_get(list, "items");
    cu_strlist_clear(&f->endpoints);
    for (size_t i = 0; i < val_len(pods); i++) {
        const char *urls =
            val_find_str(val_at(pods, i), "metadata", "annotations", CFG_ANNOTATION_ETCD_URLS, NULL);
        if (!cu_is_empty(urls))
            cu_strlist_add(&f->endpoints, urls);
    }
    if (val_len(pods) && f->endpoints.n == val_len(pods))
        return CU_WAIT_DONE;
    *missing = val_len(pods) == 0 ? cu_strdup("the API server knows no Pod of etcd yet")
                                  : cu_asprintf("%zu of %zu Pods of etcd name their endpoint", f->endpoints.n,
                                                val_len(pods));
    return CU_WAIT_PENDING;
}

static bool only_leaving(const struct finding *f)
{
    for (size_t i = 0; i < f->endpoints.n; i++)
        if (!f->leaving || !cu_streq(f->endpoints.v[i], f->leaving))
            return false;
    return true;
}

static enum cu_wait_state sync_once(void *arg, char **missing, struct cu_err *err)
{
    struct finding *f = arg;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    int r = etcd_client_sync(f->etcd, &e);
    if (r == 0)
        return CU_WAIT_DONE;
    if (r == -CU_E_AUTH) { /* another CA, or a certificate that is not good: waiting mends neither */
        cu_err_move(err, &e);
        return CU_WAIT_FINAL;
    }
    if (r == -CU_E_REFUSED && only_leaving(f)) {
        cu_fail(err, CU_E_FINAL,
                "%s is the only member known, it is this machine's own, and nothing listens there",
                f->leaving);
        return CU_WAIT_FINAL;
    }
    *missing = cu_strdup(cu_err_text(&e));
    return CU_WAIT_PENDING;
}

/* Each of the three texts is owned by the caller; the key is a secret. */
static int read_pem(const char *dir, char *pem[3], struct cu_err *err)
{
    static const char *const files[3] = { "etcd/ca.crt", "etcd/healthcheck-client.crt",
                                          "etcd/healthcheck-client.key" };
    int r = 0;
    for (size_t i = 0; r == 0 && i < CU_LEN(files); i++) {
        cu_autofree char *path = cu_path_join(dir, files[i]);
        r = cu_file_read(path, LIM_PEM_FILE, &pem[i], NULL, err);
    }
    return r;
}

static int make_client(const struct finding *f, const char *certs, struct etcd_client **out,
                       struct cu_err *err)
{
    char *pem[3] = { NULL, NULL, NULL };
    int r = read_pem(certs, pem, err);
    const struct etcd_options o = { .endpoints = (const char *const *)f->endpoints.v,
                                    .n = f->endpoints.n,
                                    .ca_pem = pem[0],
                                    .cert_pem = pem[1],
                                    .key_pem = pem[2] };
    if (r == 0)
        r = etcd_client_new(&o, out, err);
    free(pem[0]);
    free(pem[1]);
    cu_free_secret(pem[2]);
    return r;
}

int ph_etcd_connect(struct ph_ctx *c, const struct ph_etcd_access *a, struct etcd_client **out,
                    struct cu_err *err)
{
    struct finding f = { .ctx = c, .kube = a->kube, .endpoints = CU_STRLIST_INIT, .leaving = a->leaving };
    int r = ph_wait(
        c, &(struct ph_waiting){ "the endpoints of etcd", a->api_ms, PH_ETCD_INTERVAL_MS, list_pods, &f },
        err);
    if (r == 0)
        r = make_client(&f, a->certs, &f.etcd, err);
    if (r == 0)
        r = ph_wait(c,
                    &(struct ph_waiting){ "etcd to name its members", a->etcd_ms, PH_ETCD_INTERVAL_MS,
                                          sync_once, &f },
                    err);
    cu_strlist_clear(&f.endpoints);
    if (r < 0) {
        etcd_client_free(f.etcd);
        return cu_wrap(err, "cannot reach the cluster's etcd");
    }
    *out = f.etcd;
    return 0;
}
