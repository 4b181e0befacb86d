/* Service account tokens as credentials: signature, issuer, times, audience, and that what they are bound to still is
 * there (spec apiserver 4.1).
 * Must not know how they are made (sa_token.c). */
#include "apiserver/authn_private.h"
#include "apiserver/authz_private.h"
#include "apiserver/registry.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "pki/jwt.h"
#include <string.h>

#define LEEWAY_MS INT64_C(60000)

struct api_object *api_auth_object(const struct api_auth *a, const char *resource, const char *ns,
                                   const char *name, const char *uid)
{
    struct api_object *o = api_registry_get(a->registry, api_resource_find("", "v1", resource), ns, name);

    return o && (cu_is_empty(uid) || cu_streq(o->uid, uid)) ? o : NULL;
}

/* The claim as milliseconds; -1 when it is absent or no sensible time. */
static int64_t time_claim(const struct val *claims, const char *key)
{
    double sec = val_real(val_get(claims, key), -1);

    return sec >= 0 && sec < 1e12 ? (int64_t)(sec * 1000) : -1;
}

static bool aud_has(const struct val *aud, const char *s)
{
    if (val_str(aud)) {
        return cu_streq(val_str(aud), s);
    }
    for (size_t i = 0, n = val_len(aud); i < n; i++) {
        if (cu_streq(val_str(val_at(aud, i)), s)) {
            return true;
        }
    }
    return false;
}

static int check_claims(const struct api_auth *a, const struct val *claims, struct cu_strlist *audiences,
                        int64_t now_ms, struct cu_err *err)
{
    const char *iss = val_get_str(claims, "iss");
    const struct val *aud = val_get(claims, "aud");
    int64_t exp = time_claim(claims, "exp"), nbf = time_claim(claims, "nbf");
    cu_autostrlist struct cu_strlist hits = CU_STRLIST_INIT;

    if (!iss || !cu_strlist_has(&a->issuers, iss)) {
        return cu_fail(err, CU_E_AUTH, "its issuer is not this cluster");
    }
    if (exp < 0 || now_ms > exp + LEEWAY_MS) {
        return cu_fail(err, CU_E_AUTH, "it has expired");
    }
    if (nbf >= 0 && now_ms < nbf - LEEWAY_MS) {
        return cu_fail(err, CU_E_AUTH, "it is not valid yet");
    }
    const struct cu_strlist *want = audiences && audiences->n ? audiences : &a->audiences;
    for (size_t i = 0; i < want->n; i++) {
        if (aud_has(aud, want->v[i])) {
            cu_strlist_add(&hits, want->v[i]);
        }
    }
    if (hits.n == 0) {
        return cu_fail(err, CU_E_AUTH, "it is meant for another audience");
    }
    if (audiences) {
        cu_strlist_clear(audiences);
        cu_strlist_copy(audiences, &hits);
    }
    return 0;
}

/* The bound objects, each with a claim, and the names of what the user's extra tells of them. */
static const struct {
    const char *claim, *resource;
    bool namespaced;
    const char *extra_name, *extra_uid; /* NULL: not told */
} bound[] = {
    { "pod", "pods", true, API_EXTRA "pod-name", API_EXTRA "pod-uid" },
    { "secret", "secrets", true, NULL, NULL },
    { "node", "nodes", false, API_EXTRA "node-name", API_EXTRA "node-uid" },
};

static int check_bound(const struct api_auth *a, const struct val *k8s, const char *ns, struct api_user *u,
                       struct cu_err *err)
{
    bool with_pod = val_is_map(val_get(k8s, "pod"));

    for (size_t i = 0; i < CU_LEN(bound); i++) {
        const struct val *ref = val_get(k8s, bound[i].claim);
        const char *name = val_get_str(ref, "name"), *uid = val_get_str(ref, "uid");

        if (!ref) {
            continue;
        }
        /* the node of a pod's token is told, but the token lives and dies with the pod */
        bool told_only = with_pod && !bound[i].namespaced;
        if (cu_is_empty(name) ||
            (!told_only &&
             (cu_is_empty(uid) ||
              !api_auth_object(a, bound[i].resource, bound[i].namespaced ? ns : NULL, name, uid)))) {
            return cu_fail(err, CU_E_AUTH, "the %s it is bound to is gone", bound[i].claim);
        }
        if (bound[i].extra_name) {
            api_user_add_extra(u, bound[i].extra_name, name);
            if (uid) {
                api_user_add_extra(u, bound[i].extra_uid, uid);
            }
        }
    }
    return 0;
}

static int user_of_claims(const struct api_auth *a, const struct val *claims, struct api_user *u,
                          struct cu_err *err)
{
    const struct val *k8s = val_get(claims, "kubernetes.io");
    const char *ns = val_get_str(k8s, "namespace"), *jti = val_get_str(claims, "jti");
    const char *name = val_find_str(k8s, "serviceaccount", "name", NULL);
    const char *uid = val_find_str(k8s, "serviceaccount", "uid", NULL);

    if (cu_is_empty(ns) || cu_is_empty(name) || cu_is_empty(uid)) {
        return cu_fail(err, CU_E_AUTH, "it names no service account");
    }
    u->name = cu_asprintf(API_ACCOUNT_PREFIX "%s:%s", ns, name);
    u->uid = cu_strdup(uid);
    u->authenticated = true;
    if (!cu_streq(val_get_str(claims, "sub"), u->name)) {
        return cu_fail(err, CU_E_AUTH, "its subject does not fit its claims");
    }
    if (!api_auth_object(a, "serviceaccounts", ns, name, uid)) {
        return cu_fail(err, CU_E_AUTH, "service account %s/%s is gone or was made anew", ns, name);
    }
    api_user_add_account_groups(u, ns);
    cu_strlist_add(&u->groups, API_GROUP_AUTHENTICATED);
    if (jti) {
        cu_autofree char *id = cu_asprintf("JTI=%s", jti);
        api_user_add_extra(u, API_EXTRA "credential-id", id);
    }
    return check_bound(a, k8s, ns, u, err);
}

int api_sa_token_user(const struct api_auth *a, const char *token, struct cu_strlist *audiences,
                      int64_t now_ms, struct api_user *out, struct cu_err *err)
{
    pki_autojwt struct pki_jwt jwt = PKI_JWT_INIT;
    cu_autoval struct val *header = NULL, *claims = NULL;
    struct api_user u = { 0 };

    if (pki_jwt_verify(token, a->keys, a->n_keys, &jwt, err) < 0) {
        return cu_fail(err, CU_E_AUTH,
                       "the bearer token is neither a bootstrap token nor signed by this cluster");
    }
    if (val_parse_json(jwt.header, strlen(jwt.header), &header, NULL) < 0 ||
        val_parse_json(jwt.claims, strlen(jwt.claims), &claims, NULL) < 0 ||
        !cu_streq(val_get_str(header, "alg"), pki_jwt_alg(a->keys[jwt.key]))) {
        return cu_fail(err, CU_E_AUTH, "service account token: its content is not readable");
    }
    int r = check_claims(a, claims, audiences, now_ms, err);
    if (r == 0) {
        r = user_of_claims(a, claims, &u, err);
    }
    if (r < 0) {
        api_user_clear(&u);
        return cu_wrap(err, "service account token");
    }
    *out = u;
    return 0;
}
