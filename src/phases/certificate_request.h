/* phases/certificate_request.h - what becomes of the certificate request of this machine's kubelet. */
#ifndef PHASES_CERTIFICATE_REQUEST_H
#define PHASES_CERTIFICATE_REQUEST_H

#include "phases/context.h"

/* Notes the requests for this node's name that are there before the kubelet is started: they are of earlier tries, and
 * their end says nothing about this one. Failures are silent: then every request counts. */
void ph_certificate_request_remember(struct ph_ctx *c);

/* In a few words what became of the newest request since; *denied when the answer is no. Caller frees. */
char *ph_certificate_request_state(struct ph_ctx *c, bool *denied);

#endif
