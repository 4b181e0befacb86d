/* phases/keys.h - private keys for certificates, made ahead on all cores while the phases before need them not. */
#ifndef PHASES_KEYS_H
#define PHASES_KEYS_H

#include "phases/context.h"
#include "pki/key.h"

/* Begins making the keys that the selected phases will ask for: those of certificates and kubeconfig files that are
 * not there yet. */
void ph_keys_start(struct ph_ctx *c);
/* The same for a caller that knows how many it will take. */
void ph_keys_start_n(struct ph_ctx *c, size_t n);

/* A key of the cluster's algorithm (encryptionAlgorithm, feature gate PublicKeysECDSA). Caller frees. */
int ph_key_take(struct ph_ctx *c, struct pki_key **out, struct cu_err *err);

#endif
