/* Authentication: client certificate, then bearer token, then anonymous; 401 for credentials that nobody accepts.
 * Must not know what the user may do. */
#include "apiserver/authn_private.h"
#include "apiserver/authz_private.h"
#include "apiserver/options.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/hash.h"
#include <string.h>

#define SEEN_MAX 8192 /* certificates remembered; all are forgotten when there are more */

/* A certificate that was verified: asking again costs a hash instead of a signature check. */
struct known_cert {
    struct api_user user;
    int64_t not_before_ms, not_after_ms;
};

static void known_free(void *p)
{
    struct known_cert *k = p;

    api_user_clear(&k->user);
    free(k);
}

static void user_copy(struct api_user *to, const struct api_user *from)
{
    *to = (struct api_user){ .name = cu_strdup(from->name),
                             .uid = cu_strdup(from->uid),
                             .extra = from->extra ? val_copy(from->extra) : NULL,
                             .authenticated = from->authenticated };
    cu_strlist_copy(&to->groups, &from->groups);
}

void api_user_add_extra(struct api_user *u, const char *key, const char *text)
{
    if (!u->extra) {
        u->extra = val_new_map();
    }
    val_append_str(val_need_list(u->extra, key), text);
}

void api_user_add_account_groups(struct api_user *u, const char *ns)
{
    cu_strlist_add_unique(&u->groups, "system:serviceaccounts");
    cu_autofree char *of_ns = cu_asprintf("system:serviceaccounts:%s", ns);
    cu_strlist_add_unique(&u->groups, of_ns);
}

static int load_key_files(struct api_auth *a, const struct cu_strlist *files, struct cu_err *err)
{
    a->keys = cu_calloc(files->n + 1, sizeof(struct pki_key *));
    for (size_t i = 0; i < files->n; i++) {
        char *text = NULL;
        size_t n;
        int r = cu_file_read(files->v[i], LIM_PEM_FILE, &text, &n, err);

        if (r < 0) {
            return r;
        }
        r = pki_key_parse_public(text, n, &a->keys[a->n_keys], err);
        cu_wipe(text, n);
        free(text);
        if (r < 0) {
            return cu_wrap(err, "service account key file \"%s\"", files->v[i]);
        }
        a->n_keys++;
    }
    return 0;
}

static int load_files(struct api_auth *a, const struct api_options *o, struct cu_err *err)
{
    int r = 0;

    if (!cu_is_empty(o->client_ca_file)) {
        r = pki_certs_load(o->client_ca_file, &a->client_cas, err);
    }
    if (r == 0) {
        r = load_key_files(a, &o->service_account_key_file, err);
    }
    if (r == 0 && !cu_is_empty(o->service_account_signing_key_file)) {
        r = pki_key_load(o->service_account_signing_key_file, &a->signing_key, err);
    }
    return r;
}

int api_auth_new(const struct api_options *o, struct api_registry *registry, struct api_auth **out,
                 struct cu_err *err)
{
    struct api_auth *a = cu_calloc(1, sizeof(*a));

    a->registry = registry;
    a->seen = cu_map_new(known_free);
    a->anonymous = o->anonymous_auth;
    a->bootstrap_tokens = o->enable_bootstrap_token_auth;
    cu_strlist_copy(&a->issuers, &o->service_account_issuer);
    cu_strlist_copy(&a->audiences, o->api_audiences.n ? &o->api_audiences : &o->service_account_issuer);
    int r = load_files(a, o, err);
    if (r < 0) {
        api_auth_free(a);
        return r;
    }
    *out = a;
    return 0;
}

void api_auth_free(struct api_auth *a)
{
    if (!a) {
        return;
    }
    pki_certs_clear(&a->client_cas);
    cu_map_free(a->seen);
    cu_strlist_clear(&a->issuers);
    cu_strlist_clear(&a->audiences);
    for (size_t i = 0; i < a->n_keys; i++) {
        pki_key_free(a->keys[i]);
    }
    free(a->keys);
    pki_key_free(a->signing_key);
    free(a);
}

/* 1: *out is the user; 0: the certificate names nobody; negative: it is not acceptable. */
static int verify_cert(struct api_auth *a, const uint8_t *der, size_t n, int64_t now_ms, struct api_user *out,
                       struct cu_err *err)
{
    pki_autocert struct pki_cert *c = NULL;
    int r = pki_cert_parse_der(der, n, &c, err);

    if (r == 0) {
        r = pki_cert_verify(c, &a->client_cas, PKI_EKU_CLIENT_AUTH, now_ms, err);
    }
    if (r < 0) {
        return r;
    }
    if (cu_is_empty(pki_cert_cn(c))) {
        return 0;
    }
    struct known_cert *k = cu_calloc(1, sizeof(*k));
    k->user = (struct api_user){ .name = cu_strdup(pki_cert_cn(c)), .authenticated = true };
    k->not_before_ms = pki_cert_not_before(c);
    k->not_after_ms = pki_cert_not_after(c);
    cu_strlist_copy(&k->user.groups, pki_cert_orgs(c));
    cu_strlist_add_unique(&k->user.groups, API_GROUP_AUTHENTICATED);
    cu_autofree char *id = cu_asprintf("X509SHA256=%s", pki_cert_sha256(c));
    api_user_add_extra(&k->user, API_EXTRA "credential-id", id);
    user_copy(out, &k->user);
    if (cu_map_len(a->seen) >= SEEN_MAX) {
        cu_map_free(a->seen);
        a->seen = cu_map_new(known_free);
    }
    cu_map_set(a->seen, pki_cert_sha256(c), k);
    return 1;
}

static int cert_user(struct api_auth *a, const uint8_t *der, size_t n, int64_t now_ms, struct api_user *out,
                     struct cu_err *err)
{
    cu_autofree char *sha256 = pki_sha256_hex(der, n);
    const struct known_cert *k = cu_map_get(a->seen, sha256);

    if (k && now_ms >= k->not_before_ms && now_ms <= k->not_after_ms) {
        user_copy(out, &k->user);
        return 1;
    }
    return verify_cert(a, der, n, now_ms, out, err);
}

/* Token of "Bearer <token>"; NULL for other schemes. Caller frees with cu_free_secret(). */
static char *bearer_of(const char *authorization)
{
    static const char scheme[] = "bearer";

    if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0 ||
        authorization[sizeof(scheme) - 1] != ' ') {
        return NULL;
    }
    return cu_trim(authorization + sizeof(scheme));
}

int api_authenticate_token(struct api_auth *a, const char *token, struct cu_strlist *audiences,
                           int64_t now_ms, struct api_user *out, struct cu_err *err)
{
    if (!api_bootstrap_token_form(token)) {
        return api_sa_token_user(a, token, audiences, now_ms, out, err);
    }
    if (!a->bootstrap_tokens) {
        return cu_fail(err, CU_E_AUTH, "bootstrap tokens are not enabled on this server");
    }
    if (audiences) {
        cu_strlist_clear(audiences); /* such tokens are for nobody in particular */
    }
    return api_bootstrap_token_user(a, token, now_ms, out, err);
}

int api_authenticate(struct api_auth *a, const struct api_credentials *c, int64_t now_ms,
                     struct api_user *out, struct api_status *s)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    bool tried = false;

    *out = (struct api_user){ 0 };
    if (c->peer_der && a->client_cas.n > 0) {
        int r = cert_user(a, c->peer_der, c->peer_len, now_ms, out, &err);

        if (r > 0) {
            return 0;
        }
        tried = r < 0;
    }
    if (!cu_is_empty(c->authorization)) {
        cu_autowipe char *token = bearer_of(c->authorization);

        tried = true;
        if (!token) {
            cu_fail(&err, CU_E_AUTH, "only the Bearer scheme is known");
        } else if (api_authenticate_token(a, token, NULL, now_ms, out, &err) == 0) {
            return 0;
        }
    }
    if (tried || !a->anonymous) {
        cu_log_debug(1, "request refused: %s", tried ? cu_err_text(&err) : "no credentials");
        return api_fail(s, 401, "Unauthorized", "Unauthorized");
    }
    out->name = cu_strdup(API_USER_ANONYMOUS);
    cu_strlist_add(&out->groups, API_GROUP_UNAUTHENTICATED);
    return 0;
}
