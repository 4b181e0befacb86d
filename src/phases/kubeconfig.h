/* phases/kubeconfig.h - the kubeconfig files of the control plane, for phases that check or make them. */
#ifndef PHASES_KUBECONFIG_H
#define PHASES_KUBECONFIG_H

#include "manifests/kubeconfig.h"
#include "phases/context.h"
#include "pki/ca.h"

/* An existing file: a kubeconfig whose cluster trusts one of the expected authorities (spec init 6.3); another server
 * only warns. 0, CU_E_NOTFOUND, CU_E_INVALID. */
int ph_kubeconfig_check(const char *dir, const char *file, const struct pki_certs *expected,
                        const char *server, struct cu_err *err);

/* Makes the file named as its phase ("admin"), or checks and keeps the one that is there. */
int ph_kubeconfig_make(struct ph_ctx *c, const char *phase, struct cu_err *err);

/* A client certificate signed by the cluster's authority, with a new key of the cluster's algorithm. */
struct ph_client {
    const char *name;              /* common name */
    const struct cu_strlist *orgs; /* groups, in this order */
    int64_t validity_ms;           /* from the start of the run; it begins when the authority does */
};
struct ph_client_pem {
    char *cert, *key; /* owned; the key is a secret */
};
int ph_client_cert_make(struct ph_ctx *c, const struct pki_ca *ca, const struct ph_client *who,
                        struct ph_client_pem *out, struct cu_err *err);
void ph_client_pem_clear(struct ph_client_pem *p);

/* The files a joining control plane makes (spec join 8.3). */
#define PH_JOIN_KUBECONFIGS 3
extern const char *const ph_join_kubeconfigs[PH_JOIN_KUBECONFIGS];

#endif
