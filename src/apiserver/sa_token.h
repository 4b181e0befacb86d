/* apiserver/sa_token.h - tokens of service accounts: POST serviceaccounts/NAME/token (spec apiserver 4.1). */
#ifndef APISERVER_SA_TOKEN_H
#define APISERVER_SA_TOKEN_H

#include "apiserver/request.h"
#include <stdint.h>

struct api_auth;

/* a->ns and a->name name the service account, body is a TokenRequest. *out (201) owned by the caller. 404,
 * 400, 409, 422 as the rule says. Admission (NodeRestriction) comes before. */
int api_sa_token_create(struct api_auth *auth, const struct api_attributes *a, const struct val *body,
                        int64_t now_ms, struct val **out, struct api_status *s);

/* /openid/v1/jwks and /.well-known/openid-configuration; JSON text, caller frees. */
char *api_openid_jwks(const struct api_auth *auth);
char *api_openid_configuration(const struct api_auth *auth, const char *jwks_url);

#endif
