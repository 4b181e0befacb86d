/* apiserver/authn_private.h - the authenticator's parts, one file each. */
#ifndef APISERVER_AUTHN_PRIVATE_H
#define APISERVER_AUTHN_PRIVATE_H

#include "apiserver/authn.h"
#include "base/map.h"
#include "pki/cert.h"

struct api_auth {
    struct api_registry *registry; /* borrowed */
    struct pki_certs client_cas;   /* empty: no client certificates */
    struct cu_map *seen;           /* sha256 of a client certificate -> struct known_cert (authn.c) */
    bool anonymous, bootstrap_tokens;
    struct cu_strlist issuers, audiences;
    struct pki_key **keys; /* n_keys public ones that verify service account tokens */
    size_t n_keys;
    struct pki_key *signing_key; /* NULL: none */
};

/* bootstrap_token.c: is `token` of the form <6>.<16>? */
bool api_bootstrap_token_form(const char *token);
/* CU_E_AUTH says why not. */
int api_bootstrap_token_user(const struct api_auth *a, const char *token, int64_t now_ms,
                             struct api_user *out, struct cu_err *err);

/* sa_token_check.c: see api_authenticate_token(). */
int api_sa_token_user(const struct api_auth *a, const char *token, struct cu_strlist *audiences,
                      int64_t now_ms, struct api_user *out, struct cu_err *err);
/* The object, if it has that uid still (NULL or "": any); borrowed. */
struct api_object *api_auth_object(const struct api_auth *a, const char *resource, const char *ns,
                                   const char *name, const char *uid);

/* Adds text to the list at extra[key]. */
void api_user_add_extra(struct api_user *u, const char *key, const char *text);
/* The groups that every service account of ns has. */
void api_user_add_account_groups(struct api_user *u, const char *ns);

#define API_ACCOUNT_PREFIX "system:serviceaccount:"
#define API_EXTRA "authentication.kubernetes.io/"

#endif
