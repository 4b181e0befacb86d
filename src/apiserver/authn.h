/* apiserver/authn.h - who asks: client certificates, service account tokens, bootstrap tokens, anonymous, and
 * impersonation (spec apiserver 4.1). */
#ifndef APISERVER_AUTHN_H
#define APISERVER_AUTHN_H

#include "apiserver/request.h"
#include <stddef.h>
#include <stdint.h>

struct api_options;
struct api_registry;
struct api_authz;

struct api_auth; /* opaque */
/* Reads the files that the flags name; the registry is borrowed and only read. CU_E_INVALID or the code of cu_file_read,
 * naming the file. */
int api_auth_new(const struct api_options *o, struct api_registry *registry, struct api_auth **out,
                 struct cu_err *err);
void api_auth_free(struct api_auth *a); /* NULL is fine */

/* What a request brings along; borrowed. */
struct api_credentials {
    const uint8_t *peer_der; /* certificate of the client; NULL: none */
    size_t peer_len;
    const char *authorization; /* value of the Authorization header; NULL: none */
};
/* Client certificates are judged here, not in the TLS handshake. Fills *out (cleared by the caller with
 * api_user_clear), or answers 401. */
int api_authenticate(struct api_auth *a, const struct api_credentials *c, int64_t now_ms,
                     struct api_user *out, struct api_status *s);

/* The user behind a bearer token, for TokenReview. audiences: those asked for (NULL or empty: the server's own); on
 * success those that count are left in it. CU_E_AUTH says why not, without the token. */
int api_authenticate_token(struct api_auth *a, const char *token, struct cu_strlist *audiences,
                           int64_t now_ms, struct api_user *out, struct cu_err *err);

/* Impersonate-* headers of one request. Empty when user, uid, groups and extra are all absent. */
struct api_impersonation {
    const char *user, *uid;   /* NULL: absent */
    struct cu_strlist groups; /* Impersonate-Group, in order */
    struct val *extra;        /* map key -> list of texts; NULL: none */
};
/* Checks that *u may act as asked (verb impersonate) and turns it into that user; 403 or 400 otherwise. */
int api_impersonate(struct api_authz *z, const struct api_impersonation *i, struct api_user *u,
                    struct api_status *s);

#endif
