/* Impersonate-* headers: one user acting as another, when allowed to.
 * Must not know how headers come in. */
#include "apiserver/authn_private.h"
#include "apiserver/authz_private.h"
#include "base/str.h"
#include <string.h>

#define AUTHN_GROUP "authentication.k8s.io"

/* May the user impersonate this one thing? 403 otherwise. */
static int check(struct api_authz *z, const struct api_user *u, const struct api_attributes *what,
                 struct api_status *s)
{
    cu_autofree char *why = NULL;
    struct api_attributes a = *what;

    a.user = u;
    a.verb = "impersonate";
    a.resource_request = true;
    a.path = "";
    a.version = "v1";
    a.group = cu_or(a.group, "");
    a.subresource = cu_or(a.subresource, "");
    a.ns = cu_or(a.ns, "");
    a.field_selector = a.label_selector = "";
    return api_authorize(z, &a, &why) ? 0 : api_fail_denied(s, &a, why);
}

/* Splits "system:serviceaccount:<ns>:<name>"; false for other users. */
static bool account_of(const char *user, char **ns, char **name)
{
    const char *rest = cu_has_prefix(user, API_ACCOUNT_PREFIX) ? user + strlen(API_ACCOUNT_PREFIX) : NULL;
    const char *colon = rest ? strchr(rest, ':') : NULL;

    if (!colon || strchr(colon + 1, ':') || colon == rest || colon[1] == '\0') {
        return false;
    }
    *ns = cu_strndup(rest, (size_t)(colon - rest));
    *name = cu_strdup(colon + 1);
    return true;
}

static int check_user(struct api_authz *z, const struct api_user *u, const char *user, char **account_ns,
                      struct api_status *s)
{
    cu_autofree char *name = NULL;

    if (account_of(user, account_ns, &name)) {
        const struct api_attributes a = { .resource = "serviceaccounts", .ns = *account_ns, .name = name };
        return check(z, u, &a, s);
    }
    const struct api_attributes a = { .resource = "users", .name = user };
    return check(z, u, &a, s);
}

static int check_rest(struct api_authz *z, const struct api_user *u, const struct api_impersonation *i,
                      struct api_status *s)
{
    struct val_iter it = VAL_ITER_INIT;
    const char *key;
    struct val *values;

    for (size_t k = 0; k < i->groups.n; k++) {
        const struct api_attributes a = { .resource = "groups", .name = i->groups.v[k] };
        if (check(z, u, &a, s) < 0) {
            return -1;
        }
    }
    if (i->uid) {
        const struct api_attributes a = { .group = AUTHN_GROUP, .resource = "uids", .name = i->uid };
        if (check(z, u, &a, s) < 0) {
            return -1;
        }
    }
    while (i->extra && val_next(i->extra, &it, &key, &values)) {
        for (size_t k = 0; k < val_len(values); k++) {
            const struct api_attributes a = { .group = AUTHN_GROUP,
                                              .resource = "userextras",
                                              .subresource = key,
                                              .name = cu_or(val_str(val_at(values, k)), "") };
            if (check(z, u, &a, s) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int api_impersonate(struct api_authz *z, const struct api_impersonation *i, struct api_user *u,
                    struct api_status *s)
{
    cu_autofree char *account_ns = NULL;

    if (!i->user && !i->uid && i->groups.n == 0 && val_len(i->extra) == 0) {
        return 0;
    }
    if (cu_is_empty(i->user)) {
        return api_fail_bad_request(s, "Impersonate-Group, -Uid and -Extra need Impersonate-User");
    }
    if (check_user(z, u, i->user, &account_ns, s) < 0 || check_rest(z, u, i, s) < 0) {
        return -1;
    }
    bool anonymous = cu_streq(i->user, API_USER_ANONYMOUS);
    struct api_user as = { .name = cu_strdup(i->user),
                           .uid = cu_strdup(i->uid),
                           .extra = i->extra ? val_copy(i->extra) : NULL,
                           .authenticated = !anonymous };
    cu_strlist_copy(&as.groups, &i->groups);
    if (account_ns && i->groups.n == 0) {
        api_user_add_account_groups(&as, account_ns);
    }
    cu_strlist_add_unique(&as.groups, anonymous ? API_GROUP_UNAUTHENTICATED : API_GROUP_AUTHENTICATED);
    api_user_clear(u);
    *u = as;
    return 0;
}
