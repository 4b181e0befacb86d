/* apiserver/rbac.h - role-based access control over the RBAC objects in memory (spec apiserver 4.3). Used by
 * authz.c, the escalation checks and startup.c. */
#ifndef APISERVER_RBAC_H
#define APISERVER_RBAC_H

#include "apiserver/request.h"

#define API_RBAC_GROUP "rbac.authorization.k8s.io"

struct api_registry;
struct api_rbac; /* opaque: who is granted which rules; renewed when RBAC objects have changed */

struct api_rbac *api_rbac_new(struct api_registry *g); /* borrows the registry */
void api_rbac_free(struct api_rbac *r);                /* NULL is fine */

bool api_rbac_allows(struct api_rbac *r, const struct api_attributes *a);

/* Hands every rule that the user holds in namespace ns ("": cluster-wide ones only) to fn until it returns true;
 * gives that back. `wide`: granted by a ClusterRoleBinding, so that nonResourceURLs count. The rule is borrowed. */
typedef bool (*api_rule_fn)(void *arg, const struct val *rule, bool wide);
bool api_rbac_visit(struct api_rbac *r, const struct api_user *u, const char *ns, api_rule_fn fn, void *arg);

/* Rules of a Role (in ns) or a ClusterRole (ns ""), with what it aggregates; borrowed until the next change of RBAC
 * objects; NULL when there is no such role. */
const struct val *api_rbac_rules_of(struct api_rbac *r, const char *ns, const char *name);

/* Does the user hold everything that `rules` grant, in ns? If not, *missing (owned by the caller) names a piece. */
bool api_rbac_holds(struct api_rbac *r, const struct api_user *u, const char *ns, const struct val *rules,
                    char **missing);

/* One rule and one request (rbac_rule.c). */
bool api_rule_allows(const struct val *rule, const struct api_attributes *a);
/* Does an aggregationRule of `role` select an object with these labels? */
bool api_rule_selects(const struct val *role, const struct val *labels);
/* Appends those of `rules` that `list` does not hold yet. */
void api_rules_merge(struct val *list, const struct val *rules);

#endif
