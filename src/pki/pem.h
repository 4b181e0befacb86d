/* pki/pem.h - PEM blocks (RFC 7468) as Go's encoding/pem reads them: text between blocks is skipped. */
#ifndef PKI_PEM_H
#define PKI_PEM_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct pki_pem {
    char *type;       /* "CERTIFICATE"; owned */
    bool has_headers; /* "Proc-Type: ..." lines are there */
    uint8_t *der;     /* owned; wiped by clear */
    size_t n;
};
#define PKI_PEM_INIT                                                                                         \
    {                                                                                                        \
        NULL, false, NULL, 0                                                                                 \
    }
void pki_pem_clear(struct pki_pem *b);

/* Reads the next well-formed block at *pos of text[0..n) and moves *pos behind it. 1 and *out filled (an
 * earlier content is cleared), 0 when there is none left. Malformed blocks are skipped. */
int pki_pem_next(const char *text, size_t n, size_t *pos, struct pki_pem *out);
/* 64 characters per line, LF; caller frees (cu_free_secret for keys). */
char *pki_pem_dump(const char *type, const uint8_t *der, size_t n);

#endif
