/* Bootstrap tokens: <id>.<secret> checked against the Secret kube-system/bootstrap-token-<id> (spec apiserver 4.1).
 * Must not know other credentials. */
#include "apiserver/authn_private.h"
#include "apiserver/authz_private.h"
#include "apiserver/registry.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <string.h>

#define ID_LEN 6
#define SECRET_LEN 16
#define SECRET_TYPE "bootstrap.kubernetes.io/token"
#define GROUP "system:bootstrappers"
#define EXTRA_PREFIX GROUP ":"
#define EXTRA_MAX 256 /* characters behind the prefix */

static bool lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool api_bootstrap_token_form(const char *token)
{
    if (strlen(token) != ID_LEN + 1 + SECRET_LEN || token[ID_LEN] != '.') {
        return false;
    }
    for (size_t i = 0; token[i]; i++) {
        if (i != ID_LEN && !lower_or_digit(token[i])) {
            return false;
        }
    }
    return true;
}

/* Value of data[key]; NULL when absent or no text. Caller frees with cu_free_secret(). */
static char *data_text(const struct val *secret, const char *key)
{
    const char *b64 = val_find_str(secret, "data", key, NULL);
    uint8_t *raw = NULL;
    size_t n;

    if (!b64 || cu_unbase64(b64, &raw, &n, NULL) < 0) {
        return NULL;
    }
    union {
        uint8_t *in;
        char *out;
    } u = { raw };
    if (memchr(raw, '\0', n)) {
        cu_wipe(raw, n);
        free(raw);
        return NULL;
    }
    return u.out;
}

static bool group_ok(const char *group)
{
    size_t n = strlen(group);

    if (!cu_has_prefix(group, EXTRA_PREFIX)) {
        return false;
    }
    const char *rest = group + strlen(EXTRA_PREFIX);
    size_t rest_n = n - strlen(EXTRA_PREFIX);
    if (rest_n == 0 || rest_n > EXTRA_MAX || !lower_or_digit(rest[rest_n - 1])) {
        return false;
    }
    for (const char *p = rest; *p; p++) {
        if (!lower_or_digit(*p) && *p != ':' && *p != '-') {
            return false;
        }
    }
    return true;
}

/* Is the Secret a token that may be used to log in now? */
static int check_secret(const struct val *secret, const char *id, const char *token_secret, int64_t now_ms,
                        struct cu_err *err)
{
    cu_autowipe char *stored = data_text(secret, "token-secret"), *stored_id = data_text(secret, "token-id");
    cu_autofree char *usage = data_text(secret, "usage-bootstrap-authentication");
    cu_autofree char *expiration = data_text(secret, "expiration");
    int64_t expires_ms;

    if (!cu_streq(val_get_str(secret, "type"), SECRET_TYPE) ||
        val_find_str(secret, "metadata", "deletionTimestamp", NULL)) {
        return cu_fail(err, CU_E_AUTH, "its Secret is being deleted or of another type");
    }
    if (!stored || !cu_equal_secret(stored, token_secret) || !cu_streq(stored_id, id)) {
        return cu_fail(err, CU_E_AUTH, "its secret is wrong");
    }
    if (expiration && (cu_parse_rfc3339(expiration, &expires_ms, NULL) < 0 || expires_ms <= now_ms)) {
        return cu_fail(err, CU_E_AUTH, "it expired on %s", expiration);
    }
    if (!cu_streq(usage, "true")) {
        return cu_fail(err, CU_E_AUTH, "it may not be used for authentication");
    }
    return 0;
}

static int add_groups(const struct val *secret, struct api_user *u, struct cu_err *err)
{
    cu_autofree char *text = data_text(secret, "auth-extra-groups");
    cu_autostrlist struct cu_strlist extra = CU_STRLIST_INIT;

    cu_strlist_add(&u->groups, GROUP);
    cu_strlist_add(&u->groups, API_GROUP_AUTHENTICATED);
    if (!cu_is_empty(text)) {
        cu_strlist_split(&extra, text, ',');
    }
    for (size_t i = 0; i < extra.n; i++) {
        if (!group_ok(extra.v[i])) {
            return cu_fail(err, CU_E_AUTH, "its extra group \"%s\" is not allowed", extra.v[i]);
        }
        cu_strlist_add_unique(&u->groups, extra.v[i]);
    }
    cu_strlist_sort(&u->groups);
    return 0;
}

int api_bootstrap_token_user(const struct api_auth *a, const char *token, int64_t now_ms,
                             struct api_user *out, struct cu_err *err)
{
    cu_autofree char *id = cu_strndup(token, ID_LEN);
    cu_autofree char *name = cu_asprintf("bootstrap-token-%s", id);
    const struct api_object *o =
        api_registry_get(a->registry, api_resource_find("", "v1", "secrets"), "kube-system", name);
    if (!o) {
        return cu_fail(err, CU_E_AUTH, "there is no bootstrap token with id \"%s\"", id);
    }
    struct api_user u = { .name = cu_asprintf("system:bootstrap:%s", id), .authenticated = true };
    int r = check_secret(o->v, id, token + ID_LEN + 1, now_ms, err);
    if (r == 0) {
        r = add_groups(o->v, &u, err);
    }
    if (r < 0) {
        api_user_clear(&u);
        return cu_wrap(err, "bootstrap token with id \"%s\"", id);
    }
    *out = u;
    return 0;
}
