/* kube/exec.h - credentials from a program that a kubeconfig names: `exec` of its current user, by the API
 * client.authentication.k8s.io, v1 and v1beta1. The program is asked without a terminal, and once per client. */
#ifndef KUBE_EXEC_H
#define KUBE_EXEC_H

#include "base/err.h"

struct kube_config;

struct kube_credential {
    char *token;              /* owned, secret; NULL: none */
    char *cert_pem, *key_pem; /* owned; both or none */
};
void kube_credential_clear(struct kube_credential *c);

/* Runs the program; leaves *out empty where the user has none. CU_E_NOTFOUND: there is no such program; CU_E_AUTH: it
 * failed, or needs somebody at a terminal; CU_E_INVALID: it is described, or answers, otherwise than the API says;
 * CU_E_TIMEOUT. Its standard error goes into the text, or to ours when it succeeds. */
int kube_exec_credential(const struct kube_config *c, struct kube_credential *out, struct cu_err *err);

#endif
