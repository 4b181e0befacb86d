/* phases/generate_csr.h - keys and certificate requests for authorities that are kept elsewhere (spec operations 6.5). */
#ifndef PHASES_GENERATE_CSR_H
#define PHASES_GENERATE_CSR_H

#include "phases/context.h"

/* For each certificate of a control plane <base>.key and <base>.csr in c->paths.certs; for each kubeconfig file, in
 * c->paths.kubeconfig_dir, the file with key but without certificates, and <file>.csr. All modes 0600. CU_E_EXISTS, and
 * nothing is written, when one of them is there. */
int ph_generate_csrs(struct ph_ctx *c, struct cu_err *err);

#endif
