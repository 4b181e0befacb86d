/* phases/certificate_request.c - looks at the certificate requests of the cluster for the one of this machine's kubelet.
 * Must not wait, nor approve anything. */
#include "phases/certificate_request.h"

#include "base/encode.h"
#include "base/str.h"
#include "config/types.h"
#include "kube/client.h"
#include "pki/csr.h"

#include <string.h>

#define CSR_LIST "/apis/certificates.k8s.io/v1/certificatesigningrequests"

static const struct val *condition(const struct val *csr, const char *type)
{
    const struct val *conditions = val_find(csr, "status", "conditions", NULL);
    for (size_t i = 0; i < val_len(conditions); i++)
        if (cu_streq(val_get_str(val_at(conditions, i), "type"), type))
            return val_at(conditions, i);
    return NULL;
}

static int list_requests(struct ph_ctx *c, struct val **list, struct cu_err *err)
{
    if (!c->kube)
        return cu_fail(err, CU_E_NOTFOUND, "its address is not known");
    return kube_get(c->kube, CSR_LIST, "limit=500", list, err);
}

/* Other machines may join with the same token at the same time: the name in the request tells them apart. */
static bool is_of_this_node(const struct ph_ctx *c, const struct val *csr)
{
    const char *override = cfg_args_last(&c->init->node.kubelet_extra_args, "hostname-override");
    cu_autofree char *cn = cu_asprintf("system:node:%s", override ? override : c->init->node.name);
    const char *coded = val_find_str(csr, "spec", "request", NULL);
    cu_autofree uint8_t *pem = NULL;
    size_t n = 0;
    struct pki_csr *request = NULL;
    if (!coded || cu_unbase64(coded, &pem, &n, NULL) < 0 ||
        pki_csr_parse((const char *)pem, n, &request, NULL) < 0)
        return false;
    bool ours = cu_streq(pki_csr_cn(request), cn);
    pki_csr_free(request);
    return ours;
}

static const char *name_of(const struct val *csr)
{
    return cu_or(val_find_str(csr, "metadata", "name", NULL), "");
}

static const char *made_at(const struct val *csr)
{
    return cu_or(val_find_str(csr, "metadata", "creationTimestamp", NULL), "");
}

void ph_certificate_request_remember(struct ph_ctx *c)
{
    cu_autoval struct val *list = NULL;
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    if (list_requests(c, &list, &ignored) < 0)
        return;
    for (size_t i = 0; i < val_len(val_get(list, "items")); i++)
        if (is_of_this_node(c, val_at(val_get(list, "items"), i)))
            cu_strlist_add(&c->old_requests, name_of(val_at(val_get(list, "items"), i)));
}

static const struct val *refusal(const struct val *csr)
{
    const struct val *no = condition(csr, "Denied");
    return no ? no : condition(csr, "Failed");
}

/* The kubelet asks again after a refusal; what an administrator said of this join is still his word. */
static bool tells_more(const struct val *csr, const struct val *than)
{
    if (!than || !refusal(csr) != !refusal(than))
        return !than || refusal(csr);
    return strcmp(made_at(csr), made_at(than)) >= 0;
}

char *ph_certificate_request_state(struct ph_ctx *c, bool *denied)
{
    cu_autoval struct val *list = NULL;
    cu_autoerr struct cu_err e = CU_ERR_INIT;
    const struct val *telling = NULL, *no;
    if (list_requests(c, &list, &e) < 0)
        return cu_asprintf("the API server cannot be asked about the certificate request: %s",
                           cu_err_text(&e));
    for (size_t i = 0; i < val_len(val_get(list, "items")); i++) {
        const struct val *csr = val_at(val_get(list, "items"), i);
        if (is_of_this_node(c, csr) && !cu_strlist_has(&c->old_requests, name_of(csr)) &&
            tells_more(csr, telling))
            telling = csr;
    }
    if (!telling)
        return cu_strdup("the kubelet has not requested a certificate yet");
    const char *name = name_of(telling);
    no = refusal(telling);
    *denied = no != NULL;
    if (no)
        return cu_asprintf("certificate request \"%s\" was refused: %s; when it may be approved:  kubeadm "
                           "reset, and join again",
                           name, cu_or(val_get_str(no, "message"), "no reason given"));
    if (!condition(telling, "Approved"))
        return cu_asprintf("certificate request \"%s\" is pending; approve it on a control plane with  "
                           "kubectl certificate approve %s",
                           name, name);
    if (!val_find_str(telling, "status", "certificate", NULL))
        return cu_asprintf("certificate request \"%s\" is approved but not signed; does "
                           "kube-controller-manager run and have the "
                           "CA key?",
                           name);
    return cu_asprintf("certificate request \"%s\" is signed; the kubelet has not stored it yet", name);
}
