/* agent/certs.h - the client certificate of this node on disk, as the kubelet keeps it (spec join 15.1, 15.2):
 * <dir>/kubelet-client-<time>.pem with certificates and key, kubelet-client-current.pem a link to the newest. */
#ifndef AGENT_CERTS_H
#define AGENT_CERTS_H

#include "codec/value.h"
#include "pki/csr.h"

char *agent_certs_current(const char *dir); /* path of the link; caller frees */
/* Finishes an interrupted switch of the link. */
int agent_certs_repair(const char *dir, struct cu_err *err);
/* Stores a pair (PEM texts) as the current one. The certificate must belong to the key. CU_E_INVALID also when one of
 * the names is there but no link. */
int agent_certs_store(const char *dir, const char *cert_pem, const char *key_pem, int64_t now_ms,
                      struct cu_err *err);
/* The current certificate; CU_E_NOTFOUND, CU_E_INVALID (unreadable, does not belong to its key). */
int agent_certs_load(const char *dir, struct pki_cert **out, struct cu_err *err);
/* When to rotate: 70 to 90 % of the lifetime; `random` in [0, 1). */
int64_t agent_certs_rotation_ms(const struct pki_cert *c, double random);

/* CSR object asking for the node's client certificate with this key. New value in *out. */
int agent_csr_object(const char *node, const struct pki_key *key, struct val **out, struct cu_err *err);

#endif
