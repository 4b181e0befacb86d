/* phases/bootstrap_secret.c - bootstrap tokens as Secrets, and the join command made of one.
 * Must not know which command asks. */
#include "phases/bootstrap_secret.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "config/constants.h"
#include "config/validate.h"
#include "kube/kubeconfig.h"
#include "manifests/objects.h"
#include "pki/cert.h"
#include "pki/pin.h"

#include <string.h>

#define SECRET_PREFIX "bootstrap-token-"
#define USAGE_PREFIX "usage-bootstrap-"
#define ID_LEN 6

void ph_token_clear(struct cfg_token *t)
{
    cu_free_secret(t->token);
    free(t->description);
    free(t->expires);
    cu_strlist_clear(&t->usages);
    cu_strlist_clear(&t->groups);
    memset(t, 0, sizeof(*t));
}

/* Decoded text of a data key; NULL when absent. Caller frees. */
static char *data_text(const struct val *secret, const char *key)
{
    cu_autoerr struct cu_err ignored = CU_ERR_INIT;
    const char *coded = val_find_str(secret, "data", key, NULL);
    uint8_t *raw = NULL;
    size_t n = 0;
    if (!coded || cu_unbase64(coded, &raw, &n, &ignored) < 0)
        return NULL;
    return (char *)raw;
}

static void read_usages(const struct val *secret, struct cu_strlist *usages)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *ignored;
    while (val_next(val_get(secret, "data"), &it, &key, &ignored)) {
        cu_autofree char *value = cu_has_prefix(key, USAGE_PREFIX) ? data_text(secret, key) : NULL;
        if (cu_streq(value, "true"))
            cu_strlist_add(usages, key + strlen(USAGE_PREFIX));
    }
    cu_strlist_sort(usages);
}

int ph_token_from_secret(const struct val *secret, struct cfg_token *out, struct cu_err *err)
{
    const char *name = cu_or(val_find_str(secret, "metadata", "name", NULL), "");
    cu_autofree char *id = data_text(secret, "token-id"), *groups = data_text(secret, "auth-extra-groups");
    cu_autowipe char *part = data_text(secret, "token-secret");
    int64_t when = 0;
    if (cu_is_empty(id))
        return cu_fail(err, CU_E_INVALID, "bootstrap token Secret \"%s\" has no token-id", name);
    if (!cu_has_prefix(name, SECRET_PREFIX) || !cu_streq(name + strlen(SECRET_PREFIX), id))
        return cu_fail(err, CU_E_INVALID,
                       "bootstrap token Secret \"%s\" is not named after its token-id \"%s\"", name, id);
    if (cu_is_empty(part))
        return cu_fail(err, CU_E_INVALID, "bootstrap token Secret \"%s\" has no token-secret", name);
    cu_autowipe char *token = cu_asprintf("%s.%s", id, part);
    if (!cfg_is_token(token))
        return cu_fail(err, CU_E_INVALID, "bootstrap token Secret \"%s\" holds a malformed token", name);
    cu_autofree char *expires = data_text(secret, "expiration");
    if (!cu_is_empty(expires) && cu_parse_rfc3339(expires, &when, err) < 0)
        return cu_wrap(err, "bootstrap token Secret \"%s\": expiration", name);
    memset(out, 0, sizeof(*out));
    out->token = cu_steal(&token);
    out->description = data_text(secret, "description");
    out->expires = cu_is_empty(expires) ? NULL : cu_steal(&expires);
    read_usages(secret, &out->usages);
    if (!cu_is_empty(groups))
        cu_strlist_split(&out->groups, groups, ',');
    return 0;
}

char *ph_token_secret_path(const char *token_or_id)
{
    cu_autofree char *name = cu_asprintf(SECRET_PREFIX "%.*s", ID_LEN, token_or_id);
    return kube_path("v1", "secrets", CFG_NS_SYSTEM, name);
}

int ph_tokens_store(struct kube_client *kube, const struct cfg_tokens *tokens, bool must_be_new,
                    int64_t timeout_ms, struct cu_err *err)
{
    for (size_t i = 0; i < tokens->n; i++) {
        const struct cfg_token *t = &tokens->v[i];
        cu_autofree char *path = ph_token_secret_path(t->token);
        cu_autoerr struct cu_err e = CU_ERR_INIT;
        int r = kube_get(kube, path, NULL, NULL, &e);
        if (r == 0 && must_be_new)
            return cu_fail(
                err, CU_E_EXISTS,
                "a token with id \"%.*s\" already exists; delete it first:  kubeadm token delete %.*s",
                ID_LEN, t->token, ID_LEN, t->token);
        cu_autoval struct val *secret = NULL;
        r = mf_bootstrap_token(t, cu_now_ms(), &secret, err);
        if (r == 0)
            r = kube_create_or_update(kube, secret, timeout_ms, err);
        if (r < 0)
            return cu_wrap(err, "failed to store bootstrap token with id \"%.*s\"", ID_LEN, t->token);
    }
    return 0;
}

int ph_join_command(const struct kube_config *config, const struct ph_join_command *o, char **out,
                    struct cu_err *err)
{
    cu_autofree char *pem = NULL, *host = cu_replace(cu_or(kube_config_server(config), ""), "https://", "");
    cu_autobuf struct cu_buf b = CU_BUF_INIT(LIM_TEXT);
    pki_autocerts struct pki_certs certs = PKI_CERTS_INIT;
    if (cu_is_empty(host))
        return cu_fail(err, CU_E_INVALID, "kubeconfig \"%s\" names no server in its current context",
                       cu_or(config->path, ""));
    int r = kube_config_ca(config, &pem, err);
    if (r == 0)
        r = pki_certs_parse(pem, strlen(pem), &certs, err);
    if (r < 0)
        return cu_wrap(err, "no CA pin for the join command");
    cu_buf_addf(&b, "kubeadm join %s --token %s %s", host, o->token, o->multi_line ? "\\\n\t" : "");
    for (size_t i = 0; i < certs.n; i++) {
        cu_autofree char *pin = pki_pin(certs.v[i]);
        cu_buf_addf(&b, "--discovery-token-ca-cert-hash %s ", pin);
    }
    if (o->control_plane)
        cu_buf_addf(&b, "%s--control-plane %s%s", o->multi_line ? "\\\n\t" : "",
                    o->certificate_key ? "--certificate-key " : "", cu_or(o->certificate_key, ""));
    return cu_buf_take(&b, out, err);
}
