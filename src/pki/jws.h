/* pki/jws.h - detached HS256 signature of cluster-info by a bootstrap token (spec join 6.1.1, apiserver 6.3).
 */
#ifndef PKI_JWS_H
#define PKI_JWS_H

#include "base/err.h"

/* "<header>..<signature>" over `content`; caller frees. */
char *pki_jws_sign(const char *token_id, const char *token_secret, const char *content, size_t n);
/* 0 when `jws` is exactly what pki_jws_sign gives (compared in constant time); else CU_E_AUTH. */
int pki_jws_verify(const char *jws, const char *token_id, const char *token_secret, const char *content,
                   size_t n, struct cu_err *err);

#endif
