/* Nobody gives away rights he does not hold: checks of writes of RBAC objects (spec apiserver 4.3).
 * Must not know how rules are matched (rbac.c). */
#include "apiserver/admission_private.h"
#include "apiserver/authz_private.h"
#include "base/str.h"

/* Does the user have this verb on the role or cluster role of that name? */
static bool has_verb(const struct api_entry *e, const char *verb, const char *resource, const char *name)
{
    const struct api_attributes a = {
        .user = e->a->user,
        .verb = verb,
        .resource_request = true,
        .path = "",
        .group = API_RBAC_GROUP,
        .version = "v1",
        .resource = resource,
        .subresource = "",
        .ns = e->a->ns,
        .name = name,
        .field_selector = "",
        .label_selector = "",
    };
    return api_authorize(e->z, &a, NULL);
}

static bool same(const struct val *a, const struct val *b)
{
    return val_len(a) + val_len(b) == 0 || val_equal(a, b);
}

static struct val *everything(void)
{
    static const char text[] = "[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]},"
                               "{\"verbs\":[\"*\"],\"nonResourceURLs\":[\"*\"]}]";
    struct val *v = NULL;

    return val_parse_json(text, sizeof(text) - 1, &v, NULL) == 0 ? v : val_new_list();
}

static int check_role(struct api_entry *e, struct api_rbac *rbac)
{
    const struct val *rules = val_get(e->obj, "rules"), *aggregation = val_get(e->obj, "aggregationRule");
    cu_autofree char *missing = NULL;
    cu_autoval struct val *all = val_is_map(aggregation) ? everything() : NULL;

    if (e->old && same(rules, val_get(e->old, "rules")) &&
        same(aggregation, val_get(e->old, "aggregationRule"))) {
        return 0;
    }
    if (has_verb(e, "escalate", e->a->resource, e->name)) {
        return 0;
    }
    if (!api_rbac_holds(rbac, e->a->user, e->a->ns, rules, &missing)) {
        return api_entry_refuse(e, "user \"%s\" cannot grant what the user does not hold: %s",
                                e->a->user->name, missing);
    }
    /* what a role will aggregate is not known yet */
    if (all && !api_rbac_holds(rbac, e->a->user, "", all, &missing)) {
        return api_entry_refuse(e, "user \"%s\" needs every right to write a role with an aggregationRule",
                                e->a->user->name);
    }
    return 0;
}

static int check_binding(struct api_entry *e, struct api_rbac *rbac)
{
    const struct val *ref = val_get(e->obj, "roleRef");
    const char *name = cu_or(val_get_str(ref, "name"), "");
    bool of_namespace = cu_streq(val_get_str(ref, "kind"), "Role");
    const char *resource = of_namespace ? "roles" : "clusterroles";
    cu_autofree char *missing = NULL;

    if (e->old && val_equal(ref, val_get(e->old, "roleRef")) &&
        same(val_get(e->obj, "subjects"), val_get(e->old, "subjects"))) {
        return 0;
    }
    if (has_verb(e, "bind", resource, name)) {
        return 0;
    }
    const struct val *rules = api_rbac_rules_of(rbac, of_namespace ? e->a->ns : "", name);
    if (!rules) {
        return api_fail_not_found(e->s, api_resource_find(API_RBAC_GROUP, "v1", resource), name);
    }
    if (!api_rbac_holds(rbac, e->a->user, e->a->ns, rules, &missing)) {
        return api_entry_refuse(e, "user \"%s\" cannot grant what the user does not hold: %s",
                                e->a->user->name, missing);
    }
    return 0;
}

int api_admit_rbac_escalation(struct api_entry *e)
{
    struct api_rbac *rbac = api_authz_rbac(e->z);

    if (!rbac || e->op == API_OP_DELETE || !cu_streq(e->a->group, API_RBAC_GROUP) ||
        cu_strlist_has(&e->a->user->groups, API_GROUP_MASTERS)) {
        return 0;
    }
    bool binding =
        cu_streq(e->a->resource, "rolebindings") || cu_streq(e->a->resource, "clusterrolebindings");
    return binding ? check_binding(e, rbac) : check_role(e, rbac);
}
