/* phases/renew_certs.h - new keys and certificates in the place of those a control plane holds (spec operations 6.4). */
#ifndef PHASES_RENEW_CERTS_H
#define PHASES_RENEW_CERTS_H

#include "phases/held_certs.h"

/* What became of the renewals of a run. */
struct ph_renewed {
    struct cu_strlist used_by; /* components that have to be restarted */
    size_t n_missing, n_external;
};
#define PH_RENEWED_INIT                                                                                      \
    {                                                                                                        \
        CU_STRLIST_INIT, 0, 0                                                                                \
    }

/* Renews one: names, groups and usages are those of the certificate that is there; the key is new, of the cluster's
 * algorithm; it is valid for certificateValidityPeriod from c->start_ms. One that is missing or does not apply to this
 * cluster, and one of an authority whose key is kept elsewhere, is told and passed over. The files are replaced as a
 * whole or not at all. Adds to *done. */
int ph_renew(struct ph_ctx *c, const struct ph_held *h, struct ph_renewed *done, struct cu_err *err);

#endif
