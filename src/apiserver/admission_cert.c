/* Admission of certificate signing requests: who may approve and sign for which signer, and which subjects are never
 * signed (spec apiserver 4.5).
 * Must not know the controllers that approve and sign. */
#include "apiserver/admission_private.h"
#include "apiserver/authz_private.h"
#include "base/encode.h"
#include "base/str.h"
#include "pki/csr.h"
#include <string.h>

#define GROUP "certificates.k8s.io"

struct pki_csr *api_csr_of(const struct val *csr_object)
{
    const char *b64 = val_find_str(csr_object, "spec", "request", NULL);
    cu_autofree uint8_t *pem = NULL;
    struct pki_csr *csr = NULL;
    size_t n;

    if (!b64 || cu_unbase64(b64, &pem, &n, NULL) < 0) {
        return NULL;
    }
    union {
        uint8_t *in;
        const char *out;
    } u = { pem };
    return pki_csr_parse(u.out, n, &csr, NULL) == 0 ? csr : NULL;
}

static bool may_on_signer(const struct api_entry *e, const char *verb, const char *name)
{
    const struct api_attributes a = {
        .user = e->a->user,
        .verb = verb,
        .resource_request = true,
        .path = "",
        .group = GROUP,
        .version = "*",
        .resource = "signers",
        .subresource = "",
        .ns = "",
        .name = name,
        .field_selector = "",
        .label_selector = "",
    };
    return api_authorize(e->z, &a, NULL);
}

/* The right `verb` on the signer itself or on all of its domain. */
static int need_right(struct api_entry *e, const char *verb)
{
    const char *signer = cu_or(val_find_str(e->old, "spec", "signerName", NULL), "");
    const char *slash = strchr(signer, '/');
    cu_autofree char *domain = cu_strndup(signer, slash ? (size_t)(slash - signer) : strlen(signer));
    cu_autofree char *all = cu_asprintf("%s/*", domain);

    return may_on_signer(e, verb, signer) || may_on_signer(e, verb, all)
               ? 0
               : api_entry_refuse(e, "this user has no right to %s requests for the signer \"%s\"", verb,
                                  signer);
}

int api_admit_cert_approval(struct api_entry *e)
{
    if (e->op != API_OP_UPDATE || !api_entry_is(e, GROUP, "certificatesigningrequests", "approval")) {
        return 0;
    }
    return need_right(e, "approve");
}

static bool same(const struct val *a, const struct val *b)
{
    return (!a && !b) || val_equal(a, b);
}

int api_admit_cert_signing(struct api_entry *e)
{
    if (e->op != API_OP_UPDATE || !api_entry_is(e, GROUP, "certificatesigningrequests", "status") ||
        (same(val_find(e->obj, "status", "certificate", NULL),
              val_find(e->old, "status", "certificate", NULL)) &&
         same(val_find(e->obj, "status", "conditions", NULL),
              val_find(e->old, "status", "conditions", NULL)))) {
        return 0;
    }
    return need_right(e, "sign");
}

int api_admit_cert_subject(struct api_entry *e)
{
    if (e->op != API_OP_CREATE || !api_entry_is(e, GROUP, "certificatesigningrequests", "") ||
        !cu_streq(val_find_str(e->obj, "spec", "signerName", NULL), "kubernetes.io/kube-apiserver-client")) {
        return 0;
    }
    pki_autocsr struct pki_csr *csr = api_csr_of(e->obj);
    return csr && cu_strlist_has(pki_csr_orgs(csr), API_GROUP_MASTERS)
               ? api_entry_refuse(e, "signer %s does not certify members of %s",
                                  "kubernetes.io/kube-apiserver-client", API_GROUP_MASTERS)
               : 0;
}
