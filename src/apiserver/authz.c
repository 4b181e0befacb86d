/* Authorization: system:masters first, then the modes of --authorization-mode in order.
 * Must not know how requests come in. */
#include "apiserver/authz.h"
#include "apiserver/authz_private.h"
#include "apiserver/node_authorizer.h"
#include "base/str.h"
#include <string.h>

enum mode { MODE_NODE, MODE_RBAC, MODE_ALLOW, MODE_DENY };

static const char *const mode_names[] = {
    [MODE_NODE] = "Node", [MODE_RBAC] = "RBAC", [MODE_ALLOW] = "AlwaysAllow", [MODE_DENY] = "AlwaysDeny"
};

struct api_authz {
    struct api_registry *registry;
    struct api_rbac *rbac;
    enum mode modes[CU_LEN(mode_names)];
    size_t n;
};

static bool has_mode(const struct api_authz *z, enum mode m)
{
    for (size_t i = 0; i < z->n; i++) {
        if (z->modes[i] == m) {
            return true;
        }
    }
    return false;
}

int api_authz_new(const struct cu_strlist *modes, struct api_registry *registry, struct api_authz **out,
                  struct cu_err *err)
{
    struct api_authz *z = cu_calloc(1, sizeof(*z));

    for (size_t i = 0; i < modes->n; i++) {
        size_t m = 0;

        while (m < CU_LEN(mode_names) && !cu_streq(mode_names[m], modes->v[i])) {
            m++;
        }
        if (m == CU_LEN(mode_names) || has_mode(z, (enum mode)m)) {
            free(z);
            return cu_fail(
                err, CU_E_INVALID,
                "authorization mode \"%s\" is unknown or given twice; use Node, RBAC, AlwaysAllow or "
                "AlwaysDeny",
                modes->v[i]);
        }
        z->modes[z->n++] = (enum mode)m;
    }
    if (z->n == 0) {
        z->modes[z->n++] = MODE_ALLOW;
    }
    z->registry = registry;
    z->rbac = api_rbac_new(registry);
    *out = z;
    return 0;
}

void api_authz_free(struct api_authz *z)
{
    if (z) {
        api_rbac_free(z->rbac);
        free(z);
    }
}

struct api_rbac *api_authz_rbac(struct api_authz *z)
{
    return has_mode(z, MODE_RBAC) ? z->rbac : NULL;
}

bool api_authorize(struct api_authz *z, const struct api_attributes *a, char **why)
{
    cu_autofree char *reason = NULL;

    if (why) {
        *why = NULL;
    }
    if (cu_strlist_has(&a->user->groups, API_GROUP_MASTERS)) {
        return true;
    }
    for (size_t i = 0; i < z->n; i++) {
        bool yes = false;

        switch (z->modes[i]) {
        case MODE_NODE: yes = api_node_allows(z->registry, a, reason ? NULL : &reason); break;
        case MODE_RBAC: yes = api_rbac_allows(z->rbac, a); break;
        case MODE_ALLOW: yes = true; break;
        case MODE_DENY: break;
        }
        if (yes) {
            return true;
        }
    }
    if (why) {
        *why = cu_steal(&reason);
    }
    return false;
}

struct rule_lists {
    struct val *resource, *url;
};

static void add_lists(struct val *to, const struct val *rule, const char *const *keys)
{
    struct val *m = val_new_map();

    for (; *keys; keys++) {
        const struct val *list = val_get(rule, *keys);
        if (val_len(list) > 0) {
            val_set(m, *keys, val_ref(list));
        }
    }
    val_append(to, m);
}

static bool add_rule(void *arg, const struct val *rule, bool wide)
{
    static const char *const resource_keys[] = { "verbs", "apiGroups", "resources", "resourceNames", NULL };
    static const char *const url_keys[] = { "verbs", "nonResourceURLs", NULL };
    struct rule_lists *l = arg;

    if (val_len(val_get(rule, "resources")) > 0) {
        add_lists(l->resource, rule, resource_keys);
    }
    if (wide && val_len(val_get(rule, "nonResourceURLs")) > 0) {
        add_lists(l->url, rule, url_keys);
    }
    return false;
}

static void add_everything(struct rule_lists *l)
{
    static const char text[] = "[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]},"
                               "{\"verbs\":[\"*\"],\"nonResourceURLs\":[\"*\"]}]";
    cu_autoval struct val *rules = NULL;

    if (val_parse_json(text, sizeof(text) - 1, &rules, NULL) == 0) {
        for (size_t i = 0; i < val_len(rules); i++) {
            add_rule(l, val_at(rules, i), true);
        }
    }
}

struct val *api_authz_rules(struct api_authz *z, const struct api_user *u, const char *ns)
{
    struct rule_lists l = { val_new_list(), val_new_list() };
    struct val *out = val_new_map();
    bool masters = cu_strlist_has(&u->groups, API_GROUP_MASTERS);
    bool node = has_mode(z, MODE_NODE) && api_node_of_user(u);

    if (masters || has_mode(z, MODE_ALLOW)) {
        add_everything(&l);
    } else if (has_mode(z, MODE_RBAC)) {
        api_rbac_visit(z->rbac, u, ns, add_rule, &l);
    }
    val_set(out, "resourceRules", l.resource);
    val_set(out, "nonResourceRules", l.url);
    val_set_bool(out, "incomplete", node);
    if (node) {
        val_set_str(out, "evaluationError", "rules of the Node authorization mode cannot be listed");
    }
    return out;
}
