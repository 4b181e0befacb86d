/* Making tokens of service accounts, and the documents by which others verify them.
 * Must not know how tokens are checked (sa_token_check.c). */
#include "apiserver/sa_token.h"
#include "apiserver/authn_private.h"
#include "apiserver/registry.h"
#include "base/random.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "pki/jwt.h"
#include <string.h>

#define MIN_SECONDS 600
#define MAX_SECONDS (INT64_C(1) << 32)
#define DEFAULT_SECONDS 3600
/* What kubelets ask for pods: such tokens live a year, so that programs that never read them again go on working, and
 * carry the time from which use is worth a warning (spec apiserver 4.1). */
#define POD_SECONDS 3607
#define POD_EXTENDED_SECONDS (INT64_C(365) * 24 * 3600)

struct request {
    const struct api_object *account;
    const struct val *spec;
    struct val *audiences; /* list, owned */
    int64_t seconds;
    bool default_audience;
    const char *bound_claim; /* "pod", "secret", "node"; NULL: not bound */
    const struct api_object *bound;
};

static int read_spec(const struct api_auth *auth, const struct api_attributes *a, struct request *q,
                     struct api_status *s)
{
    struct api_invalid e = API_INVALID_INIT;
    const struct val *given = val_get(q->spec, "audiences");

    q->seconds = val_get_int(q->spec, "expirationSeconds", DEFAULT_SECONDS);
    if (q->seconds < MIN_SECONDS) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.expirationSeconds",
                        "Invalid value: %lld: must be 600 or more", (long long)q->seconds);
    } else if (q->seconds > MAX_SECONDS) {
        api_invalid_add(&e, "FieldValueInvalid", "spec.expirationSeconds",
                        "Invalid value: %lld: must be 2^32 or less", (long long)q->seconds);
    }
    if (api_invalid_finish(&e, s, "TokenRequest", "authentication.k8s.io", a->name) < 0) {
        return -1;
    }
    q->default_audience = true;
    for (size_t i = 0; i < val_len(given); i++) {
        const char *aud = cu_or(val_str(val_at(given, i)), "");
        q->default_audience = q->default_audience && cu_strlist_has(&auth->audiences, aud);
        val_append_str(q->audiences, aud);
    }
    for (size_t i = 0; val_len(given) == 0 && i < auth->audiences.n; i++) {
        val_append_str(q->audiences, auth->audiences.v[i]);
    }
    return 0;
}

/* spec.boundObjectRef must be there, must be what it says, and a pod must run as this account. */
static int read_bound(const struct api_auth *auth, const struct api_attributes *a, struct request *q,
                      struct api_status *s)
{
    static const struct {
        const char *kind, *claim, *resource;
        bool namespaced;
    } known[] = {
        { "Pod", "pod", "pods", true },
        { "Secret", "secret", "secrets", true },
        { "Node", "node", "nodes", false },
    };
    const struct val *ref = val_get(q->spec, "boundObjectRef");
    const char *kind = val_get_str(ref, "kind"), *name = cu_or(val_get_str(ref, "name"), "");
    const char *uid = val_get_str(ref, "uid");
    size_t i = 0;

    if (!val_is_map(ref)) {
        return 0;
    }
    while (i < CU_LEN(known) && !cu_streq(known[i].kind, kind)) {
        i++;
    }
    if (i == CU_LEN(known) || !cu_streq(cu_or(val_get_str(ref, "apiVersion"), "v1"), "v1")) {
        return api_fail_bad_request(s, "a token cannot be bound to a %s; use Pod, Secret or Node",
                                    cu_or(kind, "thing without kind"));
    }
    const struct api_resource *r = api_resource_find("", "v1", known[i].resource);
    q->bound = api_registry_get(auth->registry, r, known[i].namespaced ? a->ns : NULL, name);
    q->bound_claim = known[i].claim;
    if (!q->bound) {
        return api_fail_not_found(s, r, name);
    }
    if (cu_streq(known[i].claim, "pod") &&
        !cu_streq(val_find_str(q->bound->v, "spec", "serviceAccountName", NULL), a->name)) {
        return api_fail_bad_request(
            s, "pod \"%s\" does not run as service account \"%s\", so no token can be bound to it", name,
            a->name);
    }
    if (!cu_is_empty(uid) && !cu_streq(uid, q->bound->uid)) {
        return api_fail_conflict(s, r, name,
                                 "the uid in the bound object reference is not that of the object");
    }
    return 0;
}

static struct val *name_uid(const struct api_object *o)
{
    struct val *m = val_new_map();

    val_set_str(m, "name", o->name);
    val_set_str(m, "uid", o->uid);
    return m;
}

static struct val *claims_of(const struct api_auth *auth, const struct request *q, int64_t now_s)
{
    struct val *c = val_new_map(), *k8s = val_new_map();
    cu_autofree char *jti = cu_uuid4();
    bool extended =
        q->bound_claim && cu_streq(q->bound_claim, "pod") && q->seconds == POD_SECONDS && q->default_audience;

    val_set(c, "aud", val_ref(q->audiences));
    val_set_int(c, "exp", now_s + (extended ? POD_EXTENDED_SECONDS : q->seconds));
    val_set_int(c, "iat", now_s);
    val_set_str(c, "iss", auth->issuers.v[0]);
    val_set_str(c, "jti", jti);
    val_set_str(k8s, "namespace", q->account->ns);
    const char *node = q->bound_claim && cu_streq(q->bound_claim, "pod")
                           ? val_find_str(q->bound->v, "spec", "nodeName", NULL)
                           : NULL;
    if (!cu_is_empty(node)) {
        const struct api_object *n = api_auth_object(auth, "nodes", NULL, node, NULL);
        struct val *m = n ? name_uid(n) : val_new_map();
        val_set_str(m, "name", node);
        val_set(k8s, "node", m);
    }
    if (q->bound_claim) {
        val_set(k8s, q->bound_claim, name_uid(q->bound));
    }
    val_set(k8s, "serviceaccount", name_uid(q->account));
    if (extended) {
        val_set_int(k8s, "warnafter", now_s + POD_SECONDS);
    }
    val_set(c, "kubernetes.io", k8s);
    val_set_int(c, "nbf", now_s);
    val_set_strf(c, "sub", API_ACCOUNT_PREFIX "%s:%s", q->account->ns, q->account->name);
    return c;
}

static struct val *answer(const struct request *q, const struct val *body, const char *token,
                          int64_t expires_ms)
{
    struct val *out = val_copy(body), *meta, *spec, *status = val_new_map();
    const char *created = val_find_str(q->account->v, "metadata", "creationTimestamp", NULL);
    char expires[CU_RFC3339_MAX];

    cu_rfc3339(expires_ms, expires);
    val_set_str(out, "kind", "TokenRequest");
    val_set_str(out, "apiVersion", "authentication.k8s.io/v1");
    meta = val_need_map(out, "metadata");
    val_set_str(meta, "name", q->account->name);
    val_set_str(meta, "namespace", q->account->ns);
    val_set_str(meta, "uid", q->account->uid);
    val_set_str(meta, "creationTimestamp", created);
    spec = val_need_map(out, "spec");
    val_set(spec, "audiences", val_ref(q->audiences));
    val_set_int(spec, "expirationSeconds", q->seconds);
    val_set_str(status, "token", token);
    val_set_str(status, "expirationTimestamp", expires);
    val_set(out, "status", status);
    return out;
}

int api_sa_token_create(struct api_auth *auth, const struct api_attributes *a, const struct val *body,
                        int64_t now_ms, struct val **out, struct api_status *s)
{
    const struct api_resource *accounts = api_resource_find("", "v1", "serviceaccounts");
    cu_autoval struct val *audiences = val_new_list(), *claims = NULL;
    cu_autowipe char *token = NULL, *json = NULL;
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    struct request q = { .spec = val_get(body, "spec"), .audiences = audiences };

    if (!auth->signing_key || auth->issuers.n == 0) {
        return api_fail(s, 404, "NotFound",
                        "this server makes no service account tokens: it needs "
                        "--service-account-signing-key-file and --service-account-issuer");
    }
    q.account = api_registry_get(auth->registry, accounts, a->ns, a->name);
    if (!q.account) {
        return api_fail_not_found(s, accounts, a->name);
    }
    if (read_spec(auth, a, &q, s) < 0 || read_bound(auth, a, &q, s) < 0) {
        return -1;
    }
    claims = claims_of(auth, &q, now_ms / 1000);
    json = val_dump_json(claims, VAL_JSON_COMPACT);
    if (pki_jwt_sign(auth->signing_key, json, &token, &err) < 0) {
        return api_fail(s, 500, "InternalError", "Internal error occurred: %s", cu_err_text(&err));
    }
    *out = answer(&q, body, token, now_ms + q.seconds * 1000);
    return 0;
}

char *api_openid_jwks(const struct api_auth *auth)
{
    return pki_jwks(auth->keys, auth->n_keys);
}

char *api_openid_configuration(const struct api_auth *auth, const char *jwks_url)
{
    cu_autoval struct val *doc = val_new_map();
    struct val *algs = val_new_list();
    cu_autostrlist struct cu_strlist names = CU_STRLIST_INIT;

    val_set_str(doc, "issuer", auth->issuers.n ? auth->issuers.v[0] : "");
    val_set_str(doc, "jwks_uri", jwks_url);
    val_append_str(val_need_list(doc, "response_types_supported"), "id_token");
    val_append_str(val_need_list(doc, "subject_types_supported"), "public");
    for (size_t i = 0; i < auth->n_keys; i++) {
        cu_strlist_add_unique(&names, pki_jwt_alg(auth->keys[i]));
    }
    cu_strlist_sort(&names);
    for (size_t i = 0; i < names.n; i++) {
        val_append_str(algs, names.v[i]);
    }
    val_set(doc, "id_token_signing_alg_values_supported", algs);
    return val_dump_json(doc, VAL_JSON_COMPACT);
}
