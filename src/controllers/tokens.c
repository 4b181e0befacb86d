/* controllers/tokens.c - what a bootstrap token Secret says, and the signatures of cluster-info made with it. Must not
 * know the API server. */
#include "controllers/tokens.h"

#include "base/encode.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/timefmt.h"
#include "pki/jws.h"

#include <string.h>

#define KEY_PREFIX "jws-kubeconfig-"

char *ctl_secret_text(const struct val *secret, const char *key)
{
    const char *data = val_find_str(secret, "data", key, NULL);
    uint8_t *raw = NULL;
    size_t n = 0;
    if (!data || cu_unbase64(data, &raw, &n, NULL) < 0)
        return NULL;
    return (char *)raw;
}

void ctl_token_clear(struct ctl_token *t)
{
    free(t->id);
    cu_free_secret(t->secret);
    memset(t, 0, sizeof(*t));
}

bool ctl_token_read(const struct val *secret, struct ctl_token *out)
{
    memset(out, 0, sizeof(*out));
    out->id = ctl_secret_text(secret, "token-id");
    out->secret = ctl_secret_text(secret, "token-secret");
    cu_autofree char *signing = ctl_secret_text(secret, "usage-bootstrap-signing");
    cu_autofree char *expiration = ctl_secret_text(secret, "expiration");
    out->signing = cu_streq(signing, "true");
    out->expires_ms = INT64_MAX;
    if (!cu_is_empty(expiration) && cu_parse_rfc3339(expiration, &out->expires_ms, NULL) < 0)
        out->expires_ms = 0;
    cu_autofree char *name = cu_asprintf("bootstrap-token-%s", cu_or(out->id, ""));
    return !cu_is_empty(out->id) && !cu_is_empty(out->secret) && cu_streq(ctl_name(secret), name);
}

bool ctl_sign_cluster_info(struct val *config_map, const struct val *secrets, int64_t now_ms,
                           int64_t *next_ms)
{
    const char *content = val_find_str(config_map, "data", "kubeconfig", NULL);
    *next_ms = INT64_MAX;
    if (!content)
        return false;
    struct val *data = val_get(config_map, "data");
    cu_autoval struct val *wanted = val_new_map();
    for (size_t i = 0; i < val_len(secrets); i++) {
        struct ctl_token t;
        if (ctl_token_read(val_at(secrets, i), &t) && t.signing && t.expires_ms > now_ms) {
            cu_autofree char *key = cu_asprintf(KEY_PREFIX "%s", t.id);
            cu_autofree char *jws = pki_jws_sign(t.id, t.secret, content, strlen(content));
            val_set_str(wanted, key, jws);
            if (t.expires_ms < *next_ms)
                *next_ms = t.expires_ms;
        }
        ctl_token_clear(&t);
    }
    cu_autostrlist struct cu_strlist stale = CU_STRLIST_INIT;
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *child;
    while (val_next(data, &it, &key, &child))
        if (cu_has_prefix(key, KEY_PREFIX) && !val_get(wanted, key))
            cu_strlist_add(&stale, key);
    for (size_t i = 0; i < stale.n; i++)
        val_del(data, stale.v[i]);
    bool changed = stale.n > 0;
    it = (struct val_iter)VAL_ITER_INIT;
    while (val_next(wanted, &it, &key, &child)) {
        if (cu_streq(val_get_str(data, key), val_str(child)))
            continue;
        val_set(data, key, val_ref(child));
        changed = true;
    }
    return changed;
}
