/* One RBAC rule: what it allows, what it covers, how rules are put together.
 * Must not know who holds a rule. */
#include "apiserver/rbac.h"
#include "base/str.h"
#include <string.h>

static bool has(const struct val *list, const char *s)
{
    for (size_t i = 0, n = val_len(list); i < n; i++) {
        if (cu_streq(val_str(val_at(list, i)), s)) {
            return true;
        }
    }
    return false;
}

static bool has_or_star(const struct val *list, const char *s)
{
    return has(list, s) || has(list, "*");
}

static bool resources_allow(const struct val *list, const char *resource, const char *sub)
{
    size_t n = strlen(resource);

    for (size_t i = 0, len = val_len(list); i < len; i++) {
        const char *e = cu_or(val_str(val_at(list, i)), "");

        if (cu_streq(e, "*")) {
            return true;
        }
        if (*sub == '\0') {
            if (cu_streq(e, resource)) {
                return true;
            }
        } else if ((strncmp(e, resource, n) == 0 && e[n] == '/' && cu_streq(e + n + 1, sub)) ||
                   (cu_has_prefix(e, "*/") && cu_streq(e + 2, sub))) {
            return true;
        }
    }
    return false;
}

static bool urls_allow(const struct val *list, const char *path)
{
    for (size_t i = 0, len = val_len(list); i < len; i++) {
        const char *e = cu_or(val_str(val_at(list, i)), "");
        size_t n = strlen(e);

        if (cu_streq(e, path) || (n > 0 && e[n - 1] == '*' && strncmp(e, path, n - 1) == 0)) {
            return true;
        }
    }
    return false;
}

bool api_rule_allows(const struct val *rule, const struct api_attributes *a)
{
    if (!has_or_star(val_get(rule, "verbs"), a->verb)) {
        return false;
    }
    if (!a->resource_request) {
        return urls_allow(val_get(rule, "nonResourceURLs"), a->path);
    }
    const struct val *names = val_get(rule, "resourceNames");
    return has_or_star(val_get(rule, "apiGroups"), a->group) &&
           resources_allow(val_get(rule, "resources"), a->resource, a->subresource) &&
           (val_len(names) == 0 || (*a->name && has(names, a->name)));
}

bool api_rule_selects(const struct val *role, const struct val *labels)
{
    const struct val *selectors = val_find(role, "aggregationRule", "clusterRoleSelectors", NULL);

    for (size_t i = 0, n = val_len(selectors); i < n; i++) {
        const struct val *want = val_get(val_at(selectors, i), "matchLabels");
        struct val_iter it = VAL_ITER_INIT;
        const char *key;
        struct val *value;
        bool all = val_len(want) > 0;

        while (all && val_next(want, &it, &key, &value)) {
            all = val_str(value) && cu_streq(val_get_str(labels, key), val_str(value));
        }
        if (all) {
            return true;
        }
    }
    return false;
}

void api_rules_merge(struct val *list, const struct val *rules)
{
    for (size_t i = 0, n = val_len(rules); i < n; i++) {
        const struct val *rule = val_at(rules, i);
        bool known = false;

        for (size_t k = 0, have = val_len(list); k < have && !known; k++) {
            known = val_equal(val_at(list, k), rule);
        }
        if (!known) {
            val_append(list, val_ref(rule));
        }
    }
}
