/* pki/pin.h - public key pins "sha256:<64 hex digits>" over the DER SubjectPublicKeyInfo (spec join 6.1.2).
 */
#ifndef PKI_PIN_H
#define PKI_PIN_H

#include "pki/cert.h"

/* Caller frees. */
char *pki_pin(const struct pki_cert *c);
/* Well-formed? CU_E_INVALID says what a pin looks like. */
int pki_pin_check(const char *pin, struct cu_err *err);
/* 0 when at least one certificate's pin is in `pins`; CU_E_INVALID for a malformed pin; CU_E_AUTH otherwise,
 * naming the pins that were found. */
int pki_pins_match(const struct cu_strlist *pins, const struct pki_certs *certs, struct cu_err *err);

#endif
