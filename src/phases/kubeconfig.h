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

/* Makes the file named as its phase ("admin"), or checks and keeps the one that is there. */
int ph_kubeconfig_make(struct ph_ctx *c, const char *phase, struct cu_err *err);

/* The files a joining control plane makes (spec join 8.3). */
#define PH_JOIN_KUBECONFIGS 3
extern const char *const ph_join_kubeconfigs[PH_JOIN_KUBECONFIGS];

#endif
