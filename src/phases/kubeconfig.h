/* phases/kubeconfig.h - the kubeconfig files of the control plane, for phases that check or make them. */
#ifndef PHASES_KUBECONFIG_H
#define PHASES_KUBECONFIG_H

#include "manifests/kubeconfig.h"
#include "phases/context.h"
#include "pki/cert.h"

/* An existing file: a kubeconfig whose cluster trusts one of the expected authorities (spec init 6.3); another server
 * only warns. 0, CU_E_NOTFOUND, CU_E_INVALID. */
int ph_kubeconfig_check(const char *dir, const char *file, const struct pki_certs *expected,
                        const char *server, struct cu_err *err);

#endif
