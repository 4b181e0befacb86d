/* controllers/csr_rules.h - which certificate signing requests are right for their signer (spec apiserver 6.1, 6.2),
 * and which are due for removal. Pure functions. */
#ifndef CONTROLLERS_CSR_RULES_H
#define CONTROLLERS_CSR_RULES_H

#include "base/strlist.h"
#include "codec/value.h"
#include "pki/csr.h"

#define CTL_SIGNER_KUBELET_CLIENT "kubernetes.io/kube-apiserver-client-kubelet"

struct ctl_csr {
    struct pki_csr *request; /* owned */
    struct cu_strlist usages;
};
void ctl_csr_clear(struct ctl_csr *r);
/* Reads spec.request and spec.usages of a CertificateSigningRequest. CU_E_INVALID. *out is to be cleared in every
 * case. */
int ctl_csr_read(const struct val *obj, struct ctl_csr *out, struct cu_err *err);

/* Do we sign for this signerName at all? */
bool ctl_csr_signer_known(const char *signer);
/* 0, or CU_E_INVALID with the rule of the signer that the request breaks. */
int ctl_csr_check(const char *signer, const struct ctl_csr *r, struct cu_err *err);

/* The status of condition `type` is "True". */
bool ctl_csr_has(const struct val *obj, const char *type);
/* Milliseconds until the object is to be deleted, 0 = now (approved and issued, denied or failed for 1 h; otherwise
 * 24 h; a certificate that has ended). */
int64_t ctl_csr_remaining(const struct val *obj, int64_t now_ms);

#endif
