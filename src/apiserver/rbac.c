/* Role-based access control: an index from users and groups to the rules they are granted, renewed when a role or
 * binding has changed.
 * Must not know other ways of authorization, nor HTTP. */
#include "apiserver/rbac.h"
#include "apiserver/registry.h"
#include "base/map.h"
#include "base/str.h"
#include <string.h>

#define AGGREGATION_DEPTH 8 /* roles that aggregate roles that aggregate ...; stops circles */

static const char *const kinds[] = { "clusterroles", "roles", "clusterrolebindings", "rolebindings" };
enum { CLUSTER_ROLES, ROLES, CLUSTER_BINDINGS, BINDINGS, N_KINDS };

struct grant {
    char *ns;          /* "" : everywhere */
    struct val *rules; /* list, a reference of ours */
};

struct grants {
    struct grant *v;
    size_t n, cap;
};

struct api_rbac {
    struct api_registry *registry;
    const struct api_resource *res[N_KINDS]; /* NULL where the resource is not served */
    struct api_subscription *subs[N_KINDS];
    bool stale;
    struct cu_map *roles;    /* "ns/name" or "/name" -> list of rules */
    struct cu_map *subjects; /* "u:name" or "g:name" -> struct grants */
};

static void rules_free(void *rules)
{
    val_unref(rules);
}

static void grants_free(void *p)
{
    struct grants *g = p;

    for (size_t i = 0; i < g->n; i++) {
        free(g->v[i].ns);
        val_unref(g->v[i].rules);
    }
    free(g->v);
    free(g);
}

static void changed(void *arg, const struct api_change *c)
{
    struct api_rbac *r = arg;

    (void)c;
    r->stale = true;
}

struct api_rbac *api_rbac_new(struct api_registry *g)
{
    struct api_rbac *r = cu_calloc(1, sizeof(*r));

    r->registry = g;
    r->stale = true;
    r->roles = cu_map_new(rules_free);
    r->subjects = cu_map_new(grants_free);
    for (size_t i = 0; i < N_KINDS; i++) {
        r->res[i] = api_resource_find(API_RBAC_GROUP, "v1", kinds[i]);
        if (r->res[i]) {
            r->subs[i] = api_registry_subscribe(g, r->res[i], changed, r);
        }
    }
    return r;
}

void api_rbac_free(struct api_rbac *r)
{
    if (!r) {
        return;
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        api_registry_unsubscribe(r->subs[i]);
    }
    cu_map_free(r->roles);
    cu_map_free(r->subjects);
    free(r);
}

/* Adds the rules of `role`, and of what it aggregates, to `list`. */
static void gather(struct api_rbac *r, const struct val *role, struct val *list, int depth)
{
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;

    api_rules_merge(list, val_get(role, "rules"));
    if (!val_is_map(val_get(role, "aggregationRule")) || depth == 0) {
        return;
    }
    while ((o = api_registry_next(r->registry, r->res[CLUSTER_ROLES], NULL, &w))) {
        if (api_rule_selects(role, val_find(o->v, "metadata", "labels", NULL))) {
            gather(r, o->v, list, depth - 1);
        }
    }
}

static void index_roles(struct api_rbac *r, const struct api_resource *res)
{
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;

    while (res && (o = api_registry_next(r->registry, res, NULL, &w))) {
        cu_autofree char *key = cu_asprintf("%s/%s", o->ns, o->name);
        struct val *rules;

        if (val_is_map(val_get(o->v, "aggregationRule"))) {
            rules = val_new_list();
            gather(r, o->v, rules, AGGREGATION_DEPTH);
        } else {
            const struct val *own = val_get(o->v, "rules");
            rules = own ? val_ref(own) : val_new_list();
        }
        cu_map_set(r->roles, key, rules);
    }
}

/* "u:<name>", "g:<name>"; NULL for a kind that is not known. Caller frees. */
static char *subject_key(const struct val *subject, const char *binding_ns)
{
    const char *kind = cu_or(val_get_str(subject, "kind"), "");
    const char *name = cu_or(val_get_str(subject, "name"), "");

    if (cu_streq(kind, "User")) {
        return cu_asprintf("u:%s", name);
    }
    if (cu_streq(kind, "Group")) {
        return cu_asprintf("g:%s", name);
    }
    if (cu_streq(kind, "ServiceAccount")) {
        const char *ns = cu_or(val_get_str(subject, "namespace"), binding_ns);
        return *ns ? cu_asprintf("u:system:serviceaccount:%s:%s", ns, name) : NULL;
    }
    return NULL;
}

static void index_bindings(struct api_rbac *r, const struct api_resource *res)
{
    struct api_walk w = API_WALK_INIT;
    struct api_object *o;

    while (res && (o = api_registry_next(r->registry, res, NULL, &w))) {
        bool of_namespace = cu_streq(val_find_str(o->v, "roleRef", "kind", NULL), "Role");
        if (of_namespace && *o->ns == '\0') {
            continue; /* a ClusterRoleBinding cannot name a Role */
        }
        cu_autofree char *key = cu_asprintf("%s/%s", of_namespace ? o->ns : "",
                                            cu_or(val_find_str(o->v, "roleRef", "name", NULL), ""));
        struct val *rules = cu_map_get(r->roles, key);
        const struct val *subjects = val_get(o->v, "subjects");

        for (size_t i = 0, n = rules ? val_len(subjects) : 0; i < n; i++) {
            cu_autofree char *who = subject_key(val_at(subjects, i), o->ns);
            struct grants *g = who ? cu_map_get(r->subjects, who) : NULL;

            if (who && !g) {
                g = cu_calloc(1, sizeof(*g));
                cu_map_set(r->subjects, who, g);
            }
            if (g) {
                cu_grow(&g->v, &g->cap, g->n + 1, sizeof(*g->v));
                g->v[g->n++] = (struct grant){ cu_strdup(o->ns), val_ref(rules) };
            }
        }
    }
}

static void renew(struct api_rbac *r)
{
    if (!r->stale) {
        return;
    }
    cu_map_free(r->roles);
    cu_map_free(r->subjects);
    r->roles = cu_map_new(rules_free);
    r->subjects = cu_map_new(grants_free);
    index_roles(r, r->res[CLUSTER_ROLES]);
    index_roles(r, r->res[ROLES]);
    index_bindings(r, r->res[CLUSTER_BINDINGS]);
    index_bindings(r, r->res[BINDINGS]);
    r->stale = false;
}

static bool visit_subject(struct api_rbac *r, const char *kind, const char *name, const char *ns,
                          api_rule_fn fn, void *arg)
{
    cu_autofree char *key = cu_asprintf("%s:%s", kind, name);
    const struct grants *g = cu_map_get(r->subjects, key);

    for (size_t i = 0; g && i < g->n; i++) {
        bool wide = *g->v[i].ns == '\0';

        if (!wide && (*ns == '\0' || !cu_streq(g->v[i].ns, ns))) {
            continue;
        }
        for (size_t k = 0, n = val_len(g->v[i].rules); k < n; k++) {
            if (fn(arg, val_at(g->v[i].rules, k), wide)) {
                return true;
            }
        }
    }
    return false;
}

bool api_rbac_visit(struct api_rbac *r, const struct api_user *u, const char *ns, api_rule_fn fn, void *arg)
{
    renew(r);
    if (visit_subject(r, "u", cu_or(u->name, ""), ns, fn, arg)) {
        return true;
    }
    for (size_t i = 0; i < u->groups.n; i++) {
        if (visit_subject(r, "g", u->groups.v[i], ns, fn, arg)) {
            return true;
        }
    }
    return false;
}

static bool rule_fits(void *arg, const struct val *rule, bool wide)
{
    const struct api_attributes *a = arg;

    return (a->resource_request || wide) && api_rule_allows(rule, a);
}

bool api_rbac_allows(struct api_rbac *r, const struct api_attributes *a)
{
    union {
        const struct api_attributes *in;
        void *out;
    } u = { a };

    return api_rbac_visit(r, a->user, a->resource_request ? a->ns : "", rule_fits, u.out);
}

const struct val *api_rbac_rules_of(struct api_rbac *r, const char *ns, const char *name)
{
    cu_autofree char *key = cu_asprintf("%s/%s", ns, name);

    renew(r);
    return cu_map_get(r->roles, key);
}

/* A rule without lists is taken apart into single pieces; each must be covered by one rule that the user holds. */
struct piece {
    const char *verb, *group, *resource, *name, *url;
};

static bool list_has(const struct val *list, const char *s)
{
    for (size_t i = 0, n = val_len(list); i < n; i++) {
        const char *e = cu_or(val_str(val_at(list, i)), "");
        if (cu_streq(e, s) || cu_streq(e, "*")) {
            return true;
        }
    }
    return false;
}

static bool resource_covers(const struct val *list, const char *resource)
{
    const char *slash = strchr(resource, '/');

    for (size_t i = 0, n = val_len(list); i < n; i++) {
        const char *e = cu_or(val_str(val_at(list, i)), "");
        if (cu_streq(e, resource) || cu_streq(e, "*") ||
            (slash && cu_has_prefix(e, "*/") && cu_streq(e + 1, slash))) {
            return true;
        }
    }
    return false;
}

static bool url_covers(const struct val *list, const char *url)
{
    for (size_t i = 0, n = val_len(list); i < n; i++) {
        const char *e = cu_or(val_str(val_at(list, i)), "");
        size_t len = strlen(e);
        if (cu_streq(e, url) || (len > 0 && e[len - 1] == '*' && strncmp(e, url, len - 1) == 0)) {
            return true;
        }
    }
    return false;
}

static bool covers(void *arg, const struct val *rule, bool wide)
{
    const struct piece *p = arg;
    const struct val *names = val_get(rule, "resourceNames");

    if (!list_has(val_get(rule, "verbs"), p->verb)) {
        return false;
    }
    if (p->url) {
        return wide && url_covers(val_get(rule, "nonResourceURLs"), p->url);
    }
    return list_has(val_get(rule, "apiGroups"), p->group) &&
           resource_covers(val_get(rule, "resources"), p->resource) &&
           (val_len(names) == 0 || (p->name && list_has(names, p->name)));
}

static bool holds_piece(struct api_rbac *r, const struct api_user *u, const char *ns, struct piece *p,
                        char **missing)
{
    if (api_rbac_visit(r, u, ns, covers, p)) {
        return true;
    }
    *missing = p->url ? cu_asprintf("%s on path \"%s\"", p->verb, p->url)
                      : cu_asprintf("%s on \"%s\" in API group \"%s\"%s%s", p->verb, p->resource, p->group,
                                    p->name ? " named " : "", cu_or(p->name, ""));
    return false;
}

static const char *text_at(const struct val *list, size_t i)
{
    return cu_or(val_str(val_at(list, i)), "");
}

/* All resource pieces of one rule and one verb. */
static bool holds_resources(struct api_rbac *r, const struct api_user *u, const char *ns,
                            const struct val *rule, const char *verb, char **missing)
{
    const struct val *groups = val_get(rule, "apiGroups"), *resources = val_get(rule, "resources");
    const struct val *names = val_get(rule, "resourceNames");
    size_t n_names = val_len(names);

    for (size_t g = 0; g < val_len(groups); g++) {
        for (size_t k = 0; k < val_len(resources); k++) {
            for (size_t m = 0; m < (n_names ? n_names : 1); m++) {
                struct piece p = { verb, text_at(groups, g), text_at(resources, k),
                                   n_names ? text_at(names, m) : NULL, NULL };
                if (!holds_piece(r, u, ns, &p, missing)) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool api_rbac_holds(struct api_rbac *r, const struct api_user *u, const char *ns, const struct val *rules,
                    char **missing)
{
    for (size_t i = 0; i < val_len(rules); i++) {
        const struct val *rule = val_at(rules, i), *verbs = val_get(rule, "verbs");
        const struct val *urls = val_get(rule, "nonResourceURLs");

        for (size_t v = 0; v < val_len(verbs); v++) {
            if (!holds_resources(r, u, ns, rule, text_at(verbs, v), missing)) {
                return false;
            }
            for (size_t k = 0; k < val_len(urls); k++) {
                struct piece p = { text_at(verbs, v), NULL, NULL, NULL, text_at(urls, k) };
                if (!holds_piece(r, u, ns, &p, missing)) {
                    return false;
                }
            }
        }
    }
    return true;
}
